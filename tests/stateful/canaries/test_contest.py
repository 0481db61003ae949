"""Bugs seeded into the contest of proposals."""

import pytest

from testkit.mutants import Mutant
from testkit.stateful.canaries import find

CONTEST = "contracts/clearing/libraries/Contest.sol"
CLEARING = "contracts/clearing/Clearing.sol"

FINALIZE = """function finalize(uint64 id) external {
        Proposal storage stored = _contest.proposals[id];
        require(stored.status"""
"""Where `finalize` looks at the status, as `challenge` does, too."""

MUTANTS = (
    Mutant(
        "an order used twice in two chunks",
        "Clearing",
        CONTEST,
        "require(fill.open, IClearing.Clearing_OrderUsedTwice(order));",
        "",
    ),
    Mutant(
        "a dual sum off by one",
        "Clearing",
        CONTEST,
        "return stored.bound == stored.objective;",
        "return stored.bound <= stored.objective + 1;",
    ),
    Mutant(
        "a challenge that hides the order's trade",
        "Clearing",
        CLEARING,
        "Wh.unwrap(exhibit.filled) == Wh.unwrap(filled), Clearing_WrongExhibit",
        "exhibit.siblings.length == 0 || Wh.unwrap(exhibit.filled) == Wh.unwrap(filled), Clearing_WrongExhibit",
    ),
    Mutant(
        "a challenge by a trade of nobody's",
        "Clearing",
        CLEARING,
        "Wh.unwrap(filled) == 0 || exhibit.root == _contest.chunkRoots[id][at.chunk],",
        "true,",
    ),
    Mutant(
        "a proof of trades that are not the proposal's",
        "Clearing",
        CLEARING,
        "require(part.trades == trades, Clearing_WrongTrades(part.trades, trades));",
        "",
    ),
    Mutant(
        "a bond paid twice",
        "Clearing",
        CONTEST,
        "stored.status = IClearing.Status.Refuted;",
        "",
    ),
    Mutant(
        "a bond kept from who was outranked",
        "Clearing",
        CONTEST,
        "accounts.releaseBond(other.agent, Points.wrap(other.bond));",
        "",
    ),
    Mutant(
        "an equal proposal that outranks",
        "Clearing",
        CONTEST,
        "bool better = stored.objective > other.objective",
        "bool better = stored.objective >= other.objective",
    ),
    Mutant(
        "a higher objective that refutes nothing",
        "Clearing",
        CONTEST,
        "if (isExact(other) && self.proposals[by].objective > other.objective) {",
        "if (false) {",
    ),
    Mutant(
        "a refuted round finalised",
        "Clearing",
        CLEARING,
        f"{FINALIZE} == Status.Active, Clearing_WrongStatus(id, stored.status));",
        f"{FINALIZE} >= Status.Active, Clearing_WrongStatus(id, stored.status));",
    ),
    Mutant(
        "a round final before its window is over",
        "Clearing",
        CLEARING,
        "require(block.timestamp >= stored.finalFrom, Clearing_WindowOpen(id, stored.finalFrom));",
        "",
    ),
    Mutant(
        "a round without a certificate that waits for nobody",
        "Clearing",
        CONTEST,
        "if (!isExact(stored) && from <= finalBy) from = finalBy + 1;",
        "",
    ),
    Mutant(
        "a refutation that leaves no time for another proposal",
        "Clearing",
        CONTEST,
        "(latest.finalBy, latest.extensions) = (uint40(until), latest.extensions + 1);",
        "",
    ),
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_machine_finds(mutant, compiled):
    find(mutant, compiled)
