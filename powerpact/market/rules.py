"""The rules of a market, which its id is the hash of (contracts/types/Markets.sol).

`Rules` is the one table of them: a row for each member of the struct, in the order of the struct. The ABI type, the
struct's encoding, the rules file, the options of ``powerpact market open``, what the tests build and ``docs/rules.md``
follow from the rows. A new rule is one more row.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields
from typing import TYPE_CHECKING, Any, ClassVar, Final

from powerpact.market.errors import BadRules
from powerpact.market.forms import Address, Asked, Choice, Form, Integer, Label, Octets, Option, Row, check_names
from powerpact.market.schema import (
    Attribute,
    AttributeSource,
    Carrier,
    DeliveryRule,
    Kind,
    MarketAttribute,
    MarketMechanism,
    Mode,
    PriceRule,
    Sharing,
    source_at,
)
from powerpact.market.slots import Slot
from powerpact.units import MAX_ATTRIBUTES, MAX_CATEGORIES, PPM

if TYPE_CHECKING:
    from eth_typing import ChecksumAddress


__all__ = [
    "DEFAULTS",
    "ROWS",
    "RULES_TYPE",
    "Attribute",
    "AttributeSource",
    "Carrier",
    "DeliveryRule",
    "Kind",
    "MarketAttribute",
    "MarketMechanism",
    "Mode",
    "PriceRule",
    "Rules",
    "RulesStruct",
    "Sharing",
]

GATE_BEFORE_S: Final = 300
"""Time from the gate of a market to its slot unless given, s."""

SLOT_LENGTH_S: Final = 3_600
"""Length of a delivery slot unless given, s."""

FINAL_AFTER_S: Final = 300
"""Time for a final round after the gate has closed unless said otherwise, s."""

REFUND_AFTER_S: Final = 3_600
"""Time from when a trade can be paid to its refund unless given, s."""

CONTEST_WINDOWS: Final = 5
"""Challenge windows from the last moment for a proposal to the last one for a final round: one, and two for each of
the two refutations that put it off (MarketRules.sol)."""

BOND_OF_COST: Final = 16
"""Least bond over the cost of a challenge: an eighth of it is twice that (MarketRules.sol)."""

LEAST_ENERGY_WH: Final = 10
"""Least energy of an order unless given, Wh."""

LEAST_RESERVATION_UPOINTS: Final = 100
"""Least reservation of a buy order unless given, micro-points."""


def _row(
    member: str, type_: str, form: Form | None, meaning: str, unit: str = "", option: Option | None = None
) -> dict[str, Row]:
    """The metadata of an attribute of `Rules`."""
    return {"row": Row(member, type_, form, meaning, unit, option)}


def _derived(member: str, type_: str, meaning: str, encode: Callable[[Rules], Any]) -> Row:
    """A member of the struct that follows from other attributes."""
    return Row(member, type_, None, meaning, encode=encode)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """The rules of a market, fixed when it opens.

    Each attribute is a row of the table, in the order of the struct in Markets.sol; its meaning and unit are in the
    row. `attributes` and `categories` are not members of the struct: their names go beside it.

    Raises
    ------
    BadRules
        If a rule has a value that cannot be written down.
    """

    mechanism: MarketMechanism = field(
        default=MarketMechanism.SATISFACTION,
        metadata=_row(
            "mechanism",
            "uint8",
            Choice(tuple(MarketMechanism)),
            "What decides which trades are made, and at what price.",
            option=Option("--mechanism", Asked.CHOICE),
        ),
    )
    mode: Mode = field(
        default=Mode.ONE_TO_ONE,
        metadata=_row(
            "mode",
            "uint8",
            Choice((Mode.ONE_TO_ONE, Mode.DIVISIBLE)),
            "Each order in at most one trade, or in whole Wh, in parts.",
            option=Option("--mode", Asked.CHOICE),
        ),
    )
    price_rule: PriceRule = field(
        default=PriceRule.MIDPOINT,
        metadata=_row(
            "priceRule",
            "uint8",
            Choice(tuple(PriceRule)),
            "How the price of a trade follows from its orders.",
            option=Option("--price-rule", Asked.CHOICE),
        ),
    )
    attributes: tuple[MarketAttribute, ...] = field(
        metadata=_row(
            "",
            "",
            None,
            "Soft attributes, at most 8: name, income or cost, and who states a seller's value.",
            option=Option(
                "--attribute",
                Asked.ATTRIBUTES,
                metavar="NAME:KIND:SOURCE",
                help="Soft attribute: income or cost; declared, ask, credibility, reliability or completed-trades. "
                "Repeatable; by default those of the template.",
            ),
        )
    )
    attribute_count: ClassVar[Row] = _derived(
        "attributeCount", "uint8", "Number of soft attributes.", lambda rules: len(rules.attributes)
    )
    income_mask: ClassVar[Row] = _derived(
        "incomeMask",
        "uint8",
        "Bit f: attribute f is an income, else a cost.",
        lambda rules: sum(1 << f for f, entry in enumerate(rules.attributes) if entry.kind is Kind.INCOME),
    )
    endorsements: int = field(
        default=0,
        metadata=_row(
            "endorsements",
            "uint8",
            Integer(8),
            "Number of endorsers who must sign a proposal.",
            option=Option("--endorsements", Asked.NUMBER, metavar="K"),
        ),
    )
    closes_at: int = field(
        metadata=_row(
            "closesAt",
            "uint40",
            Integer(40),
            "Gate closure: from then on the set of orders is fixed.",
            "Unix seconds",
            Option("--gate-before", Asked.SECONDS, help="Gate closure before the slot.", default=GATE_BEFORE_S),
        )
    )
    final_by: int = field(
        metadata=_row(
            "finalBy",
            "uint40",
            Integer(40),
            "Without a final round by then every reservation is free again.",
            "Unix seconds",
            Option(
                "--final-after", Asked.SECONDS, help="Time for a final round after gate closure.", default=FINAL_AFTER_S
            ),
        )
    )
    challenge_window_s: int = field(
        default=0,
        metadata=_row(
            "challengeWindow",
            "uint32",
            Integer(32),
            "Time to refute a sealed proposal; 0: every round is proven exhaustively.",
            "seconds",
            Option("--challenge-window", Asked.SECONDS),
        ),
    )
    k_ppm: int = field(
        default=0,
        metadata=_row(
            "k",
            "uint32",
            Integer(32),
            "Call auction: where the price lies between the lowest and the highest that clear the market. Else 0.",
            "ppm",
            Option("--k-ppm", Asked.NUMBER),
        ),
    )
    bond_upoints: int = field(
        default=0,
        metadata=_row(
            "bond",
            "uint64",
            Integer(64),
            "What an agent loses with a refuted proposal.",
            "micro-points",
            Option("--bond-upoints", Asked.NUMBER, metavar="UPOINTS"),
        ),
    )
    slot_start: int = field(
        metadata=_row(
            "slotStart",
            "uint40",
            Integer(40),
            "Start of the delivery slot, a multiple of its length.",
            "Unix seconds",
            Option("--slot", Asked.TIME, help="Start of the delivery slot, ISO 8601 or Unix seconds."),
        )
    )
    refund_from: int = field(
        metadata=_row(
            "refundFrom",
            "uint40",
            Integer(40),
            "Without a settlement by then buyers can take their money back, or up to two slots later (decision 13).",
            "Unix seconds",
            Option(
                "--refund-after",
                Asked.SECONDS,
                help="Time from the end of the slot to refunds, or from the last moment for a final round.",
                default=REFUND_AFTER_S,
            ),
        )
    )
    subnet: int = field(
        default=0,
        metadata=_row(
            "subnet",
            "uint32",
            Integer(32),
            "Subnet whose devices may sell; 0 for all.",
            option=Option("--subnet", Asked.NUMBER),
        ),
    )
    carrier: Carrier = field(
        default=Carrier.ELECTRICITY,
        metadata=_row(
            "carrier", "uint8", Choice(tuple(Carrier)), "What flows.", option=Option("--carrier", Asked.CHOICE)
        ),
    )
    categories: tuple[str, ...] = field(
        metadata=_row(
            "",
            "",
            None,
            "Categories of hard constraints, at most 8.",
            option=Option(
                "--category",
                Asked.CATEGORIES,
                metavar="NAME",
                help="Category of hard constraints; repeatable, `none` for none; by default those of the template.",
            ),
        )
    )
    category_count: ClassVar[Row] = _derived(
        "categoryCount", "uint8", "Number of categories.", lambda rules: len(rules.categories)
    )
    source_category: str | None = field(
        default=None,
        metadata={
            "row": Row(
                "sourceCategory",
                "uint8",
                None,
                "Category that is filled with the device's registered energy source: 1 + its index, 0 for none.",
                option=Option(
                    "--source-category",
                    Asked.CATEGORY,
                    metavar="NAME",
                    help="Category that is filled with the device's energy source.",
                ),
                encode=lambda rules: (
                    0 if rules.source_category is None else 1 + rules.categories.index(rules.source_category)
                ),
            )
        },
    )
    sources: ClassVar[Row] = _derived(
        "sources",
        "bytes8",
        "One byte for each attribute, who states a seller's value; attribute 0 first.",
        lambda rules: bytes(entry.source for entry in rules.attributes).ljust(MAX_ATTRIBUTES, b"\0"),
    )
    slot_length_s: int = field(
        default=SLOT_LENGTH_S,
        metadata=_row(
            "slotLength",
            "uint32",
            Integer(32),
            "Length of the delivery slot: a multiple of the deployment's base interval that divides its longest slot.",
            "seconds",
            Option("--slot-length", Asked.NUMBER, metavar="SECONDS"),
        ),
    )
    delivery: DeliveryRule = field(
        default=DeliveryRule.EXPORT,
        metadata=_row(
            "delivery",
            "uint8",
            Choice(tuple(DeliveryRule)),
            "What settles a trade: the seller's export alone, or the least of it and the import of the buyer's meter.",
            option=Option("--delivery", Asked.CHOICE),
        ),
    )
    sharing: Sharing = field(
        default=Sharing.PRO_RATA,
        metadata=_row(
            "sharing",
            "uint8",
            Choice(tuple(Sharing)),
            "How the trades of an order share what was delivered of it: by energy, or in the order of the round.",
            option=Option("--sharing", Asked.CHOICE),
        ),
    )
    arbiter: ChecksumAddress = field(
        metadata=_row(
            "arbiter", "address", Address(), "Third key of each trade escrow.", option=Option("--arbiter", Asked.WHO)
        )
    )
    tolerance_ppm: int = field(
        default=50_000,
        metadata=_row(
            "tolerance",
            "uint32",
            Integer(32),
            "Shortfall up to this rate of the energy sold is not penalised.",
            "ppm",
            Option("--tolerance-ppm", Asked.NUMBER),
        ),
    )
    penalty_ppm: int = field(
        default=100_000,
        metadata=_row(
            "penalty",
            "uint32",
            Integer(32),
            "Penalty on the value of a shortfall beyond the tolerance.",
            "ppm",
            Option("--penalty-ppm", Asked.NUMBER),
        ),
    )
    underuse_ppm: int = field(
        default=PPM,
        metadata=_row(
            "underuse",
            "uint32",
            Integer(32),
            "Delivery on both sides: what a buyer pays of the value of what was delivered for it and not used. Else "
            "1 000 000.",
            "ppm",
            Option("--underuse-ppm", Asked.NUMBER),
        ),
    )
    zone: str = field(
        default="",
        metadata=_row(
            "zone",
            "bytes24",
            Label(24),
            "Label of the local network, up to 24 ASCII characters.",
            option=Option("--zone", Asked.LABEL),
        ),
    )
    endorsers: bytes = field(
        default=bytes(32),
        metadata=_row(
            "endorsers",
            "bytes32",
            Octets(32),
            "Hash of the list of those who may sign proposals; 0 for none.",
            option=Option("--endorser", Asked.PEOPLE, help="Who may sign proposals; repeatable, the order counts."),
        ),
    )
    least_energy_wh: int = field(
        default=LEAST_ENERGY_WH,
        metadata=_row(
            "leastEnergy",
            "uint64",
            Integer(64),
            "The least energy of an order, at least 1.",
            "Wh",
            Option("--least-energy-wh", Asked.NUMBER, metavar="WH"),
        ),
    )
    least_reservation_upoints: int = field(
        default=LEAST_RESERVATION_UPOINTS,
        metadata=_row(
            "leastReservation",
            "uint64",
            Integer(64),
            "The least that a buy order reserves, at least 1.",
            "micro-points",
            Option("--least-reservation-upoints", Asked.NUMBER, metavar="UPOINTS"),
        ),
    )
    challenge_cost_upoints: int = field(
        default=0,
        metadata=_row(
            "challengeCost",
            "uint64",
            Integer(64),
            "What it costs to refute a proposal: an eighth of the bond is at least twice as much.",
            "micro-points",
            Option("--challenge-cost-upoints", Asked.NUMBER, metavar="UPOINTS"),
        ),
    )

    def __post_init__(self) -> None:
        check_names("attributes", [entry.name for entry in self.attributes], MAX_ATTRIBUTES)
        check_names("categories", self.categories, MAX_CATEGORIES)
        if self.source_category is not None and self.source_category not in self.categories:
            raise BadRules("source_category", self.source_category, "is not a category of the market")
        self.struct()

    @property
    def slot(self) -> Slot:
        """The delivery slot."""
        return Slot(self.slot_start, self.slot_length_s)

    @property
    def latest_final(self) -> int:
        """The last moment for a final round, Unix seconds."""
        return self.final_by + CONTEST_WINDOWS * self.challenge_window_s

    @property
    def is_metered(self) -> bool:
        """Whether buyers name a meter, whose import counts."""
        return self.delivery is DeliveryRule.BOTH_SIDES

    @property
    def import_until(self) -> int:
        """Until when the reading of a buyer's meter is waited for, if the seller's is there, Unix seconds."""
        return self.refund_from + self.slot_length_s

    @property
    def refunded_by(self) -> int:
        """From when on whatever nothing else settled can be refunded, Unix seconds.

        Before that, from `refund_from` on, it can be where the export alone counts, and where the seller is silent.
        """
        return self.import_until + self.slot_length_s if self.is_metered else self.refund_from

    @property
    def schema(self) -> tuple[Attribute, ...]:
        """The attributes as a round has them."""
        return tuple(Attribute(attribute.name, attribute.kind) for attribute in self.attributes)

    def struct(self) -> tuple[Any, ...]:
        """The struct, its members in their order, as the ABI takes them."""
        values: tuple[Any, ...] = RulesStruct(*(row.value_in(self, name) for name, row in ROWS.items() if row.member))
        return values

    def arguments(self) -> tuple[tuple[Any, ...], list[str], list[str]]:
        """The struct and the names as `openMarket` takes them."""
        return self.struct(), [attribute.name for attribute in self.attributes], list(self.categories)

    @classmethod
    def of(cls, struct: Sequence[Any], attributes: Sequence[str], categories: Sequence[str]) -> Rules:
        """The rules in a `MarketOpened` event.

        Raises
        ------
        BadRules
            If the market has invalid rules: a name or zone that is not text, a choice that does not exist.
        """
        raw: Any = RulesStruct(*struct)
        values = {name: row.form.decoded(name, getattr(raw, name)) for name, row in ROWS.items() if row.form}
        named = []
        for f, name in enumerate(attributes):
            kind = Kind.INCOME if raw.income_mask >> f & 1 else Kind.COST
            named.append(MarketAttribute(name, kind, source_at(raw.sources, f)))
        if raw.source_category > len(categories):
            raise BadRules("source_category", raw.source_category, "is not a category of the market")
        source_category = categories[raw.source_category - 1] if raw.source_category else None
        return cls(**values, attributes=tuple(named), categories=tuple(categories), source_category=source_category)


def _table() -> dict[str, Row]:
    """The rows by attribute, in the order of the class."""
    declared = {entry.name: entry.metadata["row"] for entry in fields(Rules)}
    return {name: declared[name] if name in declared else getattr(Rules, name) for name in Rules.__annotations__}


ROWS: Final[Mapping[str, Row]] = _table()
"""Every rule by its name in Python, in the order of the struct."""

DEFAULTS: Final[Mapping[str, Any]] = {
    entry.name: entry.default for entry in fields(Rules) if entry.default is not MISSING
}
"""What a rule is unless it is said, by its name in Python."""

RULES_TYPE: Final = "(" + ",".join(row.type for row in ROWS.values() if row.member) + ")"
"""The ABI type of the struct."""

RulesStruct: Any = namedtuple(  # type: ignore[misc]
    "RulesStruct", [name for name, row in ROWS.items() if row.member]
)
"""The struct, its members named as in Python."""
