"""From a round to its solution."""

from __future__ import annotations

from powerpact.errors import CertificateGap
from powerpact.solver import multiscale
from powerpact.solver.arrays import Energies, encode
from powerpact.solver.blocks import BlockExecutor, Threads
from powerpact.solver.matching import Step
from powerpact.solver.pairs import Pairs
from powerpact.solver.scoring import exact_score
from powerpact.types import Buyer, Mode, Round, Seller, Solution, Trade


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
    divisible = round_.mode is Mode.DIVISIBLE
    matched = multiscale.solve(Pairs(buyers, sellers, divisible, executor or Threads()), step or _silent)
    u, v = matched.u.tolist(), matched.v.tolist()
    dual_sum = _weighted(u, buyers.capacity) + _weighted(v, sellers.capacity)
    buyer_places, seller_places = buyers.place.tolist(), sellers.place.tolist()
    flows = sorted(
        (buyer_places[i], seller_places[j], int(exact_score(buyers, sellers, i, j)), units)
        for i, j, units in matched.flows
    )
    objective = sum(score * units for _, _, score, units in flows)
    if dual_sum != objective or min(*u, *v, 0, 0) < 0:
        raise CertificateGap(objective, dual_sum)
    return Solution(
        objective=objective,
        trades=tuple(
            Trade(buyer.id, seller.id, score, units if divisible else _smaller_wh(buyer, seller))
            for buyer, seller, score, units in (
                (round_.buyers[i], round_.sellers[j], score, units) for i, j, score, units in flows
            )
        ),
        buyer_duals_ppm=_named(round_.buyers, buyer_places, u),
        seller_duals_ppm=_named(round_.sellers, seller_places, v),
    )


def _smaller_wh(buyer: Buyer, seller: Seller) -> int | None:
    """Energy of a one-to-one trade."""
    return min((energy for energy in (buyer.energy_wh, seller.energy_wh) if energy is not None), default=None)


def _weighted(prices: list[int], capacity: Energies) -> int:
    """Sum of the dual prices times capacities, in integers of any length."""
    return sum(price * units for price, units in zip(prices, capacity.tolist(), strict=True) if price)


def _named(orders: tuple[Buyer, ...] | tuple[Seller, ...], places: list[int], prices: list[int]) -> dict[str, int]:
    """Dual prices above 0 by id, in the order of the round."""
    return {orders[place].id: price for place, price in sorted(zip(places, prices, strict=True)) if price}


def _silent(_: str) -> None:
    """Tell nobody."""
