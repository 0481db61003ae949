"""Bugs seeded into readings, deliveries and certificates."""

import pytest

from testkit.mutants import Mutant
from testkit.stateful.canaries import find

SETTLEMENT = "contracts/settlement/Settlement.sol"
CERTIFICATES = "contracts/tokens/GreenCertificates.sol"
DELIVERIES = "contracts/metering/Deliveries.sol"

MUTANTS = (
    Mutant(
        "a share of the export certified twice",
        "Settlement",
        SETTLEMENT,
        "if ((bits >> CERTIFIED) & 1 != 0) continue;",
        "",
    ),
    Mutant(
        "a surplus certified while an order is undecided",
        "Deliveries",
        DELIVERIES,
        "require(!undecided, Delivery_Undecided(device, slot));",
        "",
    ),
    Mutant(
        "a surplus that forgets what was sold",
        "Deliveries",
        DELIVERIES,
        "lotId(device, slot), exported - sold);",
        "lotId(device, slot), exported);",
    ),
    Mutant(
        "certificates minted twice",
        "Deliveries",
        DELIVERIES,
        "require(!isIssued(device, slot), Delivery_AlreadyIssued(device, slot));",
        "",
    ),
    Mutant(
        "the surplus of a device certified with each sale",
        "Deliveries",
        DELIVERIES,
        "if (deal.isCorrected || isIssued(device, slot)) return Wh.wrap(0);",
        "",
    ),
    Mutant(
        "a short export that is not shared",
        "Deliveries",
        DELIVERIES,
        "left.cumulativeShare(filled, energy, total)",
        "left.minWh(energy)",
    ),
    Mutant(
        "a short export that is shared in proportion, each part rounded down",
        "Deliveries",
        DELIVERIES,
        "left.cumulativeShare(filled, energy, total)",
        "left.proRataDown(energy, total)",
    ),
    Mutant(
        "certificates for more than was delivered",
        "Deliveries",
        DELIVERIES,
        "gathered.sell(trade.buyer(), id, used);",
        "gathered.sell(trade.buyer(), id, trade.energy());",
    ),
    Mutant(
        "a reading that anybody signs",
        "Metering",
        "contracts/metering/libraries/ReadingRules.sol",
        "if (signer != key || signer == address(0)) {",
        "if (signer == address(0)) {",
    ),
    Mutant(
        "a counter that falls",
        "Metering",
        "contracts/metering/libraries/ReadingRules.sol",
        "if (lastCounter > counter - energy) {",
        "if (false) {",
    ),
    Mutant(
        "certificates of a device that nobody certified",
        "Deliveries",
        DELIVERIES,
        "require(since != 0 && since <= startAt, Delivery_NotCertified(device));",
        "require(since <= startAt, Delivery_NotCertified(device));",
    ),
    Mutant(
        "certificates from before the certification",
        "Deliveries",
        DELIVERIES,
        "require(since != 0 && since <= startAt, Delivery_NotCertified(device));",
        "require(since != 0, Delivery_NotCertified(device));",
    ),
    Mutant(
        "a lot that is retired while it is held",
        "GreenCertificates",
        CERTIFICATES,
        """external {
        _requireFree(id);""",
        "external {",
    ),
    Mutant(
        "a lot that is moved while it is held",
        "GreenCertificates",
        CERTIFICATES,
        "_requireFree(ids[i]);",
        "",
    ),
    Mutant(
        "a hold that never ends",
        "GreenCertificates",
        CERTIFICATES,
        "require(until <= block.timestamp, Certificates_Held(id, until));",
        "require(until == 0, Certificates_Held(id, until));",
    ),
    Mutant(
        "a lot that is held again and again",
        "GreenCertificates",
        CERTIFICATES,
        "require(heldUntil[id] == 0, Certificates_HeldBefore(id, heldUntil[id]));",
        "",
    ),
    Mutant(
        "a flag that one auditor clears",
        "Subnets",
        "contracts/registry/Subnets.sol",
        "decided = count == threshold;",
        "decided = count == threshold || msg.sig == this.clear.selector;",
    ),
    Mutant(
        "a slot reported twice",
        "Metering",
        "contracts/metering/libraries/ReadingRules.sol",
        "if (startAt == lastStart) {",
        "if (false) {",
    ),
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_machine_finds(mutant, compiled):
    find(mutant, compiled)
