"""`deliver` and `deliverLast`: what a device owes a buyer, and its certificates, by a proof or by the last reading."""

import pytest

from powerpact.market.orders import Order, Side
from powerpact.market.trades import Trade
from testkit.reverts import reverts_with

OTHER_BUYER = "0x" + "11" * 20


def traded(*sales, device=1, filled=0, sold_before=0):
    """Trades of a device and what the order of each sold, by (buyer, seller, energy, total), Wh."""
    trades = [
        Trade(0, 1, str(buyer), str(seller), device, total, energy, 1, 0, 0, 0, sold_before, filled).pack()
        for buyer, seller, energy, total in sales
    ]
    return trades, ([total for *_, total in sales], [])


def answered(transaction):
    """What `deliverLast` answered: the bits of the trades that it knows, and what each delivered, Wh."""
    known, (delivered, used) = transaction.return_value
    assert list(used) == []
    return int(known), [int(wh) for wh in delivered]


@pytest.fixture
def lot(certificates, hour):
    """Id of the certificates of the roof's fifth slot, in which it exported 700 Wh."""
    return certificates.idOf(1, hour(5))


@pytest.fixture
def reported(report, reading):
    """The proof of the roof's fifth slot."""
    (proof,) = report(reading())
    return proof


@pytest.fixture
def by_proof(deliveries, reading, reported, hour, settler):
    """Deliver by the reading and its proof; returns the transaction and what was delivered."""

    def _deliver(sale, **before):
        trades, totals = traded(sale, **before)
        measured = [([(reading().pack(), reported)], [])]
        transaction = deliveries.deliver(hour(5), measured, trades, totals, False, {"from": settler})
        ((delivered,), _) = transaction.return_value
        return transaction, delivered

    return _deliver


@pytest.fixture
def by_last(deliveries, reported, hour, settler):
    """Deliver by the last reading; returns the transaction and what was delivered."""

    def _deliver(sale, **before):
        transaction = deliveries.deliverLast(hour(5), *traded(sale, **before), 1, {"from": settler})
        known, (delivered,) = answered(transaction)
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


def test_reverts_for_anyone_but_the_settlement(deliveries, reported, reading, hour, alice, bob):
    sale = (bob, alice, 700, 700)
    with reverts_with("Delivery_NotSettlement", alice):
        deliveries.deliver(hour(5), [([(reading().pack(), reported)], [])], *traded(sale), False, {"from": alice})
    with reverts_with("Delivery_NotSettlement", alice):
        deliveries.deliverLast(hour(5), *traded(sale), 1, {"from": alice})


def test_reverts_for_an_unknown_reading(deliveries, reported, reading, alice, bob, settler, hour):
    with reverts_with("Metering_UnknownReading", 0, 0):
        deliveries.deliver(
            hour(5),
            [([(reading(exported_wh=9_000).pack(), reported)], [])],
            *traded((bob, alice, 9_000, 9_000)),
            False,
            {"from": settler},
        )


@pytest.mark.parametrize("number", [4, 6])
def test_the_last_reading_tells_nothing_of_another_slot(
    deliveries, certificates, reported, hour, alice, bob, settler, number
):
    transaction = deliveries.deliverLast(hour(number), *traded((bob, alice, 700, 700)), 1, {"from": settler})
    assert answered(transaction) == (0, [0])
    assert "TransferSingle" not in transaction.events
    assert certificates.balanceOf(bob, certificates.idOf(1, hour(number))) == 0


def test_the_last_reading_tells_nothing_of_another_device(deliveries, reported, hour, alice, bob, settler):
    transaction = deliveries.deliverLast(hour(5), *traded((alice, bob, 700, 700), device=2), 1, {"from": settler})
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


def test_the_surplus_over_all_sales_is_issued_once(deliver, deliveries, certificates, lot, hour, alice, bob):
    first, _ = deliver((bob, alice, 300, 500))
    assert minted(first) == [(bob, 300), (alice, 200)]
    assert deliveries.isIssued(1, hour(5))
    second, delivered = deliver((OTHER_BUYER, alice, 200, 500))
    assert (minted(second), delivered) == ([(OTHER_BUYER, 200)], 200)
    holders = (bob, OTHER_BUYER, alice)
    assert [certificates.balanceOf(holder, lot) for holder in holders] == [300, 200, 200]


def test_trades_of_an_order_share_the_export_without_a_rest(deliver, deliveries, certificates, lot, hour, alice, bob):
    """Sales of 350 and 351 Wh share 700 by cumulative rounding, whichever is delivered first."""
    assert deliver((bob, alice, 351, 701), filled=350)[1] == 351  # 700 - ⌊700 · 350 / 701⌋ = 700 - 349
    assert deliver((bob, alice, 350, 701))[1] == 349
    assert (certificates.balanceOf(bob, lot), certificates.balanceOf(alice, lot)) == (700, 0)
    assert not deliveries.isIssued(1, hour(5))


