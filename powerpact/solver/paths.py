"""Shortest augmenting paths: from dual prices that cover every edge to an exact optimum.

As in the auction, the loop serves both sides: *bidders* are the side of the sources, *items* the other. Source: Jonker,
Volgenant, "A shortest augmenting path algorithm for dense and sparse linear assignment problems" (1987), with the
choice of staying alone added on both sides.
"""

from __future__ import annotations

import numpy as np

from powerpact.solver.arrays import Codes, Ints
from powerpact.solver.auction import FREE
from powerpact.solver.compiled import compiled
from powerpact.solver.graph import Side


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
        Bidders; those that have found a mate by then, or have price 0, are passed over.

    Notes
    -----
    A path ends at an item without an owner, or at a bidder that gives its item up, for which it must lose its own
    price: the shorter one. Then every bidder nearer than the end loses the difference, and every such item gains it.
    Items reached by an edge of cost 0 are followed at once, others wait in a heap.
    """
    distance = np.zeros(owner.size, np.int64)
    via = np.empty(owner.size, np.int32)
    seen = np.full(owner.size, -1, np.int64)
    done = np.empty(owner.size, np.int32)
    stack = np.empty(owner.size, np.int32)
    keys = np.empty(64, np.int64)
    items = np.empty(64, np.int32)
    for turn in range(sources.size):
        source = sources[turn]
        if mate[source] != FREE or own[source] == 0:
            continue
        end = own[source]
        last_bidder, last_item = np.int64(source), np.int64(FREE)
        finished, stacked, heaped = 0, 0, 0
        i, here = np.int64(source), np.int64(0)
        while True:
            arrived = False
            for e in range(side.begin[i], side.begin[i + 1]):
                j = side.other[e]
                there = here + own[i] + price[j] - side.score[e]
                if there >= end or (seen[j] == turn and there >= distance[j]):
                    continue
                seen[j] = turn
                distance[j] = there
                via[j] = i
                if owner[j] == FREE:
                    end = there
                    last_item = np.int64(j)
                    if there == here:
                        arrived = True
                        break
                elif there == here:
                    stack[stacked] = j
                    stacked += 1
                else:
                    if heaped == keys.size:
                        more_keys = np.empty(2 * heaped, np.int64)
                        more_items = np.empty(2 * heaped, np.int32)
                        more_keys[:heaped] = keys
                        more_items[:heaped] = items
                        keys, items = more_keys, more_items
                    push(keys, items, heaped, there, j)
                    heaped += 1
            if arrived:
                break
            item = np.int64(FREE)
            if stacked:
                stacked -= 1
                item = np.int64(stack[stacked])
            while item == FREE and heaped and keys[0] < end:
                key, candidate = keys[0], np.int64(items[0])
                pop(keys, items, heaped)
                heaped -= 1
                if key == distance[candidate]:
                    item = candidate
            if item == FREE:
                break
            here = distance[item]
            done[finished] = item
            finished += 1
            i = np.int64(owner[item])
            if here + own[i] < end:
                end = here + own[i]
                last_bidder, last_item = i, np.int64(FREE)
                if own[i] == 0:
                    break
        own[source] -= end
        for k in range(finished):
            item = np.int64(done[k])
            if distance[item] < end:
                price[item] += end - distance[item]
                own[owner[item]] -= end - distance[item]
        item = last_item
        if item == FREE:
            item = np.int64(mate[last_bidder])
            mate[last_bidder] = FREE
        while item != FREE:
            i = np.int64(via[item])
            owner[item] = i
            next_item = np.int64(mate[i])
            mate[i] = np.int32(item)
            item = next_item
