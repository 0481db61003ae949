"""Verification of a solution: first what it says, then that no better one exists."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping

from powerpact.types import Buyer, Kind, Mode, Round, Seller, Solution, Trade
from powerpact.verifier.faults import Fault, FaultKind

Progress = Callable[[str], None]


def verify(round_: Round, solution: Solution, progress: Progress | None = None) -> Fault | None:
    """Check a solution against the orders' own terms and find its first fault.

    Parameters
    ----------
    round_ : Round
        The round.
    solution : Solution
        What somebody claims to be its best matching.
    progress : callable, optional
        Called with the name of each step.

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
    say = progress or (lambda _: None)
    say("checking trades")
    buyers = {order.id: order for order in round_.buyers}
    sellers = {order.id: order for order in round_.sellers}
    fault = _trade_fault(round_, solution, buyers, sellers) or _dual_fault(round_, solution, buyers, sellers)
    if fault is not None:
        return fault
    from powerpact.verifier.cover import uncovered_pair

    say("checking all pairs")
    pair = uncovered_pair(round_, solution.buyer_duals_ppm, solution.seller_duals_ppm)
    if pair is None:
        return None
    buyer, seller = pair
    score = pair_score(round_, buyer, seller)
    u, v = solution.buyer_duals_ppm.get(buyer.id, 0), solution.seller_duals_ppm.get(seller.id, 0)
    return Fault(
        FaultKind.UNCOVERED_PAIR,
        (buyer.id, seller.id),
        f"{buyer.id} and {seller.id} score {score}, their dual prices {u} + {v} are less",
        {"score_ppm": score or 0, "buyer_dual_ppm": u, "seller_dual_ppm": v},
    )


