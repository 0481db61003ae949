"""`deliver` and `deliverLast`: what a device owes a buyer, and its certificates, by a proof or by the last reading."""

import pytest

from powerpact.market.trades import Trade
from testkit.reverts import reverts_with

OTHER_BUYER = "0x" + "11" * 20


def traded(*sales, device=1):
    """Trades of a device and the total of each, by (buyer, seller, energy, total), Wh."""
    trades = [
        Trade(0, 1, str(buyer), str(seller), device, total, energy, 1, 0, 0, 0).pack()
        for buyer, seller, energy, total in sales
    ]
    return trades, [total for *_, total in sales]


def answered(transaction):
    """What `deliverLast` answered: the bits of the trades that it knows, and what each delivered, Wh."""
    known, delivered = transaction.return_value
    return int(known), [int(wh) for wh in delivered]


@pytest.fixture
def lot(certificates, slot):
    """Id of the certificates of the roof's fifth slot, in which it exported 700 Wh."""
    return certificates.idOf(1, slot(5))


@pytest.fixture
def reported(report, reading):
    """The proof of the roof's fifth slot."""
    (proof,) = report(reading())
    return proof


@pytest.fixture
def by_proof(metering, reading, reported, settler):
    """Deliver by the reading and its proof; returns the transaction and what was delivered."""

    def _deliver(sale):
        transaction = metering.deliver([(reading().pack(), reported)], *traded(sale), {"from": settler})
        (delivered,) = transaction.return_value
        return transaction, delivered

    return _deliver


@pytest.fixture
def by_last(metering, reported, slot, settler):
    """Deliver by the last reading; returns the transaction and what was delivered."""

    def _deliver(sale):
        transaction = metering.deliverLast(slot(5), *traded(sale), 1, {"from": settler})
        known, (delivered,) = transaction.return_value
        assert known == 1
        return transaction, delivered

    return _deliver


@pytest.fixture(params=["by_proof", "by_last"])
def deliver(request):
    """Either way."""
    return request.getfixturevalue(request.param)


def minted(transaction):
    """Who got certificates, and how many Wh of them."""
    return [(event["to"], event["value"]) for event in transaction.events["TransferSingle"]]


def test_reverts_for_anyone_but_the_settlement(metering, reported, reading, slot, alice, bob):
    sale = (bob, alice, 700, 700)
    with reverts_with("Metering_NotSettlement", alice):
        metering.deliver([(reading().pack(), reported)], *traded(sale), {"from": alice})
    with reverts_with("Metering_NotSettlement", alice):
        metering.deliverLast(slot(5), *traded(sale), 1, {"from": alice})


def test_reverts_for_an_unknown_reading(metering, reported, reading, alice, bob, settler):
    with reverts_with("Metering_UnknownReading", 0, 0):
        metering.deliver(
            [(reading(exported_wh=9_000).pack(), reported)], *traded((bob, alice, 9_000, 9_000)), {"from": settler}
        )


@pytest.mark.parametrize("number", [4, 6])
def test_the_last_reading_tells_nothing_of_another_slot(
    metering, certificates, reported, slot, alice, bob, settler, number
):
    transaction = metering.deliverLast(slot(number), *traded((bob, alice, 700, 700)), 1, {"from": settler})
    assert answered(transaction) == (0, [0])
    assert "TransferSingle" not in transaction.events
    assert certificates.balanceOf(bob, certificates.idOf(1, slot(number))) == 0


def test_the_last_reading_tells_nothing_of_another_device(metering, reported, slot, alice, bob, settler):
    transaction = metering.deliverLast(slot(5), *traded((alice, bob, 700, 700), device=2), 1, {"from": settler})
    assert answered(transaction) == (0, [0])
    assert "TransferSingle" not in transaction.events


@pytest.mark.parametrize(("sold", "delivered"), [(1, 1), (699, 699), (700, 700), (701, 700), (2**64 - 1, 700)])
def test_splits_the_export_between_buyer_and_seller(deliver, certificates, lot, alice, bob, sold, delivered):
    transaction, returned = deliver((bob, alice, sold, sold))
    shares = {bob: delivered, alice: 700 - delivered}
    assert returned == delivered
    assert {holder: certificates.balanceOf(holder, lot) for holder in shares} == shares
    assert minted(transaction) == [share for share in shares.items() if share[1]]


