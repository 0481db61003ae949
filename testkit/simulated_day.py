"""A market day without a chain: rounds matched by the specification, meters from the real series."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

from powerpact.market.forms import word_of
from powerpact.market.rules import Attribute, AttributeSource, Mode
from powerpact.market.templates import ATTRIBUTES, CATEGORIES
from powerpact.mechanisms.satisfaction.round import Buyer, Round, Seller, Trade
from powerpact.mechanisms.satisfaction.spec import match
from powerpact.mechanisms.satisfaction.spec.satisfaction import pair_score_ppm, seller_satisfaction_ppm
from powerpact.pages import DayReport, GasStep, InvariantCheck, TimeStep, TradeReport
from powerpact.simulation.accounting import Certificates, make_day_report
from powerpact.simulation.community import DayPlan, OrderIntent, Side, plan_day
from powerpact.simulation.data.citylearn import load_citylearn
from powerpact.units import PPM, value_down_upoints

TOLERANCE_PPM = 50_000
PENALTY_PPM = 200_000
HOSTILE_NAME = '[red]<b>&"x"</b>'


class TrackRecord:
    """What the accounts would know of each seller."""

    def __init__(self, plan: DayPlan) -> None:
        self.credibility_ppm = {home.home: home.credibility_ppm for home in plan.homes}
        self.promised_wh: Counter[str] = Counter()
        self.delivered_wh: Counter[str] = Counter()
        self.trades: Counter[str] = Counter()

    def values(self, order: OrderIntent) -> tuple[int, ...]:
        promised_wh = self.promised_wh[order.home]
        by_source = {
            AttributeSource.ASK: order.price_upoints_per_kwh,
            AttributeSource.CREDIBILITY: self.credibility_ppm[order.home],
            AttributeSource.RELIABILITY: PPM * self.delivered_wh[order.home] // promised_wh if promised_wh else PPM,
            AttributeSource.COMPLETED_TRADES: self.trades[order.home],
        }
        return tuple(
            by_source.get(entry.source, declared) for entry, declared in zip(ATTRIBUTES, order.declared, strict=True)
        )

    def add(self, trade: TradeReport) -> None:
        self.promised_wh[trade.seller] += trade.promised_wh
        self.delivered_wh[trade.seller] += trade.delivered_wh
        self.trades[trade.seller] += 1


def make_round(orders: tuple[OrderIntent, ...], record: TrackRecord, mode: Mode = Mode.ONE_TO_ONE) -> Round:
    return Round(
        mode=mode,
        attributes=tuple(Attribute(entry.name, entry.kind) for entry in ATTRIBUTES),
        categories=tuple(CATEGORIES),
        buyers=tuple(
            Buyer(order.home, order.price_upoints_per_kwh, order.soft, order.classes, order.energy_wh)
            for order in orders
            if order.side is Side.BUY
        ),
        sellers=tuple(
            Seller(
                order.home,
                order.price_upoints_per_kwh,
                order.min_price_upoints_per_kwh,
                record.values(order),
                order.classes,
                order.energy_wh,
            )
            for order in orders
            if order.side is Side.SELL
        ),
    )


def deliver(plan: DayPlan, number: int, market: Round, found: Trade, sold_wh: Counter[str]) -> TradeReport:
    """A trade of a slot, delivered as far as the seller's surplus reaches after its earlier trades, and settled."""
    buyer = next(order for order in market.buyers if order.id == found.buyer)
    seller = next(order for order in market.sellers if order.id == found.seller)
    column = plan.profiles.homes.index(found.seller)
    export_wh = max(0, int(plan.profiles.solar_wh[number, column] - plan.profiles.load_wh[number, column]))
    promised_wh = found.energy_wh or 0
    delivered_wh = min(promised_wh, export_wh - sold_wh[found.seller])
    sold_wh[found.seller] += delivered_wh
    price = (buyer.bid_upoints_per_kwh + seller.min_upoints_per_kwh) // 2
    shortfall_wh = promised_wh - delivered_wh
    excused_wh = promised_wh * TOLERANCE_PPM // PPM
    g_ppm = seller_satisfaction_ppm(buyer.bid_upoints_per_kwh, seller.min_upoints_per_kwh, seller.ask_upoints_per_kwh)
    assert g_ppm is not None
    return TradeReport(
        slot=number,
        seller=found.seller,
        buyer=found.buyer,
        promised_wh=promised_wh,
        delivered_wh=delivered_wh,
        price_upoints_per_kwh=price,
        paid_upoints=value_down_upoints(delivered_wh, price),
        penalty_upoints=value_down_upoints(max(0, shortfall_wh - excused_wh), price) * PENALTY_PPM // PPM,
        buyer_satisfaction_ppm=found.score_ppm - g_ppm,
        seller_satisfaction_ppm=g_ppm,
        certificates_wh=delivered_wh,
    )


