"""Words on the command line turned into the library's values."""

from __future__ import annotations

from enum import Enum, IntEnum, StrEnum
from typing import Any, TypeVar

from powerpact.errors import BadChoice
from powerpact.market.forms import word_of

Member = TypeVar("Member", bound=IntEnum)


def words_of(name: str, members: tuple[Enum, ...]) -> Any:
    """An enum of the words of some members, which the command line offers as choices and completes."""
    return StrEnum(name, {member.name: word_of(member) for member in members})


def enum_member(kind: type[Member], field: str, word: str) -> Member:
    """The member that a word names, whatever its case, dashes for underscores.

    Raises
    ------
    BadChoice
        If there is none.
    """
    try:
        return kind[word.upper().replace("-", "_")]
    except KeyError:
        known = ", ".join(member.name.lower().replace("_", "-") for member in kind)
        raise BadChoice(field, word, "is unknown", remedy=f"Choose one of {known}.") from None


def numbers(field: str, text: str, count: tuple[int, ...]) -> list[int]:
    """Integers from 0 on, separated by colons, as many as one of `count` says.

    Raises
    ------
    BadChoice
        If they are not.
    """
    parts = text.split(":")
    if len(parts) not in count or not all(part.isdecimal() for part in parts):
        wanted = " or ".join(map(str, count))
        raise BadChoice(field, text, f"is not {wanted} numbers", remedy="Separate whole numbers by colons.")
    return [int(part) for part in parts]


def assignment(field: str, text: str) -> tuple[str, str]:
    """A name and what follows its ``=``.

    Raises
    ------
    BadChoice
        If there is no ``=``.
    """
    name, separator, value = text.partition("=")
    if not separator:
        raise BadChoice(field, text, "is not NAME=VALUE", remedy="Write the name, =, and the value.")
    return name, value
