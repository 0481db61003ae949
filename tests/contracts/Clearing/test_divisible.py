"""Divisible rounds: whole Wh, each order in as many trades as its energy allows, over as many chunks as needed."""

import pytest

from powerpact.chain.contracts.certificates import id_of
from powerpact.market.orders import Side
from powerpact.mechanisms.satisfaction.spec import match
from testkit.claims import claim
from testkit.contest import BOND_UPOINTS, FINAL, REFUTED, WINDOW_S
from testkit.divisible import *
from testkit.divisible import DUALS_PPM, OBJECTIVE, TRADES, wallet
from testkit.market import Claims
from testkit.orders import buy, sell
from testkit.refusals import refused


def totals(clearing, id_):
    """What a proposal sums up."""
    state = clearing.proposal(id_)
    return state["objective"], state["bound"], state["tradeCount"]


def reserved_upoints(market):
    """The buyers' money in the trades of the latest proposal."""
    return sum(trade.reserved_upoints for _, _, trade in market.trades())


# One chunk


def test_refuses_a_trade_of_nothing(market):
    with refused("Clearing_WrongEnergy", 0, 2, 0, 1):
        market.propose(claim(market, [(0, 2, 0)], {0: 1_000_000}))


@pytest.mark.parametrize(
    ("trades", "overfilled"),
    [
        ([(0, 2, 1_001)], (2, 1_000, 1_001)),
        ([(1, 2, 901)], (1, 900, 901)),
        ([(0, 2, 1_000), (1, 2, 1)], (2, 0, 1)),
        ([(1, 2, 500), (1, 3, 401)], (1, 400, 401)),
        ([(0, 2, 2**64 - 1)], (0, 1_500, 2**64 - 1)),
        ([(0, 2, 1), (0, 3, 2**64 - 1)], (0, 1_499, 2**64 - 1)),
    ],
    ids=["sell", "buy", "sell in sum", "buy in sum", "largest energy", "sum that would wrap"],
)
def test_refuses_more_than_an_order_has(market, trades, overfilled):
    with refused("Clearing_Overfilled", *overfilled):
        market.propose(claim(market, trades, {0: 1_000_000, 1: 1_000_000}))


def test_refuses_an_order_without_a_trade(market):
    """Marked as trading, it would have a dual price that no trade shows: nobody could challenge with it."""
    orders, links = claim(market, TRADES[:1], DUALS_PPM)
    with refused("Clearing_OrderUnused", 1):
        market.propose(Claims([*orders, (market.placed(1), 0, False)], links))


def test_refuses_an_order_without_a_trade_even_if_it_is_continued(market):
    orders, links = claim(market, TRADES[:1], DUALS_PPM)
    with refused("Clearing_OrderUnused", 1):
        market.propose(Claims([*orders, (market.placed(1), 0, True)], links))


def test_refuses_an_order_given_twice(market):
    orders, links = claim(market, TRADES[:1], DUALS_PPM, continued=[0, 2])
    with refused("Clearing_OrderUnused", 0):
        market.propose(Claims([*orders, orders[0]], links))


def test_refuses_dual_prices_below_the_score(market):
    with refused("Satisfaction_DualsBelowScore", 0, 3, 999_999, 1_000_000):
        market.propose(claim(market, TRADES, DUALS_PPM | {0: 249_999, 2: 750_001}))


def test_sums_up_by_energy(clearing, market):
    """w·x in the objective, u·c in the bound: c is all of an order's energy, x what it trades."""
    market.propose(claim(market, TRADES, DUALS_PPM))
    assert totals(clearing, market.proposal) == (OBJECTIVE, OBJECTIVE, 3)
    assert reserved_upoints(market) == 150_000 + 45_000
    trades = market.chunks[0]
    assert [(t.buy_id, t.sell_id, t.offered_wh, t.energy_wh, t.reserved_upoints) for t in trades] == [
        (0, 2, 1_000, 1_000, 100_000),
        (0, 3, 1_000, 500, 50_000),
        (1, 3, 1_000, 500, 45_000),
    ]
    assert match(market.round()).objective == OBJECTIVE