@pytest.mark.parametrize(
    ("sold", "total", "share"),
    [
        (300, 700, 300),  # covered to the last Wh
        (300, 701, 299),  # ⌊700 · 300 / 701⌋ = ⌊299.57⌋
        (300, 1_400, 150),
        (1, 701, 0),
        (700, 2**64 - 1, 0),
        (2**64 - 2, 2**64 - 1, 699),
    ],
)
def test_shares_a_short_export_in_proportion(deliver, certificates, lot, alice, bob, sold, total, share):
    transaction, returned = deliver((bob, alice, sold, total))
    assert returned == certificates.balanceOf(bob, lot) == share
    assert certificates.balanceOf(alice, lot) == 0
    assert ("TransferSingle" in transaction.events) == (share > 0)


def test_the_surplus_over_all_sales_is_issued_once(deliver, metering, certificates, lot, slot, alice, bob):
    first, _ = deliver((bob, alice, 300, 500))
    assert minted(first) == [(bob, 300), (alice, 200)]
    assert metering.isIssued(1, slot(5))
    second, delivered = deliver((OTHER_BUYER, alice, 200, 500))
    assert (minted(second), delivered) == ([(OTHER_BUYER, 200)], 200)
    holders = (bob, OTHER_BUYER, alice)
    assert [certificates.balanceOf(holder, lot) for holder in holders] == [300, 200, 200]


def test_what_was_sold_beyond_the_export_is_issued_to_nobody(deliver, metering, certificates, lot, slot, alice, bob):
    """Two sales of 350 and 351 Wh share 700: the Wh that rounding leaves has no owner."""
    assert [deliver((bob, alice, sold, 701))[1] for sold in (350, 351)] == [349, 350]
    assert (certificates.balanceOf(bob, lot), certificates.balanceOf(alice, lot)) == (699, 0)
    assert not metering.isIssued(1, slot(5))


def test_the_surplus_is_not_issued_again(deliver, metering, reported, reading, slot, alice, bob):
    deliver((bob, alice, 500, 500))
    with reverts_with("Metering_AlreadyIssued", 1, slot(5)):
        metering.issue(reading().pack(), reported, {"from": alice})


def test_a_later_reading_leaves_the_proof(
    metering, certificates, report, by_proof, reading, lot, slot, alice, bob, settler
):
    later = reading(start_at=slot(6), export_counter_wh=11_400, import_counter_wh=5_040)
    report(later)
    overtaken = metering.deliverLast(slot(5), *traded((bob, alice, 500, 500)), 1, {"from": settler})
    assert answered(overtaken) == (0, [0])
    _, delivered = by_proof((bob, alice, 500, 500))
    assert (delivered, certificates.balanceOf(bob, lot)) == (500, 500)


def test_delivers_what_is_wanted_of_a_batch(
    metering, certificates, report, reading, reported, lot, slot, alice, bob, settler
):
    """Of five trades the second is not asked for, and the barn (device 2) reported another slot last."""
    report(reading(device=2, start_at=slot(6), previous_start_at=slot(5)))
    mine, totals = traded(*[(bob, alice, 100, 300)] * 2, (OTHER_BUYER, alice, 200, 300), (bob, alice, 1, 300))
    barn, of_barn = traded((alice, bob, 50, 50), device=2)
    transaction = metering.deliverLast(slot(5), mine + barn, totals + of_barn, 0b11101, {"from": settler})
    assert answered(transaction) == (0b01101, [100, 0, 200, 1, 0])
    assert minted(transaction) == [(bob, 100), (OTHER_BUYER, 200), (bob, 1), (alice, 400)]
    assert certificates.balanceOf(bob, lot) == 101


def test_each_trade_is_all_that_its_device_sold_without_totals(metering, reported, reading, alice, bob, settler):
    trades, _ = traded((bob, alice, 600, 600))
    transaction = metering.deliver([(reading().pack(), reported)], trades, [], {"from": settler})
    assert [int(wh) for wh in transaction.return_value] == [600]
    assert minted(transaction) == [(bob, 600), (alice, 100)]
