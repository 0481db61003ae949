"""The arguments of contracts' errors in words: moments, points, ids of orders and the names of states."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from powerpact.market import wording
from powerpact.market.orders import Side, id_text
from powerpact.market.schema import DeliveryRule

_PROPOSAL: Final = ("none", "draft", "active", "outranked", "refuted", "final")
_ADMISSION: Final = ("none", "applied", "active", "rejected", "leaving", "left", "linked")

_MEMBERS: Final[Mapping[str, tuple[str, ...]]] = {
    "enum IParticipantRegistry.Status": _ADMISSION,
    "enum IClearing.Status": _PROPOSAL,
    "enum Side": tuple(side.name.lower() for side in Side),
    "enum Delivery": tuple(rule.name.lower().replace("_", " ") for rule in DeliveryRule),
}
"""Members of the contracts' enums, as `Status` and others in Solidity."""

_NO_TIMES: Final = frozenset({"slotLength"})
"""Arguments of the type of times that are none."""


def in_words(name: str, internal_type: str, value: Any) -> str:
    """An argument of an error for people.

    Parameters
    ----------
    name : str
        Its name.
    internal_type : str
        Its type in Solidity, as the ABI has it.
    value : object
        Its value.

    Examples
    --------
    >>> in_words("have", "enum IParticipantRegistry.Status", 1), in_words("needed", "Points", 7_700)
    ('applied', '7700 (0.0077 points)')
    >>> in_words("id", "OrderId", 785), in_words("index", "uint256", 3)
    ('3:17', '3')
    """
    if internal_type in _MEMBERS and isinstance(value, int) and value < len(_MEMBERS[internal_type]):
        return _MEMBERS[internal_type][value]
    beside: dict[str, Callable[[Any], str]] = {
        "Points": lambda upoints: f"{upoints} ({wording.points(upoints)} points)",
        "OrderId": id_text,
    }
    if internal_type in beside:
        return beside[internal_type](value)
    if internal_type == "uint40" and name not in _NO_TIMES and value:
        return f"{value} ({wording.moment(value)})"
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)
