"""`admit`: what the orders of a batch hold and use, and what is known of their sellers."""

import pytest

from powerpact.market.orders import MOST_PAGES, NONCES_PER_PAGE, Side
from testkit.market_fixtures import ENDOWMENT_UPOINTS, by, money_of, record_of, used_nonces
from testkit.orders import buy, sell
from testkit.reverts import reverts_with

NEWCOMER = 1_000_000
"""No settled trade, a rate of one: trades 32 | rate 32, ppm."""


@pytest.fixture
def admit(custody, book):
    """Admit orders as the order book does; one word for each."""

    def _admit(*orders):
        return list(custody.admit([order.pack() for order in orders], by(book)).return_value)

    return _admit


@pytest.mark.parametrize("order_of", [buy, sell])
def test_refuses_a_used_nonce(admit, book, carol, order_of):
    order = order_of(carol, nonce=35)
    book.cancelNonces(order.side, 1, 0b1000, by(carol))
    with reverts_with("Accounts_NonceUsed", carol, order.side, 35):
        admit(order)


@pytest.mark.parametrize("order_of", [buy, sell])
def test_refuses_a_nonce_of_a_closed_page(admit, book, carol, order_of):
    order = order_of(carol, nonce=31)
    book.cancelNonces(order.side, 1, 0, by(carol))
    with reverts_with("Accounts_NonceUsed", carol, order.side, 31):
        admit(order)


@pytest.mark.parametrize("order_of", [buy, sell])
def test_refuses_a_nonce_far_ahead(admit, custody, carol, order_of):
    """No order uses up an account's future: its nonces move on by at most 1 024 pages."""
    first_far = NONCES_PER_PAGE * (MOST_PAGES + 1)
    for nonce in (first_far, 2**32 - 1):
        order = order_of(carol, nonce=nonce)
        with reverts_with("Accounts_NonceFar", carol, order.side, nonce, first_far - 1):
            admit(order)
    admit(order_of(carol, nonce=first_far - 1))
    assert used_nonces(custody, carol, Side.BUY, [first_far]) == []


def test_the_farthest_nonce_moves_with_the_open_page(admit, carol):
    """A page further, and the next step is as long as the first."""
    first_far = NONCES_PER_PAGE * (MOST_PAGES + 1)
    admit(buy(carol, nonce=first_far - 1))
    last = first_far - 1 + NONCES_PER_PAGE * MOST_PAGES
    with reverts_with("Accounts_NonceFar", carol, Side.BUY, last + 1, last):
        admit(buy(carol, nonce=last + 1))
    admit(buy(carol, nonce=last))


def test_refuses_one_nonce_for_two_buy_orders(admit, alice):
    with reverts_with("Accounts_NonceUsed", alice, Side.BUY, 7):
        admit(buy(alice, nonce=7), buy(alice, nonce=7, energy_wh=1))


def test_refuses_a_buyer_whom_the_orders_before_left_too_little(admit, alice):
    whole_wh = ENDOWMENT_UPOINTS // 100
    with reverts_with("Accounts_InsufficientBalance", alice, 0, 1):
        admit(buy(alice, energy_wh=whole_wh), buy(alice, nonce=2, energy_wh=1, price_upoints_per_kwh=1_000))


def test_one_order_refused_undoes_them_all(admit, custody, alice, bob):
    whole_wh = ENDOWMENT_UPOINTS // 100
    with reverts_with("Accounts_InsufficientBalance", bob, ENDOWMENT_UPOINTS, ENDOWMENT_UPOINTS + 100):
        admit(buy(alice), buy(bob, energy_wh=whole_wh + 1))
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS, 0)
    assert used_nonces(custody, alice, Side.BUY, range(32)) == []


def test_a_buy_order_holds_its_value_and_uses_its_nonce(admit, custody, alice):
    assert admit(buy(alice, energy_wh=1_999, price_upoints_per_kwh=333, nonce=66)) == [0]
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS - 665, 665)
    assert custody.walletOf(alice.address)["nonces"] == 2 << 32 | 0b100


def test_holds_the_last_free_point(admit, custody, alice):
    admit(buy(alice, energy_wh=ENDOWMENT_UPOINTS // 100))
    assert money_of(custody, alice) == (0, ENDOWMENT_UPOINTS)


def test_a_sell_order_changes_nothing(admit, custody, carol):
    """Its device sells a slot once, which keeps it from being posted twice."""
    before = tuple(custody.walletOf(carol.address)), tuple(custody.trackRecordOf(carol.address))
    assert admit(sell(carol), sell(carol, energy_wh=1), sell(carol, nonce=99)) == [NEWCOMER] * 3
    assert (tuple(custody.walletOf(carol.address)), tuple(custody.trackRecordOf(carol.address))) == before


def test_tells_what_is_known_of_each_seller_in_its_place(admit, custody, traded, alice, carol, dan):
    traded.report({carol.device: 400})
    traded.settle()
    assert record_of(custody, carol) == (1_000, 400, 1)
    orders = [buy(alice, nonce=2), sell(carol, nonce=2), buy(carol), sell(dan), sell(carol, nonce=3)]
    assert admit(*orders) == [0, 1 << 32 | 400_000, 0, NEWCOMER, 1 << 32 | 400_000]
    assert tuple(custody.reliabilityOf(carol.address)) == (400_000, 1)


def test_of_no_orders_it_knows_nothing(admit):
    assert admit() == []
