"""Satisfactions of all pairs of a round as matrices, for methods that need them.

Shares no code with PowerPact's own solver, verifier and specification.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from powerpact.market.rules import Kind
from powerpact.mechanisms.satisfaction.round import Round

Matrix = npt.NDArray[np.float64]

ROWS = 128
"""Buyers of a block."""


class Block(NamedTuple):
    """Consecutive buyers with all sellers, each array of shape (buyers, sellers).

    Attributes
    ----------
    first : int
        Position of the first buyer in the round.
    buyer, seller : float64
        Satisfactions, whole ppm; without meaning where a pair is not eligible.
    eligible : bool
        Which pairs may trade.
    """

    first: int
    buyer: Matrix
    seller: Matrix
    eligible: npt.NDArray[np.bool_]


def blocks(round_: Round) -> Iterator[Block]:
    """Satisfactions of all pairs, some buyers at a time.

    Exact: every numerator is below 2**53, and a quotient that is not whole is further from the next whole number than
    its rounding error.
    """
    ask, least = (
        np.array([getattr(seller, name) for seller in round_.sellers], dtype=np.float64)
        for name in ("ask_upoints_per_kwh", "min_upoints_per_kwh")
    )
    sign = np.array([1.0 if attribute.kind is Kind.INCOME else -1.0 for attribute in round_.attributes])
    values = sign[:, None] * np.array([seller.attributes for seller in round_.sellers], dtype=np.float64).T
    offered = np.array([seller.classes for seller in round_.sellers]).T
    for first in range(0, len(round_.buyers), ROWS):
        buyers = round_.buyers[first : first + ROWS]
        bid = np.array([buyer.bid_upoints_per_kwh for buyer in buyers], dtype=np.float64)[:, None]
        terms = np.array([[(term.expect, term.limit, term.weight_ppm) for term in buyer.soft] for buyer in buyers])
        eligible = bid >= least
        weighted = np.zeros(eligible.shape)
        for value, term, direction in zip(values, terms.transpose(1, 2, 0)[..., None], sign, strict=True):
            expect, limit, weight = direction * term[0], direction * term[1], term[2]
            eligible &= value >= limit
            weighted += weight * _ramp(value, limit, expect)
        for classes, required in zip(offered, zip(*(buyer.require for buyer in buyers), strict=True), strict=True):
            wanted = np.array(required)[:, None]
            eligible &= (wanted == None) | (wanted == classes)  # noqa: E711, element by element
        yield Block(first, np.floor(weighted / 1e6), _ramp(bid, least, ask), eligible)


def scores(round_: Round) -> Matrix:
    """Scores of all pairs, ppm, shape (buyers, sellers); 0 where a pair is not eligible."""
    matrix = np.zeros((len(round_.buyers), len(round_.sellers)))
    for block in blocks(round_):
        rows = matrix[block.first : block.first + len(block.eligible)]
        np.copyto(rows, block.buyer + block.seller, where=block.eligible)
    return matrix


def _ramp(value: Matrix, low: Matrix, high: Matrix) -> Matrix:
    """Whole ppm of the way from `low` to `high`."""
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.floor((value - low) * 1e6 / (high - low))
    ramp: Matrix = np.where(value >= high, 1e6, part)
    return ramp
