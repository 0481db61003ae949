"""Every adversary in SECURITY.md has a test, and every test of an adversary is named there."""

import re

from toolchain.places import ROOT

PAGE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`(tests/[\w/]+\.py)::(test_\w+)`", PAGE)


def named_in(path):
    return set(re.findall(r"^def (test_\w+)\(", (ROOT / path).read_text(encoding="utf-8"), re.MULTILINE))


def test_each_row_names_a_test():
    section = PAGE.split("## Adversaries\n")[1].split("\n## ")[0]
    rows = [line for line in section.splitlines() if line.startswith("| ") and "what stops it" not in line]
    assert len(rows) == 30
    assert [row for row in rows if "::test_" not in row] == []


def test_the_tests_that_are_named_exist():
    assert [f"{path}::{name}" for path, name in NAMED if name not in named_in(path)] == []


def test_the_tests_of_adversaries_are_named():
    files = sorted((ROOT / "tests/adversaries").glob("test_*.py"))
    listed = {(str(file.relative_to(ROOT)), name) for file in files for name in named_in(file)}
    assert listed - set(NAMED) == set()
