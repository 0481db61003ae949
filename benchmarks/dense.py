"""All scores of a round in one matrix, for solvers that need one. Shares no code with PowerPact's own."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from powerpact.types import Kind, Round

Matrix = npt.NDArray[np.float64]


def scores(round_: Round) -> Matrix:
    """Scores of all pairs, ppm, shape (buyers, sellers); 0 where a pair is not eligible.

    Exact: every numerator is below 2**53, and a quotient that is not whole is further from the next whole number than
    its rounding error.
    """
    shape = len(round_.buyers), len(round_.sellers)
    eligible = np.ones(shape, dtype=bool)
    total = np.zeros(shape)
    for f, attribute in enumerate(round_.attributes):
        sign = 1.0 if attribute.kind is Kind.INCOME else -1.0
        value = sign * np.array([seller.attributes[f] for seller in round_.sellers], dtype=np.float64)[None, :]
        expect, limit = (
            sign * np.array([getattr(buyer.soft[f], name) for buyer in round_.buyers], dtype=np.float64)[:, None]
            for name in ("expect", "limit")
        )
        weight = np.array([buyer.soft[f].weight_ppm for buyer in round_.buyers], dtype=np.float64)[:, None]
        eligible &= value >= limit
        total += weight * _ramp(value, limit, expect)
    bid = np.array([buyer.bid_upoints_per_kwh for buyer in round_.buyers], dtype=np.float64)[:, None]
    ask, least = (
        np.array([getattr(seller, name) for seller in round_.sellers], dtype=np.float64)[None, :]
        for name in ("ask_upoints_per_kwh", "min_upoints_per_kwh")
    )
    eligible &= bid >= least
    for c in range(len(round_.categories)):
        required = np.array([buyer.require[c] or "" for buyer in round_.buyers])[:, None]
        offered = np.array([seller.classes[c] or "" for seller in round_.sellers])[None, :]
        eligible &= (required == "") | (required == offered)
    matrix: Matrix = np.where(eligible, np.floor(total / 1e6) + _ramp(bid, least, ask), 0.0)
    return matrix


def _ramp(value: Matrix, low: Matrix, high: Matrix) -> Matrix:
    """Whole ppm of the way from `low` to `high`."""
    with np.errstate(divide="ignore", invalid="ignore"):
        part = np.floor((value - low) * 1e6 / (high - low))
    ramp: Matrix = np.where(value >= high, 1e6, part)
    return ramp
