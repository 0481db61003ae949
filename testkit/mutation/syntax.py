"""Syntax trees of the contracts, as the compiler parses them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from testkit.compiler import ask_compiler

Node = dict[str, Any]


def trees(sources: Mapping[str, str]) -> dict[str, Node]:
    """Parse sources, given by path. Places in a tree (`src`) count bytes."""
    settings = {"stopAfter": "parsing", "outputSelection": {"*": {"": ["ast"]}}}
    answer = ask_compiler(sources, settings)
    return {path: answer["sources"][path]["ast"] for path in sources}


def children(node: Node) -> Iterator[Node]:
    """The nodes right below a node, in the order of the source."""
    below = [
        item
        for value in node.values()
        for item in (value if isinstance(value, list) else [value])
        if isinstance(item, dict) and "nodeType" in item
    ]
    return iter(sorted(below, key=lambda item: span(item)[0]))


def walk(node: Node) -> Iterator[Node]:
    """A node and all nodes below it."""
    yield node
    for child in children(node):
        yield from walk(child)


def span(node: Node) -> tuple[int, int]:
    """Where a node begins and ends in its source, bytes."""
    start, length, _ = map(int, node["src"].split(":"))
    return start, start + length
