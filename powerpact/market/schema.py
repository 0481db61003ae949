"""The words of a market's schema: modes, attributes, carriers, devices, price rules (contracts/types/Markets.sol)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, StrEnum

from powerpact.market.errors import BadRules


class Mode(StrEnum):
    """How an order may be traded."""

    ONE_TO_ONE = "one-to-one"
    """Each order in at most one trade."""
    DIVISIBLE = "divisible"
    """Each order's trades, in whole Wh, within its energy."""


class Side(IntEnum):
    """The two sides of an order, as in Orders.sol."""

    BUY = 0
    SELL = 1


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
        Its name; ``price`` is the seller's ask.
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


class Carrier(IntEnum):
    """What flows, as in Markets.sol."""

    ELECTRICITY = 0
    HEAT = 1
    COLD = 2
    GAS = 3


class DeviceKind(IntEnum):
    """What a device is, as in IDeviceRegistry."""

    METER = 0
    ROUTER = 1
    EXCHANGE = 2
    INTERFACE = 3


class EnergySource(IntEnum):
    """Codes of the energy source behind a device."""

    SOLAR = 1
    WIND = 2
    HYDRO = 3
    BIOGAS = 4
    STORAGE = 5
    MIXED = 6


class PriceRule(IntEnum):
    """How a trade's price follows from its orders, as in Markets.sol."""

    PAY_AS_BID = 0
    MIDPOINT = 1


class DeliveryRule(IntEnum):
    """What settles a trade, as `Delivery` in Markets.sol."""

    EXPORT = 0
    BOTH_SIDES = 1


class Sharing(IntEnum):
    """How the trades of an order share what was delivered of it, as in Markets.sol."""

    PRO_RATA = 0
    FIRST_IN_FIRST_OUT = 1


class MarketMechanism(IntEnum):
    """What decides which trades are made, and at what price, as in Markets.sol; its words name mechanisms in files."""

    SATISFACTION = 0
    CALL = 1


def source_at(sources: bytes, index: int) -> AttributeSource:
    """Who states the value of an attribute, of the struct's bytes. Raises BadRules if it is invalid."""
    try:
        return AttributeSource(sources[index])
    except (IndexError, ValueError):
        raise BadRules("sources", f"0x{sources.hex()}", f"has no source for attribute {index}") from None
