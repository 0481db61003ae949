"""`cancel`: a trader withdraws a posted order before the gate closes."""

import pytest

from powerpact.market.orders import Side
from testkit.market import key
from testkit.market_fixtures import by, money_of, used_nonces
from testkit.orders import buy, sell
from testkit.reverts import reverts_with


@pytest.fixture
def posted(market, alice, bob, carol):
    """Alice buys (order 0), Carol sells (1), Bob buys (2)."""
    market.post([buy(alice), sell(carol), buy(bob)], [alice, carol, bob])
    return market


def test_only_the_trader_cancels(book, posted, alice, bob):
    with reverts_with("Order_NotTrader", alice, bob):
        book.cancel(posted.id, posted.placed(0), by(bob))


def test_refuses_after_the_gate_has_closed(book, community, posted, alice):
    community.chain.request("evm_setNextBlockTimestamp", posted.rules.closes_at)
    with reverts_with("Market_GateClosed", posted.id, posted.rules.closes_at):
        book.cancel(posted.id, posted.placed(0), by(alice))


def test_refuses_an_unknown_market(book, posted, alice):
    with reverts_with("Market_Unknown", b"\1" * 32):
        book.cancel(b"\1" * 32, posted.placed(0), by(alice))


@pytest.mark.parametrize(
    "forge",
    [
        lambda id_, order, siblings: (2, order, siblings),
        lambda id_, order, siblings: (1 << 8, order, siblings),
        lambda id_, order, siblings: (id_, order._replace(head=order.head + 1), siblings),
        lambda id_, order, siblings: (id_, order, siblings[:-1]),
        lambda id_, order, siblings: (id_, order, siblings[::-1]),
    ],
    ids=["other index", "other batch", "more energy", "short proof", "proof in disorder"],
)
def test_refuses_an_order_that_is_not_in_its_batch(book, posted, alice, forge):
    forged = forge(*posted.placed(0))
    with reverts_with("Order_Unknown", posted.id, forged[0]):
        book.cancel(posted.id, forged, by(alice))


def test_refuses_an_order_of_another_market(book, community, posted, alice):
    other = community.open_market(price_rule=1)
    with reverts_with("Order_Unknown", other.id, 0):
        book.cancel(other.id, posted.placed(0), by(alice))


def test_refuses_to_cancel_twice(book, posted, alice):
    book.cancel(posted.id, posted.placed(0), by(alice))
    with reverts_with("Order_AlreadyClosed", posted.id, 0):
        book.cancel(posted.id, posted.placed(0), by(alice))


def test_frees_the_reservation_of_a_buyer(book, custody, posted, alice):
    free, _ = money_of(custody, alice)
    tx = book.cancel(posted.id, posted.placed(0), by(alice))
    cancelled = tx.events["OrderCancelled"]
    assert (cancelled["id"], cancelled["trader"]) == (0, alice.address)
    assert money_of(custody, alice) == (free + 100_000, 0)
    assert book.batchState(posted.id, 0)["closed"] == 0b001
    assert custody.isNonceUsed(alice.address, Side.BUY, 1)


@pytest.mark.parametrize("id_", [0, 1], ids=["buy", "sell"])
def test_a_cancelled_order_can_never_be_carried_again(markets, book, posted, alice, carol, stranger, id_):
    order, trader = [(buy(alice), alice), (sell(carol), carol)][id_]
    book.cancel(posted.id, posted.placed(id_), by(trader))
    with reverts_with("Accounts_NonceUsed", trader, order.side, 1):
        book.placeSigned(*posted.batch([order], [posted.signature(trader, order)]), by(stranger))
    with reverts_with("Accounts_NonceUsed", trader, order.side, 1):
        book.place(posted.id, order.pack(), by(trader))
    assert markets.batchCount(posted.id) == 1


def test_a_cancelled_sell_order_uses_its_nonce(book, custody, market, carol):
    market.place(carol, sell(carol, nonce=69))
    assert used_nonces(custody, carol, Side.SELL, range(96)) == []
    tx = book.cancel(market.id, market.placed(0), by(carol))
    assert dict(tx.events["NoncesCancelled"]) == {
        "trader": carol.address,
        "side": Side.SELL,
        "page": 2,
        "mask": 1 << 5,
    }
    assert custody.trackRecordOf(carol.address)["nonces"] == 2 << 32 | 1 << 5
    assert used_nonces(custody, carol, Side.BUY, range(96)) == []


def test_a_cancelled_sell_order_of_a_later_page_closes_the_earlier_ones(book, custody, market, carol):
    market.place(carol, sell(carol, nonce=32))
    book.cancel(market.id, market.placed(0), by(carol))
    assert used_nonces(custody, carol, Side.SELL, range(64)) == list(range(33))


def test_a_sell_order_of_a_closed_page_can_be_cancelled(devices, book, custody, posted, carol):
    book.cancelNonces(Side.SELL, 3, 0b1, by(carol))
    book.cancel(posted.id, posted.placed(1), by(carol))
    assert not devices.promisedOf(carol.device, Side.SELL, posted.slot.pack())[0]
    assert custody.trackRecordOf(carol.address)["nonces"] == 3 << 32 | 0b1


def test_a_cancelled_buy_order_cancels_no_nonces(book, custody, posted, alice):
    tx = book.cancel(posted.id, posted.placed(0), by(alice))
    assert "NoncesCancelled" not in tx.events
    assert used_nonces(custody, alice, Side.SELL, range(64)) == []


def test_two_sell_orders_of_one_nonce_are_cancelled_one_by_one(devices, book, community, market, carol):
    other = community.bind(carol.account, key("another meter of Carol"))
    market.post([sell(carol), sell(carol, device=other)], [carol, carol])
    book.cancel(market.id, market.placed(0), by(carol))
    slot = market.slot.pack()
    assert (devices.promisedOf(carol.device, Side.SELL, slot)[0], devices.promisedOf(other, Side.SELL, slot)[0]) == (
        False,
        True,
    )
    book.cancel(market.id, market.placed(1), by(carol))
    assert not devices.promisedOf(other, Side.SELL, slot)[0]


def test_frees_the_device_of_a_seller(devices, book, posted, carol):
    book.cancel(posted.id, posted.placed(1), by(carol))
    assert not devices.promisedOf(carol.device, Side.SELL, posted.slot.pack())[0]
    book.place(posted.id, sell(carol, nonce=2).pack(), by(carol))
    assert devices.promisedOf(carol.device, Side.SELL, posted.slot.pack())[0]


def test_a_suspended_trader_can_cancel(book, community, custody, posted, alice):
    for auditor in community.auditors[:2]:
        community.send(
            auditor, "ParticipantRegistry", "suspend", alice.address, community.chain.now() + 900, "under review"
        )
    book.cancel(posted.id, posted.placed(0), by(alice))
    assert custody.heldOf(alice.address) == 0
