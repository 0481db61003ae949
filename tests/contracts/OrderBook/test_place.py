"""`place`: a trader posts one order."""

from dataclasses import replace

import pytest

from powerpact.codec.packing import order_tree
from powerpact.market.orders import Order, Side
from testkit.market_fixtures import by, money_of
from testkit.orders import buy, sell
from testkit.reverts import reverts_with


def test_only_the_trader_places(book, market, alice, bob):
    with reverts_with("Order_NotTrader", alice, bob):
        book.place(market.id, buy(alice).pack(), by(bob))


def test_refuses_an_order_that_breaks_the_rules(book, market, alice):
    with reverts_with("Order_BelowLeastEnergy", 0, 0, 1):
        book.place(market.id, buy(alice, energy_wh=0).pack(), by(alice))


@pytest.mark.parametrize("order_of", [buy, sell])
def test_refuses_less_than_the_least_energy(book, community, alice, order_of):
    market = community.open_market(least_energy_wh=250)
    with reverts_with("Order_BelowLeastEnergy", 0, 249, 250):
        book.place(market.id, order_of(alice, energy_wh=249).pack(), by(alice))
    book.place(market.id, order_of(alice, energy_wh=250).pack(), by(alice))


def test_refuses_a_buy_order_that_reserves_less_than_the_least(book, custody, community, alice):
    """9 Wh at 100 micro-points per kWh are worth less than one; 999 are too little where 1 000 are asked."""
    market = community.open_market()
    with reverts_with("Order_BelowLeastReservation", 0, 0, 1):
        book.place(market.id, buy(alice, energy_wh=9, price_upoints_per_kwh=100).pack(), by(alice))
    market = community.open_market(least_reservation_upoints=1_000, price_rule=1)
    little = {"energy_wh": 333, "price_upoints_per_kwh": 3_002}
    with reverts_with("Order_BelowLeastReservation", 0, 999, 1_000):
        book.place(market.id, buy(alice, **little).pack(), by(alice))
    enough = little | {"price_upoints_per_kwh": 3_004}
    book.place(market.id, buy(alice, **enough).pack(), by(alice))
    assert custody.heldOf(alice.address) == 1_000


def test_a_sell_order_reserves_nothing_and_has_no_least_value(markets, book, community, carol):
    market = community.open_market(least_reservation_upoints=2**64 - 1)
    cheap = sell(carol, energy_wh=1, price_upoints_per_kwh=1, min_upoints_per_kwh=0)
    book.place(market.id, cheap.pack(), by(carol))
    assert markets.batchCount(market.id) == 1


def test_who_has_no_money_has_no_order(book, community, market):
    """Orders cost at least what the market says, however small they are: nobody fills a round for nothing."""
    broke = community.join("broke")
    for price, needed in ((1_000, 1), (100_000, 100)):
        order = buy(broke, energy_wh=1, price_upoints_per_kwh=price)
        with reverts_with("Accounts_InsufficientBalance", broke, 0, needed):
            book.place(market.id, order.pack(), by(broke))


def test_records_a_buy_order_and_reserves_its_value(book, custody, market, alice):
    order = buy(alice, energy_wh=1_999, price_upoints_per_kwh=333).pack()
    free, held = money_of(custody, alice)
    tx = book.place(market.id, order, by(alice))
    assert tx.return_value == 0
    placed = tx.events["OrdersPlaced"]
    assert (bytes(placed["market"]), placed["batch"], placed["relayer"]) == (market.id, 0, alice.address)
    kept = replace(Order.unpack(order), person=market.community.person_of(alice.address))
    assert [tuple(words) for words in placed["orders"]] == [kept.pack()]
    root, closed = book.batchState(market.id, 0)
    assert bytes(root) == order_tree([kept.pack()]).root
    assert closed == 0
    assert custody.isNonceUsed(alice.address, Side.BUY, 1)
    assert money_of(custody, alice) == (free - 665, held + 665)


def test_records_a_sell_order_and_binds_its_device(devices, book, custody, market, carol):
    wallet = money_of(custody, carol)
    book.place(market.id, sell(carol).pack(), by(carol))
    assert devices.promisedOf(carol.device, Side.SELL, market.slot.pack())[0]
    assert not custody.isNonceUsed(carol.address, Side.SELL, 1)
    assert money_of(custody, carol) == wallet


def test_a_posted_sell_order_cannot_be_posted_again(book, market, carol):
    order = sell(carol).pack()
    book.place(market.id, order, by(carol))
    with reverts_with("Device_Undecided", 0, carol.device, Side.SELL, market.slot.pack()):
        book.place(market.id, order, by(carol))


def test_each_order_gets_a_batch_of_its_own(markets, book, market, alice, carol):
    assert book.place(market.id, buy(alice).pack(), by(alice)).return_value == 0
    assert book.place(market.id, sell(carol).pack(), by(carol)).return_value == 1 << 8
    assert markets.batchCount(market.id) == 2


def test_a_trader_may_stand_on_both_sides(markets, book, market, alice):
    book.place(market.id, buy(alice).pack(), by(alice))
    book.place(market.id, sell(alice, nonce=2).pack(), by(alice))
    assert markets.batchCount(market.id) == 2
