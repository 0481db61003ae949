"""The failure catalogue of claims: one valid claim of a trade, one mutation for each way to be invalid."""

import pytest

from tests.helpers.chains import EvmChain
from tests.helpers.market import ASK, DECLARED, Community
from tests.helpers.orders import buy, codes, lanes, sell
from tests.helpers.refusals import refused

BUY, SELL, DEAR, POOR, OTHER_CLASS, GONE = range(6)
"""Ids of the orders below."""

SCORE_PPM = 1_769_999
"""Of the valid pair: the worked example of the rules."""


@pytest.fixture(scope="module")
def market():
    """Six orders, of which the first two fit each other; the gate is closed."""
    community = Community(EvmChain(), traders=5)
    alice, carol, *others = community.traders
    community.endow(alice, 10**9)
    opened = community.open_market([ASK, DECLARED], [False, True], class_count=1)
    orders = [
        buy(
            alice,
            price_upoints_per_kwh=110_000,
            levels=lanes(90_000, 900_000),
            limits=lanes(120_000, 500_000),
            weights_ppm=lanes(600_000, 400_000),
            classes=codes(4),
        ),
        sell(carol, levels=lanes(0, 870_000), classes=codes(4)),
        sell(
            others[0],
            price_upoints_per_kwh=115_000,
            min_upoints_per_kwh=110_001,
            levels=lanes(0, 870_000),
            classes=codes(4),
        ),
        sell(others[1], levels=lanes(0, 499_999), classes=codes(4)),
        sell(others[2], levels=lanes(0, 870_000), classes=codes(5)),
        sell(alice, levels=lanes(0, 870_000), classes=codes(4), nonce=2),
    ]
    opened.post(orders, [alice, carol, *others, alice])
    opened.cancel(alice, GONE)
    opened.close()
    return opened


@pytest.fixture(autouse=True)
def isolate(market):
    """Every case starts from the same chain."""
    chain = market.community.chain
    point = chain.snapshot()
    yield
    chain.revert(point)


@pytest.fixture(autouse=True, scope="module")
def isolate_module():
    """The chain of these tests is their own."""


def forged(placed, **changes):
    """An order that is not quite the one in the book, with the proof of the real one."""
    id_, order, siblings = placed
    return id_, order._replace(**changes), siblings


FAULTS = {
    "an order that is not in the book": (
        lambda m: (forged(m.placed(BUY), head=1), m.placed(SELL), 0),
        ("Order_Unknown", BUY),
    ),
    "a seller's minimum lowered": (
        lambda m: (m.placed(BUY), forged(m.placed(SELL), terms=m.placed(SELL)[1].terms - (1 << 168)), 0),
        ("Order_Unknown", SELL),
    ),
    "attested values raised": (
        lambda m: (m.placed(BUY), forged(m.placed(SELL), levels=m.placed(SELL)[1].levels + 1), 0),
        ("Order_Unknown", SELL),
    ),
    "the id of another order": (
        lambda m: ((DEAR, *m.placed(BUY)[1:]), m.placed(SELL), 0),
        ("Order_Unknown", DEAR),
    ),
    "a batch that does not exist": (
        lambda m: ((BUY + (1 << 8), *m.placed(BUY)[1:]), m.placed(SELL), 0),
        ("Order_Unknown", 1 << 8),
    ),
    "the last batch number": (
        lambda m: ((2**40 - 1, *m.placed(BUY)[1:]), m.placed(SELL), 0),
        ("Order_Unknown", 2**40 - 1),
    ),
    "no proof": (
        lambda m: ((BUY, m.placed(BUY)[1], []), m.placed(SELL), 0),
        ("Order_Unknown", BUY),
    ),
    "the proof of another": (
        lambda m: ((BUY, m.placed(BUY)[1], m.placed(DEAR)[2]), m.placed(SELL), 0),
        ("Order_Unknown", BUY),
    ),
    "a cancelled order": (
        lambda m: (m.placed(BUY), m.placed(GONE), 0),
        ("Clearing_OrderClosed", GONE),
    ),
    "a seller as the buyer": (
        lambda m: (m.placed(DEAR), m.placed(SELL), 0),
        ("Clearing_WrongSide", DEAR),
    ),
    "the sides swapped": (
        lambda m: (m.placed(SELL), m.placed(BUY), 0),
        ("Clearing_WrongSide", SELL),
    ),
    "one order on both sides": (
        lambda m: (m.placed(BUY), m.placed(BUY), 0),
        ("Clearing_OrderUsedTwice", BUY),
    ),
    "a bid below the minimum": (
        lambda m: (m.placed(BUY), m.placed(DEAR), 0),
        ("Clearing_NotEligible", BUY, DEAR),
    ),
    "an attribute beyond its limit": (
        lambda m: (m.placed(BUY), m.placed(POOR), 0),
        ("Clearing_NotEligible", BUY, POOR),
    ),
    "the wrong class": (
        lambda m: (m.placed(BUY), m.placed(OTHER_CLASS), 0),
        ("Clearing_NotEligible", BUY, OTHER_CLASS),
    ),
    "a dual price above the score": (
        lambda m: (m.placed(BUY), m.placed(SELL), SCORE_PPM + 1),
        ("Clearing_DualAboveScore", BUY, SELL, SCORE_PPM + 1, SCORE_PPM),
    ),
    "the largest dual price": (
        lambda m: (m.placed(BUY), m.placed(SELL), 2**32 - 1),
        ("Clearing_DualAboveScore", BUY, SELL, 2**32 - 1, SCORE_PPM),
    ),
}


@pytest.mark.parametrize("dual", [0, 1, SCORE_PPM])
def test_the_valid_claim_is_taken(market, dual):
    market.propose([(market.placed(BUY), market.placed(SELL), dual)])
    trade = market.chunks[0][0]
    assert (trade.buyer_dual_ppm, trade.seller_dual_ppm) == (dual, SCORE_PPM - dual)


@pytest.mark.parametrize("fault", FAULTS)
def test_a_claim_fails_with(market, fault):
    mutate, (error, *arguments) = FAULTS[fault]
    if error == "Order_Unknown":
        arguments = [market.id, *arguments]
    with refused(error, *arguments):
        market.propose([mutate(market)])


@pytest.mark.parametrize("fault", FAULTS)
def test_a_claim_fails_in_any_place(market, fault):
    """A fault in a later chunk is a fault all the same."""
    mutate, (error, *_) = FAULTS[fault]
    market.propose([])
    with pytest.raises(Exception, match=error):
        market.extend([mutate(market)])
