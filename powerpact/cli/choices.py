"""Words on the command line turned into what the library knows."""

from __future__ import annotations

from enum import IntEnum
from typing import TypeVar

from powerpact.errors import BadChoice

Member = TypeVar("Member", bound=IntEnum)


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


def assignment(field: str, text: str, known: tuple[str, ...]) -> tuple[str, str]:
    """A name and what stands behind its ``=``.

    Raises
    ------
    BadChoice
        If there is no ``=``, or the market does not know the name.
    """
    name, separator, value = text.partition("=")
    if not separator:
        raise BadChoice(field, text, "is not NAME=VALUE", remedy="Write the name, =, and the value.")
    if name not in known:
        raise BadChoice(field, name, "is not in the market's schema", remedy=f"It has {', '.join(known) or 'none'}.")
    return name, value
