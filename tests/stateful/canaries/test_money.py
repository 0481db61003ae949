"""Bugs seeded into bonds, settlement and releases."""

import pytest

from testkit.mutants import Mutant
from testkit.stateful.canaries import find

CLEARING = "contracts/clearing/Clearing.sol"
ACCOUNTS = "contracts/accounts/Accounts.sol"
SETTLEMENT = "contracts/settlement/Settlement.sol"
FINAL_TRADES = "contracts/settlement/FinalTrades.sol"
RELEASES = "contracts/settlement/Releases.sol"

MUTANTS = (
    Mutant(
        "a part released that trades",
        "Releases",
        RELEASES,
        "bound[i] = CLEARING.filledOf(last, order, whole);",
        "",
    ),
    Mutant(
        "a bond paid in full and burnt in part",
        "Accounts",
        ACCOUNTS,
        "_wallets[challenger].give(_narrow(reward + open))",
        "_wallets[challenger].give(_narrow(points))",
    ),
    Mutant(
        "a burnt part that stays in custody",
        "Accounts",
        ACCOUNTS,
        "POINTS.burn(Points.unwrap(burnt));",
        "",
    ),
    Mutant(
        "orders released under an active proposal",
        "Releases",
        RELEASES,
        "(CLEARING.activeOf(market) == 0 && block.timestamp > CLEARING.finalByOf(market));",
        "block.timestamp > CLEARING.finalByOf(market);",
    ),
    Mutant(
        "a trade settled twice by a proof",
        "Settlement",
        FINAL_TRADES,
        "isOpen = (ends >> traded.position.index) & 1 == 0;",
        "isOpen = true;",
    ),
    Mutant(
        "a trade settled twice in its chunk",
        "Settlement",
        SETTLEMENT,
        "_totalsOf(round, copies), ~ends);",
        "_totalsOf(round, copies), type(uint256).max);",
    ),
    Mutant(
        "a refund before its time",
        "Settlement",
        SETTLEMENT,
        "require(block.timestamp >= from,",
        "require(block.timestamp >= round.terms.deliverySlot().startAt(),",
    ),
    Mutant(
        "a rest of the reservation that stays held",
        "Accounts",
        "contracts/types/Wallets.sol",
        "uint96(word >> 96) - points;",
        "uint96(word >> 96) - back;",
    ),
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_machine_finds(mutant, compiled):
    find(mutant, compiled)
