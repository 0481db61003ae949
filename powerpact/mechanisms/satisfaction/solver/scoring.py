"""Scores of pairs: bounds of a whole chunk, and the exact score of one pair.

A bound is the score without its roundings, ``Σ weight·min(1, (h − L)/(E − L)) + 10⁶·min(1, (bid − min)/(ask − min))``,
in double precision. Prices and values are below 2³² and their differences exact, so that an eliminated pair is always
recognised, and the bound is above ``w − 10⁻⁶`` and below ``w + 3``. Since w is an integer, a pair can have
``w ≥ s + 1`` only if its bound is above ``s + ½``.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from powerpact.mechanisms.satisfaction.solver.arrays import ANY, Buyers, Codes, Floats, Sellers
from powerpact.mechanisms.satisfaction.solver.bars import ELIMINATED
from powerpact.mechanisms.satisfaction.solver.compiled import compiled

FULL: Final = 1.0e6
"""Full satisfaction, ppm."""


@compiled
def meets(require: Codes, classes: Codes) -> bool:
    """Whether classes meet requirements, each a row of codes."""
    for category in range(require.size):
        wanted = require[category]
        if wanted != ANY and wanted != classes[category]:
            return False
    return True


@compiled
def may_trade(buyers: Buyers, sellers: Sellers, i: int, c: int) -> bool:
    """Whether a buyer can be eligible with a seller of a chunk."""
    return buyers.bid[i] >= sellers.least[c] and meets(buyers.require[i], sellers.classes[sellers.begin[c]])


@compiled
def bound_chunk(buyers: Buyers, sellers: Sellers, i: int, lo: int, hi: int, out: Floats) -> None:
    """Write the bounds of a buyer with the sellers from `lo` to `hi`, of one class that it takes, to `out`."""
    bid = buyers.bid[i]
    minimum = sellers.ramp[0, lo:hi]
    gain = sellers.ramp[1, lo:hi]
    for k in range(hi - lo):
        above = bid - minimum[k]
        satisfied = above * gain[k]
        satisfied = min(satisfied, FULL)
        out[k] = satisfied if above >= 0.0 else ELIMINATED
    for f in range(buyers.weight.shape[1]):
        limit = buyers.ramp[i, f, 0]
        slope = buyers.ramp[i, f, 1]
        weight = buyers.weight[i, f]
        h = sellers.value[f, lo:hi]
        for k in range(hi - lo):
            above = h[k] - limit
            satisfied = above * slope
            satisfied = min(satisfied, weight)
            out[k] += satisfied if above >= 0.0 else ELIMINATED


@compiled
def exact_score(buyers: Buyers, sellers: Sellers, i: int, j: int) -> int:
    """Score of an eligible pair, ppm.

    The rule's integer divisions in double precision, exactly: numerators are integers below 2⁵³, quotients at most
    10⁶, denominators below 2³², so that a quotient that is no integer is at least 2⁻³² below the next one, and its
    rounding error is at most 2⁻³³.
    """
    weighted = 0.0
    for f in range(buyers.weight.shape[1]):
        a = FULL
        if sellers.value[f, j] < buyers.expect[i, f]:
            above = sellers.value[f, j] - buyers.limit[i, f]
            a = np.floor(above * FULL / (buyers.expect[i, f] - buyers.limit[i, f]))
        weighted += buyers.weight[i, f] * a
    g = FULL
    if buyers.bid[i] < sellers.ask[j]:
        g = np.floor((buyers.bid[i] - sellers.minimum[j]) * FULL / (sellers.ask[j] - sellers.minimum[j]))
    return int(np.floor(weighted / FULL) + g)


@compiled
def exact_scores(buyers: Buyers, sellers: Sellers, rows: Codes, columns: Codes) -> Codes:
    """Scores of eligible pairs, ppm."""
    scores = np.empty(rows.size, np.int32)
    for k in range(rows.size):
        scores[k] = exact_score(buyers, sellers, int(rows[k]), int(columns[k]))
    return scores
