"""Bugs seeded into devices that are stopped and owners who are suspended."""

import pytest

from testkit.mutants import Mutant
from testkit.stateful.canaries import find

DEVICES = "contracts/registry/DeviceRegistry.sol"
METERING = "contracts/metering/Metering.sol"

MUTANTS = (
    Mutant(
        "a surplus of a stopped device",
        "Metering",
        METERING,
        "require(startAt < until, Metering_Stopped(device, startAt, until));",
        "",
    ),
    Mutant(
        "a stopped device that certifies by its last reading",
        "Metering",
        METERING,
        "meter.mintsNothing = startAt >= terms.mintsUntil();",
        "meter.mintsNothing = false;",
    ),
    Mutant(
        "a stopped device that certifies by a proof",
        "Metering",
        METERING,
        "deal.mintsNothing = slot.startAt() >= DEVICES.meterTermsOf(device).mintsUntil();",
        "",
    ),
    Mutant(
        "a device that is stopped from the slot before on",
        "DeviceRegistry",
        DEVICES,
        "asStopped(uint40(block.timestamp));",
        "asStopped(uint40(block.timestamp - BASE_INTERVAL));",
    ),
    Mutant(
        "a surplus of a suspended owner, issued",
        "Metering",
        METERING,
        "require(!PARTICIPANTS.isSuspendedAt(owner, startAt), Metering_OwnerSuspended(device, startAt, owner));",
        "",
    ),
    Mutant(
        "a surplus of a suspended owner, delivered",
        "Metering",
        METERING,
        " || PARTICIPANTS.isSuspendedAt(trade.seller(), deal.slot.startAt())) return;",
        ") return;",
    ),
    Mutant(
        "a suspension that began when it ends",
        "ParticipantRegistry",
        "contracts/registry/ParticipantRegistry.sol",
        "_ends[person].push(uint48(block.timestamp), until);",
        "_ends[person].push(uint48(until), until);",
    ),
    Mutant(
        "a vote for another device",
        "DeviceRegistry",
        DEVICES,
        "require(content == have, Device_OtherContent(id, have, content));",
        "",
    ),
    Mutant(
        "a device decertified by one auditor",
        "DeviceRegistry",
        DEVICES,
        "emit DecertificationVoted(id, msg.sender, motion, count);\n        if (count == MOTIONS.threshold()) {",
        "emit DecertificationVoted(id, msg.sender, motion, count);\n        if (count != 0) {",
    ),
    Mutant(
        "a stopped device that sells on",
        "DeviceRegistry",
        DEVICES,
        "_devices[id].terms = terms.asRetired();",
        "",
    ),
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_machine_finds(mutant, compiled):
    find(mutant, compiled)
