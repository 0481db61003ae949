"""How much neighbours could have shared in a slot, how much they did, and what became of the rest.

Neighbours could share the smaller of what the homes lack and what they have to spare. From there on each step can only
lose energy, so the losses sum to the difference:

1. homes without an order on their side leave the rest of their side alone (``stayed_out_wh``)
2. orders are for less than a home then lacks or has to spare (``caution_wh``)
3. only pairs whose bid reaches the minimum can trade: the largest flow between them (``price_wh``)
4. of these, only pairs whose other terms fit: the largest flow again (``terms_wh``)
5. the trades are not that flow: they were chosen for satisfaction, one-to-one, or for more than was then needed
   (``matching_wh``)
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Final

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_flow

from powerpact.pages import Sharing
from powerpact.simulation.community import Side, SlotPlan

LARGEST_FLOW: Final = 2**31 - 1
"""Largest capacity that the flow's integers hold."""

Pair = tuple[str, str]
"""A buyer and a seller."""


def share_of_slot(slot: SlotPlan, surplus_wh: Mapping[str, int], eligible: Collection[Pair], shared_wh: int) -> Sharing:
    """Explain one slot.

    Parameters
    ----------
    slot : SlotPlan
        Its orders.
    surplus_wh : mapping of str to int
        What each home really had to spare, solar energy less load, Wh; negative is what it lacked.
    eligible : collection of (buyer, seller)
        Pairs that the mechanism lets trade.
    shared_wh : int
        Neighbours' energy that was used, Wh.
    """
    lacks = {home: -energy_wh for home, energy_wh in surplus_wh.items() if energy_wh < 0}
    spares = {home: energy_wh for home, energy_wh in surplus_wh.items() if energy_wh > 0}
    buys = {order.home: order for order in slot.orders if order.side is Side.BUY}
    sells = {order.home: order for order in slot.orders if order.side is Side.SELL}
    could_wh = min(sum(lacks.values()), sum(spares.values()))
    in_market_wh = min(could_wh, sum(lacks.get(home, 0) for home in buys), sum(spares.get(home, 0) for home in sells))
    wanted = {home: min(order.energy_wh, lacks.get(home, 0)) for home, order in buys.items()}
    offered = {home: min(order.energy_wh, spares.get(home, 0)) for home, order in sells.items()}
    ordered_wh = min(in_market_wh, sum(wanted.values()), sum(offered.values()))
    by_price = {
        (buyer, seller)
        for buyer, bid in buys.items()
        for seller, ask in sells.items()
        if bid.price_upoints_per_kwh >= ask.min_price_upoints_per_kwh
    }
    priced_wh = min(ordered_wh, largest_flow_wh(wanted, offered, by_price))
    allowed_wh = min(priced_wh, largest_flow_wh(wanted, offered, by_price & set(eligible)))
    return Sharing(
        could_wh=could_wh,
        shared_wh=shared_wh,
        stayed_out_wh=could_wh - in_market_wh,
        caution_wh=in_market_wh - ordered_wh,
        price_wh=ordered_wh - priced_wh,
        terms_wh=priced_wh - allowed_wh,
        matching_wh=allowed_wh - shared_wh,
    )


def largest_flow_wh(wanted_wh: Mapping[str, int], offered_wh: Mapping[str, int], pairs: Collection[Pair]) -> int:
    """The most energy that can go from sellers to buyers along the pairs, Wh.

    Above 2³¹ Wh in one slot it is counted in larger units, rounded down.

    Examples
    --------
    >>> largest_flow_wh({"a": 500, "b": 700}, {"s": 900, "t": 400}, [("a", "s"), ("b", "s"), ("b", "t")])
    1200
    """
    if not pairs:
        return 0
    unit = 1 + max(sum(wanted_wh.values()), sum(offered_wh.values())) // LARGEST_FLOW
    buyer_at = {home: 1 + place for place, home in enumerate(wanted_wh)}
    seller_at = {home: 1 + len(buyer_at) + place for place, home in enumerate(offered_wh)}
    source, sink = 0, 1 + len(buyer_at) + len(seller_at)
    edges = [(source, seller_at[home], energy_wh) for home, energy_wh in offered_wh.items()]
    edges += [(seller_at[seller], buyer_at[buyer], offered_wh[seller]) for buyer, seller in pairs]
    edges += [(buyer_at[home], sink, energy_wh) for home, energy_wh in wanted_wh.items()]
    starts, ends, capacities = np.array(edges, dtype=np.int64).T
    graph = csr_array(((capacities // unit).astype(np.int32), (starts, ends)), shape=(sink + 1, sink + 1))
    return unit * int(maximum_flow(graph, source, sink).flow_value)
