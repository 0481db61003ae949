"""Bugs seeded into what auditors can do to trades."""

import pytest

from testkit.mutants import Mutant
from testkit.stateful.canaries import find

VETOES = "contracts/settlement/Vetoes.sol"

MUTANTS = (
    Mutant(
        "a veto after the slot has started",
        "Settlement",
        VETOES,
        "require(block.timestamp < until, Settlement_VetoTooLate(id, until));",
        "require(block.timestamp <= until, Settlement_VetoTooLate(id, until));",
    ),
    Mutant(
        "a veto that pays the seller",
        "Settlement",
        VETOES,
        "_fill(payments[0], trade, nothing, 0);",
        "_fill(payments[0], trade, trade.reserved(), 0);",
    ),
    Mutant(
        "a veto that keeps the money held",
        "Settlement",
        VETOES,
        "ACCOUNTS.pay(payments);",
        "",
    ),
    Mutant(
        "a veto by one vote less than decides",
        "Settlement",
        VETOES,
        "return count == threshold;",
        "return count + 1 == threshold;",
    ),
    Mutant(
        "a veto of what has ended",
        "Settlement",
        VETOES,
        "require((_ends[market][place.chunk] >> place.index) & 1 == 0, Settlement_AlreadySettled(id));",
        "",
    ),
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_machine_finds(mutant, compiled):
    find(mutant, compiled)
