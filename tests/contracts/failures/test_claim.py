"""The failure catalogue of claims: one valid claim of a trade, one mutation for each way to be invalid."""

import pytest

from testkit.chains import EvmChain
from testkit.claims import NOTHING
from testkit.market import ASK, DECLARED, Claims, Community, key
from testkit.orders import buy, codes, lanes, sell
from testkit.refusals import refused

BUY, SELL, DEAR, POOR, OTHER_CLASS, GONE, OWN, SMALL, PICKY = range(9)
"""Ids of the orders below."""

SCORE_PPM = 1_769_999
"""Of the valid pair: the worked example of the rules."""

ENERGY_WH = 1_000
"""Of each order."""

ENOUGH = (SCORE_PPM, 0)
"""Dual prices of the two orders that reach it, ppm."""


@pytest.fixture(scope="module")
def market():
    """Nine orders, of which the first two fit each other; the gate is closed."""
    community = Community(EvmChain(), traders=7)
    alice, carol, *others = community.traders
    community.endow(alice, 10**9)
    second = community.bind(alice.account, key("second meter of Alice"))
    opened = community.open_market([ASK, DECLARED], [False, True], category_count=1)
    orders = [
        buy(
            alice,
            price_upoints_per_kwh=110_000,
            levels=lanes(90_000, 900_000),
            limits=lanes(120_000, 500_000),
            weights_ppm=lanes(600_000, 400_000),
            classes=codes(4),
            min_fill_ppm=500_000,
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
        sell(alice, levels=lanes(0, 870_000), classes=codes(4), nonce=2, device=second),
        sell(alice, levels=lanes(0, 870_000), classes=codes(4), nonce=3),
        sell(others[3], levels=lanes(0, 870_000), classes=codes(4), energy_wh=499),
        sell(others[4], levels=lanes(0, 870_000), classes=codes(4), energy_wh=1_001, min_fill_ppm=1_000_000),
    ]
    opened.post(orders, [alice, carol, *others[:3], alice, alice, *others[3:]])
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
        lambda m: (forged(m.placed(BUY), head=1), m.placed(SELL), ENOUGH),
        ("Order_Unknown", BUY),
    ),
    "a seller's minimum lowered": (
        lambda m: (m.placed(BUY), forged(m.placed(SELL), terms=m.placed(SELL)[1].terms - (1 << 168)), ENOUGH),
        ("Order_Unknown", SELL),
    ),
    "attested values raised": (
        lambda m: (m.placed(BUY), forged(m.placed(SELL), levels=m.placed(SELL)[1].levels + 1), ENOUGH),
        ("Order_Unknown", SELL),
    ),
    "the id of another order": (
        lambda m: ((DEAR, *m.placed(BUY)[1:]), m.placed(SELL), ENOUGH),
        ("Order_Unknown", DEAR),
    ),
    "a batch that does not exist": (
        lambda m: ((BUY + (1 << 8), *m.placed(BUY)[1:]), m.placed(SELL), ENOUGH),
        ("Order_Unknown", 1 << 8),
    ),
    "the last batch number": (
        lambda m: ((2**40 - 1, *m.placed(BUY)[1:]), m.placed(SELL), ENOUGH),
        ("Order_Unknown", 2**40 - 1),
    ),
    "no proof": (
        lambda m: ((BUY, m.placed(BUY)[1], []), m.placed(SELL), ENOUGH),
        ("Order_Unknown", BUY),
    ),
    "the proof of another": (
        lambda m: ((BUY, m.placed(BUY)[1], m.placed(DEAR)[2]), m.placed(SELL), ENOUGH),
        ("Order_Unknown", BUY),
    ),
    "a cancelled order": (
        lambda m: (m.placed(BUY), m.placed(GONE), ENOUGH),
        ("Clearing_OrderClosed", GONE),
    ),
    "a seller as the buyer": (
        lambda m: (m.placed(DEAR), m.placed(SELL), ENOUGH),
        ("Clearing_WrongSide", DEAR),
    ),
    "the sides swapped": (
        lambda m: (m.placed(SELL), m.placed(BUY), ENOUGH),
        ("Clearing_WrongSide", SELL),
    ),
    "one order on both sides": (
        lambda m: (m.placed(BUY), m.placed(BUY), ENOUGH),
        ("Clearing_WrongSide", BUY),
    ),
    "a bid below the minimum": (
        lambda m: (m.placed(BUY), m.placed(DEAR), ENOUGH),
        ("Satisfaction_NotEligible", BUY, DEAR),
    ),
    "an attribute beyond its limit": (
        lambda m: (m.placed(BUY), m.placed(POOR), ENOUGH),
        ("Satisfaction_NotEligible", BUY, POOR),
    ),
    "the wrong class": (
        lambda m: (m.placed(BUY), m.placed(OTHER_CLASS), ENOUGH),
        ("Satisfaction_NotEligible", BUY, OTHER_CLASS),
    ),
    "an order of one's own": (
        lambda m: (m.placed(BUY), m.placed(OWN), ENOUGH),
        ("Satisfaction_NotEligible", BUY, OWN),
    ),
    "less than the buyer asks for": (
        lambda m: (m.placed(BUY), m.placed(SMALL), ENOUGH, 499),
        ("Satisfaction_NotEligible", BUY, SMALL),
    ),
    "less than the seller asks for": (
        lambda m: (m.placed(BUY), m.placed(PICKY), ENOUGH),
        ("Satisfaction_NotEligible", BUY, PICKY),
    ),
    "dual prices below the score": (
        lambda m: (m.placed(BUY), m.placed(SELL), (SCORE_PPM // 2, SCORE_PPM // 2)),
        ("Satisfaction_DualsBelowScore", BUY, SELL, SCORE_PPM - 1, SCORE_PPM),
    ),
    "no dual prices": (
        lambda m: (m.placed(BUY), m.placed(SELL), (0, 0)),
        ("Satisfaction_DualsBelowScore", BUY, SELL, 0, SCORE_PPM),
    ),
    "too little energy": (
        lambda m: (m.placed(BUY), m.placed(SELL), ENOUGH, 999),
        ("Clearing_WrongEnergy", BUY, SELL, 999, ENERGY_WH),
    ),
    "too much energy": (
        lambda m: (m.placed(BUY), m.placed(SELL), ENOUGH, 1_001),
        ("Clearing_WrongEnergy", BUY, SELL, 1_001, ENERGY_WH),
    ),
    "the largest energy": (
        lambda m: (m.placed(BUY), m.placed(SELL), ENOUGH, 2**64 - 1),
        ("Clearing_WrongEnergy", BUY, SELL, 2**64 - 1, ENERGY_WH),
    ),
}


def claims_of(buy, sell, duals_ppm, energy_wh=ENERGY_WH):
    """A chunk of one trade."""
    return Claims([(buy, duals_ppm[0], False), (sell, duals_ppm[1], False)], [(0, 1, energy_wh)])


@pytest.mark.parametrize("duals_ppm", [(0, SCORE_PPM), (1, SCORE_PPM - 1), ENOUGH, (SCORE_PPM, 1), (2**32 - 1,) * 2])
def test_the_valid_claim_is_taken(market, duals_ppm):
    market.propose(claims_of(market.placed(BUY), market.placed(SELL), duals_ppm))
    trade = market.chunks[0][0]
    assert (trade.buyer_dual_ppm, trade.seller_dual_ppm) == duals_ppm


@pytest.mark.parametrize("fault", FAULTS)
def test_a_claim_fails_with(market, fault):
    mutate, (error, *arguments) = FAULTS[fault]
    if error == "Order_Unknown":
        arguments = [market.id, *arguments]
    with refused(error, *arguments):
        market.propose(claims_of(*mutate(market)))


@pytest.mark.parametrize("fault", FAULTS)
def test_a_claim_fails_in_any_place(market, fault):
    """A fault in a later chunk is a fault all the same."""
    mutate, (error, *_) = FAULTS[fault]
    market.propose(NOTHING)
    with pytest.raises(Exception, match=error):
        market.extend(claims_of(*mutate(market)))
