"""An option for each rule of a market, from the table of rules."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import Enum
from functools import wraps
from typing import Annotated, Any

import typer

from powerpact.cli.choices import enum_member, with_options, words_of
from powerpact.cli.session import address_of, parse_time
from powerpact.errors import BadChoice
from powerpact.market.forms import Asked, Choice, Integer, Row, word_of
from powerpact.market.rules import DEFAULTS, ROWS, AttributeSource, Kind, MarketAttribute

_ASKED = {name: row for name, row in ROWS.items() if row.option is not None}


def with_rules(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command an option for each rule, all optional, in place of its parameter `said`.

    The command gets a dictionary of what was said, by the names of the rules.
    """

    @wraps(command)
    def with_stated(said: Mapping[str, Any], **values: Any) -> None:
        command(said={name: value for name, value in said.items() if value not in (None, [])}, **values)

    return with_options({name: (_annotation(name, row), None) for name, row in _ASKED.items()})(with_stated)


def converted(said: Mapping[str, Any]) -> dict[str, Any]:
    """What was stated on the command line as the library's values, by the names of the rules.

    Raises
    ------
    BadChoice
        If a value is not understood.
    """
    from powerpact.chain.contracts.markets import endorsers_hash

    convert: dict[Asked, Callable[[Any, Row], Any]] = {
        Asked.WHO: lambda value, _: address_of(value),
        Asked.PEOPLE: lambda value, _: endorsers_hash([address_of(who) for who in value]),
        Asked.TIME: lambda value, _: parse_time(value),
        Asked.CHOICE: lambda value, row: row.form.read("", value.value) if row.form else value,
        Asked.ATTRIBUTES: lambda value, _: tuple(_attribute(text) for text in value),
        Asked.CATEGORIES: lambda value, _: () if value == ["none"] else tuple(value),
    }
    values = {}
    for name, value in said.items():
        row = _ASKED[name]
        asked = row.option.asked if row.option else Asked.LABEL
        values[name] = convert[asked](value, row) if asked in convert else value
    return values


def _annotation(name: str, row: Row) -> Any:
    """The option's type and its description, as typer takes them."""
    option, form = row.option, row.form
    if option is None:
        raise TypeError(f"{name} has no option")
    text = option.help or (f"{row.meaning.removesuffix('.')}, {row.unit}." if row.unit else row.meaning)
    shown = option.default if option.default is not None else DEFAULTS.get(name)
    described: dict[str, Any] = {"help": text}
    if option.metavar or option.asked in (Asked.TIME, Asked.WHO, Asked.PEOPLE, Asked.SECONDS):
        described["metavar"] = option.metavar or option.asked.value.replace("PEOPLE", "WHO")
    if shown not in (None, "", bytes(32)):
        described["show_default"] = word_of(shown) if isinstance(shown, Enum) else str(shown)
    if isinstance(form, Integer) and option.asked in (Asked.NUMBER, Asked.SECONDS):
        return Annotated[int | None, typer.Option(option.flag, min=0, **described)]
    if option.asked in (Asked.PEOPLE, Asked.ATTRIBUTES, Asked.CATEGORIES):
        return Annotated[list[str] | None, typer.Option(option.flag, **described)]
    if isinstance(form, Choice):
        return Annotated[words_of(name, form.members) | None, typer.Option(option.flag, **described)]
    return Annotated[str | None, typer.Option(option.flag, **described)]


def _attribute(text: str) -> MarketAttribute:
    parts = text.split(":")
    if len(parts) != 3 or parts[1] not in set(Kind):
        raise BadChoice("attribute", text, "is not NAME:KIND:SOURCE", remedy="Write, for instance, price:cost:ask.")
    return MarketAttribute(parts[0], Kind(parts[1]), enum_member(AttributeSource, "source", parts[2]))
