"""What a chain records of a solution, whatever its mechanism: trades with dual prices, and public prices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from powerpact.market.orders import Side


class Claim(NamedTuple):
    """A trade as a proposal makes it.

    Attributes
    ----------
    buyer, seller : str
        Ids of the orders, ``batch:index``.
    energy_wh : int
        Energy traded.
    buyer_dual, seller_dual : int
        Dual prices of the orders, in the mechanism's unit; the same in each of an order's trades.
    """

    buyer: str
    seller: str
    energy_wh: int
    buyer_dual: int
    seller_dual: int


@dataclass(frozen=True, slots=True)
class Claims:
    """A solution as a proposal states it.

    Attributes
    ----------
    objective : int
        What the trades are worth, in the mechanism's unit.
    trades : tuple of Claim
        The trades.
    prices : bytes
        Public prices in the form that the mechanism gives them; empty if it has none.
    """

    objective: int
    trades: tuple[Claim, ...] = ()
    prices: bytes = b""


Exhibits: TypeAlias = tuple[tuple[Side, str], ...]
"""Orders that are shown to the contracts, by side and id."""
