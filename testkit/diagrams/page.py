"""Diagrams of states as the pages have them: Mermaid's ``stateDiagram-v2``."""

from __future__ import annotations

import re
from typing import Final, NamedTuple

from toolchain.places import ROOT

START: Final = "none"
"""What the state is called here that Mermaid calls ``[*]``."""

_BLOCK: Final = re.compile(r"```mermaid\nstateDiagram-v2\n(.*?)```", re.DOTALL)
_NAME: Final = re.compile(r'state "([^"]+)" as (\w+)')
_EDGE: Final = re.compile(r"(\w+|\[\*\]) --> (\w+|\[\*\])(?:: (.+))?")


class Edge(NamedTuple):
    """What leads from a state to a state."""

    before: str
    action: str
    after: str


def diagram_in(page: str, heading: str) -> set[Edge]:
    """The edges of the first diagram after a heading of a page, by the names of states that a reader sees.

    A label has actions, separated by commas; what stands in brackets says who takes one. An edge without a label
    ends a diagram, and leads nowhere.
    """
    text = (ROOT / page).read_text(encoding="utf-8")
    block = _BLOCK.search(text, text.index(f"## {heading}\n"))
    assert block is not None, f"{page} has no diagram after {heading}"
    lines = [line.strip() for line in block[1].splitlines()]
    names = {"[*]": START, **{alias: name for line in lines for name, alias in _NAME.findall(line)}}
    edges = []
    for line in lines:
        if _NAME.fullmatch(line):
            continue
        found = _EDGE.fullmatch(line)
        assert found is not None, f"{page}: {line!r} is no edge"
        before, after, label = found.groups()
        for action in (label or "").split(","):
            if label:
                action_name = re.sub(r"\(.*\)", "", action).strip()
                edges.append(Edge(names.get(before, before), action_name, names.get(after, after)))
    assert len(edges) == len(set(edges)), f"{page}: an edge stands there twice"
    return set(edges)
