"""`prove`: anyone may ask whether dual prices cover every pair of a round."""

import pytest
from eth_utils import keccak

from powerpact.codec.packing import trade_tree
from powerpact.market.trades import Trade
from testkit.orders import buy, sell
from testkit.reverts import reverts_with

ALL = 2**256 - 1


@pytest.fixture(scope="module")
def prover(SatisfactionMatching, community):
    return SatisfactionMatching.at(community.addresses["SatisfactionMatching"])


@pytest.fixture
def posted(market, alice, bob, carol, dan):
    """Two batches. Alice (order 0, row 0) buys, Carol (1, row 1) sells; Bob (256, row 2) buys, Dan (257, row 3) sells.

    Each pair has the score 1 000 000 ppm, Bob's with Carol alone 500 000.
    """
    market.post([buy(alice), sell(carol)], [alice, carol])
    late = [buy(bob, price_upoints_per_kwh=90_000), sell(dan, min_upoints_per_kwh=60_000, price_upoints_per_kwh=90_000)]
    market.post(late, [bob, dan])
    return market


def trade_of(buy_id, sell_id, buyer_dual_ppm, seller_dual_ppm):
    """A trade; the proof reads only ids and dual prices."""
    nobody = "0x" + "00" * 20
    return Trade(buy_id, sell_id, nobody, nobody, 0, 0, 0, 0, 0, buyer_dual_ppm, seller_dual_ppm)


BEST = (trade_of(0, 1, 500_000, 500_000), trade_of(256, 257, 500_000, 500_000))
"""Alice and Carol, Bob and Dan: dual prices that cover all four pairs."""


def hash_of(chunks):
    """What the trades of a proposal are known by."""
    return keccak(b"".join(trade_tree(chunk).root for chunk in chunks))


@pytest.fixture
def check(prover, stranger):
    """Ask as a stranger about trades in chunks; returns the row after the last one checked, and the number of rows."""

    def _check(market, *chunks, first=0, rows=ALL, orders=None, trades_hash=None):
        part = (hash_of(chunks) if trades_hash is None else trades_hash, first, rows)
        trades = [[trade.pack() for trade in chunk] for chunk in chunks]
        orders = market.batches if orders is None else orders
        return tuple(prover.prove(market.id, orders, trades, part, b"", {"from": stranger}))

    return _check


def test_refuses_a_batch_too_few_or_too_many(check, posted):
    for orders in (posted.batches[:1], [*posted.batches, posted.batches[0]]):
        with reverts_with("Clearing_Incomplete", len(orders), 2):
            check(posted, orders=orders)


def test_refuses_orders_that_are_not_the_markets(check, posted):
    first, second = posted.batches
    for orders, batch in (([first[::-1], second], 0), ([first, second[:1]], 1), ([second, first], 0)):
        with reverts_with("Clearing_WrongOrders", batch):
            check(posted, BEST, orders=orders)


def test_refuses_trades_that_hash_to_something_else(check, posted):
    given = hash_of([BEST])
    for needed in (hash_of([]), hash_of([BEST, BEST]), hash_of([BEST[:1], BEST[1:]]), hash_of([BEST[:1]])):
        with reverts_with("Clearing_WrongTrades", given, needed):
            check(posted, BEST, trades_hash=needed)


@pytest.mark.parametrize("id_", [1 << 9, 258, 2**40 - 1])
def test_refuses_a_trade_of_an_order_that_does_not_exist(check, posted, id_):
    with reverts_with("Clearing_UnknownOrder", id_):
        check(posted, [trade_of(id_, 257, 0, 0)])


def test_has_no_public_prices(prover, posted, stranger):
    with reverts_with("Mechanism_BadPrices", 32, 0):
        prover.judge(posted.id, [], [], bytes(32), {"from": stranger})


def test_refuses_a_trade_of_a_closed_order(check, posted, dan):
    posted.cancel(dan, 257)
    with reverts_with("Clearing_OrderClosed", 257):
        check(posted, BEST)


def test_names_the_first_pair_that_is_not_covered(check, posted):
    with reverts_with("Satisfaction_BetterPair", 0, 1, 0, 1_000_000):
        check(posted)
    with reverts_with("Satisfaction_BetterPair", 0, 257, 999_999, 1_000_000):
        check(posted, [trade_of(0, 1, 999_999, 1), trade_of(256, 1, 1_000_000, 1)])


def test_takes_dual_prices_that_cover_every_pair(check, posted):
    assert check(posted, BEST) == (4, 4)
    assert check(posted, BEST[:1], BEST[1:]) == (4, 4)


@pytest.mark.parametrize(
    ("first", "rows", "to"), [(0, 1, 1), (0, 3, 3), (1, 2, 3), (2, 2, 4), (3, 5, 4), (4, 1, 4), (1, 0, 1), (1, ALL, 4)]
)
def test_checks_the_rows_that_are_asked_for(check, posted, first, rows, to):
    assert check(posted, BEST, first=first, rows=rows) == (to, 4)


def test_a_pair_counts_in_the_row_of_its_buyer(check, posted):
    """Bob (row 2) and Dan are not covered."""
    bad = [BEST[0], trade_of(256, 257, 499_999, 500_000)]
    assert check(posted, bad, rows=2) == (2, 4)
    assert check(posted, bad, first=3) == (4, 4)
    for first, rows in ((0, 3), (2, 1), (0, ALL)):
        with reverts_with("Satisfaction_BetterPair", 256, 257, 999_999, 1_000_000):
            check(posted, bad, first=first, rows=rows)


def test_closed_orders_are_as_if_they_were_not_there(check, posted, alice, bob):
    posted.cancel(alice, 0)
    posted.cancel(bob, 256)
    assert check(posted) == (4, 4)


def test_a_market_without_orders_has_no_rows(check, market):
    assert check(market) == (0, 0)
