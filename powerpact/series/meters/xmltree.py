"""XML that strangers made: elements with their lines, by their names without namespaces.

A document type is refused, so that no entity can be declared: nothing grows beyond the file, and nothing else is read.
The standard library's parser does that, and knows the line of each element, which its trees do not keep.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final
from xml.parsers import expat

from powerpact.series.errors import BadMeterFile
from powerpact.series.meters.intervals import Place, Source

MAX_DEPTH: Final = 32
"""Deepest nesting of elements."""
BUFFER_BYTES: Final = 1_048_576
"""Text that the parser hands over at once."""
HEAD_BYTES: Final = 65_536
"""Where the first element must begin."""
REMEDY: Final = "Give the file as the portal made it."


@dataclass(slots=True)
class Element:
    """An element.

    Attributes
    ----------
    name : str
        Its name, without namespace.
    place : Place
        Its line.
    attributes : dict of str to str
        Their names without namespaces.
    text : str
        The text directly in it.
    children : list of Element
        Elements directly in it.
    """

    name: str
    place: Place
    attributes: dict[str, str]
    text: str = ""
    children: list[Element] = field(default_factory=list)

    def all(self, *names: str) -> Iterator[Element]:
        """Elements directly in it that have one of some names."""
        return (child for child in self.children if child.name in names)

    def first(self, *names: str) -> Element | None:
        """The first one of them."""
        return next(self.all(*names), None)

    def value(self, *names: str) -> str | None:
        """The text of the first one of them, None if there is none or it is empty."""
        found = self.first(*names)
        return (found.text.strip() or None) if found else None

    def needed(self, *names: str) -> str:
        """The text of the first one of them.

        Raises
        ------
        BadMeterFile
            If there is none.
        """
        found = self.value(*names)
        if found is None:
            raise self.place.bad(f"{self.name} has no {' or '.join(names)}", REMEDY)
        return found


class _Builder:
    """Makes elements of what the parser finds."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.blank_lines = source.data[: len(source.data) - len(source.data.lstrip())].count(b"\n")
        self.parser = expat.ParserCreate(namespace_separator="}")
        self.parser.buffer_text = True
        self.parser.buffer_size = BUFFER_BYTES
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.parser.CharacterDataHandler = self.text
        self.parser.StartDoctypeDeclHandler = self.refuse
        self.open = [Element("", source.place(), {})]

    @property
    def place(self) -> Place:
        """Where the parser is."""
        return self.source.line(self.blank_lines + self.parser.CurrentLineNumber)

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self.open) > MAX_DEPTH:
            raise self.place.bad(f"elements are nested deeper than {MAX_DEPTH}", REMEDY)
        plain = {key.rpartition("}")[2]: value for key, value in attributes.items()}
        element = Element(name.rpartition("}")[2], self.place, plain)
        self.open[-1].children.append(element)
        self.open.append(element)

    def end(self, _name: str) -> None:
        self.open.pop()

    def text(self, text: str) -> None:
        self.open[-1].text += text

    def refuse(self, *_declared: object) -> None:
        raise self.place.bad("there is a document type (DOCTYPE), which could declare entities", REMEDY)


def read_xml(source: Source) -> Element:
    """The root of a document.

    Raises
    ------
    BadMeterFile
        If it is no XML, is nested too deep, or has a document type.
    """
    builder = _Builder(source)
    root = builder.open[0]
    try:
        builder.parser.Parse(source.data.lstrip(), True)
    except BadMeterFile:
        raise
    except expat.ExpatError as error:
        raise builder.place.bad(f"this is not XML: {expat.errors.messages[error.code]}", REMEDY) from None
    except (LookupError, ValueError) as error:
        raise builder.place.bad(f"this is not XML: {str(error)[:80]}", REMEDY) from None
    return root.children[0]


def root_name(data: bytes) -> str:
    """The name of a document's first element, empty if it has none.

    Examples
    --------
    >>> root_name(b"<?xml version='1.0'?><!-- made by hand --><e:feed xmlns:e='urn:x'>")
    'feed'
    """
    found: list[str] = []
    parser = expat.ParserCreate(namespace_separator="}")

    def start(name: str, _attributes: dict[str, str]) -> None:
        found.append(name.rpartition("}")[2])
        raise StopIteration

    def refuse(*_declared: object) -> None:
        raise StopIteration

    parser.StartElementHandler = start
    parser.StartDoctypeDeclHandler = refuse
    with contextlib.suppress(expat.ExpatError, StopIteration, LookupError, ValueError):
        parser.Parse(data.lstrip()[:HEAD_BYTES], False)
    return found[0] if found else ""