@pytest.mark.parametrize(
    ("before", "sold", "delivered", "surplus"),
    [(0, 600, 600, 100), (500, 150, 150, 50), (500, 200, 200, 0), (500, 300, 200, 0), (699, 1, 1, 0), (700, 300, 0, 0)],
)
def test_an_order_stands_behind_what_was_sold_before(
    deliver, devices, certificates, lot, hour, alice, bob, order_book, settler, before, sold, delivered, surplus
):
    for offered, is_last in ((before, False), (sold, True)):
        if offered:
            order = Order(Side.SELL, str(alice), energy_wh=offered, price_upoints_per_kwh=1, device=1)
            devices.reserve(hour(5), [order.pack()], {"from": order_book})
            if not is_last:
                devices.decide(1, Side.SELL, hour(5), 0, offered, {"from": settler})
    assert deliver((bob, alice, sold, sold), sold_before=before)[1] == delivered
    assert [certificates.balanceOf(holder, lot) for holder in (bob, alice)] == [delivered, surplus]


def test_no_surplus_while_a_later_order_is_undecided(
    deliver, deliveries, devices, certificates, lot, hour, alice, bob, order_book, settler
):
    order = Order(Side.SELL, str(alice), energy_wh=100, price_upoints_per_kwh=1, device=1).pack()
    devices.reserve(hour(5), [order], {"from": order_book})
    devices.decide(1, Side.SELL, hour(5), 0, 100, {"from": settler})
    devices.reserve(hour(5), [order], {"from": order_book})
    deliver((bob, alice, 100, 100))
    assert [certificates.balanceOf(holder, lot) for holder in (bob, alice)] == [100, 0]
    assert not deliveries.isIssued(1, hour(5))
    deliver((bob, alice, 100, 100), sold_before=100)
    assert [certificates.balanceOf(holder, lot) for holder in (bob, alice)] == [200, 500]


def test_sellers_keep_what_is_not_sold_in_the_end(
    deliveries, certificates, reported, reading, lot, alice, bob, settler, hour
):
    trades, totals = traded((bob, alice, 500, 600))
    transaction = deliveries.deliver(
        hour(5), [([(reading().pack(), reported)], [])], trades, totals, True, {"from": settler}
    )
    assert minted(transaction) == [(alice, 500), (alice, 100)]
    assert (certificates.balanceOf(bob, lot), certificates.balanceOf(alice, lot)) == (0, 600)


def test_the_surplus_is_not_issued_again(deliver, deliveries, reported, reading, hour, alice, bob):
    deliver((bob, alice, 500, 500))
    with reverts_with("Delivery_AlreadyIssued", 1, hour(5)):
        deliveries.issue(hour(5), [(reading().pack(), reported)], {"from": alice})


def test_a_later_reading_leaves_the_proof(
    deliveries, certificates, report, by_proof, reading, lot, slot, alice, bob, settler, hour
):
    later = reading(start_at=slot(6), export_counter_wh=11_400, import_counter_wh=5_040)
    report(later)
    overtaken = deliveries.deliverLast(hour(5), *traded((bob, alice, 500, 500)), 1, {"from": settler})
    assert answered(overtaken) == (0, [0])
    _, delivered = by_proof((bob, alice, 500, 500))
    assert (delivered, certificates.balanceOf(bob, lot)) == (500, 500)


def test_delivers_what_is_wanted_of_a_batch(
    deliveries, certificates, report, reading, reported, lot, slot, alice, bob, settler, hour
):
    """Of five trades the second is not asked for, and the barn (device 2) reported another slot last."""
    report(reading(device=2, start_at=slot(6), previous_start_at=0))
    mine, (totals, _) = traded(*[(bob, alice, 100, 300)] * 2, (OTHER_BUYER, alice, 200, 300), (bob, alice, 1, 300))
    barn, (of_barn, _) = traded((alice, bob, 50, 50), device=2)
    transaction = deliveries.deliverLast(hour(5), mine + barn, (totals + of_barn, []), 0b11101, {"from": settler})
    assert answered(transaction) == (0b01101, [100, 0, 200, 1, 0])
    assert minted(transaction) == [(bob, 100), (OTHER_BUYER, 200), (bob, 1), (alice, 400)]
    assert certificates.balanceOf(bob, lot) == 101


def test_each_trade_is_all_that_its_device_sold_without_totals(
    deliveries, reported, reading, hour, alice, bob, settler
):
    trades, _ = traded((bob, alice, 600, 600))
    transaction = deliveries.deliver(
        hour(5), [([(reading().pack(), reported)], [])], trades, ([], []), False, {"from": settler}
    )
    assert [int(wh) for wh in transaction.return_value[0]] == [600]
    assert minted(transaction) == [(bob, 600), (alice, 100)]
