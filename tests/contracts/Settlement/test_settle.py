"""`settle`: pay the trades of a chunk by the last readings of their devices. With proofs: test_settleLate."""

import pytest

from powerpact.market.trades import Trade
from powerpact.mechanisms.call.spec import auction
from powerpact.mechanisms.satisfaction.spec import match
from testkit import auctionmarket
from testkit.market import Claims
from testkit.market_fixtures import ENDOWMENT_UPOINTS, by, money_of, record_of, trade_id_of
from testkit.orders import buy, sell
from testkit.reverts import reverts_with

TOLERANCE_PPM = 50_000
PENALTY_PPM = 100_000


@pytest.fixture
def strict(community, alice, carol):
    """A final round in which Alice buys 1 000 Wh of Carol at 0.1 points/kWh, with 5% tolerance and 10% penalty.

    She wanted 500 Wh more; the money for that is not in the trade.
    """
    market = community.open_market(tolerance_ppm=TOLERANCE_PPM, penalty_ppm=PENALTY_PPM)
    market.post([buy(alice, energy_wh=1_500), sell(carol)], [alice, carol])
    market.clear()
    return market


@pytest.fixture
def pair(market, alice, bob, carol, dan):
    """A final round in which Alice buys of Carol (trade 0) and Bob of Dan (trade 1), 1 kWh each at 0.1 points."""
    market.post([buy(alice), buy(bob), sell(carol), sell(dan)], [alice, bob, carol, dan])
    market.close()
    market.propose(Claims([(market.placed(id_), 500_000, False) for id_ in range(4)], [(0, 2, 1_000), (1, 3, 1_000)]))
    market.prove()
    return market


@pytest.fixture
def settle(settlement, stranger):
    """Settle a chunk as a stranger."""
    return lambda market, chunk=0: settlement.settle(market.id, chunk, packed(market, chunk), {"from": stranger})


def packed(market, chunk=0):
    """All trades of a chunk."""
    return [trade.pack() for trade in market.chunks[chunk]]


def gains(custody, *traders):
    """Free and held points of each trader, less the endowment."""
    found = [money_of(custody, trader) for trader in traders]
    return [(free - ENDOWMENT_UPOINTS, held) for free, held in found]


def test_refuses_before_the_round_is_final(market, settle, alice, carol):
    market.post([buy(alice), sell(carol)], [alice, carol])
    market.close()
    market.propose(market.claims(match(market.round())))
    market.report({carol.device: 1_000})
    with reverts_with("Clearing_NotFinal", market.id):
        settle(market)


@pytest.mark.parametrize(
    "forge",
    [
        lambda trades: trades[:1],
        lambda trades: trades[::-1],
        lambda trades: [*trades, trades[0]],
        lambda trades: [trades[0], trades[0]],
        lambda trades: [trades[0], Trade.unpack(trades[1])._replace(price_upoints_per_kwh=99_999).pack()],
    ],
    ids=["one left out", "in another order", "one too many", "one twice", "another price"],
)
def test_refuses_other_trades_than_those_of_the_chunk(settlement, pair, carol, dan, stranger, forge):
    pair.report({carol.device: 1_000, dan.device: 1_000})
    with reverts_with("Settlement_WrongChunk", pair.id, 0):
        settlement.settle(pair.id, 0, forge(packed(pair)), {"from": stranger})


def test_refuses_a_chunk_that_is_not_there(settlement, pair, carol, stranger):
    pair.report({carol.device: 1_000})
    with reverts_with("Settlement_WrongChunk", pair.id, 1):
        settlement.settle(pair.id, 1, packed(pair), {"from": stranger})
    with reverts_with("BatchRoot_NoLeaves"):
        settlement.settle(pair.id, 1, [], {"from": stranger})


def test_refuses_while_nobody_has_reported(settle, pair):
    with reverts_with("Settlement_NothingToSettle", pair.id, 0):
        settle(pair)


def test_refuses_when_the_last_reading_is_of_a_later_slot(settle, community, pair, carol):
    community.open_market(slot_start=pair.slot_end).report({carol.device: 1_000})
    with reverts_with("Settlement_NothingToSettle", pair.id, 0):
        settle(pair)


