"""What the files of every mechanism's rounds and solutions share: strict JSON, faults by path, canonical text.

A reader takes a value and its JSON path, and raises `MalformedInput` with the path of the first bad field. Long lists
are decoded an item at a time: decoded as a whole, they take five times the memory.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final, NoReturn, TypeVar

from powerpact.errors import MalformedInput

ROUND_SCHEMA: Final = "powerpact/round/1"
SOLUTION_SCHEMA: Final = "powerpact/solution/1"
DEFAULT_MECHANISM: Final = "satisfaction"
"""The mechanism of a file that names none."""

UINT32_MAX: Final = 2**32 - 1
_PLAIN_KEY: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_BLANKS: Final = (" ", "\n", "\t", "\r")
_LONG: Final = ("buyers", "sellers", "trades")
"""Lists of a round or a solution whose items are decoded one at a time."""

Item = TypeVar("Item")
Document = dict[str, Any]
"""The members of a file, its long lists not yet decoded."""


def document(text: str | bytes) -> Document:
    """Members of a round or solution file; bytes are UTF-8.

    Raises
    ------
    MalformedInput
        If the text is not JSON, or not an object.
    """
    return mapping(load(text), "$")


def mechanism_of(data: Document, names: Iterable[str]) -> str:
    """Name of a file's mechanism, one of `names`."""
    value = data.get("mechanism", DEFAULT_MECHANISM)
    known_names = tuple(names)
    if value not in known_names:
        fail("$.mechanism", f"must be one of {', '.join(known_names)}, is {shown(value)}", value)
    return str(value)


def head(data: Document, schema: str, mechanism: str) -> None:
    """Check schema and mechanism of a file."""
    constant(data["schema"], "$.schema", schema)
    constant(data.get("mechanism", DEFAULT_MECHANISM), "$.mechanism", mechanism)


class _RepeatedKey(dict[str, Any]):
    """An object that repeats `key`; reported, with its path, when the reader gets there."""

    key: str


class _Items:
    """A long list in a JSON text, of which one item at a time is decoded.

    Parameters
    ----------
    text : str
        The text.
    begin : int
        Place of the list's bracket.
    """

    def __init__(self, text: str, begin: int) -> None:
        self.text = text
        self.begin = begin

    def __iter__(self) -> Iterator[Any]:
        return (item for item, _ in _parts(self.text, self.begin, "]", _DECODER.raw_decode))


def load(text: str | bytes) -> Any:
    """Value of a text; of an object, the lists that may be long as `_Items`."""
    try:
        text = text.decode() if isinstance(text, bytes) else text
        begin = _skip(text, 0)
        if text[begin : begin + 1] != "{":
            return _DECODER.decode(text)
        members = list(_parts(text, begin, "}", _member))
        rest = _skip(text, _end(text, begin, members))
        if rest < len(text):
            raise json.JSONDecodeError("Extra data", text, rest)
        return _pairs([pair for pair, _ in members])
    except json.JSONDecodeError as error:
        problem = f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}"
    except UnicodeDecodeError as error:
        problem = f"not UTF-8: {error.reason} at byte {error.start}"
    except RecursionError:
        problem = "nested too deeply"
    except ValueError as error:
        problem = f"a number cannot be read: {error}"
    raise MalformedInput("$", problem)


def _parts(
    text: str, begin: int, close: str, part: Callable[[str, int], tuple[Item, int]]
) -> Iterator[tuple[Item, int]]:
    """What `part` finds between the brackets that open at `begin`, and where each part ends."""
    at = _skip(text, begin + 1)
    while text[at : at + 1] != close:
        found, at = part(text, at)
        yield found, at
        at = _skip(text, at)
        if text[at : at + 1] == close:
            return
        if text[at : at + 1] != ",":
            raise json.JSONDecodeError("Expecting ',' delimiter", text, at)
        at = _skip(text, at + 1)
        if text[at : at + 1] == close:
            raise json.JSONDecodeError("Nothing after the last comma", text, at)


def _member(text: str, at: int) -> tuple[tuple[str, Any], int]:
    """A member of the object that is the whole text: key and value, and where it ends."""
    if text[at : at + 1] != '"':
        raise json.JSONDecodeError("Expecting property name enclosed in double quotes", text, at)
    key, at = _DECODER.raw_decode(text, at)
    at = _skip(text, at)
    if text[at : at + 1] != ":":
        raise json.JSONDecodeError("Expecting ':' delimiter", text, at)
    begin = _skip(text, at + 1)
    if key not in _LONG or text[begin : begin + 1] != "[":
        value, end = _DECODER.raw_decode(text, begin)
        return (key, value), end
    return (key, _Items(text, begin)), _end(text, begin, _parts(text, begin, "]", _DECODER.raw_decode))


