"""What the homes of a community want: who sells, who buys, how much, at which price, with which preferences.

Pure: no chain and no files. Energy comes from the past alone, delivery from the real series, so what is
promised and what is delivered differ, as in reality. Preferences are drawn from SHA-256 of seed, home and
slot, so an order depends on nothing else, on no machine and on no library version.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Final

import numpy as np
from numpy.typing import NDArray

from powerpact.errors import BadChoice
from powerpact.market.orders import SoftTerm
from powerpact.market.templates import ATTRIBUTES, CATEGORIES
from powerpact.series.limits import HOUR_S
from powerpact.series.profiles import Profiles
from powerpact.simulation.data.tariff import FONTANA
from powerpact.simulation.tariff import Tariff
from powerpact.units import PPM

HISTORY_DAYS: Final = 7
"""Past days from which a home forecasts; fewer where the series has no more, at least one."""
MIN_ORDER_WH: Final = 50
"""Smaller forecasts for an hour give no order, Wh; for shorter slots in proportion."""


class Side(StrEnum):
    """Which side of the market an order is on."""

    BUY = "buy"
    SELL = "sell"


@dataclass(frozen=True, slots=True)
class HomePlan:
    """What is fixed about a home for the whole day: what auditors attest about it and what it cares for.

    Attributes
    ----------
    home : str
        Its name.
    credibility_ppm : int
        What the auditors attest at admission, ppm.
    grade : str
        Accuracy class of its meter.
    feeder : str
        Which of the two feeders it is connected to.
    line_length_m : int
        Its distance from the transformer along the line, m.
    weights_ppm : tuple of int
        How much it cares for each attribute; sums to 1 000 000.
    caution : int
        It promises the `caution`-th smallest surplus of the last days, counted from 0.
    bid_share_ppm : int
        Where its bids lie between feed-in (0) and retail price (1 000 000).
    ask_share_ppm, min_share_ppm : int
        Likewise what it asks for and the least that it accepts.
    require : tuple of (str or None)
        For each category the class that it requires of a seller, None for any.
    """

    home: str
    credibility_ppm: int
    grade: str
    feeder: str
    line_length_m: int
    weights_ppm: tuple[int, ...]
    caution: int
    bid_share_ppm: int
    ask_share_ppm: int
    min_share_ppm: int
    require: tuple[str | None, ...]


@dataclass(frozen=True, slots=True)
class OrderIntent:
    """An order that a home wants to place, before it is signed.

    Attributes
    ----------
    home : str
        Who places it.
    side : Side
        Buy or sell.
    start_s : int
        Start of the delivery slot, Unix seconds.
    energy_wh : int
        Energy, forecast from the past, Wh.
    price_upoints_per_kwh : int
        The bid or the ask.
    min_price_upoints_per_kwh : int
        Least that a seller accepts; 0 for a buyer.
    classes : tuple of (str or None)
        For each category what a buyer requires (None for any) or what a seller is.
    soft : tuple of SoftTerm
        A buyer's terms, one for each attribute; empty for a seller.
    declared : tuple of int
        A seller's values, one for each attribute, 0 where it is not the seller who states it; empty for a
        buyer.
    """

    home: str
    side: Side
    start_s: int
    energy_wh: int
    price_upoints_per_kwh: int
    min_price_upoints_per_kwh: int
    classes: tuple[str | None, ...]
    soft: tuple[SoftTerm, ...] = ()
    declared: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SlotPlan:
    """One slot of the day: its prices, and the orders that the homes want to place.

    Attributes
    ----------
    start_s : int
        Start of the slot, Unix seconds.
    retail_upoints_per_kwh, feed_in_upoints_per_kwh : int
        What the utility charges and pays.
    orders : tuple of OrderIntent
        At most one for each home, in the order of the homes.
    length_s : int
        Length of the slot, s.
    """

    start_s: int
    retail_upoints_per_kwh: int
    feed_in_upoints_per_kwh: int
    orders: tuple[OrderIntent, ...] = ()
    length_s: int = HOUR_S


@dataclass(frozen=True, slots=True, eq=False)
class DayPlan:
    """A community's day before it happens, and what then happens.

    Attributes
    ----------
    profiles : Profiles
        The day's slots as they really are: what the meters will say.
    day : date
        The local date.
    seed : int
        Seed of the preferences.
    tariff : Tariff
        The utility's prices.
    homes : tuple of HomePlan
        One for each home.
    slots : tuple of SlotPlan
        One for each slot.
    """

    profiles: Profiles
    day: date
    seed: int
    tariff: Tariff
    homes: tuple[HomePlan, ...]
    slots: tuple[SlotPlan, ...]


def plan_day(profiles: Profiles, day: date | int, seed: int, tariff: Tariff = FONTANA) -> DayPlan:
    """Plan a community's day: forecasts, sides, prices and preferences of each home for each slot.

    Parameters
    ----------
    profiles : Profiles
        Series that reach at least one day further back than `day`.
    day : date or int
        A local date, or the number of the day.
    seed : int
        Seed of the preferences.
    tariff : Tariff
        The utility's prices.

    Returns
    -------
    DayPlan
        The same for the same arguments, on every machine.

    Raises
    ------
    BadChoice
        The series has no such day, or no day before it to forecast from; or the utility pays more than it charges.
    """
    number = profiles.day_number(day)
    today = profiles.day(number)
    past_wh = sorted_surpluses_wh(profiles, number)
    _check_tariff(tariff, today)
    plans = tuple(plan_home(home, seed) for home in profiles.homes)
    slots = []
    for row, start_s in enumerate(int(start_s) for start_s in today.start_s):
        slot = SlotPlan(start_s, *tariff.at(today.local(start_s)), length_s=profiles.slot_s)
        orders = (plan_order(plan, slot, past_wh[:, row, index], seed) for index, plan in enumerate(plans))
        slots.append(replace(slot, orders=tuple(order for order in orders if order is not None)))
    return DayPlan(today, profiles.date_of(number), seed, tariff, plans, tuple(slots))


def _check_tariff(tariff: Tariff, today: Profiles) -> None:
    """Refuse prices between which nobody can agree."""
    for local in (today.local(int(start_s)) for start_s in today.start_s):
        prices = tariff.at(local)
        if prices.feed_in_upoints_per_kwh > prices.retail_upoints_per_kwh:
            raise BadChoice(
                "tariff",
                tariff.name,
                f"at {local:%Y-%m-%d %H:%M} the feed-in price is above the retail price",
                remedy="Correct the prices: without room between them neighbours have nothing to trade.",
            )


def sorted_surpluses_wh(profiles: Profiles, number: int) -> NDArray[np.int64]:
    """Sort each home's surplus, solar less load, at the same clock time of the last days, smallest first.

    Parameters
    ----------
    profiles : Profiles
        The whole series.
    number : int
        The day to forecast; it and what follows is not looked at.

    Returns
    -------
    ndarray of int64, shape (days, slots, homes)
        Of up to `HISTORY_DAYS` days, sorted along the first axis, Wh.

    Raises
    ------
    BadChoice
        There is no earlier day.
    """
    past = range(max(0, number - HISTORY_DAYS), number)
    if not past:
        raise BadChoice(
            "day",
            profiles.date_of(number),
            "no day before it to forecast from",
            remedy="Choose a later day; the first one only serves as history.",
        )
    clocks = [profiles.local(int(start_s)) for start_s in profiles.day(number).start_s]
    rows = np.array([profiles.rows_at_clocks(earlier, clocks) for earlier in past])
    return np.sort(profiles.solar_wh[rows] - profiles.load_wh[rows], axis=0)


def plan_home(home: str, seed: int) -> HomePlan:
    """Draw what is fixed about a home for the whole day."""

    def draw(what: str, low: int, high: int) -> int:
        return draw_int(low, high, seed, home, what)

    raw = [draw(f"weight {entry.name}", 1, 100) ** 2 for entry in ATTRIBUTES]
    raw[0] *= 2  # most people look at the price first
    weights = [PPM * part // sum(raw) for part in raw]
    weights[0] += PPM - sum(weights)
    grade = "A" if draw("grade", 0, 99) < 70 else "B"
    feeder = CATEGORIES["feeder"][draw("feeder", 0, 1)]
    ask_share_ppm = draw("ask", 400_000, 800_000)
    return HomePlan(
        home=home,
        credibility_ppm=draw("credibility", 700_000, 1_000_000),
        grade=grade,
        feeder=feeder,
        line_length_m=draw("line", 20, 400),
        weights_ppm=tuple(weights),
        caution=draw("caution", 1, 3),
        bid_share_ppm=draw("bid", 350_000, 850_000),
        ask_share_ppm=ask_share_ppm,
        min_share_ppm=draw("min", 100_000, ask_share_ppm - 100_000),
        require=(
            "solar" if draw("require source", 0, 99) < 50 else None,
            "A" if draw("require grade", 0, 99) < 20 else None,
            feeder if draw("require feeder", 0, 99) < 15 else None,
        ),
    )


def plan_order(plan: HomePlan, slot: SlotPlan, surpluses_wh: NDArray[np.int64], seed: int) -> OrderIntent | None:
    """Plan a home's order for one slot; None if it expects to need and to have next to nothing.

    Parameters
    ----------
    plan : HomePlan
        The home.
    slot : SlotPlan
        The slot and its prices.
    surpluses_wh : ndarray of int64, shape (days,)
        Its surpluses at this time of the last days, smallest first, Wh.
    seed : int
        Seed of the preferences.

    Notes
    -----
    A home whose `caution`-th smallest surplus is positive promises that much. Otherwise it buys the median of
    its deficits, unless that is a surplus: then it is unsure, and stays out of this slot's market. Bid, ask
    and minimum lie between the feed-in and the retail price, each moved from slot to slot by up to 5% of the
    distance between.
    """
    count = len(surpluses_wh)
    promise_wh = int(surpluses_wh[min(plan.caution, count - 1)])
    need_wh = -int(surpluses_wh[count // 2])
    least_wh = MIN_ORDER_WH * slot.length_s // HOUR_S
    span = slot.retail_upoints_per_kwh - slot.feed_in_upoints_per_kwh

    def price(share_ppm: int, what: str) -> int:
        moved_ppm = share_ppm + draw_int(-50_000, 50_000, seed, plan.home, slot.start_s, what)
        return slot.feed_in_upoints_per_kwh + span * min(PPM, max(0, moved_ppm)) // PPM

    if promise_wh >= least_wh:
        ask = price(plan.ask_share_ppm, "ask")
        return OrderIntent(
            home=plan.home,
            side=Side.SELL,
            start_s=slot.start_s,
            energy_wh=promise_wh,
            price_upoints_per_kwh=ask,
            min_price_upoints_per_kwh=min(ask, price(plan.min_share_ppm, "min")),
            classes=("solar", plan.grade, plan.feeder),
            declared=(0, 0, 0, 0, plan.line_length_m),
        )
    if promise_wh > 0 or need_wh < least_wh:
        return None
    bid = price(plan.bid_share_ppm, "bid")
    return OrderIntent(
        home=plan.home,
        side=Side.BUY,
        start_s=slot.start_s,
        energy_wh=need_wh,
        price_upoints_per_kwh=bid,
        min_price_upoints_per_kwh=0,
        classes=plan.require,
        soft=_soft_terms(plan, slot, seed, bid),
    )


def _soft_terms(plan: HomePlan, slot: SlotPlan, seed: int, bid: int) -> tuple[SoftTerm, ...]:
    """Draw a buyer's expectation, limit and weight for each attribute, in the order of `ATTRIBUTES`."""

    def draw(what: str, low: int, high: int) -> int:
        return draw_int(low, high, seed, plan.home, what)

    feed_in, retail = slot.feed_in_upoints_per_kwh, slot.retail_upoints_per_kwh
    levels = (
        # Satisfied at a third of the way from feed-in price to bid; an ask up to a fifth above the bid is
        # still considered, since its seller may accept less.
        (feed_in + (bid - feed_in) // 3, bid + (retail - bid) // 5),
        (draw("credibility expected", 850_000, 980_000), draw("credibility limit", 600_000, 800_000)),
        (draw("reliability expected", 850_000, 1_000_000), draw("reliability limit", 0, 400_000)),
        (draw("trades expected", 5, 40), 0),
        (draw("line expected", 50, 200), draw("line limit", 350, 800)),
    )
    return tuple(
        SoftTerm(expect, limit, weight_ppm)
        for (expect, limit), weight_ppm in zip(levels, plan.weights_ppm, strict=True)
    )


def draw_int(low: int, high: int, *key: object) -> int:
    """Draw an integer from `low` to `high`, both included, by the SHA-256 of the key.

    The bias of the remainder is below (high - low) / 2⁶⁴.

    Examples
    --------
    >>> draw_int(1, 6, 2022, "home-01", "die") == draw_int(1, 6, 2022, "home-01", "die")
    True
    """
    digest = hashlib.sha256("|".join(str(part) for part in key).encode()).digest()
    return low + int.from_bytes(digest[:8]) % (high - low + 1)
