"""`settle`: pay by the meter. Mutations of one valid delivery: tests/unit/failures."""

import pytest

from tests.helpers.orders import buy, sell
from tests.helpers.reverts import reverts_with
from tests.unit.market_fixtures import ENDOWMENT_UPOINTS, by

TOLERANCE_PPM = 50_000
PENALTY_PPM = 100_000


@pytest.fixture
def strict(community, alice, carol):
    """A final round in which Alice buys 1 000 Wh of Carol at 0.1 points/kWh, with 5% tolerance and 10% penalty."""
    market = community.open_market(tolerance_ppm=TOLERANCE_PPM, penalty_ppm=PENALTY_PPM)
    market.post([buy(alice, energy_wh=1_500), sell(carol)], [alice, carol])
    market.clear()
    return market


def wallets(escrow, *traders):
    """Free and held points of each trader, less the endowment."""
    found = [escrow.walletOf(trader.address) for trader in traders]
    return [(free - ENDOWMENT_UPOINTS, held) for free, held in found]


def test_refuses_before_the_round_is_final(escrow, market, alice, carol):
    market.post([buy(alice), sell(carol)], [alice, carol])
    market.close()
    market.propose([(market.placed(0), market.placed(1), 0)])
    market.report({carol.device: 1_000})
    with reverts_with("Clearing_NotFinal", market.id):
        escrow.settle(market.id, [market.delivery(0, 0)], by(alice))


def test_refuses_to_settle_twice(escrow, traded, alice, carol):
    traded.report({carol.device: 1_000})
    delivery = traded.delivery(0, 0)
    id_ = bytes(escrow.tradeId(traded.id, delivery[0][0]))
    with reverts_with("Escrow_AlreadySettled", id_):
        escrow.settle(traded.id, [delivery, delivery], by(alice))
    escrow.settle(traded.id, [delivery], by(alice))
    with reverts_with("Escrow_AlreadySettled", id_):
        escrow.settle(traded.id, [delivery], by(alice))
    with reverts_with("Escrow_AlreadySettled", id_):
        escrow.settleAgreed(traded.id, delivery[0], 0, [alice.address, carol.address], [b"", b""], by(alice))


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
def test_pays_what_the_meter_counted(escrow, strict, alice, carol, stranger, delivered_wh, paid, penalty):
    strict.report({carol.device: delivered_wh})
    before = escrow.totalClaims()
    tx = escrow.settle(strict.id, [strict.delivery(0, 0)], {"from": stranger})
    settled = tx.events["TradeSettled"]
    assert (settled["buyer"], settled["seller"], settled["outcome"]) == (alice.address, carol.address, 0)
    assert (settled["delivered"], settled["paid"], settled["penalty"]) == (min(delivered_wh, 1_000), paid, penalty)
    assert wallets(escrow, alice, carol) == [(-paid, 0), (paid, 0)]
    assert escrow.totalClaims() == before
    assert escrow.lockedIn(strict.id) == 0
    assert escrow.isSettled(strict.id, (0, 0))


def test_moves_the_certificates(GreenCertificates, community, escrow, traded, alice, carol):
    certificates = GreenCertificates.at(community.addresses["GreenCertificates"])
    traded.report({carol.device: 1_300})
    escrow.settle(traded.id, [traded.delivery(0, 0)], by(alice))
    lot = certificates.idOf(carol.device, traded.rules.slot_start)
    assert [certificates.balanceOf(t.address, lot) for t in (alice, carol)] == [1_000, 300]


def test_rounds_down_in_the_buyers_favour(escrow, market, alice, carol):
    price = {"price_upoints_per_kwh": 1_001}
    market.post([buy(alice, energy_wh=999, **price), sell(carol, **price, min_upoints_per_kwh=1)], [alice, carol])
    market.clear()
    market.report({carol.device: 998})
    escrow.settle(market.id, [market.delivery(0, 0)], by(alice))
    assert wallets(escrow, alice, carol) == [(-998, 0), (998, 0)]  # 998.998 micro-points, less the fraction


def test_settles_several_trades_in_one_call(escrow, market, alice, bob, carol, dan, stranger):
    market.post([buy(alice), buy(bob), sell(carol), sell(dan)], [alice, bob, carol, dan])
    market.clear()
    market.report({carol.device: 1_000, dan.device: 400})
    escrow.settle(market.id, [market.delivery(0, 1), market.delivery(0, 0)], {"from": stranger})
    bought = {trade.seller: trade.buyer for _, _, trade in market.trades()}
    paid = {bought[carol.address]: 100_000, bought[dan.address]: 40_000}
    assert wallets(escrow, alice, bob) == [(-paid[alice.address], 0), (-paid[bob.address], 0)]
    assert wallets(escrow, carol, dan) == [(100_000, 0), (40_000, 0)]
    assert escrow.lockedIn(market.id) == 0


def test_a_failing_delivery_stops_the_whole_call(escrow, market, alice, bob, carol, dan):
    market.post([buy(alice), buy(bob), sell(carol), sell(dan)], [alice, bob, carol, dan])
    market.clear()
    market.report({carol.device: 1_000, dan.device: 1_000})
    proof, reading, place = market.delivery(0, 1)
    with reverts_with("Metering_UnknownReading", place[0], place[1]):
        escrow.settle(market.id, [market.delivery(0, 0), (proof, reading._replace(exported_wh=1), place)], by(alice))
    assert not escrow.isSettled(market.id, (0, 0))
    assert escrow.lockedIn(market.id) == 200_000


def test_a_self_trade_moves_no_money(escrow, market, alice):
    market.post([buy(alice), sell(alice, nonce=2)], [alice, alice])
    market.clear()
    assert wallets(escrow, alice) == [(-100_000, 100_000)]
    market.report({alice.device: 700})
    escrow.settle(market.id, [market.delivery(0, 0)], by(alice))
    assert wallets(escrow, alice) == [(0, 0)]


def test_pays_for_a_device_that_was_retired_since(escrow, community, traded, alice, carol):
    community.send(carol.account, "DeviceRegistry", "retire", carol.device)
    traded.report({carol.device: 1_000})
    escrow.settle(traded.id, [traded.delivery(0, 0)], by(alice))
    assert wallets(escrow, alice, carol) == [(-100_000, 0), (100_000, 0)]


def test_settles_after_the_refund_time_if_nobody_took_the_money_back(escrow, community, traded, alice, carol):
    community.chain.warp(traded.rules.refund_from + 1_000)
    traded.report({carol.device: 1_000})
    escrow.settle(traded.id, [traded.delivery(0, 0)], by(alice))
    assert wallets(escrow, carol) == [(100_000, 0)]


def test_keeps_the_sellers_record(escrow, community, strict, carol, alice):
    assert tuple(escrow.trackRecordOf(carol.address)) == (0, 0, 0)
    assert tuple(escrow.reliabilityOf(carol.address)) == (1_000_000, 0)
    strict.report({carol.device: 333})
    strict.settle([(0, 0)])
    assert tuple(escrow.trackRecordOf(carol.address)) == (1_000, 333, 1)
    assert tuple(escrow.reliabilityOf(carol.address)) == (333_000, 1)
    later = community.open_market()
    later.post([buy(alice, nonce=2), sell(carol, nonce=2, energy_wh=500)], [alice, carol])
    later.clear()
    later.report({carol.device: 500})
    later.settle([(0, 0)])
    assert tuple(escrow.trackRecordOf(carol.address)) == (1_500, 833, 2)
    assert tuple(escrow.reliabilityOf(carol.address)) == (555_333, 2)
