"""From a round to its solution."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from powerpact.blocks import BlockExecutor, Threads
from powerpact.errors import CertificateGap
from powerpact.market.rules import Mode
from powerpact.mechanisms.satisfaction.round import Round, Solution, Trade
from powerpact.mechanisms.satisfaction.solver import multiscale
from powerpact.mechanisms.satisfaction.solver.arrays import Energies, Ints, encode
from powerpact.mechanisms.satisfaction.solver.bars import terms_of
from powerpact.mechanisms.satisfaction.solver.pairs import Pairs
from powerpact.mechanisms.satisfaction.solver.scoring import exact_scores
from powerpact.progress import Progress, silent


def solve(round_: Round, *, step: Progress = silent, executor: BlockExecutor | None = None) -> Solution:
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
        Trades by seller, then by buyer, in the order of the round, and integer dual prices above 0.

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
    matched = multiscale.solve(Pairs(buyers, sellers, terms_of(round_), divisible, executor or Threads()), step)
    rows, columns, units = matched.flows
    order = np.lexsort((buyers.place[rows], sellers.place[columns]))
    rows, columns = rows[order], columns[order]
    scores = exact_scores(buyers, sellers, rows, columns).tolist()
    trades = tuple(
        Trade(
            round_.buyers.ids[i],
            round_.sellers.ids[j],
            score,
            wh if divisible else _smaller_wh(round_.buyers.energies_wh[i], round_.sellers.energies_wh[j]),
        )
        for i, j, score, wh in zip(
            buyers.place[rows].tolist(), sellers.place[columns].tolist(), scores, units[order].tolist(), strict=True
        )
    )
    objective = sum(trade.score_ppm * (trade.energy_wh or 0 if divisible else 1) for trade in trades)
    dual_sum = _weighted(matched.u, buyers.capacity) + _weighted(matched.v, sellers.capacity)
    if dual_sum != objective or min(matched.u.min(initial=0), matched.v.min(initial=0)) < 0:
        raise CertificateGap(objective, dual_sum)
    return Solution(
        objective=objective,
        trades=trades,
        buyer_duals_ppm=_named(round_.buyers.ids, buyers.place, matched.u),
        seller_duals_ppm=_named(round_.sellers.ids, sellers.place, matched.v),
    )


def _smaller_wh(wanted_wh: int | None, offered_wh: int | None) -> int | None:
    """Energy of a one-to-one trade."""
    if wanted_wh is None or offered_wh is None:
        return wanted_wh if offered_wh is None else offered_wh
    return min(wanted_wh, offered_wh)


def _weighted(prices: Ints, capacity: Energies) -> int:
    """Sum of the dual prices times capacities, in integers of any length."""
    return sum(price * units for price, units in zip(prices.tolist(), capacity.tolist(), strict=True))


def _named(ids: Sequence[str], places: Ints, prices: Ints) -> dict[str, int]:
    """Dual prices above 0 by id, in the order of the round."""
    by_place = np.empty(len(ids), np.int64)
    by_place[places] = prices
    return {id_: price for id_, price in zip(ids, by_place.tolist(), strict=True) if price}
