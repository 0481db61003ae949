"""The rules of a market in words, from the table of rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any

from powerpact.market import wording
from powerpact.market.forms import Row, word_of
from powerpact.market.rules import ROWS, AttributeSource, MarketAttribute, Rules

_WHO_STATES = {
    AttributeSource.DECLARED: "stated by the seller",
    AttributeSource.ASK: "the seller's ask",
    AttributeSource.CREDIBILITY: "attested by the auditors",
    AttributeSource.RELIABILITY: "measured: delivered of sold",
    AttributeSource.COMPLETED_TRADES: "counted by the chain",
}


@dataclass(frozen=True, slots=True)
class RuleWords:
    """Shows rules in words.

    Attributes
    ----------
    name_of : callable
        From an address to its name.
    clock : callable
        From Unix seconds to a moment in words.
    endorsers : mapping of bytes to str
        What is known of lists of endorsers, by their hash.
    """

    name_of: Callable[[str | None], str]
    clock: Callable[[int], str]
    endorsers: dict[bytes, str]

    def rows(self, rules: Rules) -> list[dict[str, str]]:
        """Every rule that can be stated: its name, its value, and what it means."""
        return [
            {"rule": name.replace("_", " "), "value": self.value(rules, name, row), "meaning": row.meaning}
            for name, row in ROWS.items()
            if row.option is not None
        ]

    def value(self, rules: Rules, name: str, row: Row) -> str:
        """One rule in words."""
        value: Any = getattr(rules, name)
        own: dict[str, Callable[[], str]] = {
            "attributes": lambda: "\n".join(map(attribute_text, value)),
            "categories": lambda: "\n".join(category_text(rules, category) for category in value),
            "arbiter": lambda: self.name_of(value),
            "endorsers": lambda: self.endorsers.get(value, f"0x{value.hex()}") if any(value) else "",
            "subnet": lambda: str(value or "all"),
        }
        units: dict[str, Callable[[int], str]] = {
            "Unix seconds": self.clock,
            "seconds": wording.span,
            "micro-points": wording.money,
            "micro-points per kWh": wording.price,
            "ppm": wording.share,
            "Wh": "{} Wh".format,
        }
        if name in own:
            text = own[name]()
        elif isinstance(value, Enum):
            text = word_of(value)
        elif isinstance(value, int) and row.unit in units:
            text = units[row.unit](value)
        else:
            text = "" if value is None else str(value)
        return text or wording.NOTHING


def attribute_text(entry: MarketAttribute) -> str:
    """A soft attribute: its name, which way it satisfies, and who states it."""
    better = "more is better" if entry.kind.value == "income" else "less is better"
    return f"{entry.name}: {better}, {_WHO_STATES[entry.source]}"


def category_text(rules: Rules, category: str) -> str:
    """A category with the labels of its classes, as far as they are known, and who states a seller's."""
    labels = [f"{label} ({code})" for code, label in wording.labels_of(rules, category).items()]
    known = " or ".join(labels) if labels else "any code from 1 to 255"
    filled = ", taken from the device" if category == rules.source_category else ""
    return f"{category}: {known}{filled}"


def amount_text(entry: MarketAttribute, value: int) -> str:
    """A value of a soft attribute in its unit."""
    match entry.source:
        case AttributeSource.ASK:
            return wording.price(value)
        case AttributeSource.CREDIBILITY | AttributeSource.RELIABILITY:
            return wording.share(value)
    return str(value)
