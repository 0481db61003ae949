"""Bugs seeded into what a reading must be: of its device, at its time, in lists that fit."""

import pytest

from testkit.mutants import Mutant
from testkit.stateful.canaries import find

METERING = "contracts/metering/Metering.sol"
SETTLEMENT = "contracts/settlement/Settlement.sol"

MUTANTS = (
    Mutant(
        "a reading that begins between two intervals",
        "Metering",
        METERING,
        "if (startAt % BASE_INTERVAL != 0) revert Metering_SlotMisaligned(index, device, startAt, BASE_INTERVAL);",
        "",
    ),
    Mutant(
        "a reading of an interval that runs",
        "Metering",
        METERING,
        "if (end > block.timestamp) revert Metering_SlotNotOver(index, device, startAt, end);",
        "",
    ),
    Mutant(
        "a batch of too many readings",
        "Metering",
        METERING,
        "uint256 public constant MAX_READINGS = 256;",
        "uint256 public constant MAX_READINGS = 257;",
    ),
    Mutant(
        "a reading of another device",
        "Metering",
        METERING,
        "reading.device() == device && ",
        "",
    ),
    Mutant(
        "a reading of another slot",
        "Metering",
        METERING,
        " && reading.startAt() == slot.startAt() + k * BASE_INTERVAL",
        "",
    ),
    Mutant(
        "certificates for the seller of a trade that has not ended",
        "Settlement",
        SETTLEMENT,
        "require(bits & 1 != 0, Settlement_NotEnded(id));",
        "",
    ),
    Mutant(
        "a trade said to be certified with nothing",
        "Metering",
        METERING,
        "if (deal.toSeller) shares.delivered[index] = delivered;",
        "",
    ),
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_machine_finds(mutant, compiled):
    find(mutant, compiled)
