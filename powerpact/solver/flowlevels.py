"""Maximum flow on the edges whose reduced cost is 0, so that ties need no search each.

Source: Dinic, "Algorithm for solution of a problem of maximum flow in a network with power estimation" (1970). Bidders
with units to place and a price above 0 are the sources; items with units left, and bidders with price 0, which may give
units up, are the sinks. Dual prices stay as they are.
"""

from __future__ import annotations

import numpy as np

from powerpact.solver.arrays import Codes, Energies, Ints
from powerpact.solver.auction import FREE
from powerpact.solver.compiled import compiled
from powerpact.solver.graph import Side

UNREACHED = 1 << 30
"""Level of what a breadth-first search has not reached."""


@compiled
def levels(
    side: Side,
    back: Side,
    own: Ints,
    price: Ints,
    left: Energies,
    flow: Energies,
    sources: Codes,
    bidder_level: Codes,
    item_level: Codes,
) -> bool:
    """Write how many steps of cost 0 lead to each bidder and item, up to the nearest sinks; False if there is none."""
    bidder_level[:], item_level[:] = UNREACHED, UNREACHED
    queue = np.empty(own.size, np.int32)
    count = sources.size
    queue[:count] = sources
    bidder_level[sources] = 0
    at, last = 0, UNREACHED
    while at < count and bidder_level[queue[at]] <= last:
        i = queue[at]
        at += 1
        for e in range(side.begin[i], side.begin[i + 1]):
            j = side.other[e]
            if item_level[j] != UNREACHED or own[i] + price[j] != side.score[e]:
                continue
            item_level[j] = bidder_level[i]
            if left[j] > np.uint64(0):
                last = bidder_level[i]
                continue
            for f in range(back.begin[j], back.begin[j + 1]):
                holder = back.other[f]
                if flow[back.edge[f]] > np.uint64(0) and bidder_level[holder] == UNREACHED:
                    bidder_level[holder] = bidder_level[i] + 1
                    queue[count] = holder
                    count += 1
                    if own[holder] == 0:
                        last = bidder_level[i]
    return last != UNREACHED


@compiled
def advance(
    side: Side,
    back: Side,
    own: Ints,
    price: Ints,
    left: Energies,
    flow: Energies,
    bidder_level: Codes,
    item_level: Codes,
    at: Ints,
    item_at: Ints,
    i: int,
) -> int:
    """Move the bidder's next edge, `at`, and its item's, `item_at`, to a way that leads on.

    Returns
    -------
    int
        `FREE` if there is none, 0 if the item has units left, 1 if the way leads to the holder at `item_at`.
    """
    while at[i] < side.begin[i + 1]:
        j = side.other[at[i]]
        if item_level[j] == bidder_level[i] and own[i] + price[j] == side.score[at[i]]:
            if left[j] > np.uint64(0):
                return 0
            while item_at[j] < back.begin[j + 1]:
                if (
                    flow[back.edge[item_at[j]]] > np.uint64(0)
                    and bidder_level[back.other[item_at[j]]] == bidder_level[i] + 1
                ):
                    return 1
                item_at[j] += 1
        at[i] += 1
    return FREE


@compiled
def flood(
    side: Side, back: Side, own: Ints, price: Ints, open_: Energies, left: Energies, flow: Energies, sources: Codes
) -> None:
    """Send as many units as possible along edges of cost 0.

    Parameters
    ----------
    side, back : Side
        Edges by bidder and by item.
    own, price : (bidders,) and (items,) int64
        Dual prices that cover every edge, with equality where units flow.
    open_, left : (bidders,) and (items,) uint64
        Units that bidders and items can still trade, changed in place.
    flow : (edges,) uint64
        Units of each edge, changed in place.
    sources : (k,) int32
        Bidders with units to place and a price above 0.
    """
    bidder_level, item_level = np.empty(own.size, np.int32), np.empty(price.size, np.int32)
    path = np.empty(own.size, np.int32)
    while levels(side, back, own, price, left, flow, sources, bidder_level, item_level):
        at, item_at = side.begin[:-1].copy(), back.begin[:-1].copy()
        for s in range(sources.size):
            path[0], depth = sources[s], 0
            while open_[sources[s]] > np.uint64(0):
                i = path[depth]
                way = FREE
                if depth == 0 or own[i] > 0:
                    way = advance(side, back, own, price, left, flow, bidder_level, item_level, at, item_at, i)
                    if way == 1:
                        depth += 1
                        path[depth] = back.other[item_at[side.other[at[i]]]]
                        continue
                    if way == FREE:
                        if depth == 0:
                            break
                        depth -= 1
                        item_at[side.other[at[path[depth]]]] += 1
                        continue
                units = open_[sources[s]]
                if way == 0:
                    units = min(units, left[side.other[at[i]]])
                for k in range(depth):
                    units = min(units, flow[back.edge[item_at[side.other[at[path[k]]]]]])
                open_[sources[s]] -= units
                for k in range(depth):
                    flow[side.edge[at[path[k]]]] += units
                    flow[back.edge[item_at[side.other[at[path[k]]]]]] -= units
                if way == 0:
                    flow[side.edge[at[i]]] += units
                    left[side.other[at[i]]] -= units
                else:
                    open_[i] += units
                depth = 0
        sources = sources[open_[sources] > np.uint64(0)]
