"""Bugs seeded into what a reading must be: of its device, at its time, in lists that fit."""

import pytest

from testkit.mutants import Mutant
from testkit.stateful.canaries import find

METERING = "contracts/metering/Metering.sol"
RULES = "contracts/metering/libraries/ReadingRules.sol"
DELIVERIES = "contracts/metering/Deliveries.sol"
SETTLEMENT = "contracts/settlement/Settlement.sol"
DEVICE_KEYS = "contracts/registry/DeviceKeys.sol"

MUTANTS = (
    Mutant(
        "a reading that begins between two intervals",
        "Metering",
        RULES,
        "if (startAt % baseInterval != 0) {",
        "if (false) {",
    ),
    Mutant(
        "a reading of an interval that runs",
        "Metering",
        RULES,
        "if (end > block.timestamp) {",
        "if (false) {",
    ),
    Mutant(
        "a batch of too many readings",
        "Metering",
        "contracts/metering/MeterReadings.sol",
        "uint256 public constant MAX_READINGS = 256;",
        "uint256 public constant MAX_READINGS = 257;",
    ),
    Mutant(
        "a reading that only states the key of a secure element",
        "DeviceKeys",
        DEVICE_KEYS,
        "if (!P256.verify(digest, r, s, x, y)) return address(0);",
        "",
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
        "next < _endOf(slot) && startAt >= next",
        "next < _endOf(slot)",
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
        "Deliveries",
        DELIVERIES,
        "if (deal.toSeller) shares.delivered[index] = delivered;",
        "",
    ),
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_machine_finds(mutant, compiled):
    find(mutant, compiled)
