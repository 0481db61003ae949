"""From a round to its solution."""

from __future__ import annotations

from powerpact.errors import CertificateGap
from powerpact.solver import multiscale
from powerpact.solver.arrays import encode
from powerpact.solver.assignment import Step
from powerpact.solver.auction import FREE
from powerpact.solver.blocks import BlockExecutor, Threads
from powerpact.solver.pairs import Pairs
from powerpact.solver.scoring import exact_score
from powerpact.types import Buyer, Round, Seller, Solution, Trade


def solve(round_: Round, *, step: Step | None = None, executor: BlockExecutor | None = None) -> Solution:
    """Best matching of a round, proven.

    Parameters
    ----------
    round_ : Round
        The round.
    step : callable, optional
        Called with the name of each step; an exception that it raises stops the solver.
    executor : BlockExecutor, optional
        Runs the passes over all pairs, by default on the threads of this process.

    Returns
    -------
    Solution
        Trades in the order of the round's buyers, and integer dual prices above 0.

    Raises
    ------
    CertificateGap
        If the dual prices do not prove the trades optimal, which would be a fault of the solver.

    Notes
    -----
    Exact, and deterministic: the same round gives the same solution on every machine and any number of threads.
    Memory grows with the number of orders, time about with the number of pairs that categories and prices leave.
    """
    buyers, sellers = encode(round_)
    matched = multiscale.solve(Pairs(buyers, sellers, executor or Threads()), step or _silent)
    trades = sorted(
        (int(buyers.place[i]), int(sellers.place[j]), int(exact_score(buyers, sellers, i, int(j))))
        for i, j in enumerate(matched.seller)
        if j != FREE
    )
    solution = Solution(
        objective=sum(score for _, _, score in trades),
        trades=tuple(_trade(round_.buyers[i], round_.sellers[j], score) for i, j, score in trades),
        buyer_duals_ppm=_named(round_.buyers, buyers.place.tolist(), matched.u.tolist()),
        seller_duals_ppm=_named(round_.sellers, sellers.place.tolist(), matched.v.tolist()),
    )
    _check(solution)
    return solution


def _trade(buyer: Buyer, seller: Seller, score_ppm: int) -> Trade:
    energies = [energy for energy in (buyer.energy_wh, seller.energy_wh) if energy is not None]
    return Trade(buyer.id, seller.id, score_ppm, min(energies, default=None))


def _named(orders: tuple[Buyer, ...] | tuple[Seller, ...], places: list[int], prices: list[int]) -> dict[str, int]:
    """Dual prices above 0 by id, in the order of the round."""
    return {orders[place].id: price for place, price in sorted(zip(places, prices, strict=True)) if price}


def _check(solution: Solution) -> None:
    """Hold the dual prices against the objective; that they cover every pair is what the last pass over them found."""
    prices = [*solution.buyer_duals_ppm.values(), *solution.seller_duals_ppm.values()]
    if sum(prices) != solution.objective or min(prices, default=0) < 0:
        raise CertificateGap(solution.objective, sum(prices))


def _silent(_: str) -> None:
    """Tell nobody."""
