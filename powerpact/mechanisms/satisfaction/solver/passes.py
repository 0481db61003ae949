"""Passes over pairs, a block of buyers or of chunks at a time, without a matrix.

Each pass runs through the chunks of sellers that a buyer's requirements and bid leave. To choose among equal pairs
without favour, the passes that choose add a *jitter* of less than 8 ppm, a hash of the two positions.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from powerpact.mechanisms.satisfaction.solver.arrays import CHUNK, Buyers, Codes, Floats, Ints, Sellers
from powerpact.mechanisms.satisfaction.solver.bars import ELIMINATED, Bars, bar_chunk
from powerpact.mechanisms.satisfaction.solver.compiled import compiled
from powerpact.mechanisms.satisfaction.solver.scoring import bound_chunk, exact_score, may_trade


class Rooms(NamedTuple):
    """How far prices can be from uncovering a pair, as two sums of a buyer's and a seller's share, ppm.

    A pair is covered if one of the two sums is not negative.

    Attributes
    ----------
    row, row_other : (n,) float64
        Shares of buyers.
    chunk, chunk_other : (chunks,) float64
        Least shares of the sellers of each chunk.
    """

    row: Floats
    row_other: Floats
    chunk: Floats
    chunk_other: Floats


NOTHING: Final = -4.0e6
"""Below every reduced score that a pair can have."""

JITTER: Final = 8.0
"""Above every jitter, ppm."""

JITTER_STEP: Final = JITTER / 2**24
"""Jitters are multiples of this, from 0 to 2²⁴ − 1."""


@compiled
def jitter(row: int, column: int) -> float:
    """A number from 0 to `JITTER` that looks random, the same for the same pair."""
    mixed = np.uint32(row * 0x9E3779B1 + column)
    mixed = np.uint32((mixed ^ (mixed >> 16)) * np.uint32(0x7FEB352D))
    mixed = np.uint32((mixed ^ (mixed >> 15)) * np.uint32(0x846CA68B))
    return np.float64(np.int32(mixed >> 8)) * JITTER_STEP


@compiled
def top_columns(
    first: int, last: int, buyers: Buyers, sellers: Sellers, bars: Bars | None, u: Floats, tops: int
) -> Floats:
    """Best ``w − u`` of the sellers of chunks `first` to `last` with all buyers.

    Returns
    -------
    (tops, sellers) float64
        The best one, and in the rows below the best ones with jitter; `NOTHING` where there are not so many.
    """
    bounds = np.empty(CHUNK, np.float64)
    base = sellers.begin[first]
    top = np.full((tops, sellers.begin[last] - base), NOTHING)
    for c in range(first, last):
        lo, hi = sellers.begin[c], sellers.begin[c + 1]
        at = lo - base
        peak, least = top[0, at : hi - base], top[-1, at : hi - base]
        for i in range(buyers.bid.size):
            if not may_trade(buyers, sellers, i, c):
                continue
            bound_chunk(buyers, sellers, i, lo, hi, bounds)
            if bars is not None:
                bar_chunk(bars, i, c, lo, hi, bounds)
            hits = 0
            for k in range(hi - lo):
                x = bounds[k] - u[i]
                peak[k] = max(peak[k], x)
                bounds[k] = x
                hits += x > least[k] - JITTER
            if hits == 0:
                continue
            for k in range(hi - lo):
                if bounds[k] <= least[k] - JITTER:
                    continue
                x = bounds[k] + jitter(i, lo + k)
                if x > least[k]:
                    t = tops - 1
                    while t > 1 and top[t - 1, at + k] < x:
                        top[t, at + k] = top[t - 1, at + k]
                        t -= 1
                    top[t, at + k] = x
    return top


@compiled
def top_rows(
    first: int, last: int, buyers: Buyers, sellers: Sellers, bars: Bars | None, v: Floats, tops: int
) -> Floats:
    """Best ``w − v`` of the buyers from `first` to `last` with all sellers.

    Returns
    -------
    (buyers, tops) float64
        The best one, and in the columns to the right the best ones with jitter; `NOTHING` where there are not so many.
    """
    bounds = np.empty(CHUNK, np.float64)
    top = np.full((last - first, tops), NOTHING)
    for c in range(sellers.begin.size - 1):
        lo, hi = sellers.begin[c], sellers.begin[c + 1]
        dual = v[lo:hi]
        for r in range(last - first):
            i = first + r
            if not may_trade(buyers, sellers, i, c):
                continue
            bound_chunk(buyers, sellers, i, lo, hi, bounds)
            if bars is not None:
                bar_chunk(bars, i, c, lo, hi, bounds)
            high = ELIMINATED
            for k in range(hi - lo):
                x = bounds[k] - dual[k]
                bounds[k] = x
                high = max(high, x)
            top[r, 0] = max(top[r, 0], high)
            if high <= top[r, tops - 1] - JITTER:
                continue
            for k in range(hi - lo):
                if bounds[k] <= top[r, tops - 1] - JITTER:
                    continue
                x = bounds[k] + jitter(i, lo + k)
                if x > top[r, tops - 1]:
                    t = tops - 1
                    while t > 1 and top[r, t - 1] < x:
                        top[r, t] = top[r, t - 1]
                        t -= 1
                    top[r, t] = x
    return top


@compiled
def above_thresholds(
    first: int,
    last: int,
    buyers: Buyers,
    sellers: Sellers,
    bars: Bars | None,
    u: Floats,
    v: Floats,
    least_row: Floats,
    least_column: Floats,
    most: int,
) -> Codes:
    """Pairs with ``w − v > least_row`` of the buyer or ``w − u > least_column`` of the seller, jitter added.

    Returns
    -------
    (3, pairs) int32
        Row, column and score, at most `most` of each buyer from `first` to `last`.
    """
    pairs = np.empty((3, 64), np.int32)
    count = 0
    found = np.zeros(last - first, np.int64)
    bounds = np.empty(CHUNK, np.float64)
    for c in range(sellers.begin.size - 1):
        lo, hi = sellers.begin[c], sellers.begin[c + 1]
        dual, least = v[lo:hi], least_column[lo:hi]
        for i in range(first, last):
            if found[i - first] == most or not may_trade(buyers, sellers, i, c):
                continue
            bound_chunk(buyers, sellers, i, lo, hi, bounds)
            if bars is not None:
                bar_chunk(bars, i, c, lo, hi, bounds)
            hits = 0
            for k in range(hi - lo):
                needed = min(dual[k] + least_row[i], least[k] + u[i])
                bounds[k] -= needed
                hits += bounds[k] > -JITTER
            if hits == 0:
                continue
            for k in range(hi - lo):
                if bounds[k] <= -JITTER or found[i - first] == most:
                    continue
                if bounds[k] + jitter(i, lo + k) > 0.0:
                    if count == pairs.shape[1]:
                        wider = np.empty((3, 2 * count), np.int32)
                        wider[:, :count] = pairs
                        pairs = wider
                    pairs[0, count] = i
                    pairs[1, count] = lo + k
                    pairs[2, count] = exact_score(buyers, sellers, i, lo + k)
                    count += 1
                    found[i - first] += 1
    return pairs[:, :count].copy()


@compiled
def uncovered(
    first: int,
    last: int,
    buyers: Buyers,
    sellers: Sellers,
    bars: Bars | None,
    u: Floats,
    v: Floats,
    rooms: Rooms,
    most: int,
) -> Codes:
    """Pairs with ``w > u + v``, without looking at those that `rooms` rules out.

    Returns
    -------
    (3, pairs) int32
        Row, column and score, of each buyer from `first` to `last` the `most` pairs that are furthest above.
    """
    rows = last - first
    found = np.zeros(rows, np.int64)
    excess = np.full((rows, most), 0.5)
    column = np.empty((rows, most), np.int32)
    bounds = np.empty(CHUNK, np.float64)
    for c in range(sellers.begin.size - 1):
        lo, hi = sellers.begin[c], sellers.begin[c + 1]
        dual = v[lo:hi]
        for r in range(rows):
            i = first + r
            is_covered = rooms.row[i] + rooms.chunk[c] >= 0.0 or rooms.row_other[i] + rooms.chunk_other[c] >= 0.0
            if is_covered or not may_trade(buyers, sellers, i, c):
                continue
            bound_chunk(buyers, sellers, i, lo, hi, bounds)
            if bars is not None:
                bar_chunk(bars, i, c, lo, hi, bounds)
            price = u[i]
            hits = 0
            for k in range(hi - lo):
                x = bounds[k] - dual[k] - price
                bounds[k] = x
                hits += x > 0.5
            if hits == 0:
                continue
            for k in range(hi - lo):
                if bounds[k] <= 0.5:
                    continue
                x = bounds[k] + jitter(i, lo + k)
                if x <= excess[r, most - 1] or exact_score(buyers, sellers, i, lo + k) <= price + dual[k]:
                    continue
                t = min(found[r], most - 1)
                while t > 0 and excess[r, t - 1] < x:
                    excess[r, t] = excess[r, t - 1]
                    column[r, t] = column[r, t - 1]
                    t -= 1
                excess[r, t] = x
                column[r, t] = lo + k
                found[r] = min(found[r] + 1, most)
    return listed(first, buyers, sellers, found, column)


@compiled
def listed(first: int, buyers: Buyers, sellers: Sellers, found: Ints, column: Codes) -> Codes:
    """Row, column and score of the pairs found: so many of each buyer from `first` on, with the columns in its row."""
    pairs = np.empty((3, found.sum()), np.int32)
    count = 0
    for r in range(found.size):
        for t in range(found[r]):
            pairs[0, count] = first + r
            pairs[1, count] = column[r, t]
            pairs[2, count] = exact_score(buyers, sellers, first + r, int(column[r, t]))
            count += 1
    return pairs
