"""Units, scales and ranges: the one place where Python knows them.

`docs/units.md` shows the same table, and a test compares the two. Names carry their unit: ``energy_wh``,
``bid_upoints_per_kwh``, ``score_ppm``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

PPM: Final = 1_000_000
"""Parts per million in one."""

MAX_SCORE_PPM: Final = 2 * PPM
"""Largest score of a pair: both sides fully satisfied."""

WH_PER_KWH: Final = 1_000
"""Watt hours in a kilowatt hour."""

UPOINTS_PER_POINT: Final = 1_000_000
"""Micro-points in a power point, the ERC-20 with six decimals."""

MAX_ATTRIBUTES: Final = 8
"""Soft attributes that a round may have."""

MAX_CATEGORIES: Final = 8
"""Categories for hard constraints that a round may have."""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A physical quantity as PowerPact stores it.

    Attributes
    ----------
    name : str
        The quantity.
    unit : str
        The unit of one.
    solidity : str
        Type in the contracts.
    dtype : str
        NumPy dtype in the solver's arrays, ``int`` where it never enters an array.
    maximum : int
        Largest value; the smallest is 0.
    rounding : str
        Who rounds it and in whose favour; ``exact`` if nobody does.
    """

    name: str
    unit: str
    solidity: str
    dtype: str
    maximum: int
    rounding: str


ENERGY: Final = Quantity("energy", "Wh", "uint64", "uint64", 2**64 - 1, "exact")
PRICE: Final = Quantity("price", "micro-points per kWh", "uint32", "uint32", 2**32 - 1, "midpoint: down, for the buyer")
MONEY: Final = Quantity("money", "micro-points", "uint128", "int", 2**128 - 1, "value of a trade: down, for the buyer")
ATTRIBUTE: Final = Quantity("attribute value", "the attribute's own", "uint32", "uint32", 2**32 - 1, "exact")
WEIGHT: Final = Quantity("weight", "ppm", "uint32", "uint32", PPM, "exact")
SATISFACTION: Final = Quantity("satisfaction", "ppm", "uint32", "int32", PPM, "down at each division")
SCORE: Final = Quantity("score", "ppm", "uint32", "int32", MAX_SCORE_PPM, "exact")
DUAL_PRICE: Final = Quantity("dual price", "ppm (divisible: per Wh)", "uint32", "int32", MAX_SCORE_PPM, "exact")
OBJECTIVE: Final = Quantity("objective", "ppm (divisible: ppm Wh)", "uint128", "int", 2**128 - 1, "exact")
TIME: Final = Quantity("time", "Unix seconds, UTC", "uint40", "int", 2**40 - 1, "exact")

QUANTITIES: Final = (
    ENERGY,
    PRICE,
    MONEY,
    ATTRIBUTE,
    WEIGHT,
    SATISFACTION,
    SCORE,
    DUAL_PRICE,
    OBJECTIVE,
    TIME,
)


def value_down_upoints(energy_wh: int, price_upoints_per_kwh: int) -> int:
    """Money for an amount of energy, ``energy · price / 1000``, rounded down in the buyer's favour.

    Parameters
    ----------
    energy_wh : int
        Energy, Wh.
    price_upoints_per_kwh : int
        Price, micro-points per kWh.

    Returns
    -------
    int
        Micro-points.

    Examples
    --------
    >>> value_down_upoints(1_200, 90_000)
    108000
    >>> value_down_upoints(999, 1)
    0
    """
    return energy_wh * price_upoints_per_kwh // WH_PER_KWH
