"""Words on the command line turned into the library's values."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from enum import Enum, IntEnum, StrEnum
from functools import wraps
from typing import Any, TypeVar

from powerpact.errors import BadChoice
from powerpact.market.forms import word_of

Member = TypeVar("Member", bound=IntEnum)


def words_of(name: str, members: tuple[Enum, ...]) -> Any:
    """An enum of the words of some members, which the command line offers as choices and completes."""
    return StrEnum(name, {member.name: word_of(member) for member in members})


def with_options(options: Mapping[str, tuple[Any, Any]]) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command the options of a table, by name their annotation and default, in place of its parameter `said`.

    The command gets a dictionary of their values.
    """

    def decorate(command: Callable[..., None]) -> Callable[..., None]:
        signature = inspect.signature(command, eval_str=True)
        listed = [
            inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation)
            for name, (annotation, default) in options.items()
        ]
        kept = [
            parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
            for parameter in signature.parameters.values()
            if parameter.name != "said"
        ]

        @wraps(command)
        def with_said(**values: Any) -> None:
            command(said={name: values.pop(name) for name in options}, **values)

        parameters = [*kept, *listed]
        with_said.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
        with_said.__annotations__ = {parameter.name: parameter.annotation for parameter in parameters}
        return with_said

    return decorate


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
