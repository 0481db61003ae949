"""Rounds resampled from the real homes, at any size."""

from __future__ import annotations

from functools import cache
from random import Random

import numpy as np
from numpy.typing import NDArray

from powerpact.market.rules import Attribute, Mode
from powerpact.market.templates import ATTRIBUTES, CATEGORIES
from powerpact.mechanisms.satisfaction.round import Buyer, Round, Seller
from powerpact.simulation.community import (
    HISTORY_DAYS,
    HomePlan,
    OrderIntent,
    Side,
    SlotPlan,
    plan_home,
    plan_order,
    sorted_surpluses_wh,
)
from powerpact.simulation.data.citylearn import load_citylearn
from powerpact.simulation.data.tariff import FONTANA
from powerpact.units import PPM

LOCAL_HOUR = 11
"""Hour of the day that the round trades: its start gives retail and feed-in price."""


def make_homes(orders: int, seed: int = 1) -> Round:
    """Make a one-to-one round of homes like those of the data.

    Parameters
    ----------
    orders : int
        Orders of each side.
    seed : int
        The same seed gives the same round.

    Notes
    -----
    Drawn one after the other, until both sides are full; what a full side would get is dropped:

    1. One of the 17 homes, one of the days that have seven before them and one of the 24 hours, all evenly, with
       replacement. The home's surpluses, solar energy less load, at that hour of those seven days are multiplied by a
       factor from a log-normal distribution (σ = 0.25) and rounded to whole Wh.
    2. Preferences, prices and meter of a new home with its own name, and its order for these surpluses, by the
       rules of the market day (`powerpact.simulation.community`): so it sells, buys, or stays out. All orders are for
       one slot,
       with the prices of 11 o'clock on the first day of the data.
    3. What the registries and the accounts would know of a seller: credibility by the rules of the market day,
       reliability evenly from 0.6 to 1, completed trades evenly from 0 to 60.
    """
    random = Random(f"homes {orders} {seed}")
    history, slot = _history(), _slot()
    buyers: list[Buyer] = []
    sellers: list[Seller] = []
    count = 0
    while len(buyers) < orders or len(sellers) < orders:
        count += 1
        day, hour, home = (random.randrange(size) for size in (len(history), *history.shape[2:]))
        surpluses_wh = np.rint(history[day, :, hour, home] * random.lognormvariate(0, 0.25)).astype(np.int64)
        plan = plan_home(f"home {count}", seed)
        order = plan_order(plan, slot, surpluses_wh, seed)
        if order is None:
            continue
        if order.side is Side.BUY and len(buyers) < orders:
            buyers.append(_buyer(f"b{len(buyers)}", order))
        if order.side is Side.SELL and len(sellers) < orders:
            sellers.append(_seller(f"s{len(sellers)}", order, plan, random))
    return Round(
        mode=Mode.ONE_TO_ONE,
        attributes=tuple(Attribute(attribute.name, attribute.kind) for attribute in ATTRIBUTES),
        categories=tuple(CATEGORIES),
        buyers=tuple(buyers),
        sellers=tuple(sellers),
    )


@cache
def _history() -> NDArray[np.int64]:
    """Sorted surpluses of the seven days before each day, shape (days, 7, 24, homes), Wh."""
    profiles = load_citylearn()
    return np.stack([sorted_surpluses_wh(profiles, day) for day in range(HISTORY_DAYS, profiles.days)])


def _slot() -> SlotPlan:
    """The slot that is traded, with its prices."""
    day = load_citylearn().day(0)
    start_s = int(day.start_s[LOCAL_HOUR])
    return SlotPlan(start_s, *FONTANA.at(day.local(start_s)))


def _buyer(id_: str, order: OrderIntent) -> Buyer:
    return Buyer(id_, order.price_upoints_per_kwh, order.soft, order.classes, order.energy_wh)


def _seller(id_: str, order: OrderIntent, plan: HomePlan, random: Random) -> Seller:
    ask = order.price_upoints_per_kwh
    known = {
        "price": ask,
        "credibility": plan.credibility_ppm,
        "reliability": random.randint(6 * PPM // 10, PPM),
        "completed-trades": random.randint(0, 60),
        "line-length": plan.line_length_m,
    }
    values = tuple(known[attribute.name] for attribute in ATTRIBUTES)
    return Seller(id_, ask, order.min_price_upoints_per_kwh, values, order.classes, order.energy_wh)
