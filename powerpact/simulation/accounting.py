"""From trades to bills: what a day costs each home with the market and without, and what covered its load.

For one home and one slot, with load a, solar energy s, energy bought b and sold d as *delivered*, all in Wh,
retail price R and feed-in price F in micro-points per kWh:

- own solar used = min(a, s); deficit = a - own solar used; neighbours' energy used = min(deficit, b)
- residual r = a - s - b + d. The grid import is max(r, 0), the grid export max(-r, 0). Over all homes, solar
  energy and import equal load and export, since b and d cancel.
- bill = ⌊import · R / 1000⌋ - ⌊export · F / 1000⌋ + paid - earned + penalties paid - penalties received
- energy bought and not needed, b - neighbours' energy used, went to the grid: its cost is its share of what was paid
  less what the utility pays for it
- bill without the market: the same with b = d = 0 and no payments
- self-sufficiency = (own solar used + neighbours' energy used) / load, over the day
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields

from powerpact.pages import (
    DayReport,
    GasStep,
    HomeReport,
    InvariantCheck,
    Note,
    PriceRange,
    SlotReport,
    TimeStep,
    TradeReport,
)
from powerpact.simulation.community import DayPlan, Side
from powerpact.simulation.sharing import Pair, share_of_slot
from powerpact.units import value_down_upoints


@dataclass(frozen=True, slots=True)
class Certificates:
    """Green certificates of one home at the end of the day, Wh.

    Attributes
    ----------
    held_wh, retired_wh : int
        Still transferable, and retired.
    """

    held_wh: int = 0
    retired_wh: int = 0


def grid_bill_upoints(residual_wh: int, retail_upoints_per_kwh: int, feed_in_upoints_per_kwh: int) -> int:
    """Return what the utility charges for a positive residual, or, negative, pays for a negative one.

    Both are rounded down to whole micro-points.

    Examples
    --------
    >>> grid_bill_upoints(1500, 22_000_000, 5_000_000), grid_bill_upoints(-1500, 22_000_000, 5_000_000)
    (33000000, -7500000)
    """
    if residual_wh >= 0:
        return value_down_upoints(residual_wh, retail_upoints_per_kwh)
    return -value_down_upoints(-residual_wh, feed_in_upoints_per_kwh)


def home_slot(
    home: str, load_wh: int, solar_wh: int, trades: Sequence[TradeReport], prices: tuple[int, int]
) -> HomeReport:
    """Account for one home's slot.

    Parameters
    ----------
    home : str
        The home.
    load_wh, solar_wh : int
        Energy used and produced, Wh.
    trades : sequence of TradeReport
        All trades of the slot, of this home or not.
    prices : tuple of int
        The utility's retail and feed-in price, micro-points per kWh.
    """
    bought = [trade for trade in trades if trade.buyer == home]
    sold = [trade for trade in trades if trade.seller == home]
    bought_wh = sum(trade.delivered_wh for trade in bought)
    sold_wh = sum(trade.delivered_wh for trade in sold)
    own_wh = min(load_wh, solar_wh)
    residual_wh = load_wh - solar_wh - bought_wh + sold_wh
    used_wh = min(load_wh - own_wh, bought_wh)
    unused_wh = bought_wh - used_wh
    paid = sum(trade.paid_upoints for trade in bought)
    earned = sum(trade.paid_upoints for trade in sold)
    penalty_paid = sum(trade.penalty_upoints for trade in sold)
    penalty_received = sum(trade.penalty_upoints for trade in bought)
    return HomeReport(
        home=home,
        load_wh=load_wh,
        solar_wh=solar_wh,
        own_solar_used_wh=own_wh,
        neighbour_used_wh=used_wh,
        bought_wh=bought_wh,
        sold_wh=sold_wh,
        grid_import_wh=max(residual_wh, 0),
        grid_export_wh=max(-residual_wh, 0),
        trades=len(bought) + len(sold),
        paid_upoints=paid,
        earned_upoints=earned,
        penalty_paid_upoints=penalty_paid,
        penalty_received_upoints=penalty_received,
        unused_cost_upoints=paid * unused_wh // max(1, bought_wh) - value_down_upoints(unused_wh, prices[1]),
        bill_upoints=grid_bill_upoints(residual_wh, *prices) + paid - earned + penalty_paid - penalty_received,
        bill_without_upoints=grid_bill_upoints(load_wh - solar_wh, *prices),
    )


def make_day_report(
    plan: DayPlan,
    trades: Sequence[TradeReport],
    *,
    mechanism: str = "satisfaction",
    mode: str = "divisible",
    objective_unit: str = "ppm",
    objectives: Sequence[int],
    eligible: Sequence[Collection[Pair]],
    certificates: Mapping[str, Certificates],
    chain: str,
    gas: Sequence[GasStep] = (),
    times: Sequence[TimeStep] = (),
    invariants: Sequence[InvariantCheck] = (),
) -> DayReport:
    """Make the report of a day from its plan and what happened.

    Parameters
    ----------
    plan : DayPlan
        The day as planned, with the real series.
    trades : sequence of TradeReport
        What was traded, delivered and paid.
    mechanism, mode, objective_unit : str
        What cleared the markets, how orders trade, and the unit of the objective.
    objectives : sequence of int
        Objective of each slot's round, in the mechanism's unit.
    eligible : sequence of collection of (buyer, seller)
        For each slot the pairs that the mechanism let trade.
    certificates : mapping of str to Certificates
        Of each home at the end of the day; homes left out have none.
    chain : str
        The chain that it ran on, in words.
    gas, times, invariants : sequence
        What was measured and checked.
    """
    ordered = tuple(sorted(trades, key=lambda trade: (trade.slot, trade.seller, trade.buyer)))
    profiles, money = plan.profiles, plan.tariff.money
    by_slot = [
        _homes_at(plan, number, [trade for trade in ordered if trade.slot == number])
        for number in range(len(plan.slots))
    ]
    slots = [
        _slot_report(plan, number, homes, [trade for trade in ordered if trade.slot == number], objective, pairs)
        for number, (homes, objective, pairs) in enumerate(zip(by_slot, objectives, eligible, strict=True))
    ]
    return DayReport(
        title=f"A market day in {profiles.community}",
        community=profiles.community,
        day=plan.day.isoformat(),
        seed=plan.seed,
        slot_s=profiles.slot_s,
        source=profiles.source,
        time_note=profiles.time_note,
        tariff=plan.tariff.name,
        currency=money.currency,
        points_per_unit=money.points_per_unit,
        chain=chain,
        mechanism=mechanism,
        mode=mode,
        objective_unit=objective_unit,
        notes=tuple(Note(flag.home, flag.sentence, flag.treatment) for flag in profiles.flags),
        slots=tuple(slots),
        trades=ordered,
        homes=tuple(
            _day_of(slots, certificates.get(slots[0].home, Certificates())) for slots in zip(*by_slot, strict=True)
        ),
        gas=tuple(gas),
        times=tuple(times),
        invariants=tuple(invariants),
    )


def _homes_at(plan: DayPlan, number: int, trades: Sequence[TradeReport]) -> list[HomeReport]:
    """Each home's slot, given its trades."""
    slot, profiles = plan.slots[number], plan.profiles
    prices = slot.retail_upoints_per_kwh, slot.feed_in_upoints_per_kwh
    loads_wh, solars_wh = profiles.load_wh[number].tolist(), profiles.solar_wh[number].tolist()
    return [
        home_slot(home, load_wh, solar_wh, trades, prices)
        for home, load_wh, solar_wh in zip(profiles.homes, loads_wh, solars_wh, strict=True)
    ]


