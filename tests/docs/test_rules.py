"""docs/rules.md is what the table of rules says."""

from pathlib import Path

from tools.rules_page import render

PAGE = Path(__file__).resolve().parents[2] / "docs/rules.md"


def test_the_page_is_written_from_the_table():
    assert PAGE.read_text(encoding="utf-8") == render(), "write it again: python -m tools.rules_page"
