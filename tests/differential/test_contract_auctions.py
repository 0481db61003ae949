"""Call auctions on chain: what the specification clears, the contract takes and pays; one order refutes the rest."""

import json
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from powerpact.chain.contracts.rounds import ProposalStatus
from powerpact.chain.errors import ContractError
from powerpact.market.orders import Side, parse_id
from powerpact.mechanisms.call.round import Order, Round, Solution
from powerpact.mechanisms.call.roundfile import read_round, read_solution
from powerpact.mechanisms.call.spec import attains, auction, order_refutes
from powerpact.units import value_down_upoints
from testkit import auctionmarket
from testkit.auctions import auctions
from testkit.vectors import VECTORS

MOST_WH = 10**9
WINDOW_S = 600
SETTINGS = {"deadline": None, "suppress_health_check": list(HealthCheck)}
AUCTIONS = auctions(energies=st.one_of(st.integers(1, 5), st.integers(1, MOST_WH)), most=5)


def fills_wh(market):
    fills = Counter()
    for _, _, trade in market.trades():
        fills[trade.buy_id] += trade.energy_wh
        fills[trade.sell_id] += trade.energy_wh
    return fills


def refuting_ids(market, solution):
    """The orders that refute a solution by themselves, by the specification."""
    round_, fills, certificate = auctionmarket.round_of(market), fills_wh(market), solution.certificate
    found = set()
    for side in Side:
        orders = round_.orders(side)
        last = orders.ids.index(certificate.last) if side is certificate.side and certificate.last else None
        for place, order in enumerate(orders):
            id_ = parse_id(order.id)
            if order_refutes(side, order, place, fills[id_], certificate, last):
                found.add(id_)
    return found


def all_ids(market):
    return set(market.orders())


def finish(market, solution):
    """Seal, let the window pass, make final."""
    auctionmarket.seal(market, solution)
    market.community.chain.warp(market.community.chain.now() + WINDOW_S)
    market.finalize()


def check_trades(market, solution):
    """Every trade is at the price, and the proposal says what the solution does."""
    trades = [trade for _, _, trade in market.trades()]
    energies = Counter({(parse_id(t.buyer), parse_id(t.seller)): t.energy_wh for t in solution.trades})
    assert Counter({(t.buy_id, t.sell_id): t.energy_wh for t in trades}) == energies
    assert {t.price_upoints_per_kwh for t in trades} <= {solution.certificate.price_upoints_per_kwh}
    state = market.community.read("Clearing", "proposal", market.proposal)
    assert (state[5], state[6]) == (solution.objective, solution.objective)


def clear_in_every_way(fresh, round_):
    """A solution is taken sealed, proven in pieces, and at once; no order refutes it."""
    market = fresh(round_)
    solution = auction(auctionmarket.round_of(market))
    auctionmarket.propose(market, solution, most=2)
    check_trades(market, solution)
    point = market.community.chain.snapshot()
    auctionmarket.seal(market, solution)
    for id_ in all_ids(market):
        assert auctionmarket.error_of(market, id_) == "Call_OrderFits", f"order {id_:#x} must not refute"
    market.community.chain.revert(point)
    if len(all_ids(market)) > 2:
        market.prove(rows=2)
    market.prove()
    assert auctionmarket.status(market) is ProposalStatus.FINAL
    market = fresh(round_)
    auctionmarket.clear_at_once(market, solution)
    assert auctionmarket.status(market) is ProposalStatus.FINAL
    check_trades(market, solution)
    return solution


@pytest.mark.parametrize("path", sorted((VECTORS / "call").glob("*.json")), ids=lambda path: path.stem)
def test_the_contract_takes_the_vectors(fresh, path):
    vector = json.loads(path.read_text())
    round_ = read_round(vector["round"])
    if any(order.energy_wh > MOST_WH for side in Side for order in round_.orders(side)):
        pytest.skip("more than anybody has money for")
    whole = auctionmarket.postable(round_)
    solution = clear_in_every_way(fresh, round_)
    if [len(whole.orders(side)) for side in Side] == [len(round_.orders(side)) for side in Side]:
        stated = read_solution(vector["solution"], round_)
        scale = 1 if whole.buyers == round_.buyers else auctionmarket.SCALE
        assert solution.objective == scale * stated.objective
        assert solution.certificate.price_upoints_per_kwh == stated.certificate.price_upoints_per_kwh


