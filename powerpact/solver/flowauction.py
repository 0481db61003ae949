"""Forward and reverse auction for divisible orders: dual prices that are about right to within ε.

The counterpart of `powerpact.solver.auction` for items that several bidders share, after Bertsekas, Castañón, "The
auction algorithm for the transportation problem" (1989), but with one price for each item, so that its length does not
depend on the units: a bidder takes what is left of its best item, then displaces the holders that would pay least, and
raises the price only as far as that needs. It need not come to an end, since exact paths follow.
"""

from __future__ import annotations

import numpy as np

from powerpact.solver.arrays import Codes, Energies, Ints
from powerpact.solver.auction import FREE, two_best, unrolled
from powerpact.solver.compiled import compiled
from powerpact.solver.graph import Side


@compiled
def weakest(back: Side, own: Ints, flow: Energies, item: int, bidder: int) -> int:
    """Edge, by item, of the other holder of an item that would pay least for it, `FREE` if there is none."""
    chosen, least = FREE, 0
    for e in range(back.begin[item], back.begin[item + 1]):
        holder = back.other[e]
        if holder != bidder and flow[back.edge[e]] > np.uint64(0):
            worth = back.score[e] - own[holder]
            if chosen == FREE or worth < least:
                chosen, least = e, worth
    return chosen


@compiled
def bid(
    side: Side,
    back: Side,
    own: Ints,
    price: Ints,
    open_: Energies,
    left: Energies,
    flow: Energies,
    queue: Codes,
    epsilon: int,
    budget: int,
) -> Codes:
    """Let bidders bid until each has placed its units, or has nothing to gain, or the budget is spent.

    Parameters
    ----------
    side, back : Side
        Edges by bidder and by item.
    own, price : (bidders,) and (items,) int64
        Dual prices of bidders and items, changed in place.
    open_, left : (bidders,) and (items,) uint64
        Units that bidders and items can still trade, changed in place.
    flow : (edges,) uint64
        Units of each edge, changed in place.
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
    capacity = open_.size
    ring = np.empty(capacity, np.int32)
    is_waiting = np.zeros(capacity, np.bool_)
    head, waiting = 0, queue.size
    ring[:waiting] = queue
    is_waiting[queue] = True
    while waiting and budget > 0:
        i = ring[head]
        chosen, best, second = two_best(side, price, i)
        budget -= side.begin[i + 1] - side.begin[i] + 1
        if chosen == FREE:
            own[i] = 0
        if chosen == FREE or open_[i] == np.uint64(0):
            head = head + 1 if head + 1 < capacity else 0
            waiting -= 1
            is_waiting[i] = False
            continue
        item, edge = side.other[chosen], side.edge[chosen]
        most = side.score[chosen] - max(second - epsilon, 0)
        if left[item] > np.uint64(0):
            units = min(open_[i], left[item])
            left[item] -= units
            open_[i] -= units
            flow[edge] += units
            own[i] = max(best - epsilon, 0)
            continue
        e = weakest(back, own, flow, item, i)
        budget -= back.begin[item + 1] - back.begin[item]
        if e == FREE or back.score[e] - own[back.other[e]] >= most:
            price[item] = most
            own[i] = max(second - epsilon, 0)
            continue
        holder = back.other[e]
        price[item] = max(price[item], back.score[e] - own[holder])
        units = min(open_[i], flow[back.edge[e]])
        flow[back.edge[e]] -= units
        flow[edge] += units
        open_[holder] += units
        open_[i] -= units
        own[i] = max(side.score[chosen] - price[item] - epsilon, second - epsilon, 0)
        if not is_waiting[holder]:
            tail = head + waiting
            ring[tail if tail < capacity else tail - capacity] = holder
            is_waiting[holder] = True
            waiting += 1
    return unrolled(ring, head, waiting)
