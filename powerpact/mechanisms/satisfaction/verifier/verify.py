"""Verification of a solution: first what it says, then that no better one exists."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from typing import NamedTuple

from powerpact.blocks import BlockExecutor
from powerpact.market.rules import Mode
from powerpact.mechanisms.faults import Fault
from powerpact.mechanisms.satisfaction.round import BuyOrders, Round, SellOrders, Solution, Trade
from powerpact.mechanisms.satisfaction.verifier.faults import FaultKind
from powerpact.progress import Progress, silent


class Side(NamedTuple):
    """The orders of one side by id, and what the trades use of them.

    Attributes
    ----------
    place : dict of str to int
        Position in the round.
    energy_wh : dict of str to (int or None)
        Energy stated.
    traded : dict of str to int
        Units traded so far: trades in one-to-one mode, else Wh.
    """

    place: dict[str, int]
    energy_wh: dict[str, int | None]
    traded: dict[str, int]

    @classmethod
    def of(cls, orders: BuyOrders | SellOrders) -> Side:
        """Orders without a trade."""
        place = {id_: at for at, id_ in enumerate(orders.ids)}
        return cls(place, dict(zip(orders.ids, orders.energies_wh, strict=True)), dict.fromkeys(orders.ids, 0))


def verify(
    round_: Round, solution: Solution, progress: Progress = silent, executor: BlockExecutor | None = None
) -> Fault | None:
    """Check a solution against the orders' own terms and find its first fault.

    Parameters
    ----------
    round_ : Round
        The round.
    solution : Solution
        What is claimed to be its best matching.
    progress : callable, optional
        Called with the name of each step.
    executor : BlockExecutor, optional
        Runs the pass over all pairs, by default on the threads of this process.

    Returns
    -------
    Fault or None
        The first fault in the order of `FaultKind`, trades in the order of the solution; None if the trades are
        feasible and optimal.

    Notes
    -----
    Feasible trades x and dual prices u, v ≥ 0 with ``u_i + v_j ≥ w_ij`` for every eligible pair satisfy ``Σ w·x ≤
    Σ (u + v)·x ≤ Σ u·capacity + Σ v·capacity``, whatever the trades. So if the two ends are equal, no other trades are
    better. Source: duality of linear programming.
    """
    progress("checking trades")
    from powerpact.mechanisms.satisfaction.verifier.cover import pair_scores, uncovered_pair

    buyers, sellers = Side.of(round_.buyers), Side.of(round_.sellers)
    known = list(
        takewhile(lambda trade: trade.buyer in buyers.place and trade.seller in sellers.place, solution.trades)
    )
    places = [buyers.place[trade.buyer] for trade in known], [sellers.place[trade.seller] for trade in known]
    scores = pair_scores(round_, *places)
    fault = _trade_fault(round_.mode, solution, scores, buyers, sellers) or _dual_fault(
        round_.mode, solution, buyers, sellers
    )
    if fault is not None:
        return fault
    progress("checking all pairs")
    pair = uncovered_pair(round_, solution.buyer_duals_ppm, solution.seller_duals_ppm, executor)
    if pair is None:
        return None
    buyer, seller = (order.id for order in pair)
    score = pair_scores(round_, [buyers.place[buyer]], [sellers.place[seller]])[0] or 0
    u, v = solution.buyer_duals_ppm.get(buyer, 0), solution.seller_duals_ppm.get(seller, 0)
    return Fault(
        FaultKind.UNCOVERED_PAIR,
        (buyer, seller),
        f"{buyer} and {seller} score {score}, their dual prices {u} + {v} are less",
        {"score_ppm": score, "buyer_dual_ppm": u, "seller_dual_ppm": v},
    )


def _trade_fault(
    mode: Mode, solution: Solution, scores: Sequence[int | None], buyers: Side, sellers: Side
) -> Fault | None:
    """First fault of the trades and their sum, given the scores of those before the first of an unknown order."""
    check_energy = _single_fault if mode is Mode.ONE_TO_ONE else _divided_fault
    objective = 0
    pairs: set[tuple[str, str]] = set()
    for trade, score in zip(solution.trades, scores, strict=False):
        fault = _score_fault(trade, score) if trade.score_ppm != score else None
        fault = fault or _repeated_fault(trade, pairs) or check_energy(trade, buyers, sellers)
        if fault is not None:
            return fault
        objective += trade.score_ppm * (1 if mode is Mode.ONE_TO_ONE else trade.energy_wh or 0)
    if len(scores) < len(solution.trades):
        trade = solution.trades[len(scores)]
        unknown = trade.seller if trade.buyer in buyers.place else trade.buyer
        return Fault(FaultKind.UNKNOWN_ORDER, (unknown,), f"{unknown} is not in the round")
    if solution.objective == objective:
        return None
    return Fault(
        FaultKind.WRONG_OBJECTIVE,
        (),
        f"the trades are worth {objective}, not {solution.objective}",
        {"objective": objective, "stated": solution.objective},
    )


def _score_fault(trade: Trade, score: int | None) -> Fault:
    """Fault of a trade that does not state the score of its pair."""
    pair = (trade.buyer, trade.seller)
    if score is None:
        return Fault(FaultKind.INELIGIBLE_PAIR, pair, f"{trade.buyer} and {trade.seller} may not trade")
    return Fault(
        FaultKind.WRONG_SCORE,
        pair,
        f"{trade.buyer} and {trade.seller} score {score}, not {trade.score_ppm}",
        {"score_ppm": score, "stated_ppm": trade.score_ppm},
    )


def _repeated_fault(trade: Trade, pairs: set[tuple[str, str]]) -> Fault | None:
    """Fault of a trade of a pair that trades already; else the pair becomes one of those."""
    pair = (trade.buyer, trade.seller)
    if pair in pairs:
        return Fault(FaultKind.PAIR_TRADES_TWICE, pair, f"{trade.buyer} and {trade.seller} trade twice")
    pairs.add(pair)
    return None


def _single_fault(trade: Trade, buyers: Side, sellers: Side) -> Fault | None:
    """Fault of a one-to-one trade's energy, or an order in a second trade."""
    used = trade.buyer if buyers.traded[trade.buyer] else trade.seller if sellers.traded[trade.seller] else None
    if used is not None:
        return Fault(FaultKind.ORDER_USED_TWICE, (used,), f"{used} is in two trades")
    buyers.traded[trade.buyer] = sellers.traded[trade.seller] = 1
    wanted_wh, offered_wh = buyers.energy_wh[trade.buyer], sellers.energy_wh[trade.seller]
    if wanted_wh is None or offered_wh is None:
        smaller_wh = offered_wh if wanted_wh is None else wanted_wh
    else:
        smaller_wh = min(wanted_wh, offered_wh)
    if trade.energy_wh == smaller_wh:
        return None
    detail = f"{trade.buyer} and {trade.seller} trade {smaller_wh} Wh, not {trade.energy_wh}"
    return Fault(FaultKind.WRONG_ENERGY, (trade.buyer, trade.seller), detail)


