"""Shortest augmenting paths: from dual prices that cover every edge to an exact optimum.

As in the auction, the loop serves both sides: *bidders* are the side of the sources, *items* the other. Source: Jonker,
Volgenant, "A shortest augmenting path algorithm for dense and sparse linear assignment problems" (1987), with the
choice of staying alone added on both sides.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from powerpact.mechanisms.satisfaction.solver.arrays import Codes, Ints
from powerpact.mechanisms.satisfaction.solver.bidding import FREE
from powerpact.mechanisms.satisfaction.solver.compiled import compiled
from powerpact.mechanisms.satisfaction.solver.graph import Side


@compiled
def push(keys: Ints, items: Codes, size: int, key: int, item: int) -> None:
    """Add to a binary heap of `size` entries, smallest key first, smaller item first among equals."""
    at = size
    while at > 0:
        up = (at - 1) >> 1
        if keys[up] < key or (keys[up] == key and items[up] <= item):
            break
        keys[at] = keys[up]
        items[at] = items[up]
        at = up
    keys[at] = key
    items[at] = item


@compiled
def pop(keys: Ints, items: Codes, size: int) -> None:
    """Remove the first of `size` entries, which the caller has read."""
    last = size - 1
    key, item = keys[last], items[last]
    at = 0
    while 2 * at + 1 < last:
        down = 2 * at + 1
        right = down + 1
        if right < last and (keys[right] < keys[down] or (keys[right] == keys[down] and items[right] < items[down])):
            down = right
        if keys[down] > key or (keys[down] == key and items[down] >= item):
            break
        keys[at] = keys[down]
        items[at] = items[down]
        at = down
    keys[at] = key
    items[at] = item


class Search(NamedTuple):
    """What a search from one source has reached.

    Attributes
    ----------
    seen : (items,) int64
        Number of the search that last reached the item.
    distance : (items,) int64
        Length of the shortest path known to each item.
    via : (items,) int32
        Bidder before the item on that path.
    done : (items,) int32
        Items whose distance is final, in the order in which they became so.
    stack : (items,) int32
        Room for items reached at no cost.
    """

    seen: Ints
    distance: Ints
    via: Codes
    done: Codes
    stack: Codes


@compiled
def nearest(  # noqa: PLR0912 - one loop over the edges of a shortest-path tree
    side: Side, own: Ints, price: Ints, owner: Codes, source: int, turn: int, search: Search
) -> tuple[int, int, int, int]:
    """Find the nearest end of a path from a source.

    Returns
    -------
    tuple of int
        Length of the path, the bidder at its end, the free item at its end or `FREE` if the bidder gives up its own,
        and the number of items in `search.done`.
    """
    seen, distance, via = search.seen, search.distance, search.via
    keys, items, heaped = np.empty(64, np.int64), np.empty(64, np.int32), 0
    stacked, finished = 0, 0
    end, last_bidder, last_item = own[source], source, FREE
    i, here = source, 0
    while True:
        for e in range(side.begin[i], side.begin[i + 1]):
            j = side.other[e]
            there = here + own[i] + price[j] - side.score[e]
            if there >= end or (seen[j] == turn and there >= distance[j]):
                continue
            seen[j], distance[j], via[j] = turn, there, i
            if owner[j] == FREE:
                end, last_item = there, int(j)
                if there == here:
                    return end, last_bidder, last_item, finished
            elif there == here:
                search.stack[stacked] = j
                stacked += 1
            else:
                if heaped == keys.size:
                    keys, items = np.append(keys, keys), np.append(items, items)
                push(keys, items, heaped, there, j)
                heaped += 1
        item = FREE
        if stacked:
            stacked -= 1
            item = int(search.stack[stacked])
        while item == FREE and heaped and keys[0] < end:
            key, candidate = keys[0], int(items[0])
            pop(keys, items, heaped)
            heaped -= 1
            if key == distance[candidate]:
                item = candidate
        if item == FREE:
            return end, last_bidder, last_item, finished
        here = distance[item]
        search.done[finished] = item
        finished += 1
        i = int(owner[item])
        if here + own[i] < end:
            end, last_bidder, last_item = here + own[i], i, FREE
            if own[i] == 0:
                return end, last_bidder, last_item, finished


@compiled
def augment(side: Side, own: Ints, price: Ints, mate: Codes, owner: Codes, sources: Codes) -> None:
    """Give each source a mate, or nothing to gain, by a shortest path in the reduced costs ``own + price − score``.

    Parameters
    ----------
    side : Side
        Edges by bidder.
    own, price : (bidders,) and (items,) int64
        Dual prices that cover every edge, with equality for mates; changed in place, and still do.
    mate, owner : (bidders,) and (items,) int32
        Item of each bidder and bidder of each item, changed in place.
    sources : (k,) int32
        Bidders; those that have found a mate by then, or have price 0, are skipped.

    Notes
    -----
    A path ends at an item without an owner, or at a bidder that gives its item up, for which it must lose its own
    price: the shorter one. Then every bidder nearer than the end loses the difference, and every such item gains it.
    Items reached by an edge of cost 0 are followed at once, others wait in a heap.
    """
    size = owner.size
    search = Search(
        np.full(size, -1, np.int64),
        np.zeros(size, np.int64),
        np.empty(size, np.int32),
        np.empty(size, np.int32),
        np.empty(size, np.int32),
    )
    for turn in range(sources.size):
        source = int(sources[turn])
        if mate[source] != FREE or own[source] == 0:
            continue
        end, bidder, item, finished = nearest(side, own, price, owner, source, turn, search)
        own[source] -= end
        for k in range(finished):
            j = search.done[k]
            if search.distance[j] < end:
                price[j] += end - search.distance[j]
                own[owner[j]] -= end - search.distance[j]
        if item == FREE:
            item = int(mate[bidder])
            mate[bidder] = FREE
        while item != FREE:
            i = search.via[item]
            owner[item] = i
            before = int(mate[i])
            mate[i] = item
            item = before