def _end(text: str, begin: int, parts: Iterable[tuple[Any, int]]) -> int:
    """Where brackets that open at `begin` and hold these parts end."""
    return _skip(text, max((end for _, end in parts), default=begin + 1)) + 1


def _skip(text: str, at: int) -> int:
    """Next place that is not blank."""
    while text[at : at + 1] in _BLANKS:
        at += 1
    return at


def _pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    data = dict(pairs)
    if len(data) == len(pairs):
        return data
    repeated = _RepeatedKey(data)
    counts = Counter(key for key, _ in pairs)
    repeated.key = next(key for key, count in counts.items() if count > 1)
    return repeated


_DECODER: Final = json.JSONDecoder(object_pairs_hook=_pairs)


def dump(value: Any) -> str:
    """JSON text of a value, on one line."""
    return json.dumps(value)


def lines(items: Iterable[dict[str, Any]]) -> str:
    """JSON text of a list, an item a line."""
    text = ",\n".join(f"  {dump(item)}" for item in items)
    return f"[\n{text}]" if text else "[]"


def fail(path: str, problem: str, value: object = None, *, remedy: str | None = None) -> NoReturn:
    """Raise `MalformedInput`."""
    raise MalformedInput(path, problem, value, remedy=remedy)


def child(path: str, key: str) -> str:
    """Path of a member: ``.key``, or ``["key"]`` where the key is not a plain word."""
    return f"{path}.{key}" if _PLAIN_KEY.fullmatch(key) else f"{path}[{json.dumps(key)}]"


def shown(value: Any) -> str:
    """A value as messages show it: its JSON text, shortened."""
    text = json.dumps(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def mapping(value: Any, path: str) -> dict[str, Any]:
    """An object; a repeated key is a fault."""
    if not isinstance(value, dict):
        fail(path, f"must be an object, is {shown(value)}", value)
    if isinstance(value, _RepeatedKey):
        fail(child(path, value.key), "appears twice", value.key)
    return value


def members(
    value: Any,
    path: str,
    *,
    required: tuple[str, ...] = (),
    optional: tuple[str, ...] = (),
    unknown: str = "no field of this object",
) -> dict[str, Any]:
    """An object with all `required` members and no others but the `optional` ones."""
    data = mapping(value, path)
    for key in required:
        if key not in data:
            fail(child(path, key), "is missing")
    for key in data:
        if key not in required and key not in optional:
            fail(child(path, key), unknown, key)
    return data


def items(value: Any, path: str, item: Callable[[Any, str], Item], *, at_most: int | None = None) -> Iterable[Item]:
    """What `item` makes of each entry of a list and its path, one at a time."""
    if not isinstance(value, list | _Items):
        fail(path, f"must be a list, is {shown(value)}", value)
    if at_most is not None and isinstance(value, list) and len(value) > at_most:
        fail(path, f"has {len(value)} items, at most {at_most} are allowed", len(value))
    return (item(entry, f"{path}[{index}]") for index, entry in enumerate(value))


def integer(value: Any, path: str, maximum: int) -> int:
    """An integer from 0 to `maximum`."""
    if type(value) is not int:
        fail(path, f"must be an integer, is {shown(value)}", value)
    if not 0 <= value <= maximum:
        fail(path, f"{shown(value)} is out of range", value, remedy=f"State an integer from 0 to {maximum}.")
    return value


def name(value: Any, path: str) -> str:
    """A text that is not empty."""
    if not isinstance(value, str) or not value:
        fail(path, f"must be a text that is not empty, is {shown(value)}", value)
    return value


def constant(value: Any, path: str, wanted: object) -> None:
    """Check that a value is the only one allowed."""
    if value != wanted:
        fail(path, f"must be {shown(wanted)}, is {shown(value)}", value)


def choice(value: Any, path: str, choices: type[Item]) -> Item:
    """A member of an enumeration, by its value."""
    names = [member.value for member in choices]  # type: ignore[attr-defined]
    if value not in names:
        fail(path, f"must be one of {', '.join(names)}, is {shown(value)}", value)
    return choices(value)  # type: ignore[call-arg]


def known(value: Any, path: str, ids: set[str], what: str) -> str:
    """An id of an order of the round; `what` says of which side."""
    id_ = name(value, path)
    if id_ not in ids:
        fail(path, f"{shown(id_)} is no {what} of the round", id_)
    return id_


def unique(names: Iterable[str], path: str, what: str) -> None:
    """Check that no name is repeated; `path` has a place for the index."""
    seen: set[str] = set()
    for index, found in enumerate(names):
        if found in seen:
            fail(path.format(index), f"{what} {shown(found)} is repeated", found)
        seen.add(found)
