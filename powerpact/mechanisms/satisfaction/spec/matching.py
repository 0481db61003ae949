"""The best matching of a round and the dual prices that prove it, by successive shortest paths in plain integers.

The round is a flow on a network with one node for each order and one *root*: energy leaves the root to a buyer (at most
the buyer's capacity), goes to an eligible seller (gain w per unit) and returns to the root (at most the seller's
capacity). In one-to-one mode every capacity is 1. An arc is *residual* if its flow can be changed in that direction.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from powerpact.market.rules import Mode
from powerpact.mechanisms.satisfaction.round import Buyer, Round, Seller, Solution, Trade
from powerpact.mechanisms.satisfaction.spec.satisfaction import pair_score_ppm

Pair = tuple[int, int]
"""Positions of a buyer and a seller in their lists."""


def match(round_: Round) -> Solution:
    """Maximise Σ w·x and prove it.

    Parameters
    ----------
    round_ : Round
        A round of either mode; sensible up to about a hundred orders a side.

    Returns
    -------
    Solution
        An optimal solution with a dual price for each order that has one above 0; trades by seller, then by buyer, in
        the order of the round.

    Notes
    -----
    Flow is sent along cycles through the root that gain most until none gains. Each flow on the way is best among those
    of its size, so the last is optimal. The shortest distances d in its residual network then give ``u_i = max(0,
    d(i) − d(root))`` and ``v_j = max(0, d(root) − d(j))``: an arc to a pair is always residual, so ``d(i) − d(j) ≥
    w_ij`` and every pair is covered; an arc from the root to an unfilled order is residual, so its price is 0; the pair
    of a trade is residual both ways, so its prices sum to w. Hence Σ u·capacity + Σ v·capacity = Σ w·x.
    Source: duality; Ahuja, Magnanti, Orlin, "Network Flows", section 9.7.
    """
    flow = _Flow.of(round_)
    while flow.augment():
        pass
    buyer_duals, seller_duals = flow.duals_ppm()
    by_seller = sorted(flow.scores_ppm.items(), key=lambda scored: scored[0][::-1])
    trades = [_trade(round_, pair, score, flow.units[pair]) for pair, score in by_seller]
    return Solution(
        objective=sum(score * flow.units[pair] for pair, score in flow.scores_ppm.items()),
        trades=tuple(trade for trade in trades if trade is not None),
        buyer_duals_ppm={round_.buyers[i].id: price for i, price in enumerate(buyer_duals) if price},
        seller_duals_ppm={round_.sellers[j].id: price for j, price in enumerate(seller_duals) if price},
    )


def dual_sum_ppm(round_: Round, solution: Solution) -> int:
    """Bound that the dual prices set on any objective, ``Σ u·capacity + Σ v·capacity``. Source: duality."""
    return sum(
        solution.buyer_duals_ppm.get(order.id, 0) * capacity(round_.mode, order) for order in round_.buyers
    ) + sum(solution.seller_duals_ppm.get(order.id, 0) * capacity(round_.mode, order) for order in round_.sellers)


def uncovered_pairs(round_: Round, solution: Solution) -> list[tuple[str, str]]:
    """Eligible pairs whose score is above the sum of their dual prices: each refutes the solution. Source: duality."""
    pairs = []
    for buyer in round_.buyers:
        for seller in round_.sellers:
            score = pair_score_ppm(round_, buyer, seller)
            bound = solution.buyer_duals_ppm.get(buyer.id, 0) + solution.seller_duals_ppm.get(seller.id, 0)
            if score is not None and score > bound:
                pairs.append((buyer.id, seller.id))
    return pairs


def capacity(mode: Mode, order: Buyer | Seller) -> int:
    """Units that an order can trade: 1 in one-to-one mode, else its energy in Wh."""
    if mode is Mode.ONE_TO_ONE:
        return 1
    if order.energy_wh is None:
        raise ValueError(f"order {order.id!r} of a divisible round states no energy")
    return order.energy_wh


def trade_energy_wh(buyer: Buyer, seller: Seller) -> int | None:
    """Energy of a one-to-one trade: the smaller of the stated ones, None if neither order states any."""
    stated = [order.energy_wh for order in (buyer, seller) if order.energy_wh is not None]
    return min(stated, default=None)


def _trade(round_: Round, pair: Pair, score: int, units: int) -> Trade | None:
    if units == 0:
        return None
    buyer, seller = round_.buyers[pair[0]], round_.sellers[pair[1]]
    energy_wh = units if round_.mode is Mode.DIVISIBLE else trade_energy_wh(buyer, seller)
    return Trade(buyer.id, seller.id, score, energy_wh)


@dataclass(slots=True)
class _Flow:
    """A flow, changed in place. `units` is the flow of each pair, `buyer_free` and `seller_free` what is left."""

    buyer_free: list[int]
    seller_free: list[int]
    scores_ppm: dict[Pair, int]
    units: dict[Pair, int] = field(default_factory=dict)

    @classmethod
    def of(cls, round_: Round) -> _Flow:
        scores = {}
        for i, buyer in enumerate(round_.buyers):
            for j, seller in enumerate(round_.sellers):
                score = pair_score_ppm(round_, buyer, seller)
                if score is not None:
                    scores[i, j] = score
        return cls(
            buyer_free=[capacity(round_.mode, order) for order in round_.buyers],
            seller_free=[capacity(round_.mode, order) for order in round_.sellers],
            scores_ppm=scores,
            units=dict.fromkeys(scores, 0),
        )

    def augment(self) -> bool:
        """Send flow along the path from a buyer with free energy to a seller with free energy that gains most."""
        buyer_gain: dict[int, int] = {i: 0 for i, free in enumerate(self.buyer_free) if free}
        seller_gain: dict[int, int] = {}
        buyer_from: dict[int, int] = {}
        seller_from: dict[int, int] = {}
        changed = True
        while changed:
            changed = False
            for (i, j), score in self.scores_ppm.items():
                if i in buyer_gain and buyer_gain[i] + score > seller_gain.get(j, -1):
                    seller_gain[j], seller_from[j], changed = buyer_gain[i] + score, i, True
                if self.units[i, j] and j in seller_gain:
                    gain = seller_gain[j] - score
                    if i not in buyer_gain or gain > buyer_gain[i]:
                        buyer_gain[i], buyer_from[i], changed = gain, j, True
        ends = [j for j in seller_gain if self.seller_free[j]]
        end = max(ends, key=seller_gain.__getitem__, default=None)
        if end is None or seller_gain[end] <= 0:
            return False
        forward, backward = [(seller_from[end], end)], []
        while forward[-1][0] in buyer_from:
            i = forward[-1][0]
            backward.append((i, buyer_from[i]))
            forward.append((seller_from[buyer_from[i]], buyer_from[i]))
        start = forward[-1][0]
        amount = min(self.buyer_free[start], self.seller_free[end], *(self.units[pair] for pair in backward))
        for pair in forward:
            self.units[pair] += amount
        for pair in backward:
            self.units[pair] -= amount
        self.buyer_free[start] -= amount
        self.seller_free[end] -= amount
        return True

    def duals_ppm(self) -> tuple[list[int], list[int]]:
        """Dual prices from the shortest distances in the residual network of an optimal flow, see `match`."""
        buyer_used = [0] * len(self.buyer_free)
        seller_used = [0] * len(self.seller_free)
        for (i, j), units in self.units.items():
            buyer_used[i] += units
            seller_used[j] += units
        root, buyers, sellers = 0, [0] * len(buyer_used), [0] * len(seller_used)
        changed = True
        while changed:
            before = (root, list(buyers), list(sellers))
            for i, used in enumerate(buyer_used):
                if self.buyer_free[i]:
                    buyers[i] = min(buyers[i], root)
                if used:
                    root = min(root, buyers[i])
            for j, used in enumerate(seller_used):
                if self.seller_free[j]:
                    root = min(root, sellers[j])
                if used:
                    sellers[j] = min(sellers[j], root)
            for (i, j), score in self.scores_ppm.items():
                sellers[j] = min(sellers[j], buyers[i] - score)
                if self.units[i, j]:
                    buyers[i] = min(buyers[i], sellers[j] + score)
            changed = before != (root, buyers, sellers)
        return [max(0, price - root) for price in buyers], [max(0, root - price) for price in sellers]