def test_a_dual_price_of_a_part_is_no_certificate(clearing, market):
    """Bob's 900 Wh count in the bound, 500 Wh in the objective: 400 · u are missing."""
    duals = {0: 251_000, 1: 1_000, 2: 749_000, 3: 749_000}
    market.propose(claim(market, TRADES, duals))
    bound = 251_000 * 1_500 + 1_000 * 900 + 749_000 * 2_000
    assert totals(clearing, market.proposal)[:2] == (OBJECTIVE, bound)
    assert bound - OBJECTIVE == 400 * 1_000
    with refused("Clearing_NotExact", market.proposal, OBJECTIVE, bound):
        market.prove()


def test_rounds_reservations_so_that_they_sum_up(community, alice, bob, carol, dan, erin):
    """At 99 999 micro-points per kWh every part is worth a fraction; together they are the value of the whole."""
    market = community.open_market(mode=1)
    price = {"price_upoints_per_kwh": 99_999}
    sellers = [sell(erin), sell(bob), sell(carol), sell(dan)]
    market.post([buy(alice, energy_wh=1_012, **price), *sellers], [alice, erin, bob, carol, dan])
    market.close()
    energies_wh = [1, 3, 7, 1_000]
    trades = [(0, 1 + i, energy_wh) for i, energy_wh in enumerate(energies_wh)]
    market.propose(claim(market, trades[:2], {0: 1_000_000}, continued=[0]))
    market.extend(claim(market, trades[2:], {0: 1_000_000}))
    made = [trade for chunk in market.chunks for trade in chunk]
    ends_wh = [sum(energies_wh[: i + 1]) for i in range(4)]
    starts_wh = [0, *ends_wh[:-1]]
    assert [trade.reserved_upoints for trade in made] == [
        end * 99_999 // 1_000 - start * 99_999 // 1_000 for start, end in zip(starts_wh, ends_wh, strict=True)
    ]
    assert reserved_upoints(market) == 1_011 * 99_999 // 1_000
    for trade in made:
        assert trade.reserved_upoints >= trade.energy_wh * 99_999 // 1_000


# Several chunks


def test_refuses_an_order_that_did_not_say_it_goes_on(market):
    market.propose(claim(market, TRADES[:1], DUALS_PPM))
    with refused("Clearing_OrderUsedTwice", 0):
        market.extend(claim(market, TRADES[1:2], DUALS_PPM))


def test_refuses_an_order_that_said_it_ends(halfway):
    halfway.extend(claim(halfway, [(0, 3, 1)], DUALS_PPM, continued=[3]))
    with refused("Clearing_OrderUsedTwice", 0):
        halfway.extend(claim(halfway, [(0, 3, 499)], DUALS_PPM))


@pytest.mark.parametrize("dual", [250_001, 2**32 - 1])
def test_refuses_another_dual_price_in_a_later_chunk(halfway, dual):
    """Else an order would have two, and each pair the one that suits the agent."""
    with refused("Clearing_DualChanged", 0, 250_000, dual):
        halfway.extend(claim(halfway, TRADES[1:], DUALS_PPM | {0: dual}))


@pytest.mark.parametrize("dual", [0, 249_999])
def test_refuses_a_lower_dual_price_in_a_later_chunk(halfway, dual):
    """With the seller's 750 000 ppm it does not cover the score, which is looked at first."""
    with refused("Satisfaction_DualsBelowScore", 0, 3, dual + 750_000, 1_000_000):
        halfway.extend(claim(halfway, TRADES[1:], DUALS_PPM | {0: dual}))


def test_refuses_more_than_is_left(halfway):
    with refused("Clearing_Overfilled", 0, 500, 501):
        halfway.extend(claim(halfway, [(0, 3, 501)], DUALS_PPM))


def test_refuses_a_continued_order_without_a_trade(halfway):
    orders, links = claim(halfway, [(1, 3, 500)], DUALS_PPM)
    with refused("Clearing_OrderUnused", 0):
        halfway.extend(Claims([*orders, (halfway.placed(0), 250_000, True)], links))


def test_refuses_a_continued_order_given_twice(halfway):
    orders, links = claim(halfway, [(0, 3, 400)], DUALS_PPM)
    with refused("Clearing_OrderUnused", 0):
        halfway.extend(Claims([*orders, orders[0]], links))


def test_several_chunks_come_to_the_same(clearing, market, halfway):
    halfway.extend(claim(market, TRADES[1:], DUALS_PPM, continued=[0, 3]))
    assert totals(clearing, halfway.proposal) == (OBJECTIVE, OBJECTIVE, 3)
    assert reserved_upoints(halfway) == 195_000
    halfway.prove()
    assert clearing.proposal(halfway.proposal)["status"] == FINAL


