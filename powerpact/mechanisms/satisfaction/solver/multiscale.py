"""Exact matching of all pairs without a matrix: guess, settle, price, repeat.

1. *Guess.* Every fourth buyer and seller are matched first, in the same way. Their dual prices extend to all orders: a
   seller's price is the best ``w − u`` over the sampled buyers, a buyer's the best ``w − v`` over the sampled sellers.
2. *Candidates* are the pairs that such prices make worthwhile, for the buyer or for the seller.
3. *Settle.* The candidates are matched exactly. An order's price may not fall below its *floor*, the price at which
   pairs that are not candidates would be worthwhile: it then stays open, and the prices stay near the guess.
4. *Price.* A pass finds all pairs with ``w > u + v``. What is no candidate is under a *ceiling*, so that only orders
   whose prices fell since the guess need a look. Those pairs become candidates, floors go down, and again.

It ends when no floor holds an order and no pair is left: then the dual prices are the certificate.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, TypeVar

import numpy as np

from powerpact.mechanisms.satisfaction.solver.arrays import Buyers, Floats, Ints, Sellers
from powerpact.mechanisms.satisfaction.solver.assignment import Assignment
from powerpact.mechanisms.satisfaction.solver.matching import Flags, Matching, epsilons
from powerpact.mechanisms.satisfaction.solver.pairs import Ceiling, Edges, Pairs
from powerpact.mechanisms.satisfaction.solver.transport import Transport
from powerpact.progress import Progress
from powerpact.units import MAX_SCORE_PPM

Orders = TypeVar("Orders", Buyers, Sellers)

DIRECT: Final = 40_000
"""Up to so many pairs are all candidates."""

STRIDE: Final = 4
"""One order in so many is in the sample."""

TOPS: Final = 7
"""The best, and the best six with jitter: in expectation each order gets so many candidates times `STRIDE`."""

MOST_CANDIDATES: Final = 200
"""Of one buyer, in the first selection."""

MOST_ADDED: Final = 16
"""Candidates of one buyer that one pricing pass adds."""

LEAST_FALL_PPM: Final = 1024
"""Least fall of a floor: ties would else leave no room between a price and its floor."""

FRESH_EPSILON_PPM: Final = 2e5
"""First ε where nothing is known."""

MOST_SUMMED: Final = np.uint64(2**61)
"""Units of one order that count where those of up to six neighbours are summed."""

FEW: Final = 0.01
"""Up to this share of orders with new candidates, only their own paths are searched."""


@dataclass(slots=True)
class State:
    """Candidates, dual prices and floors.

    Attributes
    ----------
    edges : Edges
        Candidate pairs.
    matched : Matching
        Trades and dual prices, above the floors.
    u_floor, v_floor : int64
        Floors of buyers and sellers.
    u_fall, v_fall : int64
        How far the floors fell last.
    ceiling : Ceiling
        Of all pairs that were not candidates at first.
    """

    edges: Edges
    matched: Matching
    u_floor: Ints
    v_floor: Ints
    u_fall: Ints
    v_fall: Ints
    ceiling: Ceiling

    @property
    def u(self) -> Ints:
        """Dual prices of the buyers."""
        return self.matched.u + self.u_floor

    @property
    def v(self) -> Ints:
        """Dual prices of the sellers."""
        return self.matched.v + self.v_floor

    @property
    def held(self) -> tuple[Flags, Flags]:
        """Buyers and sellers that a floor keeps open."""
        u_open, v_open = self.matched.open
        return u_open & (self.u_floor > 0), v_open & (self.v_floor > 0)

    @property
    def scale(self) -> float:
        """How far dual prices are expected to move: the median fall, but no further than a fresh start would."""
        return min(float(np.median(np.concatenate((self.u_fall, self.v_fall)))), FRESH_EPSILON_PPM)

    def settle(self, ladder: list[int]) -> None:
        """Match the candidates exactly, within the floors."""
        rows, columns, scores = self.edges
        u_floor, v_floor = self.u_floor.astype(np.int32), self.v_floor.astype(np.int32)
        scores -= u_floor[rows]
        scores -= v_floor[columns]
        self.matched.settle(self.edges, ladder)
        scores += u_floor[rows]
        scores += v_floor[columns]

    def lower_floors(self, u_held: Flags, v_held: Flags) -> None:
        """Let all floors fall. Prices stay, but for those of orders held by a floor, which fall with it."""
        u, v = self.u, self.v
        self.u_fall, self.v_fall = (
            np.minimum(fall * self.matched.fall, MAX_SCORE_PPM) for fall in (self.u_fall, self.v_fall)
        )
        self.u_floor = np.maximum(self.u_floor - self.u_fall, 0)
        self.v_floor = np.maximum(self.v_floor - self.v_fall, 0)
        self.matched.u = np.where(u_held, 0, u - self.u_floor)
        self.matched.v = np.where(v_held, 0, v - self.v_floor)

    def add(self, edges: Edges, u_held: Flags, v_held: Flags) -> None:
        """Add candidates found by pricing; only those of held orders can be candidates already."""
        known, doubtful = (u_held[part[0]] | v_held[part[1]] for part in (self.edges, edges))
        width = len(self.v_floor)
        repeated = doubtful.copy()
        repeated[doubtful] = np.isin(_key(edges[:, doubtful], width), _key(self.edges[:, known], width))
        self.edges = np.concatenate((self.edges, edges[:, ~repeated]), axis=1)


def solve(pairs: Pairs, step: Progress) -> Matching:
    """Best matching of all pairs.

    Parameters
    ----------
    pairs : Pairs
        The round.
    step : callable
        Called with the progress.

    Returns
    -------
    Matching
        Trades, and integer dual prices that cover every pair, with equality for pairs that trade and 0 for orders that
        could trade more.
    """
    if _is_small(pairs):
        return _direct(pairs, step)
    state = _candidates(pairs, step)
    ladder = epsilons(state.scale)
    while True:
        state.settle(ladder)
        step("pricing all pairs")
        u_held, v_held = state.held
        state.lower_floors(u_held, v_held)
        edges = pairs.uncovered(state.u, state.v, state.ceiling, MOST_ADDED)
        held = int(u_held.sum() + v_held.sum())
        if held == 0 and edges.shape[1] == 0:
            break
        state.add(edges, u_held, v_held)
        broken = held + len(np.unique(edges[0]))
        ladder = epsilons(state.scale) if broken > FEW * len(u_held) else []
    state.matched.u, state.matched.v = state.u, state.v
    return state.matched


def _begin(pairs: Pairs, u: Ints, v: Ints, step: Progress) -> Matching:
    """No trades yet."""
    if pairs.divisible:
        return Transport(u, v, pairs.buyers.capacity, pairs.sellers.capacity, step)
    return Assignment(u, v, step)


def _is_small(pairs: Pairs) -> bool:
    n, m = pairs.shape
    return n * m <= DIRECT


def _direct(pairs: Pairs, step: Progress) -> Matching:
    """Best matching with every pair a candidate."""
    step("matching")
    n, m = pairs.shape
    matched = _begin(pairs, np.zeros(n, np.int64), np.zeros(m, np.int64), step)
    matched.settle(pairs.every(), epsilons(FRESH_EPSILON_PPM))
    return matched


def _candidates(pairs: Pairs, step: Progress) -> State:
    """Guess the dual prices and choose candidates by them."""
    n, m = pairs.shape
    sample = pairs.of(_sampled(pairs.buyers), _sampled(pairs.sellers))
    guess = solve(sample, step)
    step(f"candidates of {n} buyers and {m} sellers")
    v_top = pairs.of(sample.buyers, pairs.sellers).top_columns(guess.u, TOPS)
    u_top = pairs.of(pairs.buyers, sample.sellers).top_rows(guess.v, TOPS).T
    u, v = (np.maximum(top[0], 0).astype(np.int64) for top in (u_top, v_top))
    edges = pairs.above(u, v, u_top[-1], v_top[-1], MOST_CANDIDATES)
    u_floor = np.clip(u_top[-1].astype(np.int64), 0, np.maximum(u - LEAST_FALL_PPM, 0))
    v_floor = np.clip(v_top[-1].astype(np.int64), 0, np.maximum(v - LEAST_FALL_PPM, 0))
    return State(
        edges=edges,
        matched=_begin(pairs, u - u_floor, v - v_floor, step),
        u_floor=u_floor,
        v_floor=v_floor,
        u_fall=np.maximum(u - u_floor, LEAST_FALL_PPM),
        v_fall=np.maximum(v - v_floor, LEAST_FALL_PPM),
        ceiling=_ceiling(u, v, u_top[-1], v_top[-1], edges),
    )


def _ceiling(u: Ints, v: Ints, row: Floats, column: Floats, edges: Edges) -> Ceiling:
    """Ceiling of the pairs that are not candidates: none for buyers with so many that some were left out."""
    is_full = np.bincount(edges[0], minlength=len(u)) == MOST_CANDIDATES
    return Ceiling(np.where(is_full, np.inf, u), v.astype(np.float64), np.where(is_full, np.inf, row), column)


def _sampled(side: Orders) -> Orders:
    """An evenly spaced sample, each order with what it and its neighbours can trade: neither side becomes scarcer."""
    rows = _sample(side.size)
    groups = np.add.reduceat(np.minimum(side.capacity, MOST_SUMMED), rows - rows[0])
    return side.take(rows)._replace(capacity=groups)


def _sample(count: int) -> Ints:
    """Evenly spaced positions, all of them if there are few."""
    return np.arange(STRIDE // 2 if count > STRIDE else 0, count, STRIDE if count > STRIDE else 1)


def _key(edges: Edges, width: int) -> Ints:
    """A number for each pair."""
    key: Ints = edges[0].astype(np.int64) * width + edges[1]
    return key
