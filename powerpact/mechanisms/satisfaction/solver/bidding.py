"""Forward and reverse auction: quick dual prices that are right to within ε.

Source: Bertsekas, Castañón, "A forward/reverse auction algorithm for asymmetric assignment problems" (1992). Buyers
without a seller bid for the best; then sellers that nobody wants, and whose price is above 0, lower it until a buyer
comes or it is 0. Afterwards ``u_i + v_j ≥ w_ij − ε`` for every edge, with equality without ε for mates, and an order
without a mate has price 0.

Both directions are one loop: whoever bids is the *bidder*, its edges lead to *items*.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from powerpact.mechanisms.satisfaction.solver.arrays import Codes, Ints
from powerpact.mechanisms.satisfaction.solver.compiled import compiled
from powerpact.mechanisms.satisfaction.solver.graph import Side

FREE: Final = -1
"""Mate of an order that has none."""


@compiled
def unrolled(ring: Codes, head: int, count: int) -> Codes:
    """Copy the `count` entries of a ring from `head` on."""
    entries = np.empty(count, np.int32)
    for k in range(count):
        entries[k] = ring[(head + k) % ring.size]
    return entries


@compiled
def two_best(side: Side, price: Ints, bidder: int) -> tuple[int, int, int]:
    """Edge of a bidder's best item, `FREE` if none is worth its price, and the gains from the best and the next."""
    edge, best, second = FREE, 0, 0
    for e in range(side.begin[bidder], side.begin[bidder + 1]):
        gain = side.score[e] - price[side.other[e]]
        if gain > best:
            edge, best, second = e, gain, best
        elif gain > second:
            second = gain
    return edge, best, second


@compiled
def bid(
    side: Side, own: Ints, price: Ints, mate: Codes, owner: Codes, queue: Codes, epsilon: int, budget: int
) -> Codes:
    """Let bidders without a mate bid until each has one, or has nothing to gain, or the budget is spent.

    Parameters
    ----------
    side : Side
        Edges by bidder.
    own, price : (bidders,) and (items,) int64
        Dual prices of bidders and items, changed in place.
    mate, owner : (bidders,) and (items,) int32
        Item of each bidder and bidder of each item, changed in place.
    queue : (k,) int32
        Bidders to begin with.
    epsilon : int
        Least raise of a price, above 0.
    budget : int
        Edges that may be looked at.

    Returns
    -------
    (k,) int32
        Bidders still waiting; empty when the auction is over.
    """
    capacity = mate.size
    ring = np.empty(capacity, np.int32)
    head, waiting = 0, queue.size
    ring[:waiting] = queue
    while waiting and budget > 0:
        i = ring[head]
        head = head + 1 if head + 1 < capacity else 0
        waiting -= 1
        edge, _, second = two_best(side, price, i)
        budget -= side.begin[i + 1] - side.begin[i] + 1
        if edge == FREE:
            own[i] = 0
            continue
        item = side.other[edge]
        own[i] = max(second - epsilon, 0)
        price[item] = side.score[edge] - own[i]
        loser = owner[item]
        owner[item] = i
        mate[i] = item
        if loser != FREE:
            mate[loser] = FREE
            tail = head + waiting
            ring[tail if tail < capacity else tail - capacity] = loser
            waiting += 1
    return unrolled(ring, head, waiting)


@compiled
def tighten(side: Side, own: Ints, price: Ints, mate: Codes, owner: Codes, epsilon: int) -> Codes:
    """Make the bidders' prices cover every edge to within ε, and part mates whose gain is not the best to within ε.

    Returns
    -------
    (k,) int32
        Bidders without a mate that have something to gain.
    """
    queue = np.empty(mate.size, np.int32)
    count = 0
    for i in range(mate.size):
        best, mine = 0, -1
        for e in range(side.begin[i], side.begin[i + 1]):
            gain = side.score[e] - price[side.other[e]]
            best = max(best, gain)
            if side.other[e] == mate[i]:
                mine = gain
        if mate[i] != FREE and mine >= best - epsilon and mine >= 0:
            own[i] = mine
            continue
        own[i] = best
        if mate[i] != FREE:
            owner[mate[i]] = FREE
            mate[i] = FREE
        if best > 0:
            queue[count] = i
            count += 1
    return queue[:count].copy()
