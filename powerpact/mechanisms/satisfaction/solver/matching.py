"""What the matchings of the two modes have in common."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from powerpact.mechanisms.satisfaction.solver.arrays import Codes, Energies, Ints
from powerpact.mechanisms.satisfaction.solver.pairs import Edges

Flags: TypeAlias = NDArray[np.bool_]

Flows: TypeAlias = tuple[Codes, Codes, Energies]
"""Buyer, seller and units of each trade."""

RATIO: Final = 8
"""From one ε to the next."""


class Matching(Protocol):
    """Trades and dual prices, improved in place.

    Attributes
    ----------
    u, v : int64
        Dual prices of buyers and sellers, never negative.
    fall : int
        Factor by which the floors' fall grows from one round to the next.
    """

    u: Ints
    v: Ints
    fall: int

    @property
    def open(self) -> tuple[Flags, Flags]:
        """Buyers and sellers that could trade more."""

    @property
    def flows(self) -> Flows:
        """The trades."""

    def settle(self, edges: Edges, ladder: Sequence[int]) -> None:
        """Find the best trades on the edges, exactly.

        Afterwards ``u + v ≥ score`` for every edge, with equality for pairs that trade, u and v are not negative, and 0
        for orders that could trade more.

        Parameters
        ----------
        edges : Edges
            Pairs that may trade; those with scores up to 0 need not. Edges that were there before keep their places.
        ladder : sequence of int
            Values of ε for a first approximation, if any is needed.
        """


def ids(flags: Flags) -> Codes:
    """Positions of what is true."""
    return np.flatnonzero(flags).astype(np.int32)


def epsilons(first: float) -> list[int]:
    """Values of ε from about `first` down to 1.

    >>> epsilons(600)
    [512, 64, 8, 1]
    """
    ladder = [1]
    while ladder[-1] * RATIO <= first:
        ladder.append(ladder[-1] * RATIO)
    return ladder[::-1]
