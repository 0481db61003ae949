"""docs/powers.md is what the power table says."""

from toolchain.places import ROOT
from tools.powers_page import render


def test_the_page_is_written_from_the_table():
    page = (ROOT / "docs/powers.md").read_text(encoding="utf-8")
    assert page == render(), "write it again: python -m tools.powers_page"
