"""`cancel`: a trader withdraws a posted order before the gate closes."""

import pytest

from powerpact.chain.packing import Side
from tests.helpers.orders import buy, sell
from tests.helpers.reverts import reverts_with
from tests.unit.market_fixtures import by, money_of


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


def test_frees_the_reservation_of_a_buyer(book, escrow, posted, alice):
    free, _ = money_of(escrow, alice)
    tx = book.cancel(posted.id, posted.placed(0), by(alice))
    cancelled = tx.events["OrderCancelled"]
    assert (cancelled["id"], cancelled["trader"]) == (0, alice.address)
    assert money_of(escrow, alice) == (free + 100_000, 0)
    assert book.batchState(posted.id, 0)["closed"] == 0b001
    assert escrow.isNonceUsed(alice.address, Side.BUY, 1)


def test_frees_the_device_of_a_seller(book, posted, carol):
    book.cancel(posted.id, posted.placed(1), by(carol))
    assert not book.isSelling(carol.device, posted.rules.slot_start)
    book.place(posted.id, sell(carol, nonce=2).pack(), by(carol))
    assert book.isSelling(carol.device, posted.rules.slot_start)


def test_a_suspended_trader_can_cancel(book, community, escrow, posted, alice):
    for auditor in community.auditors[:2]:
        community.send(
            auditor, "ParticipantRegistry", "suspend", alice.address, community.chain.now() + 900, "under review"
        )
    book.cancel(posted.id, posted.placed(0), by(alice))
    assert escrow.heldOf(alice.address) == 0
