"""Bugs seeded into devices that are stopped or changed, and owners who are suspended."""

import pytest

from testkit.mutants import Mutant
from testkit.stateful.canaries import find

DEVICES = "contracts/registry/DeviceRecords.sol"
CHANGES = "contracts/registry/DeviceChanges.sol"
READINGS = "contracts/metering/libraries/ReadingRules.sol"
DELIVERIES = "contracts/metering/Deliveries.sol"

MUTANTS = (
    Mutant(
        "a surplus of a stopped device",
        "Deliveries",
        DELIVERIES,
        "require(startAt < until, Delivery_Stopped(device, startAt, until));",
        "",
    ),
    Mutant(
        "a stopped device that certifies by its last reading",
        "Metering",
        "contracts/metering/MeterReadings.sol",
        "bool isAsked = startAt >= terms.mintsUntil() || terms.hasChanged();",
        "bool isAsked = false;",
    ),
    Mutant(
        "a stopped device that certifies by a proof",
        "Deliveries",
        DELIVERIES,
        "deal.yield = _yieldOf(deal);",
        "deal.yield = Yield.Everyone;",
    ),
    Mutant(
        "a device that is stopped from the slot before on",
        "DeviceRegistry",
        DEVICES,
        "asStopped(uint40(block.timestamp));",
        "asStopped(uint40(block.timestamp - 1 hours));",
    ),
    Mutant(
        "a surplus of a suspended owner, issued",
        "Deliveries",
        DELIVERIES,
        "require(!PARTICIPANTS.isSuspendedAt(owner, startAt), Delivery_OwnerSuspended(device, startAt, owner));",
        "",
    ),
    Mutant(
        "a surplus of a suspended owner, delivered",
        "Deliveries",
        DELIVERIES,
        "if (PARTICIPANTS.isSuspendedAt(trade.seller(), deal.slot.startAt())) return;",
        "",
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
        "emit DecertificationVoted(id, msg.sender, motion, count);\n        if (count == threshold) {",
        "emit DecertificationVoted(id, msg.sender, motion, count);\n        if (count != 0) {",
    ),
    Mutant(
        "a stopped device that sells on",
        "DeviceRegistry",
        DEVICES,
        "_devices[id].terms = terms.asRetired();",
        "",
    ),
    Mutant(
        "a key that nobody showed to have",
        "DeviceRegistry",
        DEVICES,
        "require(signer == key && signer != address(0), Device_BadSignature(key, signer));",
        "",
    ),
    Mutant(
        "a key that signs for a second time",
        "DeviceRegistry",
        CHANGES,
        "require(deviceOf[key] == 0, Device_KeyTaken(key, deviceOf[key]));",
        "",
    ),
    Mutant(
        "a rotation that keeps the certification",
        "DeviceRegistry",
        CHANGES,
        "if (key != replaced) certification.keySince = 0;",
        "",
    ),
    Mutant(
        "a change that keeps the right to sell",
        "DeviceRegistry",
        CHANGES,
        "terms.asUncertifiedOf(owner);",
        "key == _devices[id].meter.key() ? terms : terms.asUncertifiedOf(owner);",
    ),
    Mutant(
        "an old key that signs the first new interval",
        "DeviceRegistry",
        DEVICES,
        "if (time >= certification.from) {",
        "if (time > certification.from) {",
    ),
    Mutant(
        "two changes for one slot",
        "DeviceRegistry",
        CHANGES,
        "require(from <= block.timestamp, Device_ChangePending(id, from));",
        "",
    ),
    Mutant(
        "readings with a key that nobody certified",
        "Metering",
        READINGS,
        "if (since == 0) {",
        "if (false) {",
    ),
    Mutant(
        "a stolen key that is trusted again",
        "DeviceRegistry",
        CHANGES,
        "require(stated == 0 || since < stated, Device_NotEarlier(id, key, stated, since));",
        "",
    ),
    Mutant(
        "a device certified before its change",
        "DeviceRegistry",
        DEVICES,
        "require(certification.from <= block.timestamp, Device_ChangePending(id, certification.from));",
        "",
    ),
    Mutant(
        "a stolen key that is certified",
        "DeviceRegistry",
        DEVICES,
        "require(distrustedAt[key] == 0, Device_KeyDistrusted(id, key, distrustedAt[key]));",
        "",
    ),
    Mutant(
        "an interval that ends after the key was stolen",
        "Metering",
        READINGS,
        "distrusted != 0 && startAt + baseInterval > distrusted",
        "distrusted != 0 && startAt > distrusted",
    ),
    Mutant(
        "a key distrusted by one auditor",
        "DeviceRegistry",
        CHANGES,
        "if (count == threshold) _distrust(id, key, since);",
        "_distrust(id, key, since);",
    ),
    Mutant(
        "a new owner who takes readings from the one before",
        "DeviceRegistry",
        CHANGES,
        "require(since >= ownedFrom, Device_NotOwnerThen(id, since, ownedFrom));",
        "",
    ),
    Mutant(
        "a device that anybody accepts",
        "DeviceRegistry",
        CHANGES,
        "require(msg.sender == offeredTo[id], Device_NotOffered(id, offeredTo[id], msg.sender));",
        "",
    ),
    Mutant(
        "a device that is accepted unseen",
        "DeviceRegistry",
        CHANGES,
        "_requireContent(id, content);",
        "",
    ),
    Mutant(
        "slots of the former owner issued to the new one",
        "Deliveries",
        DELIVERIES,
        "(owner, since,, until) = DEVICES.certificationAt(device, startAt);",
        "(owner, since, until) = DEVICES.certificationOf(device);",
    ),
    Mutant(
        "readings of long before a change",
        "Metering",
        READINGS,
        "block.timestamp > past + GRACE",
        "block.timestamp > past + 9 * GRACE",
    ),
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_machine_finds(mutant, compiled):
    find(mutant, compiled)
