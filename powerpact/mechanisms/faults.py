"""What a verifier says about a solution that is wrong: the same shape for every mechanism."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum


@dataclass(frozen=True, slots=True)
class Fault:
    """A fault.

    Attributes
    ----------
    kind : StrEnum
        What is wrong, one of the mechanism's own kinds.
    orders : tuple of str
        Ids of the orders concerned, a buyer's before a seller's.
    detail : str
        The fault in words.
    values : dict of str to int
        The numbers concerned, by name.
    """

    kind: StrEnum
    orders: tuple[str, ...]
    detail: str
    values: dict[str, int] = field(default_factory=dict)
