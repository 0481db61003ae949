"""The register of invariants says the truth about where each is checked."""

import re

import pytest

from testkit.invariants import REGISTER, holds
from toolchain.places import ROOT

IDS = (
    *("MON-1", "MON-2", "MON-3"),
    *("ORD-1", "ORD-2", "ORD-3"),
    "FAIR-1",
    "MAN-1",
    *("CLR-1", "CLR-2", "CLR-3", "CLR-4"),
    *("GRN-1", "GRN-2", "GRN-3", "GRN-4"),
    "REG-1",
    *("DEV-2", "DEV-3"),
    "MET-1",
)


def test_the_register_is_complete():
    assert tuple(REGISTER) == IDS


@pytest.mark.parametrize("invariant", REGISTER.values(), ids=lambda invariant: invariant.id)
def test_it_is_checked_where_the_register_says(invariant):
    for place in invariant.checked_in:
        path, _, function = place.partition("::")
        text = (ROOT / path).read_text()
        assert not function or re.search(rf"def {function}\b", text), place
    checks = "".join(path.read_text() for path in (ROOT / "testkit/stateful").glob("*.py"))
    assert re.search(rf'\bholds\(\s*"{invariant.id}"', checks)


def test_the_sentence_is_the_message():
    with pytest.raises(AssertionError, match=r"MON-1: the points in custody equal .* all wallets\. 3, 4"):
        holds("MON-1", False, "3, 4")
