"""Candidate pairs as a sparse bipartite graph, seen from both sides."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from powerpact.mechanisms.satisfaction.solver.arrays import Codes, Ints
from powerpact.mechanisms.satisfaction.solver.compiled import compiled


class Side(NamedTuple):
    """The edges by one side's orders.

    Attributes
    ----------
    begin : (orders + 1,) int64
        First edge of each order, and the number of edges.
    other : (edges,) int32
        The order of the other side.
    score : (edges,) int32
        Score of the pair.
    """

    begin: Ints
    other: Codes
    score: Codes


@compiled
def side(edges: Codes, which: int, count: int) -> Side:
    """Sort (3, edges) by row (`which` is 0) or column (1), of which there are `count`; leave out scores up to 0."""
    begin = np.zeros(count + 1, np.int64)
    for e in range(edges.shape[1]):
        begin[edges[which, e] + 1] += edges[2, e] > 0
    for node in range(count):
        begin[node + 1] += begin[node]
    at = begin[:-1].copy()
    other = np.empty(begin[-1], np.int32)
    score = np.empty(begin[-1], np.int32)
    for e in range(edges.shape[1]):
        if edges[2, e] <= 0:
            continue
        node = edges[which, e]
        other[at[node]] = edges[1 - which, e]
        score[at[node]] = edges[2, e]
        at[node] += 1
    return Side(begin, other, score)