def _divided_fault(trade: Trade, buyers: Side, sellers: Side) -> Fault | None:
    """Fault of a divisible trade's energy, or an order that trades more than it has."""
    if trade.energy_wh is None or trade.energy_wh < 1:
        detail = f"{trade.buyer} and {trade.seller} must trade at least 1 Wh, not {trade.energy_wh}"
        return Fault(FaultKind.WRONG_ENERGY, (trade.buyer, trade.seller), detail)
    for key, side in ((trade.buyer, buyers), (trade.seller, sellers)):
        energy_wh = side.energy_wh[key] or 0
        total_wh = side.traded[key] = side.traded[key] + trade.energy_wh
        if total_wh > energy_wh:
            return Fault(
                FaultKind.TOO_MUCH_ENERGY,
                (key,),
                f"{key} trades {total_wh} Wh of {energy_wh} Wh",
                {"traded_wh": total_wh, "energy_wh": energy_wh},
            )
    return None


def _dual_fault(mode: Mode, solution: Solution, buyers: Side, sellers: Side) -> Fault | None:
    """First fault of the dual prices and their sum, given what has been traded."""
    dual_sum = 0
    for side, duals in ((buyers, solution.buyer_duals_ppm), (sellers, solution.seller_duals_ppm)):
        for key, dual in duals.items():
            if key not in side.place:
                return Fault(FaultKind.UNKNOWN_ORDER, (key,), f"{key} is not in the round")
            if dual < 0:
                return Fault(FaultKind.NEGATIVE_DUAL, (key,), f"{key} has dual price {dual}", {"dual_ppm": dual})
            capacity = 1 if mode is Mode.ONE_TO_ONE else side.energy_wh[key] or 0
            if dual > 0 and side.traded[key] < capacity:
                detail = f"{key} trades {side.traded[key]} of {capacity}, and has dual price {dual}"
                return Fault(FaultKind.IDLE_DUAL, (key,), detail, {"dual_ppm": dual})
            dual_sum += dual * capacity
    if dual_sum == solution.objective:
        return None
    return Fault(
        FaultKind.DUAL_GAP,
        (),
        f"the dual prices sum to {dual_sum}, the objective is {solution.objective}",
        {"dual_sum": dual_sum, "objective": solution.objective},
    )
