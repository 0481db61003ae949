"""Shortest augmenting paths for divisible orders: flows of whole units on a sparse graph.

The counterpart of `powerpact.solver.paths`, and its generalisation: an item can be shared by several bidders, and a
path carries as many units as it can. As there, the loop serves both sides. Source: Ahuja, Magnanti, Orlin, "Network
Flows", section 9.7, with the choice of staying open added on both sides.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from powerpact.solver.arrays import Codes, Energies, Ints
from powerpact.solver.auction import FREE
from powerpact.solver.compiled import compiled
from powerpact.solver.graph import Side
from powerpact.solver.paths import pop, push


class Reach(NamedTuple):
    """What a search from one source has reached.

    Attributes
    ----------
    seen, distance : (items,) int64
        Number of the search that last reached each item, and the length of the shortest path known.
    edge, via : (items,) int32
        Last edge of that path, and the bidder before it.
    done : (items,) int32
        Items whose distance is final.
    bidder_seen, bidder_distance, bidder_edge, bidder_via, bidder_done
        The same for bidders: the edge whose units would be taken back, and the item before it.
    stack : (bidders,) int32
        Bidders at the current distance whose edges have not been looked at.
    """

    seen: Ints
    distance: Ints
    edge: Codes
    via: Codes
    done: Codes
    bidder_seen: Ints
    bidder_distance: Ints
    bidder_edge: Codes
    bidder_via: Codes
    bidder_done: Codes
    stack: Codes


class End(NamedTuple):
    """End of a shortest path.

    Attributes
    ----------
    length : int
        Its length.
    bidder : int
        Bidder that gives units up, if `item` is `FREE`.
    item : int
        Item with units left.
    items, bidders : int
        Numbers of entries in `Reach.done` and `Reach.bidder_done`.
    """

    length: int
    bidder: int
    item: int
    items: int
    bidders: int


@compiled
def reach_holders(back: Side, flow: Energies, item: int, here: int, turn: int, stacked: int, reach: Reach) -> int:
    """Put the bidders that hold units of an item, and were not reached before, on the stack; returns its height."""
    for e in range(back.begin[item], back.begin[item + 1]):
        i = back.other[e]
        if flow[back.edge[e]] > np.uint64(0) and reach.bidder_seen[i] != turn:
            reach.bidder_seen[i], reach.bidder_distance[i] = turn, here
            reach.bidder_edge[i], reach.bidder_via[i] = back.edge[e], item
            reach.stack[stacked] = i
            stacked += 1
    return stacked


@compiled
def nearest(
    side: Side, back: Side, own: Ints, price: Ints, left: Energies, flow: Energies, source: int, turn: int, reach: Reach
) -> End:
    """Find the nearest end of a path from a source: an item with units left, or a bidder that gives up its price."""
    keys, items, heaped = np.empty(64, np.int64), np.empty(64, np.int32), 0
    done, bidders, stacked, here = 0, 0, 1, 0
    end, end_bidder, end_item = own[source], source, FREE
    reach.bidder_seen[source], reach.bidder_distance[source] = turn, 0
    reach.bidder_edge[source], reach.stack[0] = FREE, source
    while here < end:
        while stacked and here < end:
            stacked -= 1
            i = reach.stack[stacked]
            reach.bidder_done[bidders] = i
            bidders += 1
            if here + own[i] < end:
                end, end_bidder, end_item = here + own[i], int(i), FREE
            for e in range(side.begin[i], side.begin[i + 1]):
                j = side.other[e]
                there = here + own[i] + price[j] - side.score[e]
                if there >= end or (reach.seen[j] == turn and there >= reach.distance[j]):
                    continue
                reach.seen[j], reach.distance[j] = turn, there
                reach.edge[j], reach.via[j] = side.edge[e], i
                if left[j] > np.uint64(0):
                    end, end_item = there, int(j)
                elif there == here:
                    reach.done[done] = j
                    done += 1
                    stacked = reach_holders(back, flow, j, here, turn, stacked, reach)
                else:
                    if heaped == keys.size:
                        keys, items = np.append(keys, keys), np.append(items, items)
                    push(keys, items, heaped, there, j)
                    heaped += 1
        item = FREE
        while item == FREE and heaped and keys[0] < end:
            key, candidate = keys[0], int(items[0])
            pop(keys, items, heaped)
            heaped -= 1
            if key == reach.distance[candidate]:
                item = candidate
        if item == FREE:
            break
        here = reach.distance[item]
        reach.done[done] = item
        done += 1
        stacked = reach_holders(back, flow, item, here, turn, stacked, reach)
    return End(end, end_bidder, end_item, done, bidders)


@compiled
def send(open_: Energies, left: Energies, flow: Energies, source: int, end: End, reach: Reach) -> None:
    """Send as many units as possible along the path from a source to its end."""
    last = end.bidder if end.item == FREE else reach.via[end.item]
    amount = open_[source] if end.item == FREE else min(open_[source], left[end.item])
    i = last
    while reach.bidder_edge[i] != FREE:
        amount = min(amount, flow[reach.bidder_edge[i]])
        i = reach.via[reach.bidder_via[i]]
    if end.item == FREE:
        open_[last] += amount
    else:
        left[end.item] -= amount
        flow[reach.edge[end.item]] += amount
    i = last
    while reach.bidder_edge[i] != FREE:
        flow[reach.bidder_edge[i]] -= amount
        item = reach.bidder_via[i]
        flow[reach.edge[item]] += amount
        i = reach.via[item]
    open_[source] -= amount


@compiled
def augment(
    side: Side, back: Side, own: Ints, price: Ints, open_: Energies, left: Energies, flow: Energies, sources: Codes
) -> None:
    """Let each source place all its units, or have nothing to gain, by shortest paths in ``own + price − score``.

    Parameters
    ----------
    side, back : Side
        Edges by bidder and by item.
    own, price : (bidders,) and (items,) int64
        Dual prices that cover every edge, with equality where units flow; changed in place, and still do.
    open_, left : (bidders,) and (items,) uint64
        Units that bidders and items can still trade, changed in place.
    flow : (edges,) uint64
        Units of each edge, changed in place.
    sources : (k,) int32
        Bidders.
    """
    items, bidders = left.size, open_.size
    reach = Reach(
        np.full(items, -1, np.int64),
        np.empty(items, np.int64),
        np.empty(items, np.int32),
        np.empty(items, np.int32),
        np.empty(items, np.int32),
        np.full(bidders, -1, np.int64),
        np.empty(bidders, np.int64),
        np.empty(bidders, np.int32),
        np.empty(bidders, np.int32),
        np.empty(bidders, np.int32),
        np.empty(bidders, np.int32),
    )
    turn = 0
    for s in range(sources.size):
        source = int(sources[s])
        while open_[source] > np.uint64(0) and own[source] > 0:
            end = nearest(side, back, own, price, left, flow, source, turn, reach)
            turn += 1
            for k in range(end.items):
                j = reach.done[k]
                price[j] += max(end.length - reach.distance[j], 0)
            for k in range(end.bidders):
                i = reach.bidder_done[k]
                own[i] -= max(end.length - reach.bidder_distance[i], 0)
            if end.item != FREE or end.bidder != source:
                send(open_, left, flow, source, end, reach)


@compiled
def tighten(side: Side, own: Ints, price: Ints, open_: Energies, left: Energies, flow: Energies, epsilon: int) -> Codes:
    """Make the bidders' prices cover every edge, and take back units that are not worth their prices to within ε.

    Returns
    -------
    (k,) int32
        Bidders with units to place and something to gain.
    """
    queue = np.empty(open_.size, np.int32)
    count = 0
    for i in range(open_.size):
        best = 0
        for e in range(side.begin[i], side.begin[i + 1]):
            best = max(best, side.score[e] - price[side.other[e]])
        own[i] = best
        for e in range(side.begin[i], side.begin[i + 1]):
            units = flow[side.edge[e]]
            if units > np.uint64(0) and side.score[e] - price[side.other[e]] < max(best - epsilon, 0):
                open_[i] += units
                left[side.other[e]] += units
                flow[side.edge[e]] = np.uint64(0)
        if best > 0 and open_[i] > np.uint64(0):
            queue[count] = i
            count += 1
    return queue[:count].copy()