def test_an_order_may_stop_although_it_said_it_goes_on(clearing, market):
    """Bob's rest never comes. He is filled in part, as if he had not said so."""
    market.propose(claim(market, TRADES, DUALS_PPM, continued=[1, 3]))
    market.prove()
    assert [clearing.filledOf(market.proposal, id_, whole) for id_, whole in ((1, 900), (3, 1_000))] == [500, 1_000]


# The round


def test_knows_what_of_an_order_trades(clearing, final):
    whole = {0: 1_500, 1: 900, 2: 1_000, 3: 1_000}
    assert {id_: clearing.filledOf(final.proposal, id_, wh) for id_, wh in whole.items()} == whole | {1: 500}
    assert clearing.filledOf(final.proposal, 256, 77) == 0
    assert [clearing.filledOf(0, id_, wh) for id_, wh in whole.items()] == [0] * 4


def test_a_part_is_released(community, custody, final, bob):
    """400 of Bob's 900 Wh at 90 000 micro-points per kWh."""
    assert wallet(custody, bob) == (-81_000, 81_000)
    receipt = final.release([1])
    assert community.events(receipt, "Released") == [{"trader": bob.address, "points": 36_000}]
    assert wallet(custody, bob) == (-45_000, 45_000)
    with refused("Order_AlreadyClosed", final.id, 1):
        final.release([1])
    for id_ in (0, 2, 3):
        with refused("Order_StillBound", final.id, id_):
            final.release([id_])


def test_a_seller_who_sold_a_part_goes_on_selling(devices, community, alice, dan):
    """Its device owes what it sold."""
    market = community.open_market(mode=1)
    market.post([buy(alice, energy_wh=300), sell(dan)], [alice, dan])
    market.clear()
    market.release([1])
    assert devices.promisedOf(dan.device, Side.SELL, market.slot.pack())[0]


def test_a_released_part_does_not_hinder_payment(custody, final, alice, bob, carol, dan):
    final.release([1])
    final.report({carol.device: 1_000, dan.device: 1_000})
    final.settle(0)
    final.settle(1)
    assert wallet(custody, alice) == (-150_000, 0)
    assert wallet(custody, bob) == (-45_000, 0)
    assert wallet(custody, carol) == (100_000, 0)
    assert wallet(custody, dan) == (95_000, 0)
    assert final.locked_upoints() == 0