@settings(**SETTINGS, max_examples=25)
@given(round_=AUCTIONS)
def test_what_the_specification_clears_the_contract_takes(fresh, round_):
    assume(all(order.price_upoints_per_kwh < 10**6 for side in Side for order in round_.orders(side)))
    clear_in_every_way(fresh, round_)


def test_buyers_pay_the_price_for_what_the_meter_says(fresh):
    """From signed orders to payment: everybody at 90, by what was delivered."""
    market = fresh(auctionmarket.worked())
    solution = auction(auctionmarket.round_of(market))
    auctionmarket.propose(market, solution, most=2)
    finish(market, solution)
    fills, orders = fills_wh(market), market.orders()
    market.release([id_ for id_, order in orders.items() if fills[id_] < order.energy_wh])
    sold = {orders[id_].device: fills[id_] for id_ in orders if orders[id_].side is Side.SELL and fills[id_]}
    market.report(sold)
    for chunk in range(len(market.chunks)):
        market.settle(chunk)
    wallets = [market.community.read("Accounts", "walletOf", t.address) for t in market.community.traders]
    assert [held for _, held, *_ in wallets] == [0] * len(market.community.traders)
    paid = Counter()
    for _, _, trade in market.trades():
        value = value_down_upoints(trade.energy_wh, 90)
        paid[trade.buyer] -= value
        paid[trade.seller] += value
    expected = [auctionmarket.PURSE_UPOINTS + paid[trader.address] for trader in market.community.traders]
    assert [free for free, *_ in wallets] == expected


# What refutes


def test_an_order_better_than_the_price_that_is_not_full_refutes(fresh):
    """The agent leaves the trade of b0 with s1 out."""
    market = fresh(auctionmarket.worked())
    true = auction(auctionmarket.round_of(market))
    kept = tuple(trade for trade in true.trades if (trade.buyer, trade.seller) != ("0:0", "1:2"))
    assert len(kept) == len(true.trades) - 1
    false = replace(true, trades=kept, objective=true.objective - 30 * auctionmarket.SCALE)
    auctionmarket.propose_and_seal(market, false)
    wrong = refuting_ids(market, false)
    assert parse_id("0:0") in wrong
    assert {id_ for id_ in all_ids(market) if auctionmarket.error_of(market, id_) is None} == wrong


def test_an_order_at_the_price_with_a_wrong_share_refutes(fresh):
    """b1 gets all 3 parts, b2 nothing: each of them can show it."""
    market = fresh(auctionmarket.worked())
    true = auction(auctionmarket.round_of(market))
    trades = tuple(trade for trade in true.trades if trade.buyer != "0:2")
    trades = tuple(replace(t, energy_wh=3 * auctionmarket.SCALE) if t.buyer == "0:1" else t for t in trades)
    false = replace(true, trades=trades)
    auctionmarket.propose_and_seal(market, false)
    assert refuting_ids(market, false) == {1, 2}
    assert {id_ for id_ in all_ids(market) if auctionmarket.error_of(market, id_) is None} == {1, 2}


@pytest.mark.parametrize(("low", "high"), [(70, 95), (70, 90), (50, 100)])
def test_an_order_inside_the_interval_refutes(fresh, low, high):
    """An interval that is too wide leaves the agent a choice of prices; b1 at 90 or s1 at 70 narrows it."""
    market = fresh(auctionmarket.worked())
    true = auction(auctionmarket.round_of(market))
    price = (low + high) // 2
    if price > 90:
        pytest.skip("no trade of b1 at this price")
    certificate = replace(
        true.certificate, price_upoints_per_kwh=price, low_upoints_per_kwh=low, high_upoints_per_kwh=high
    )
    false = replace(true, certificate=certificate)
    auctionmarket.propose(market, false)
    attaining = [
        next(id_ for id_ in sorted(all_ids(market)) if _attains(market, id_, end, high=is_high))
        for end, is_high in ((high, True), (low, False))
    ]
    market.seal(shown=[market.exhibit(id_) for id_ in attaining])
    wrong = refuting_ids(market, false)
    assert wrong
    assert {id_ for id_ in all_ids(market) if auctionmarket.error_of(market, id_) is None} == wrong


def _attains(market, id_, end, *, high):
    order = market.orders()[id_]
    price = order.price_upoints_per_kwh if order.side is Side.BUY else order.min_upoints_per_kwh
    return attains(order.side, Order("", price, order.energy_wh), fills_wh(market)[id_], end, high=high)