def test_refuses_to_settle_twice(custody, settlement, settle, traded, alice, carol, stranger):
    traded.report({carol.device: 1_000})
    settle(traded)
    with reverts_with("Settlement_NothingToSettle", traded.id, 0):
        settle(traded)
    with reverts_with("Settlement_NothingLeft", traded.id):
        settlement.settleLate(traded.id, [traded.delivery(0, 0)], {"from": stranger})
    with reverts_with("Settlement_AlreadySettled", trade_id_of(traded)):
        parties = [alice.address, carol.address]
        settlement.settleAgreed(traded.id, traded.proof(0, 0), 0, parties, [b"", b""], {"from": stranger})
    assert gains(custody, alice, carol) == [(-100_000, 0), (100_000, 0)]


def test_trades_without_a_reading_stay(custody, settlement, settle, pair, alice, bob, carol, dan):
    pair.report({dan.device: 400})
    tx = settle(pair)
    assert [bytes(event["tradeId"]) for event in tx.events["TradeSettled"]] == [trade_id_of(pair, 0, 1)]
    assert [settlement.isSettled(pair.id, (0, index)) for index in range(2)] == [False, True]
    assert gains(custody, alice, bob, carol, dan) == [(-100_000, 100_000), (-40_000, 0), (0, 0), (40_000, 0)]
    assert pair.locked_upoints() == 100_000
    with reverts_with("Settlement_NothingToSettle", pair.id, 0):
        settle(pair)

    pair.report({carol.device: 1_000})
    settle(pair)
    assert gains(custody, alice, bob, carol, dan) == [(-100_000, 0), (-40_000, 0), (100_000, 0), (40_000, 0)]
    assert pair.locked_upoints() == 0


def test_passes_over_what_ended_otherwise(custody, settle, pair, alice, bob, carol, dan):
    pair.settle_agreed((0, 0), 1, [alice.account, carol.account])
    pair.report({carol.device: 1_000, dan.device: 1_000})
    settle(pair)
    assert gains(custody, alice, carol, bob, dan) == [(-1, 0), (1, 0), (-100_000, 0), (100_000, 0)]


def test_settles_each_chunk_by_itself(custody, settlement, settle, market, alice, bob, carol, dan):
    market.post([buy(alice), buy(bob), sell(carol), sell(dan)], [alice, bob, carol, dan])
    market.close()
    for add, buy_id, sell_id in ((market.propose, 0, 2), (market.extend, 1, 3)):
        legs = [(market.placed(id_), 500_000, False) for id_ in (buy_id, sell_id)]
        add(Claims(legs, [(0, 1, 1_000)]))
    market.prove()
    market.report({carol.device: 1_000, dan.device: 1_000})
    with reverts_with("Settlement_WrongChunk", market.id, 1):
        settlement.settle(market.id, 1, packed(market, 0), by(alice))
    settle(market, 1)
    assert gains(custody, alice, bob) == [(-100_000, 100_000), (-100_000, 0)]
    settle(market, 0)
    assert gains(custody, alice, bob) == [(-100_000, 0), (-100_000, 0)]
    assert market.locked_upoints() == 0


@pytest.mark.parametrize(
    ("delivered_wh", "paid", "penalty"),
    [
        (1_000, 100_000, 0),
        (1_400, 100_000, 0),  # no more than was sold
        (950, 95_000, 0),  # the whole tolerance used
        (949, 94_890, 10),  # 1 Wh beyond it
        (500, 45_500, 4_500),
        (87, 70, 8_630),
        (86, 0, 8_600),  # the penalty takes all of it
        (1, 0, 100),
        (0, 0, 0),
    ],
)
def test_pays_what_the_meter_counted(custody, settlement, settle, strict, alice, carol, delivered_wh, paid, penalty):
    strict.report({carol.device: delivered_wh})
    before = custody.totalCredits()
    settled = settle(strict).events["TradeSettled"]
    assert (settled["buyer"], settled["seller"], settled["outcome"]) == (alice.address, carol.address, 0)
    assert (settled["delivered"], settled["paid"], settled["penalty"]) == (min(delivered_wh, 1_000), paid, penalty)
    assert gains(custody, alice, carol) == [(-paid - 50_000, 50_000), (paid, 0)]
    assert custody.totalCredits() == before
    assert strict.locked_upoints() == 0
    strict.release([0])
    assert gains(custody, alice, carol) == [(-paid, 0), (paid, 0)]
    assert settlement.isSettled(strict.id, (0, 0))


def lots_of(community, device, slot, *holders):
    """Certificates of a device and slot that each holder has, Wh."""
    lot = community.read("GreenCertificates", "idOf", device, slot.pack())
    return [community.read("GreenCertificates", "balanceOf", holder.address, lot) for holder in holders]


