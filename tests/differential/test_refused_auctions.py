"""What the contract of the call auction refuses, each by an error of its own."""

from dataclasses import replace

import pytest

from powerpact.chain.contracts.rounds import ProposalStatus
from powerpact.mechanisms.call.round import Order, Round, Solution, Trade
from powerpact.mechanisms.call.spec import auction
from testkit import auctionmarket
from testkit.refusals import refused


def words():
    """Words that no proposal with trades may have."""
    price, low, high, side, level, until = 90, 90, 90, 1, 2, 0
    yield "price beside k", (91, 90, 90, side, level, until)
    yield "low above high", (90, 91, 90, side, level, until)
    yield "side of nobody", (price, low, high, 3, level, until)
    yield "level without a side", (price, low, high, 0, level, until)
    yield "until without a side", (price, low, high, 0, 0, 1)


@pytest.mark.parametrize(("what", "fields"), list(words()), ids=[what for what, _ in words()])
def test_refuses_prices_that_contradict_themselves(fresh, what, fields):
    market = fresh(auctionmarket.worked())
    (chunk,) = auctionmarket.chunks_of(market, auction(auctionmarket.round_of(market)))
    word = 0
    for value, bits in zip(fields, (32, 32, 32, 8, 64, 40), strict=True):
        word = word << bits | value
    market.prices = word.to_bytes(32, "big")
    with refused("Call_BadPrices", word):
        market.propose(chunk)


@pytest.mark.parametrize("prices", [b"", bytes(31), bytes(33)])
def test_refuses_other_prices_than_a_word(fresh, prices):
    market = fresh(auctionmarket.worked())
    market.prices = prices
    with refused("Mechanism_BadPrices", len(prices), 32):
        market.propose(auctionmarket.Claims([], []))


def test_refuses_a_price_beyond_an_orders_limit(fresh):
    """b3 bids 80, the price is 90."""
    market = fresh(auctionmarket.worked())
    true = auction(auctionmarket.round_of(market))
    auctionmarket.chunks_of(market, true)
    with refused("Clearing_PriceBeyondLimits", 256, 257, 90):
        market.propose(auctionmarket.Claims([(market.placed(id_), 0, False) for id_ in (256, 257)], [(0, 1, 1)]))


@pytest.mark.parametrize("side", [0, 1])
def test_refuses_another_dual_price_than_the_gain(fresh, side):
    market = fresh(auctionmarket.worked())
    (chunk,) = auctionmarket.chunks_of(market, auction(auctionmarket.round_of(market)))
    orders = list(chunk.orders)
    which = 0 if side == 0 else len(orders) - 1
    placed, dual, *rest = orders[which]
    orders[which] = (placed, dual + 1, *rest)
    with refused("Call_WrongDual", placed[0], dual + 1, dual):
        market.propose(auctionmarket.Claims(orders, chunk.links))


def test_prices_stay_those_of_the_proposal(fresh):
    """In later chunks, when it is sealed, challenged and proven."""
    market = fresh(auctionmarket.worked())
    true = auction(auctionmarket.round_of(market))
    first, second = auctionmarket.chunks_of(market, true, most=2)
    market.propose(first)
    prices = market.prices
    market.prices = (int.from_bytes(prices, "big") + (1 << 40)).to_bytes(32, "big")
    other = market.prices
    for step in (lambda: market.extend(second), lambda: auctionmarket.seal(market, true)):
        with refused("Clearing_WrongPrices", market.proposal):
            step()
    market.prices = prices
    market.extend(second)
    market.prices = other
    with refused("Clearing_WrongPrices", market.proposal):
        market.prove()
    market.prices = prices
    auctionmarket.seal(market, true)
    market.prices = bytes(32)
    assert auctionmarket.error_of(market, 0) == "Clearing_WrongPrices"


@pytest.mark.parametrize("count", [0, 1, 3])
def test_two_orders_complete_a_certificate(fresh, count):
    market = fresh(auctionmarket.worked())
    auctionmarket.propose(market, auction(auctionmarket.round_of(market)))
    with refused("Mechanism_WrongExhibits", count, 2):
        market.seal(shown=[market.exhibit(1)] * count)


@pytest.mark.parametrize("count", [0, 2])
def test_one_order_refutes(fresh, count):
    market = fresh(auctionmarket.worked())
    true = auction(auctionmarket.round_of(market))
    auctionmarket.propose_and_seal(market, true)
    shown = [market.exhibit(1)] * count
    with refused("Mechanism_WrongExhibits", count, 1):
        market.community.send(market.community.arbiter, "Clearing", "challenge", market.proposal, shown, market.prices)


def test_a_higher_objective_refutes_an_exact_claim(fresh, auctioneers):
    """Less welfare, an exact bound: the trades of the two best pairs only, at a price that fits them."""
    market = fresh(Round(0, [Order("b0", 100, 1), Order("b1", 90, 1)], [Order("s0", 50, 1), Order("s1", 60, 1)]))
    true = auction(auctionmarket.round_of(market))
    certificate = replace(
        true.certificate, price_upoints_per_kwh=90, low_upoints_per_kwh=90, high_upoints_per_kwh=100, side=None,
        level_wh=None, last=None,
    )  # fmt: skip
    scale = auctionmarket.SCALE
    false = Solution(50 * scale, (Trade("0:0", "0:2", scale),), certificate)
    auctionmarket.propose(market, false)
    first = market.proposal
    market.seal(shown=[market.exhibit(0), market.exhibit(1)])
    auctioneers.fund(auctioneers.traders[0].account, 10**7)
    auctionmarket.propose(market, true)
    auctionmarket.seal(market, true)
    assert ProposalStatus(auctioneers.read("Clearing", "proposal", first)[-2]) is ProposalStatus.REFUTED
