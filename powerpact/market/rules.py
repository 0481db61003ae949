"""The rules of a market, which its id is the hash of (contracts/types/Markets.sol)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

from eth_typing import ChecksumAddress

from powerpact.units import MAX_ATTRIBUTES


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


class Carrier(IntEnum):
    """What flows, as in Markets.sol."""

    ELECTRICITY = 0
    HEAT = 1
    COLD = 2
    GAS = 3


RULES_TYPE = (
    "(address,uint40,uint40,uint8,uint8,uint40,uint40,uint32,uint32,uint32,uint8,uint8,uint8,uint8,bytes8,bytes24,"
    "uint8,uint8,uint32,uint128,bytes32)"
)


_MODES = (Mode.ONE_TO_ONE, Mode.DIVISIBLE)
"""As in Markets.sol."""


class PriceRule(IntEnum):
    """How a trade's price follows from its orders, as in Markets.sol."""

    PAY_AS_BID = 0
    MIDPOINT = 1


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of a market, fixed when it opens. Times are Unix seconds.

    Attributes
    ----------
    arbiter : ChecksumAddress
        Third key of each trade escrow.
    slot_start : int
        Start of the delivery slot, a multiple of the deployment's slot length.
    closes_at : int
        Gate closure.
    final_by : int
        Without a final round by then every reservation is free again.
    refund_from : int
        Without a settlement by then buyers can take their money back.
    attributes : tuple of MarketAttribute
        Soft attributes, at most eight.
    categories : tuple of str
        Categories of hard constraints, at most eight.
    source_category : str or None
        The category that is filled with the device's registered energy source.
    carrier : Carrier
        What is traded.
    price_rule : PriceRule
        How prices follow.
    subnet : int
        The subnet whose devices may sell; 0 for every one.
    tolerance_ppm : int
        Shortfall up to this rate of the energy sold is not penalised.
    penalty_ppm : int
        Penalty on the value of a shortfall beyond the tolerance.
    zone : str
        The local network, up to 24 ASCII characters.
    mode : Mode
        Each order at most once, or in parts.
    challenge_window_s : int
        How long a sealed proposal can be challenged; 0: rounds are proven exhaustively only.
    bond_upoints : int
        What an agent loses with a refuted proposal.
    endorsements : int
        Endorsers who must sign a proposal.
    endorsers : bytes
        `endorsers_hash` of the endorsers, 32 zero bytes for none.
    """

    arbiter: ChecksumAddress
    slot_start: int
    closes_at: int
    final_by: int
    refund_from: int
    attributes: tuple[MarketAttribute, ...]
    categories: tuple[str, ...]
    source_category: str | None = None
    carrier: Carrier = Carrier.ELECTRICITY
    price_rule: PriceRule = PriceRule.MIDPOINT
    subnet: int = 0
    tolerance_ppm: int = 50_000
    penalty_ppm: int = 100_000
    zone: str = ""
    mode: Mode = Mode.ONE_TO_ONE
    challenge_window_s: int = 0
    bond_upoints: int = 0
    endorsements: int = 0
    endorsers: bytes = bytes(32)

    @property
    def schema(self) -> tuple[Attribute, ...]:
        """The attributes as a round has them."""
        return tuple(Attribute(attribute.name, attribute.kind) for attribute in self.attributes)

    def arguments(self) -> tuple[tuple[Any, ...], list[str], list[str]]:
        """The struct and the names as `openMarket` takes them."""
        income_mask = sum(1 << f for f, attribute in enumerate(self.attributes) if attribute.kind is Kind.INCOME)
        source_category = 0 if self.source_category is None else 1 + self.categories.index(self.source_category)
        struct = (
            self.arbiter,
            self.slot_start,
            self.closes_at,
            self.carrier,
            self.price_rule,
            self.final_by,
            self.refund_from,
            self.subnet,
            self.tolerance_ppm,
            self.penalty_ppm,
            len(self.attributes),
            income_mask,
            len(self.categories),
            source_category,
            bytes(attribute.source for attribute in self.attributes).ljust(MAX_ATTRIBUTES, b"\0"),
            self.zone.encode("ascii").ljust(24, b"\0"),
            _MODES.index(self.mode),
            self.endorsements,
            self.challenge_window_s,
            self.bond_upoints,
            self.endorsers,
        )
        return struct, [attribute.name for attribute in self.attributes], list(self.categories)

    @classmethod
    def of(cls, struct: Sequence[Any], attributes: Sequence[str], categories: Sequence[str]) -> Rules:
        """The rules in a `MarketOpened` event."""
        (
            arbiter,
            slot_start,
            closes_at,
            carrier,
            price_rule,
            final_by,
            refund_from,
            subnet,
            tolerance_ppm,
            penalty_ppm,
            _,
            income_mask,
            _,
            source_category,
            sources,
            zone,
            mode,
            endorsements,
            challenge_window_s,
            bond_upoints,
            endorsers,
        ) = struct
        return cls(
            arbiter=arbiter,
            slot_start=slot_start,
            closes_at=closes_at,
            final_by=final_by,
            refund_from=refund_from,
            attributes=tuple(
                MarketAttribute(name, Kind.INCOME if income_mask >> f & 1 else Kind.COST, AttributeSource(sources[f]))
                for f, name in enumerate(attributes)
            ),
            categories=tuple(categories),
            source_category=categories[source_category - 1] if source_category else None,
            carrier=Carrier(carrier),
            price_rule=PriceRule(price_rule),
            subnet=subnet,
            tolerance_ppm=tolerance_ppm,
            penalty_ppm=penalty_ppm,
            zone=zone.rstrip(b"\0").decode("ascii"),
            mode=_MODES[mode],
            challenge_window_s=challenge_window_s,
            bond_upoints=bond_upoints,
            endorsements=endorsements,
            endorsers=endorsers,
        )
