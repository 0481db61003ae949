"""Syntax trees of the contracts, as the compiler parses them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator, Mapping
from typing import Any

from toolchain.places import ROOT, environment, solc

Node = dict[str, Any]


def trees(sources: Mapping[str, str]) -> dict[str, Node]:
    """Parse sources, given by path. Places in a tree (`src`) count bytes."""
    job = {
        "language": "Solidity",
        "sources": {path: {"content": text} for path, text in sources.items()},
        "settings": {"stopAfter": "parsing", "outputSelection": {"*": {"": ["ast"]}}},
    }
    run = subprocess.run(
        [str(solc()), "--standard-json"],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=environment(),
    )
    answer = json.loads(run.stdout)
    faults = [error["formattedMessage"] for error in answer.get("errors", []) if error["severity"] == "error"]
    if faults:
        raise ValueError(faults[0])
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