def pair_score(round_: Round, buyer: Buyer, seller: Seller) -> int | None:
    """Score of a pair in ppm by the rules of the market, None if it is not eligible."""
    for want, have in zip(buyer.require, seller.classes, strict=True):
        if want is not None and want != have:
            return None
    bid, ask, least = buyer.bid_upoints_per_kwh, seller.ask_upoints_per_kwh, seller.min_upoints_per_kwh
    if bid < least:
        return None
    weighted = 0
    for attribute, term, value in zip(round_.attributes, buyer.soft, seller.attributes, strict=True):
        sign = 1 if attribute.kind is Kind.INCOME else -1
        above, span = sign * (value - term.limit), sign * (term.expect - term.limit)
        if above < 0:
            return None
        weighted += term.weight_ppm * (1_000_000 if above >= span else above * 1_000_000 // span)
    return weighted // 1_000_000 + (1_000_000 if bid >= ask else (bid - least) * 1_000_000 // (ask - least))


def _trade_fault(
    round_: Round, solution: Solution, buyers: Mapping[str, Buyer], sellers: Mapping[str, Seller]
) -> Fault | None:
    """First fault of the trades and their sum."""
    used_wh: dict[tuple[str, str], int | None] = {}
    objective = 0
    for trade in solution.trades:
        unknown = [key for key, ids in ((trade.buyer, buyers), (trade.seller, sellers)) if key not in ids]
        if unknown:
            return Fault(FaultKind.UNKNOWN_ORDER, (unknown[0],), f"{unknown[0]} is not in the round")
        buyer, seller = buyers[trade.buyer], sellers[trade.seller]
        check_energy = _single_fault if round_.mode is Mode.ONE_TO_ONE else _divided_fault
        fault = _score_fault(round_, buyer, seller, trade) or check_energy(buyer, seller, trade, used_wh)
        if fault is not None:
            return fault
        objective += trade.score_ppm * (1 if round_.mode is Mode.ONE_TO_ONE else trade.energy_wh or 0)
    if solution.objective == objective:
        return None
    return Fault(
        FaultKind.WRONG_OBJECTIVE,
        (),
        f"the trades are worth {objective}, not {solution.objective}",
        {"objective": objective, "stated": solution.objective},
    )


def _score_fault(round_: Round, buyer: Buyer, seller: Seller, trade: Trade) -> Fault | None:
    """Fault of a trade's pair or score."""
    pair = (buyer.id, seller.id)
    score = pair_score(round_, buyer, seller)
    if score is None:
        return Fault(FaultKind.INELIGIBLE_PAIR, pair, f"{buyer.id} and {seller.id} may not trade")
    if trade.score_ppm == score:
        return None
    return Fault(
        FaultKind.WRONG_SCORE,
        pair,
        f"{buyer.id} and {seller.id} score {score}, not {trade.score_ppm}",
        {"score_ppm": score, "stated_ppm": trade.score_ppm},
    )


def _single_fault(
    buyer: Buyer, seller: Seller, trade: Trade, used_wh: dict[tuple[str, str], int | None]
) -> Fault | None:
    """Fault of a one-to-one trade's energy, or an order in a second trade."""
    for key in (("buyer", buyer.id), ("seller", seller.id)):
        if key in used_wh:
            return Fault(FaultKind.ORDER_USED_TWICE, (key[1],), f"{key[1]} is in two trades")
        used_wh[key] = trade.energy_wh
    smaller_wh = min((wh for wh in (buyer.energy_wh, seller.energy_wh) if wh is not None), default=None)
    if trade.energy_wh == smaller_wh:
        return None
    detail = f"{buyer.id} and {seller.id} trade {smaller_wh} Wh, not {trade.energy_wh}"
    return Fault(FaultKind.WRONG_ENERGY, (buyer.id, seller.id), detail)


def _divided_fault(
    buyer: Buyer, seller: Seller, trade: Trade, used_wh: dict[tuple[str, str], int | None]
) -> Fault | None:
    """Fault of a divisible trade's energy, or an order that trades more than it has."""
    if trade.energy_wh is None or trade.energy_wh < 1:
        detail = f"{buyer.id} and {seller.id} must trade at least 1 Wh, not {trade.energy_wh}"
        return Fault(FaultKind.WRONG_ENERGY, (buyer.id, seller.id), detail)
    for key, energy_wh in ((("buyer", buyer.id), buyer.energy_wh), (("seller", seller.id), seller.energy_wh)):
        total_wh = used_wh[key] = (used_wh.get(key) or 0) + trade.energy_wh
        if total_wh > (energy_wh or 0):
            return Fault(
                FaultKind.TOO_MUCH_ENERGY,
                (key[1],),
                f"{key[1]} trades {total_wh} Wh of {energy_wh} Wh",
                {"traded_wh": total_wh, "energy_wh": energy_wh or 0},
            )
    return None


def _dual_fault(
    round_: Round, solution: Solution, buyers: Mapping[str, Buyer], sellers: Mapping[str, Seller]
) -> Fault | None:
    """First fault of the dual prices and their sum."""
    traded: dict[tuple[str, str], int] = defaultdict(int)
    for trade in solution.trades:
        units = 1 if round_.mode is Mode.ONE_TO_ONE else trade.energy_wh or 0
        traded["buyer", trade.buyer] += units
        traded["seller", trade.seller] += units
    dual_sum = 0
    sides: tuple[tuple[str, Mapping[str, int], Mapping[str, Buyer | Seller]], ...] = (
        ("buyer", solution.buyer_duals_ppm, buyers),
        ("seller", solution.seller_duals_ppm, sellers),
    )
    for side, duals, orders in sides:
        for key, dual in duals.items():
            if key not in orders:
                return Fault(FaultKind.UNKNOWN_ORDER, (key,), f"{key} is not in the round")
            if dual < 0:
                return Fault(FaultKind.NEGATIVE_DUAL, (key,), f"{key} has dual price {dual}", {"dual_ppm": dual})
            capacity = 1 if round_.mode is Mode.ONE_TO_ONE else orders[key].energy_wh or 0
            if dual > 0 and traded[side, key] < capacity:
                detail = f"{key} trades {traded[side, key]} of {capacity}, and has dual price {dual}"
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
