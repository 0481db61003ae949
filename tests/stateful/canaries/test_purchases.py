"""Bugs seeded into trades that export and import settle, and into how trades share what was delivered."""

import pytest

from testkit.mutants import Mutant
from testkit.stateful.canaries import find

DELIVERIES = "contracts/metering/Deliveries.sol"
SETTLEMENT = "contracts/settlement/Settlement.sol"

MUTANTS = (
    Mutant(
        "certificates of what was not used",
        "Deliveries",
        DELIVERIES,
        "gathered.sell(trade.buyer(), id, used);",
        "gathered.sell(trade.buyer(), id, delivered);",
    ),
    Mutant(
        "an import that nobody waits for",
        "Settlement",
        SETTLEMENT,
        "require(count != 0 || block.timestamp >= until, Settlement_ImportMissing(id, until));",
        "",
    ),
    Mutant(
        "an import that the seller's last-minute reading keeps out",
        "Settlement",
        SETTLEMENT,
        "uint40 until = round.refundFrom + round.terms.deliverySlot().length();",
        "uint40 until = round.refundFrom;",
    ),
    Mutant(
        "a silent buyer who races the seller to the money",
        "Settlement",
        SETTLEMENT,
        "return isSilent ? round.refundFrom : round.refundFrom + 2 * uint40(slot.length());",
        "return round.refundFrom;",
    ),
    Mutant(
        "a silent seller who is waited for",
        "Settlement",
        SETTLEMENT,
        "return isSilent ? round.refundFrom : round.refundFrom + 2 * uint40(slot.length());",
        "return round.refundFrom + 2 * uint40(slot.length());",
    ),
    Mutant(
        "an import where it does not count",
        "Settlement",
        SETTLEMENT,
        "require(count == 0, Settlement_ImportNotCounted(id));",
        "",
    ),
    Mutant(
        "an import of another slot",
        "Deliveries",
        DELIVERIES,
        "return word.startAt() == startAt && word.use() != BY_PROOF;",
        "return word.use() != BY_PROOF;",
    ),
    Mutant(
        "a purchase that frees its meter before it is decided",
        "Settlement",
        SETTLEMENT,
        "if (!_isUndecided(round, trade.meter(), Side.Buy, trade.boughtBefore())) continue;",
        "",
    ),
    Mutant(
        "shares of later trades before those of earlier ones",
        "Deliveries",
        "contracts/types/Units.sol",
        "if (!(energy > before)) return Wh.wrap(0);\n    return (energy - before).minWh(part);",
        "return energy.minWh(part);",
    ),
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_machine_finds(mutant, compiled):
    find(mutant, compiled)
