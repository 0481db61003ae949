"""Rounds of satisfaction matching between the words of a market and those of the mechanism."""

from dataclasses import replace

import pytest
from eth_utils import to_checksum_address

from powerpact.chain.contracts.markets import Market
from powerpact.chain.contracts.posted import PostedRound
from powerpact.market.errors import BadOrderId
from powerpact.market.orders import Order, Side, parse_id
from powerpact.market.rules import MarketMechanism, Mode, Rules
from powerpact.mechanisms.registry import CALL, SATISFACTION
from powerpact.mechanisms.satisfaction.round import Solution, Trade

SOMEBODY = "0x00000000000000000000000000000000000000A1"
BATCHES = 12
"""So many that ``10:0`` comes after ``9:0`` as a number and before it as a text."""


def order(side, k):
    return Order(
        side=side,
        trader=to_checksum_address(f"0x{k + 1:040x}"),
        energy_wh=100 + 37 * k % 61,
        price_upoints_per_kwh=100 + k if side is Side.BUY else 90,
        min_upoints_per_kwh=0 if side is Side.BUY else 80,
        device=k + 1,
    )


def posted_round(mechanism):
    """A divisible market with a buy, a sell and a buy order in each batch."""
    rules = Rules(
        arbiter=SOMEBODY,
        slot_start=7_200,
        closes_at=6_900,
        final_by=7_200,
        refund_from=14_400,
        attributes=(),
        categories=(),
        mechanism=mechanism,
        mode=Mode.DIVISIBLE,
    )
    sides = (Side.BUY, Side.SELL, Side.BUY)
    batches = tuple(tuple(order(side, 3 * b + i).pack() for i, side in enumerate(sides)) for b in range(BATCHES))
    return PostedRound(Market(bytes(32), rules, SOMEBODY, 1), batches, (0,) * BATCHES)


@pytest.mark.parametrize("mechanism", list(MarketMechanism))
def test_claimed_trades_rise_by_sell_and_buy_id(mechanism):
    posted = posted_round(mechanism)
    solution = posted.mechanism.solve(posted.round(), lambda _: None)
    pairs = [(trade.sell_id, trade.buy_id) for trade in posted.claimed_trades(solution)]
    assert pairs == sorted(set(pairs))
    assert len(pairs) == len(solution.trades) > BATCHES
    assert {sell >> 8 for sell, _ in pairs} == set(range(BATCHES))


def test_claims_rise_by_the_numbers_of_their_ids():
    posted = posted_round(MarketMechanism.SATISFACTION)
    round_ = posted.round()
    solution = SATISFACTION.solve(round_, lambda _: None)
    claims = SATISFACTION.claims_of(round_, replace(solution, trades=tuple(reversed(solution.trades))))
    pairs = [(parse_id(claim.seller), parse_id(claim.buyer)) for claim in claims.trades]
    assert pairs == sorted(set(pairs))
    texts = [claim.seller for claim in claims.trades]
    assert texts != sorted(texts)
    assert SATISFACTION.solution_of(round_, claims).trades == solution.trades


def test_an_id_that_is_none_of_a_chain_is_no_claim():
    with pytest.raises(BadOrderId):
        SATISFACTION.claims_of(posted_round(MarketMechanism.SATISFACTION).round(), Solution(0, (Trade("b0", "s0", 1),)))


def test_both_mechanisms_were_asked():
    assert {posted_round(mechanism).mechanism for mechanism in MarketMechanism} == {SATISFACTION, CALL}


def test_accounts_and_least_shares_keep_posted_orders_apart():
    posted = posted_round(MarketMechanism.SATISFACTION)
    buy, sell, other = (order(side, k) for k, side in enumerate((Side.BUY, Side.SELL, Side.BUY)))
    orders = [("0:0", replace(buy, trader=sell.trader)), ("0:1", sell), ("0:2", other)]
    own = SATISFACTION.round_of(posted.market.rules, orders)
    assert [buyer.person for buyer in own.buyers] == [sell.trader, other.trader]
    assert barred(own, ("0:0", "0:1"), ("0:2", "0:1")) == [True, False]
    single = replace(posted.market.rules, mode=Mode.ONE_TO_ONE)
    filling = [(id_, replace(each, min_fill_ppm=900_000, trader=buy.trader)) for id_, each in orders[:1]]
    partly = SATISFACTION.round_of(single, [*filling, ("0:1", replace(sell, energy_wh=89)), ("0:3", sell)])
    assert partly.buyers[0].min_fill_ppm == 900_000
    assert barred(partly, ("0:0", "0:1"), ("0:0", "0:3")) == [True, False]


def test_persons_keep_posted_orders_apart_whatever_their_accounts():
    posted = posted_round(MarketMechanism.SATISFACTION)
    buy, sell = (order(side, k) for k, side in enumerate((Side.BUY, Side.SELL)))
    for persons, is_barred in (((7, 7), True), ((7, 8), False), ((0, 0), False)):
        orders = [replace(each, person=person) for each, person in zip((buy, sell), persons, strict=True)]
        found = SATISFACTION.round_of(posted.market.rules, zip(("0:0", "0:1"), orders, strict=True))
        assert barred(found, ("0:0", "0:1")) == [is_barred]
        assert [found.buyers[0].trader, found.sellers[0].trader] == [buy.trader, sell.trader]


def barred(round_, *pairs):
    return [worth is None for worth in SATISFACTION.worth_of(round_, pairs)]
