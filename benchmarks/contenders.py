"""What is compared: each contender takes a round and returns what its clock runs on, a function to the objective.

PowerPact scores the orders itself, on the clock. All others are given the scores, as matrix or arcs, before it starts.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks.matrix import blocks, scores
from powerpact.market.rules import Mode
from powerpact.mechanisms.satisfaction.round import Round

Run = Callable[[], int]
"""Matches the round and returns the objective, ppm (one-to-one) or ppm Wh (divisible)."""


def powerpact(round_: Round) -> Run:
    """The solver: scores, matching, dual prices and the check that they prove it, from the orders."""
    from powerpact.mechanisms.satisfaction.solver import solve

    return lambda: solve(round_).objective


def verifier(round_: Round) -> Run:
    """The independent verifier over all pairs, of a solution found before."""
    from powerpact.mechanisms.satisfaction.solver import solve
    from powerpact.mechanisms.satisfaction.verifier import verify

    solution = solve(round_)

    def run() -> int:
        fault = verify(round_, solution)
        if fault is not None:
            raise RuntimeError(f"the verifier refuted the solver: {fault}")
        return solution.objective

    return run


def scipy_assignment(round_: Round) -> Run:
    """SciPy's `linear_sum_assignment` on the dense matrix of costs, negative scores, so that it needs no copy."""
    from scipy.optimize import linear_sum_assignment

    costs = scores(round_)
    np.negative(costs, out=costs)

    def run() -> int:
        rows, columns = linear_sum_assignment(costs)
        return -int(costs[rows, columns].sum())

    return run


def ortools_assignment(round_: Round) -> Run:
    """OR-tools `SimpleLinearSumAssignment` on all pairs: it needs a perfect matching, so none can be left out."""
    from ortools.graph.python.linear_sum_assignment import SimpleLinearSumAssignment

    if len(round_.buyers) != len(round_.sellers):
        raise ValueError("as many buyers as sellers, please")
    columns = np.arange(len(round_.sellers), dtype=np.int32)
    graph = SimpleLinearSumAssignment()
    for block in blocks(round_):
        rows = np.arange(block.first, block.first + len(block.eligible), dtype=np.int32)
        costs = np.where(block.eligible, -(block.buyer + block.seller), 0).astype(np.int64)
        graph.add_arcs_with_cost(np.repeat(rows, len(columns)), np.tile(columns, len(rows)), costs.ravel())

    def run() -> int:
        if graph.solve() != graph.OPTIMAL:
            raise RuntimeError("OR-tools found no assignment")
        return -int(graph.optimal_cost())

    return run


def ortools_flow(round_: Round) -> Run:
    """OR-tools `SimpleMinCostFlow` on the eligible pairs with a positive score.

    A buyer supplies its capacity, to sellers or, at no cost, straight to the sink; a seller passes on at most its own.
    """
    from ortools.graph.python.min_cost_flow import SimpleMinCostFlow

    buyers, sellers = len(round_.buyers), len(round_.sellers)
    sink = buyers + sellers
    supply, demand = (
        np.array([order.energy_wh if round_.mode is Mode.DIVISIBLE else 1 for order in side], dtype=np.int64)
        for side in (round_.buyers, round_.sellers)
    )
    graph = SimpleMinCostFlow()
    for block in blocks(round_):
        score = np.where(block.eligible, block.buyer + block.seller, 0).astype(np.int64)
        rows, columns = (ids.astype(np.int32) for ids in np.nonzero(score))
        costs = -score[rows, columns]
        rows += block.first
        capacities = np.minimum(supply[rows], demand[columns])
        graph.add_arcs_with_capacity_and_unit_cost(rows, columns + np.int32(buyers), capacities, costs)
    nodes = np.arange(sink, dtype=np.int32)
    to_sink = np.full(sink, sink, dtype=np.int32)
    capacities = np.concatenate((supply, demand))
    graph.add_arcs_with_capacity_and_unit_cost(nodes, to_sink, capacities, np.zeros(sink, dtype=np.int64))
    graph.set_nodes_supplies(nodes[:buyers], supply)
    graph.set_node_supply(sink, -int(supply.sum()))

    def run() -> int:
        if graph.solve() != graph.OPTIMAL:
            raise RuntimeError("OR-tools found no flow")
        return -int(graph.optimal_cost())

    return run


def greedy(round_: Round) -> Run:
    """Always the pair with the highest score of those left; of equal ones the first."""
    from numba import njit

    matrix = scores(round_).ravel()
    shape = len(round_.buyers), len(round_.sellers)

    @njit
    def take(scores_: npt.NDArray[np.float64], places: npt.NDArray[np.int64], buyers: int, sellers: int) -> float:
        free_buyers, free_sellers = np.ones(buyers, np.bool_), np.ones(sellers, np.bool_)
        total = 0.0
        for place in places:
            i, j = divmod(place, sellers)
            if free_buyers[i] and free_sellers[j]:
                total += scores_[place]
                free_buyers[i] = free_sellers[j] = False
        return total

    def run() -> int:
        eligible = np.flatnonzero(matrix)
        best_first = np.argsort(-matrix[eligible], kind="stable")
        return int(take(matrix, eligible[best_first], *shape))

    return run


def gale_shapley(round_: Round) -> Run:
    """Gale and Shapley's stable matching: buyers propose by their satisfaction, sellers keep the best by theirs.

    Equal choices go by the order of the round, and to the buyer that came first.
    """
    whole = list(blocks(round_))
    buyer, seller, eligible = (
        np.concatenate(parts) for parts in zip(*((b.buyer, b.seller, b.eligible) for b in whole), strict=True)
    )
    whole.clear()
    buyer[~eligible] = -1

    def run() -> int:
        mates = np.full(buyer.shape[1], -1)
        ranked = np.argsort(-buyer, axis=1, kind="stable")
        choices = [iter(row[:count].tolist()) for row, count in zip(ranked, np.count_nonzero(eligible, 1), strict=True)]
        waiting = list(range(len(buyer)))[::-1]
        while waiting:
            i = waiting.pop()
            for j in choices[i]:
                rival = mates[j]
                if rival < 0 or seller[i, j] > seller[rival, j]:
                    mates[j] = i
                    if rival >= 0:
                        waiting.append(int(rival))
                    break
        taken = np.flatnonzero(mates >= 0)
        return int((buyer[mates[taken], taken] + seller[mates[taken], taken]).sum())

    return run


EXACT: Final[dict[str, Callable[[Round], Run]]] = {
    "PowerPact": powerpact,
    "PowerPact verifier": verifier,
    "SciPy": scipy_assignment,
    "OR-tools assignment": ortools_assignment,
    "OR-tools flow": ortools_flow,
}
HEURISTIC: Final[dict[str, Callable[[Round], Run]]] = {"greedy": greedy, "Gale-Shapley": gale_shapley}
CONTENDERS: Final = EXACT | HEURISTIC
COMPILED: Final = ("PowerPact", "PowerPact verifier")
"""Whose code is compiled at its first call."""
DIVISIBLE: Final = ("PowerPact", "PowerPact verifier", "OR-tools flow")
"""Who can solve divisible rounds."""
