"""`release`: orders that did not trade are free again, at the latest when the round was not final in time."""

import pytest

from tests.helpers.orders import buy, sell
from tests.helpers.reverts import reverts_with


@pytest.fixture
def posted(market, alice, bob, carol):
    """Alice (order 0) and Bob (1) want what Carol (2) sells."""
    market.post([buy(alice), buy(bob, price_upoints_per_kwh=90_000), sell(carol)], [alice, bob, carol])
    return market


def release(book, market, ids, sender):
    return book.release(market.id, [market.placed(id_) for id_ in ids], {"from": sender})


def test_refuses_an_unknown_market(book, posted, stranger):
    with reverts_with("Market_Unknown", b"\1" * 32):
        book.release(b"\1" * 32, [posted.placed(0)], {"from": stranger})


def test_refuses_until_the_last_second_of_the_round(book, community, posted, stranger):
    for time in (community.chain.now() + 1, posted.rules.closes_at, posted.rules.final_by):
        community.chain.request("evm_setNextBlockTimestamp", time)
        with reverts_with("Order_StillBound", posted.id, 0):
            release(book, posted, [0], stranger)


def test_frees_everything_when_no_round_was_final_in_time(book, community, escrow, posted, alice, bob, carol, stranger):
    community.chain.request("evm_setNextBlockTimestamp", posted.rules.final_by + 1)
    tx = release(book, posted, [2, 0, 1], stranger)
    assert [(e["id"], e["trader"]) for e in tx.events["OrderReleased"]] == [
        (2, carol.address),
        (0, alice.address),
        (1, bob.address),
    ]
    assert [escrow.heldOf(t.address) for t in (alice, bob)] == [0, 0]
    assert not book.isSelling(carol.device, posted.rules.slot_start)
    assert book.batchState(posted.id, 0)["closed"] == 0b111


def test_frees_what_did_not_trade_once_the_round_is_final(book, escrow, posted, alice, bob, carol, stranger):
    posted.clear()
    free = escrow.walletOf(bob.address)["free"]
    release(book, posted, [1], stranger)
    assert tuple(escrow.walletOf(bob.address)) == (free + 90_000, 0)
    assert escrow.heldOf(alice.address) == 100_000
    assert book.isSelling(carol.device, posted.rules.slot_start)


@pytest.mark.parametrize("traded", [0, 2], ids=["buyer", "seller"])
def test_never_frees_what_traded(book, community, posted, stranger, traded):
    posted.clear()
    community.chain.warp(posted.rules.refund_from + 1)
    with reverts_with("Order_StillBound", posted.id, traded):
        release(book, posted, [traded], stranger)


def test_never_frees_what_traded_after_its_trade_was_settled(book, posted, carol, stranger):
    posted.clear()
    posted.report({carol.device: 1_000})
    posted.settle([(0, 0)])
    with reverts_with("Order_StillBound", posted.id, 0):
        release(book, posted, [0], stranger)


def test_refuses_an_order_twice(book, posted, stranger):
    posted.clear()
    with reverts_with("Order_AlreadyClosed", posted.id, 1):
        release(book, posted, [1, 1], stranger)


def test_refuses_a_cancelled_order(book, posted, bob, stranger):
    posted.cancel(bob, 1)
    posted.clear()
    with reverts_with("Order_AlreadyClosed", posted.id, 1):
        release(book, posted, [1], stranger)


def test_refuses_an_order_that_is_not_in_the_book(book, posted, stranger):
    posted.clear()
    id_, order, siblings = posted.placed(1)
    with reverts_with("Order_Unknown", posted.id, 1):
        book.release(posted.id, [(id_, order._replace(head=order.head + (1 << 32)), siblings)], {"from": stranger})


def test_a_bad_proposal_binds_nobody(book, community, posted, stranger):
    posted.close()
    posted.propose([])
    community.chain.request("evm_setNextBlockTimestamp", posted.rules.final_by + 1)
    release(book, posted, [0, 1, 2], stranger)
    assert book.batchState(posted.id, 0)["closed"] == 0b111