def test_moves_the_certificates(community, settle, traded, alice, carol):
    traded.report({carol.device: 1_300})
    settle(traded)
    assert lots_of(community, carol.device, traded.slot, alice, carol) == [1_000, 300]


@pytest.fixture
def shared(community, alice, bob, carol):
    """A final divisible round: of Carol's 1 000 Wh, Alice buys 600 (chunk 0) and Bob 300 (chunk 1)."""
    market = community.open_market(mode=1)
    market.post([buy(alice, energy_wh=600), buy(bob, energy_wh=300), sell(carol)], [alice, bob, carol])
    market.close()
    market.propose(Claims([(market.placed(0), 1_000_000, False), (market.placed(2), 0, True)], [(0, 1, 600)]))
    market.extend(Claims([(market.placed(1), 1_000_000, False), (market.placed(2), 0, False)], [(0, 1, 300)]))
    market.prove()
    return market


@pytest.mark.parametrize("chunks", [(0, 1), (1, 0)])
@pytest.mark.parametrize(
    ("exported_wh", "shares_wh"),
    [
        (1_300, (600, 300, 400)),
        (900, (600, 300, 0)),
        (899, (599, 300, 0)),  # ⌊899 · 600 / 900⌋, and the rest
        (450, (300, 150, 0)),
        (1, (0, 1, 0)),
        (0, (0, 0, 0)),
    ],
)
def test_shares_the_export_in_proportion_to_what_was_sold(
    community, custody, settle, shared, alice, bob, carol, exported_wh, shares_wh, chunks
):
    """To whom how much of it falls does not depend on who is settled first; the surplus is certified once."""
    shared.report({carol.device: exported_wh})
    for chunk in chunks:
        settle(shared, chunk)
    first, second, surplus = shares_wh
    assert lots_of(community, carol.device, shared.slot, alice, bob, carol) == [first, second, surplus]
    assert gains(custody, alice, bob, carol) == [(-100 * first, 0), (-100 * second, 0), (100 * (first + second), 0)]
    assert record_of(custody, carol) == (900, first + second, 2)


def test_rounds_down_in_the_buyers_favour(custody, settle, market, alice, carol):
    price = {"price_upoints_per_kwh": 1_001}
    market.post([buy(alice, energy_wh=999, **price), sell(carol, **price, min_upoints_per_kwh=1)], [alice, carol])
    market.clear()
    market.report({carol.device: 998})
    settle(market)
    assert gains(custody, alice, carol) == [(-998, 0), (998, 0)]  # 998.998 micro-points, less the fraction


def test_a_self_trade_of_an_auction_moves_no_money(custody, settle, community, alice):
    """Where there is one price for all, it does not matter who trades with whom."""
    market = auctionmarket.open_auction(community, 500_000)
    market.post([buy(alice), sell(alice, price_upoints_per_kwh=80_000)], [alice, alice])
    market.close()
    auctionmarket.clear_at_once(market, auction(auctionmarket.round_of(market)))
    assert gains(custody, alice) == [(-100_000, 100_000)]
    market.report({alice.device: 700})
    settle(market)
    assert gains(custody, alice) == [(0, 0)]


def test_pays_for_a_device_that_was_retired_since(custody, community, settle, traded, alice, carol):
    community.send(carol.account, "DeviceRegistry", "retire", carol.device)
    traded.report({carol.device: 1_000})
    settle(traded)
    assert gains(custody, alice, carol) == [(-100_000, 0), (100_000, 0)]


def test_settles_after_the_refund_time_if_nobody_took_the_money_back(custody, community, settle, traded, carol):
    community.chain.warp(traded.rules.refund_from + 1_000)
    traded.report({carol.device: 1_000})
    settle(traded)
    assert gains(custody, carol) == [(100_000, 0)]


def test_keeps_the_sellers_record(custody, community, strict, carol, alice):
    assert record_of(custody, carol) == (0, 0, 0)
    assert tuple(custody.reliabilityOf(carol.address)) == (1_000_000, 0)
    strict.report({carol.device: 333})
    strict.settle()
    assert record_of(custody, carol) == (1_000, 333, 1)
    assert tuple(custody.reliabilityOf(carol.address)) == (333_000, 1)
    later = community.open_market()
    later.post([buy(alice, nonce=2), sell(carol, nonce=2, energy_wh=500)], [alice, carol])
    later.clear()
    later.report({carol.device: 500})
    later.settle()
    assert record_of(custody, carol) == (1_500, 833, 2)
    assert tuple(custody.reliabilityOf(carol.address)) == (555_333, 2)