def eligible_pairs(market: Round) -> set[tuple[str, str]]:
    """Pairs of homes that may trade, by the specification."""
    return {
        (buyer.id, seller.id)
        for buyer in market.buyers
        for seller in market.sellers
        if pair_score_ppm(market, buyer, seller) is not None
    }


def gas_steps(homes: int, orders: int, trades: int) -> tuple[GasStep, ...]:
    """Gas as it might be."""
    return (
        GasStep("deploy contracts", 12, 31_400_000, 12, "contract"),
        GasStep("admit homes", 85, 85 * 71_300, homes, "home"),
        GasStep("post orders", 24, orders * 14_210, orders, "order"),
        GasStep("propose trades", 24, 24 * 120_000 + trades * 38_000, trades, "trade"),
        GasStep("prove every pair", 31, 24 * 60_000 + 1_100 * 3_050, 1_100, "pair"),
        GasStep("report meters", 24, homes * 24 * 21_000, homes * 24, "reading"),
        GasStep("pay out and move certificates", 24, trades * 61_000, trades, "trade"),
    )


def simulate_day(plan: DayPlan, mode: Mode = Mode.ONE_TO_ONE) -> DayReport:
    """The report of a day that the specification cleared."""
    record = TrackRecord(plan)
    trades: list[TradeReport] = []
    objectives, eligible = [], []
    certificates_wh: Counter[str] = Counter()
    for number, slot in enumerate(plan.slots):
        market = make_round(slot.orders, record, mode)
        eligible.append(eligible_pairs(market))
        solution = match(market)
        objectives.append(solution.objective)
        sold_wh: Counter[str] = Counter()
        for trade in (deliver(plan, number, market, found, sold_wh) for found in solution.trades):
            trades.append(trade)
            record.add(trade)
            certificates_wh[trade.buyer] += trade.certificates_wh
    return make_day_report(
        plan,
        trades,
        mode=word_of(mode),
        objectives=objectives,
        eligible=eligible,
        certificates={home: Certificates(held - held // 2, held // 2) for home, held in certificates_wh.items()},
        chain="simulated, without a chain",
        gas=gas_steps(len(plan.profiles.homes), sum(len(slot.orders) for slot in plan.slots), len(trades)),
        times=(TimeStep("set up the community", 4.31), TimeStep("24 rounds", 31.2), TimeStep("check", 0.84)),
        invariants=(
            InvariantCheck("MON-1", "Points in custody equal the sum of all claims.", True, "1 250.00 = 1 250.00"),
            InvariantCheck("GRN-1", "No more certificates than measured export.", True, f"{len(trades)} lots"),
        ),
    )


def citylearn_day(day: int = 308, seed: int = 2022, mode: Mode = Mode.ONE_TO_ONE) -> DayReport:
    return simulate_day(plan_day(load_citylearn(), day, seed), mode)


def hostile(report: DayReport) -> DayReport:
    """The same day with names that would break a careless page."""
    name = HOSTILE_NAME
    old = report.trades[0].seller
    return replace(
        report,
        community="[red]<script>alert(1)</script>",
        title="A market day in [red]<script>alert(1)</script>",
        homes=tuple(replace(home, home=name) if home.home == old else home for home in report.homes),
        trades=tuple(
            replace(
                trade,
                seller=name if trade.seller == old else trade.seller,
                buyer=name if trade.buyer == old else trade.buyer,
            )
            for trade in report.trades
        ),
    )
