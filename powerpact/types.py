"""The data types of the market: what a round and its solution are made of.

They hold data and nothing else. Soft terms, attribute values, requirements and classes are tuples in the order of the
round's schema, so that position, not name, ties a buyer's term to a seller's value, as on chain. All numbers are
integers in the units of `powerpact.units`; a round read from a file has been checked by `powerpact.roundfile`.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from powerpact.units import PPM


class Mode(StrEnum):
    """How an order may be traded."""

    ONE_TO_ONE = "one-to-one"
    """Each order in at most one trade."""
    DIVISIBLE = "divisible"
    """Each order's trades, in whole Wh, within its energy."""


class Kind(StrEnum):
    """Which way an attribute satisfies a buyer."""

    INCOME = "income"
    """More is better."""
    COST = "cost"
    """Less is better."""


@dataclass(frozen=True, slots=True)
class Attribute:
    """A soft attribute of the round's schema.

    Attributes
    ----------
    name : str
        Its name; ``price`` stands for the seller's ask.
    kind : Kind
        Whether more or less of it is better.
    """

    name: str
    kind: Kind


class AttributeSource(IntEnum):
    """Where the value of a seller's soft attribute comes from, as in Markets.sol."""

    DECLARED = 0
    ASK = 1
    CREDIBILITY = 2
    RELIABILITY = 3
    COMPLETED_TRADES = 4


@dataclass(frozen=True, slots=True)
class MarketAttribute:
    """A soft attribute in the rules of a market.

    Attributes
    ----------
    name : str
        Its name.
    kind : Kind
        Whether more or less of it is better.
    source : AttributeSource
        Who states a seller's value.
    """

    name: str
    kind: Kind
    source: AttributeSource


@dataclass(frozen=True, slots=True)
class SoftTerm:
    """What a buyer wants of one attribute.

    Attributes
    ----------
    expect : int
        From here on the buyer is fully satisfied, attribute units.
    limit : int
        Beyond it the pair is eliminated, attribute units.
    weight_ppm : int
        Share of the attribute in the buyer's satisfaction.
    """

    expect: int
    limit: int
    weight_ppm: int


@dataclass(frozen=True, slots=True)
class Buyer:
    """A buy order.

    Attributes
    ----------
    id : str
        Unique among the round's buyers.
    bid_upoints_per_kwh : int
        Most that the buyer pays.
    soft : tuple of SoftTerm
        One term for each attribute of the schema.
    require : tuple of (str or None)
        For each category of the schema the class that the seller must have, None for any.
    energy_wh : int, optional
        Energy wanted; None, in one-to-one mode only, for any.
    """

    id: str
    bid_upoints_per_kwh: int
    soft: tuple[SoftTerm, ...]
    require: tuple[str | None, ...] = ()
    energy_wh: int | None = None


@dataclass(frozen=True, slots=True)
class Seller:
    """A sell order.

    Attributes
    ----------
    id : str
        Unique among the round's sellers.
    ask_upoints_per_kwh : int
        Price from which on the seller is fully satisfied.
    min_upoints_per_kwh : int
        Least that the seller accepts.
    attributes : tuple of int
        One value for each attribute of the schema.
    classes : tuple of (str or None)
        For each category of the schema the seller's class, None if not stated.
    energy_wh : int, optional
        Energy offered; None, in one-to-one mode only, for any.
    """

    id: str
    ask_upoints_per_kwh: int
    min_upoints_per_kwh: int
    attributes: tuple[int, ...]
    classes: tuple[str | None, ...] = ()
    energy_wh: int | None = None


@dataclass(frozen=True, slots=True)
class Round:
    """The orders of one market that are matched together.

    Attributes
    ----------
    mode : Mode
        How orders may be traded.
    attributes : tuple of Attribute
        The schema of soft attributes, at most eight.
    categories : tuple of str
        The schema of hard constraints, at most eight.
    buyers : tuple of Buyer
        Buy orders.
    sellers : tuple of Seller
        Sell orders.
    """

    mode: Mode
    attributes: tuple[Attribute, ...]
    categories: tuple[str, ...]
    buyers: tuple[Buyer, ...]
    sellers: tuple[Seller, ...]


@dataclass(frozen=True, slots=True)
class Trade:
    """A matched pair.

    Attributes
    ----------
    buyer, seller : str
        Ids of the orders.
    score_ppm : int
        Buyer's plus seller's satisfaction, 0 to 2 000 000.
    energy_wh : int, optional
        Energy traded; None if neither order states any.
    """

    buyer: str
    seller: str
    score_ppm: int
    energy_wh: int | None = None


@dataclass(frozen=True, slots=True)
class Solution:
    """Trades, and the dual prices that prove that no better ones exist.

    Attributes
    ----------
    objective : int
        Σ w·x, ppm (one-to-one) or ppm Wh (divisible).
    trades : tuple of Trade
        The matched pairs.
    buyer_duals_ppm, seller_duals_ppm : dict of str to int
        Dual price by order id; an order that is not listed has 0.
    """

    objective: int
    trades: tuple[Trade, ...] = ()
    buyer_duals_ppm: dict[str, int] = field(default_factory=dict)
    seller_duals_ppm: dict[str, int] = field(default_factory=dict)


def equal_weights_ppm(count: int) -> tuple[int, ...]:
    """Weights of a buyer who states none: equal, the remainder one each to the first attributes.

    Parameters
    ----------
    count : int
        Number of attributes.

    Returns
    -------
    tuple of int
        Weights in ppm that sum to 1 000 000; empty without attributes.

    Examples
    --------
    >>> equal_weights_ppm(3)
    (333334, 333333, 333333)
    """
    if count == 0:
        return ()
    share_ppm, remainder = divmod(PPM, count)
    return tuple(share_ppm + (index < remainder) for index in range(count))
