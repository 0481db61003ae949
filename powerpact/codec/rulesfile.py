"""The rules of a market as a file: what one market has, another can be opened with."""

from __future__ import annotations

import json
from typing import Any, Final

from powerpact.errors import MalformedInput
from powerpact.market.errors import BadRules
from powerpact.market.forms import word_of
from powerpact.market.rules import ROWS, AttributeSource, Kind, MarketAttribute, Rules

SCHEMA: Final = "powerpact/rules/1"

_SOURCES: Final = {word_of(source): source for source in AttributeSource}
_PLAIN: Final = {name: row.form for name, row in ROWS.items() if row.form is not None}
_OTHER: Final = ("attributes", "categories", "source_category")


def format_rules(rules: Rules) -> str:
    """The file of a market's rules: each by its name in Python, choices as words, bytes in hexadecimal."""
    values: dict[str, Any] = {name: form.written(getattr(rules, name)) for name, form in _PLAIN.items()}
    values["attributes"] = [
        {"name": entry.name, "kind": entry.kind.value, "source": word_of(entry.source)} for entry in rules.attributes
    ]
    values |= {"categories": list(rules.categories), "source_category": rules.source_category}
    return json.dumps({"schema": SCHEMA, "rules": values}, indent=2) + "\n"


def parse_rules(text: str | bytes) -> Rules:
    """The rules in a file's text.

    Raises
    ------
    MalformedInput
        At the first field that is missing, unknown or has an invalid value.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise MalformedInput("$", f"is not JSON: {error}", None) from error
    _check_members("$", data, {"schema", "rules"})
    if data["schema"] != SCHEMA:
        raise MalformedInput("$.schema", f"is not {SCHEMA!r}", data["schema"])
    given = data["rules"]
    _check_members("$.rules", given, {*_PLAIN, *_OTHER})
    try:
        values = {name: form.read(name, given[name]) for name, form in _PLAIN.items()}
        return Rules(
            **values,
            attributes=_attributes(given["attributes"]),
            categories=_texts("categories", given["categories"]),
            source_category=given["source_category"],
        )
    except BadRules as error:
        raise MalformedInput(f"$.rules.{error.field}", error.problem, error.value) from error


def _attributes(entries: Any) -> tuple[MarketAttribute, ...]:
    if not isinstance(entries, list):
        raise BadRules("attributes", entries, "is not a list")
    found = []
    for position, entry in enumerate(entries):
        path = f"attributes[{position}]"
        _check_members(f"$.rules.{path}", entry, {"name", "kind", "source"})
        if not isinstance(entry["name"], str):
            raise BadRules(f"{path}.name", entry["name"], "is not text")
        if entry["kind"] not in set(Kind):
            raise BadRules(f"{path}.kind", entry["kind"], f"is none of {', '.join(Kind)}")
        if entry["source"] not in _SOURCES:
            raise BadRules(f"{path}.source", entry["source"], f"is none of {', '.join(_SOURCES)}")
        found.append(MarketAttribute(entry["name"], Kind(entry["kind"]), _SOURCES[entry["source"]]))
    return tuple(found)


def _texts(field: str, entries: Any) -> tuple[str, ...]:
    if not isinstance(entries, list) or not all(isinstance(entry, str) for entry in entries):
        raise BadRules(field, entries, "is not a list of texts")
    return tuple(entries)


def _check_members(path: str, value: Any, members: set[str]) -> None:
    if not isinstance(value, dict):
        raise MalformedInput(path, "is not an object", value)
    odd = sorted(members ^ set(value))
    if odd:
        raise MalformedInput(f"{path}.{odd[0]}", "is missing" if odd[0] in members else "is unknown", None)