def _slot_report(
    plan: DayPlan,
    number: int,
    homes: Sequence[HomeReport],
    trades: Sequence[TradeReport],
    objective: int,
    eligible: Collection[Pair],
) -> SlotReport:
    """The slot of all homes."""
    slot = plan.slots[number]
    used_wh = sum(home.neighbour_used_wh for home in homes)
    surplus_wh = {home.home: home.solar_wh - home.load_wh for home in homes}
    buys = [order.price_upoints_per_kwh for order in slot.orders if order.side is Side.BUY]
    sells = [order for order in slot.orders if order.side is Side.SELL]
    return SlotReport(
        start_s=slot.start_s,
        clock=_clock(plan, slot.start_s),
        load_wh=sum(home.load_wh for home in homes),
        solar_wh=sum(home.solar_wh for home in homes),
        own_solar_used_wh=sum(home.own_solar_used_wh for home in homes),
        neighbour_used_wh=used_wh,
        grid_import_wh=sum(home.grid_import_wh for home in homes),
        grid_export_wh=sum(home.grid_export_wh for home in homes),
        promised_wh=sum(trade.promised_wh for trade in trades),
        delivered_wh=sum(trade.delivered_wh for trade in trades),
        retail_upoints_per_kwh=slot.retail_upoints_per_kwh,
        feed_in_upoints_per_kwh=slot.feed_in_upoints_per_kwh,
        buy_orders=len(buys),
        sell_orders=len(sells),
        trades=len(trades),
        bids=PriceRange.of(buys),
        asks=PriceRange.of(order.price_upoints_per_kwh for order in sells),
        minimums=PriceRange.of(order.min_price_upoints_per_kwh for order in sells),
        prices=PriceRange.of(trade.price_upoints_per_kwh for trade in trades),
        objective=objective,
        buyer_satisfaction_ppm=_mean(trade.buyer_satisfaction_ppm for trade in trades),
        seller_satisfaction_ppm=_mean(trade.seller_satisfaction_ppm for trade in trades),
        sharing=share_of_slot(slot, surplus_wh, eligible, used_wh),
    )


def _clock(plan: DayPlan, start_s: int) -> str:
    """The local clock time of a slot; with the offset from UTC if the day shows that time twice."""
    local = plan.profiles.local(start_s)
    other = local.replace(fold=1 - local.fold).utcoffset()
    return f"{local:%H:%M}" if other == local.utcoffset() else local.isoformat(timespec="minutes")[-11:]


def _day_of(slots: Sequence[HomeReport], certificates: Certificates) -> HomeReport:
    """Sum a home's slots."""
    names = [field.name for field in fields(HomeReport) if field.name != "home"]
    sums = {name: sum(getattr(slot, name) for slot in slots) for name in names}
    sums |= {"certificates_held_wh": certificates.held_wh, "certificates_retired_wh": certificates.retired_wh}
    return HomeReport(home=slots[0].home, **sums)


def _mean(values: Iterable[int]) -> int | None:
    """Mean, rounded down; None for no values."""
    numbers = list(values)
    return sum(numbers) // len(numbers) if numbers else None