def test_an_interval_that_nobody_attains_is_not_sealed(fresh):
    """Too narrow an interval: no order's price is its end."""
    market = fresh(auctionmarket.worked())
    true = auction(auctionmarket.round_of(market))
    for low, high, wrong in ((90, 92, "high"), (88, 90, "low")):
        certificate = replace(true.certificate, low_upoints_per_kwh=low, high_upoints_per_kwh=high)
        certificate = replace(certificate, price_upoints_per_kwh=low + (high - low) // 2)
        if certificate.price_upoints_per_kwh > 90:
            certificate = replace(
                certificate, price_upoints_per_kwh=90, low_upoints_per_kwh=88, high_upoints_per_kwh=92
            )
        auctionmarket.propose(market, replace(true, certificate=certificate))
        for id_ in all_ids(market):
            shown = market.exhibit(id_)
            with pytest.raises(ContractError) as caught:
                market.seal(shown=[shown, market.exhibit(1)] if wrong == "high" else [market.exhibit(1), shown])
            assert caught.value.name == "Call_NotAttained"


def test_one_crossing_order_refutes_that_nothing_crosses(fresh):
    market = fresh(auctionmarket.worked())
    for threshold in (0, 50, 51, 100, 101, 2**32):
        market.prices = (threshold << 40).to_bytes(32, "big")
        point = market.community.chain.snapshot()
        market.propose(auctionmarket.Claims([], []))
        market.seal()
        crossing = {id_ for id_ in all_ids(market) if auctionmarket.error_of(market, id_) is None}
        expected = set()
        for id_, order in market.orders().items():
            is_buy = order.side is Side.BUY
            limit = order.price_upoints_per_kwh if is_buy else order.min_upoints_per_kwh
            if limit >= threshold if is_buy else limit < threshold:
                expected.add(id_)
        assert crossing == expected
        assert crossing, "bids and minimums cross: every threshold is refuted"
        market.community.chain.revert(point)


def test_a_round_in_which_nothing_crosses_is_final_without_trades(fresh):
    round_ = Round(0, [Order("b0", 50, 5)], [Order("s0", 51, 5)])
    market = fresh(round_)
    solution = auction(auctionmarket.round_of(market))
    assert not solution.trades
    auctionmarket.propose(market, solution)
    finish(market, solution)
    assert auctionmarket.status(market) is ProposalStatus.FINAL


@settings(**SETTINGS, max_examples=25)
@given(round_=AUCTIONS, data=st.data())
def test_one_order_refutes_exactly_what_the_specification_says(fresh, round_, data):
    """A true solution with something changed that a proposal cannot see: both say the same of each order."""
    assume(all(order.price_upoints_per_kwh < 10**6 for side in Side for order in round_.orders(side)))
    market = fresh(round_, challenge_window_s=WINDOW_S)
    true = auction(auctionmarket.round_of(market))
    assume(true.trades)
    certificate, trades = true.certificate, list(true.trades)
    what = data.draw(st.sampled_from(("drop", "less", "level", "last", "side")))
    at = data.draw(st.integers(0, len(trades) - 1))
    if what == "drop":
        del trades[at]
    elif what == "less":
        trades[at] = replace(trades[at], energy_wh=data.draw(st.integers(1, trades[at].energy_wh)))
    elif what == "level" and certificate.side is not None:
        certificate = replace(certificate, level_wh=data.draw(st.integers(0, 6)))
    elif what == "last" and certificate.side is not None:
        ids = auctionmarket.round_of(market).orders(certificate.side).ids
        certificate = replace(certificate, last=data.draw(st.sampled_from([None, *ids])))
    else:
        side = data.draw(st.sampled_from((None, *Side)))
        certificate = replace(certificate, side=side, level_wh=None if side is None else 0, last=None)
    assume(trades)
    gains = {
        order.id: order.price_upoints_per_kwh for side in Side for order in auctionmarket.round_of(market).orders(side)
    }
    objective = sum((gains[trade.buyer] - gains[trade.seller]) * trade.energy_wh for trade in trades)
    false = Solution(objective, tuple(trades), certificate)
    auctionmarket.propose(market, false)
    attaining = []
    for end, is_high in ((certificate.high_upoints_per_kwh, True), (certificate.low_upoints_per_kwh, False)):
        found = [id_ for id_ in sorted(all_ids(market)) if _attains(market, id_, end, high=is_high)]
        assume(found)
        attaining.append(found[0])
    market.seal(shown=[market.exhibit(id_) for id_ in attaining])
    refuted = {id_ for id_ in all_ids(market) if auctionmarket.error_of(market, id_) is None}
    assert refuted == refuting_ids(market, false)
