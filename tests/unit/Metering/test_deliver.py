import pytest

from tests.helpers.reverts import reverts_with


@pytest.fixture
def lot(certificates, slot):
    """Id of the certificates of the roof's fifth slot."""
    return certificates.idOf(1, slot(5))


def test_reverts_for_anyone_but_the_settlement(metering, report, reading, alice, bob):
    (proof,) = report(reading())
    with reverts_with("Metering_NotSettlement", alice):
        metering.deliver(reading(), proof, bob, 700, {"from": alice})


def test_reverts_for_an_unknown_reading(metering, report, reading, bob, escrow):
    (proof,) = report(reading())
    with reverts_with("Metering_UnknownReading", 0, 0):
        metering.deliver(reading(exported_wh=9_000), proof, bob, 9_000, {"from": escrow})


@pytest.mark.parametrize(("sold", "delivered"), [(0, 0), (1, 1), (699, 699), (700, 700), (701, 700), (2**64 - 1, 700)])
def test_splits_the_export_between_buyer_and_owner(
    metering, certificates, report, reading, lot, slot, alice, bob, escrow, sold, delivered
):
    (proof,) = report(reading())
    transaction = metering.deliver(reading(), proof, bob, sold, {"from": escrow})
    assert transaction.return_value == delivered
    shares = {bob: delivered, alice: 700 - delivered}
    assert {holder: certificates.balanceOf(holder, lot) for holder in shares} == shares
    issued = transaction.events["CertificatesIssued"]
    assert [(event["holder"], event["energy"]) for event in issued] == [share for share in shares.items() if share[1]]
    assert metering.isIssued(1, slot(5))


def test_issues_a_slot_once(metering, certificates, report, reading, lot, alice, bob, escrow):
    (proof,) = report(reading())
    metering.deliver(reading(), proof, bob, 500, {"from": escrow})
    again = metering.deliver(reading(), proof, bob, 500, {"from": escrow})
    assert again.return_value == 500
    assert "CertificatesIssued" not in again.events
    assert (certificates.balanceOf(bob, lot), certificates.balanceOf(alice, lot)) == (500, 200)
    with reverts_with("Metering_AlreadyIssued", 1, reading().slot_start):
        metering.issue(reading(), proof, {"from": alice})


def test_issues_nothing_without_certification(metering, bind_device, report, reading, ready, slot, alice, bob, escrow):
    shed = bind_device(alice, "shed")
    (proof,) = report(reading(device=shed))
    transaction = metering.deliver(reading(device=shed), proof, bob, 500, {"from": escrow})
    assert transaction.return_value == 500
    assert "CertificatesIssued" not in transaction.events
    assert not metering.isIssued(shed, slot(5))
