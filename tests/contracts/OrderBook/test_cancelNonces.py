"""`cancelNonces`: signed orders that are not posted yet can be made worthless, page by page on each side."""

import pytest

from powerpact.market.orders import MOST_PAGES, NONCES_PER_PAGE, Side
from testkit.market_fixtures import by, money_of, record_of, used_nonces
from testkit.orders import buy, sell
from testkit.reverts import reverts_with

WHOLE_PAGE = 2**NONCES_PER_PAGE - 1


@pytest.mark.parametrize("order_of", [buy, sell])
def test_a_cancelled_nonce_can_never_be_posted(book, market, carol, stranger, order_of):
    order = order_of(carol, nonce=33)
    signature = market.signature(carol, order)
    tx = book.cancelNonces(order.side, 1, 0b10, by(carol))
    assert dict(tx.events["NoncesCancelled"]) == {"trader": carol.address, "side": order.side, "page": 1, "mask": 0b10}
    with reverts_with("Accounts_NonceUsed", carol, order.side, 33):
        book.placeSigned(*market.batch([order], [signature]), by(stranger))


def test_other_nonces_other_sides_and_other_traders_stay_free(book, custody, alice, bob):
    book.cancelNonces(Side.BUY, 0, 0b100, by(alice))
    book.cancelNonces(Side.BUY, 0, 0b1000, by(alice))
    assert used_nonces(custody, alice, Side.BUY, range(64)) == [2, 3]
    assert used_nonces(custody, alice, Side.SELL, range(64)) == []
    assert used_nonces(custody, bob, Side.BUY, range(64)) == []


def test_one_call_cancels_a_page_and_closes_those_before(book, custody, alice):
    book.cancelNonces(Side.SELL, 3, WHOLE_PAGE, by(alice))
    assert used_nonces(custody, alice, Side.SELL, (0, 95, 96, 127, 128)) == [0, 95, 96, 127]


def test_an_empty_mask_closes_the_earlier_pages_alone(book, custody, alice):
    book.cancelNonces(Side.BUY, 2, 0, by(alice))
    assert used_nonces(custody, alice, Side.BUY, range(96)) == list(range(64))


def test_a_closed_page_stays_as_it_is(book, custody, market, alice):
    market.place(alice, buy(alice, nonce=64))
    book.cancelNonces(Side.BUY, 1, WHOLE_PAGE, by(alice))
    assert used_nonces(custody, alice, Side.BUY, range(128)) == list(range(65))


def test_a_wallet_and_a_record_show_the_open_page_and_what_is_used_of_it(book, custody, alice):
    """Page 32 bits, used 32 bits, from the top down."""
    book.cancelNonces(Side.BUY, 2, 0b1001, by(alice))
    book.cancelNonces(Side.SELL, 5, 1, by(alice))
    assert custody.walletOf(alice.address)["nonces"] == 2 << 32 | 0b1001
    assert custody.trackRecordOf(alice.address)["nonces"] == 5 << 32 | 1


def test_a_posted_order_stays_though_its_nonce_is_cancelled(book, market, carol):
    market.post([buy(carol), sell(carol)], [carol, carol])
    for side in Side:
        book.cancelNonces(side, 0, 0b10, by(carol))
    assert book.batchState(market.id, 0)["closed"] == 0
    for id_ in (0, 1):
        book.cancel(market.id, market.placed(id_), by(carol))
    assert book.batchState(market.id, 0)["closed"] == 0b11


@pytest.mark.parametrize("side", list(Side))
def test_refuses_a_page_far_ahead(book, custody, alice, side):
    """A slip of the hand does not use up an account's future; what is near can be closed in steps."""
    last = NONCES_PER_PAGE * (MOST_PAGES + 1) - 1
    for page in (MOST_PAGES + 1, 2**27 - 1):
        with reverts_with("Accounts_NonceFar", alice, side, NONCES_PER_PAGE * page, last):
            book.cancelNonces(side, page, WHOLE_PAGE, by(alice))
    book.cancelNonces(side, MOST_PAGES, WHOLE_PAGE, by(alice))
    assert used_nonces(custody, alice, side, (0, last, last + 1)) == [0, last]
    book.cancelNonces(side, 2 * MOST_PAGES, 0, by(alice))
    with reverts_with("Accounts_NonceFar", alice, side, NONCES_PER_PAGE * (3 * MOST_PAGES + 1), last + 2**16):
        book.cancelNonces(side, 3 * MOST_PAGES + 1, 0, by(alice))


@pytest.mark.parametrize("page", [2**27, 2**32 - 1])
def test_refuses_a_page_that_is_none(book, alice, page):
    """Its nonces would be beyond the last of all; the error tells those that are left of its number."""
    nonce = NONCES_PER_PAGE * page % 2**32
    with reverts_with("Accounts_NonceFar", alice, Side.BUY, nonce, NONCES_PER_PAGE * (MOST_PAGES + 1) - 1):
        book.cancelNonces(Side.BUY, page, WHOLE_PAGE, by(alice))


def test_changes_neither_money_nor_record(book, custody, alice):
    before = money_of(custody, alice), record_of(custody, alice)
    for side in Side:
        book.cancelNonces(side, 1, 1, by(alice))
    assert (money_of(custody, alice), record_of(custody, alice)) == before
