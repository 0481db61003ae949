import pytest

from powerpact.market.orders import Order, Side
from testkit.reverts import reverts_with


@pytest.fixture
def lot(certificates, hour):
    """Id of the certificates of the roof's fifth slot."""
    return certificates.idOf(1, hour(5))


@pytest.fixture
def shed(bind_device, ready, alice):
    """A device of alice that nobody has certified yet."""
    return bind_device(alice, "shed")


def test_reverts_for_an_unknown_reading(deliveries, report, reading, hour, stranger):
    (proof,) = report(reading())
    with reverts_with("Metering_UnknownReading", 0, 0):
        deliveries.issue(hour(5), [(reading(exported_wh=9_000).pack(), proof)], {"from": stranger})


def test_reverts_without_certification(deliveries, report, reading, shed, hour, stranger):
    (proof,) = report(reading(device=shed))
    with reverts_with("Delivery_NotCertified", shed):
        deliveries.issue(hour(5), [(reading(device=shed).pack(), proof)], {"from": stranger})


def test_reverts_for_a_slot_from_before_the_certification(
    deliveries, report, reading, shed, certify, hour, slot, warp, stranger
):
    (early,) = report(reading(device=shed))
    certify(shed)
    with reverts_with("Delivery_NotCertified", shed):
        deliveries.issue(hour(5), [(reading(device=shed).pack(), early)], {"from": stranger})

    warp(slot(12))
    later = reading(device=shed, start_at=slot(11), export_counter_wh=11_400, import_counter_wh=5_040)
    (proof,) = report(later)
    deliveries.issue(hour(11), [(later.pack(), proof)], {"from": stranger})
    assert deliveries.isIssued(shed, hour(11))


def test_reverts_for_a_slot_already_issued(deliveries, report, reading, hour, stranger):
    (proof,) = report(reading())
    deliveries.issue(hour(5), [(reading().pack(), proof)], {"from": stranger})
    with reverts_with("Delivery_AlreadyIssued", 1, hour(5)):
        deliveries.issue(hour(5), [(reading().pack(), proof)], {"from": stranger})


def test_reverts_while_an_order_is_undecided(deliveries, report, reading, hour, devices, order_book, stranger):
    (proof,) = report(reading())
    offered = Order(Side.SELL, stranger.address, energy_wh=1, price_upoints_per_kwh=1, device=1)
    devices.reserve(hour(5), [offered.pack()], {"from": order_book})
    with reverts_with("Delivery_Undecided", 1, hour(5)):
        deliveries.issue(hour(5), [(reading().pack(), proof)], {"from": stranger})
    devices.decide(1, Side.SELL, hour(5), 0, 0, {"from": order_book})
    deliveries.issue(hour(5), [(reading().pack(), proof)], {"from": stranger})


def test_mints_the_whole_export_to_the_owner(deliveries, certificates, report, reading, lot, hour, alice, stranger):
    (proof,) = report(reading())
    transaction = deliveries.issue(hour(5), [(reading().pack(), proof)], {"from": stranger})
    minted = transaction.events["TransferSingle"]
    assert (minted["to"], minted["id"], minted["value"]) == (alice, lot, 700)
    assert certificates.balanceOf(alice, lot) == 700
    assert deliveries.isIssued(1, hour(5))
    assert not deliveries.isIssued(2, hour(5))
    assert not deliveries.isIssued(1, hour(6))


def test_mints_nothing_for_a_slot_without_export(deliveries, certificates, report, reading, lot, hour, alice, stranger):
    (proof,) = report(reading(exported_wh=0))
    transaction = deliveries.issue(hour(5), [(reading(exported_wh=0).pack(), proof)], {"from": stranger})
    assert "TransferSingle" not in transaction.events
    assert certificates.balanceOf(alice, lot) == 0
    assert deliveries.isIssued(1, hour(5))


@pytest.mark.parametrize(("sold", "minted"), [(1, 699), (699, 1), (700, 0), (701, 0)])
def test_mints_what_was_not_sold(
    deliveries, devices, certificates, report, reading, lot, hour, alice, order_book, settler, stranger, sold, minted
):
    (proof,) = report(reading())
    offered = Order(Side.SELL, stranger.address, energy_wh=sold, price_upoints_per_kwh=1, device=1)
    devices.reserve(hour(5), [offered.pack()], {"from": order_book})
    devices.decide(1, Side.SELL, hour(5), 0, sold, {"from": settler})
    deliveries.issue(hour(5), [(reading().pack(), proof)], {"from": stranger})
    assert certificates.balanceOf(alice, lot) == minted
    assert deliveries.isIssued(1, hour(5))