@pytest.mark.parametrize(
    ("exported_wh", "shares_wh"),
    [(0, [0, 0]), (1, [0, 1]), (700, [350, 350]), (701, [350, 351]), (999, [499, 500])],
)
def test_a_shortfall_is_shared_without_a_rest(
    community, custody, final, alice, bob, carol, dan, exported_wh, shares_wh
):
    """Dan sold 500 Wh to each; what does not divide goes to the later trade of the round."""
    final.report({carol.device: 1_000, dan.device: exported_wh})
    receipt = final.settle(1)
    settled = community.events(receipt, "TradeSettled")
    to_seller = [shares_wh[0] * 100_000 // 1_000, shares_wh[1] * 90_000 // 1_000]
    delivered = [(event["delivered"], event["paid"]) for event in settled]
    assert delivered == list(zip(shares_wh, to_seller, strict=True))
    assert wallet(custody, dan) == (sum(to_seller), 0)
    lot = id_of(dan.device, final.slot)
    holders = [community.read("GreenCertificates", "balanceOf", t.address, lot) for t in (alice, bob, dan)]
    assert holders == [*shares_wh, 0]


def test_what_was_exported_beyond_all_sales_is_the_sellers_once(community, final, alice, bob, carol, dan):
    final.report({carol.device: 1_000, dan.device: 1_234})
    final.settle(1)
    lot = id_of(dan.device, final.slot)
    holders = [community.read("GreenCertificates", "balanceOf", t.address, lot) for t in (alice, bob, dan)]
    assert holders == [500, 500, 234]


def test_released_parts_and_paid_trades_leave_nothing_behind(community, custody, points, alice, bob, carol, dan):
    """Prices that do not divide, a seller who falls short: every micro-point comes out."""
    market = community.open_market(mode=1, tolerance_ppm=50_000, penalty_ppm=200_000)
    traders = [alice, bob, carol, dan]
    orders = [
        buy(alice, energy_wh=1_003, price_upoints_per_kwh=99_991),
        buy(bob, energy_wh=907, price_upoints_per_kwh=97_117),
        sell(carol, energy_wh=701),
        sell(dan, energy_wh=811, min_upoints_per_kwh=61_003),
    ]
    market.post(orders, traders)
    solution = market.clear()
    traded = {0: 0, 1: 0}
    for trade in solution.trades:
        traded[int(trade.buyer)] += trade.energy_wh
    market.release([id_ for id_, wh in traded.items() if wh < orders[id_].energy_wh])
    assert sum(trade.reserved_upoints for _, _, trade in market.trades()) == market.locked_upoints()
    market.report({carol.device: 613, dan.device: 799})
    market.settle()
    assert market.locked_upoints() == 0
    assert [wallet(custody, trader)[1] for trader in traders] == [0] * 4
    assert sum(wallet(custody, trader)[0] for trader in traders) == 0
    assert custody.totalCredits() == points.balanceOf(custody)


# Challenges


def test_any_trade_shows_the_dual_price(community, clearing, market, halfway, watcher):
    """Alice trades in two chunks. Either trade tells the same; neither refutes a true certificate."""
    halfway.extend(claim(market, TRADES[1:], DUALS_PPM))
    halfway.seal()
    for chunks in (halfway.chunks, [[], halfway.chunks[1]]):
        shown = [halfway.exhibit(0, chunks), halfway.exhibit(2)]
        with refused("Satisfaction_PairCovered", 0, 2, 1_000_000, 1_000_000):
            community.send(watcher, "Clearing", "challenge", halfway.proposal, shown, b"")
    assert clearing.activeOf(market.id) == halfway.proposal


@pytest.mark.parametrize("chunk", [0, 1])
def test_a_pair_refutes_by_any_trade(community, clearing, agent, bob, carol, dan, erin, watcher, chunk):
    """Bob (order 0) buys of Dan (2) and of Erin (3), a chunk each, at a dual price of 350 000.

    Carol (1) is idle, and he scores 500 000 with her.
    """
    market = community.open_market(mode=1, challenge_window_s=WINDOW_S, bond_upoints=BOND_UPOINTS)
    cheap = {"min_upoints_per_kwh": 60_000}
    wanted = buy(bob, energy_wh=900, price_upoints_per_kwh=90_000)
    market.post([wanted, sell(carol), sell(dan, **cheap), sell(erin, **cheap)], [bob, carol, dan, erin])
    market.close()
    duals = {0: 350_000, 2: 400_000, 3: 400_000}
    market.propose(claim(market, [(0, 2, 400)], duals, continued=[0]))
    market.extend(claim(market, [(0, 3, 500)], duals))
    market.seal()
    chunks = [market.chunks[c] if c == chunk else [] for c in range(2)]
    shown = [market.exhibit(0, chunks), market.exhibit(1)]
    assert shown[0][3] == (chunk, 0)
    community.send(watcher, "Clearing", "challenge", market.proposal, shown, b"")
    assert clearing.proposal(market.proposal)["status"] == REFUTED


def test_a_seller_who_is_hidden_refutes(clearing, market):
    """Without Carol, Alice gets 1 000 of 1 500 Wh: her dual price is 0, and Carol's is 0."""
    market.propose(market.claims(match(market.round(without=[2]))))
    market.seal()
    market.challenge(0, 2)
    assert clearing.proposal(market.proposal)["status"] == REFUTED


def test_the_part_that_did_not_trade_refutes(clearing, market):
    """500 of Alice's 1 500 Wh are missing and her dual price is 0; Dan's energy goes to Bob at a lower score."""
    market.propose(claim(market, [(0, 2, 1_000), (1, 3, 900)], {0: 0, 1: 0, 2: 1_000_000, 3: 750_000}))
    market.seal()
    market.challenge(0, 3)
    assert clearing.proposal(market.proposal)["status"] == REFUTED


def test_the_solvers_round_is_proven(clearing, market):
    """What the specification finds, in one chunk and at once."""
    solution = match(market.round())
    market.clear_at_once(market.links(solution))
    assert totals(clearing, market.proposal)[:2] == (OBJECTIVE, OBJECTIVE)
    assert clearing.finalOf(market.id) == market.proposal
