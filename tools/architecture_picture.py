"""Draws ``docs/pictures/architecture.svg``: rooms, floors, and the ways of an order, a proposal, a reading and a point.

``python -m tools.architecture_picture`` writes it. Floors and rooms are those that the guards check: the layers in
``pyproject.toml`` and the order of the contracts in ``testkit.sources``. A way may only go down, else this fails.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from html import escape
from typing import Final

from testkit.sources import CONTRACT_FLOORS
from toolchain.places import ROOT

PICTURE: Final = ROOT / "docs/pictures/architecture.svg"

WIDTH: Final = 1180
ROW, BOX_HEIGHT, TOP = 64, 34, 92
LIBRARY_X, LIBRARY_WIDTH = 20, 640
CONTRACTS_X, CONTRACTS_WIDTH = 760, 400
LABEL_WIDTH: Final = 96

LIBRARY_LABELS: Final = ("7 doors", "6", "5", "4", "3 disk", "3 web3", "2 signed", "2 pure", "1 words", "0 ground")
LATER: Final = frozenset({"api", "council"})
COLOURS: Final = {"order": "#0b6e4f", "proposal": "#7e22ce", "reading": "#b45309", "point": "#1d4ed8"}

# A step goes from a room to one below it, or from the library's room chain into the contracts, by a transaction.
# Rooms of the contracts begin with an @.
WAYS: Final = {
    "order": (
        ("cli", "chain"),
        ("chain", "codec"),
        ("codec", "market"),
        ("chain", "@market"),
        ("@market", "@registry"),
        ("@market", "@accounts"),
    ),
    "proposal": (
        ("agent", "chain"),
        ("agent", "mechanisms"),
        ("chain", "@clearing"),
        ("@clearing", "@market"),
        ("@clearing", "@accounts"),
    ),
    "reading": (
        ("devices", "chain"),
        ("chain", "@metering"),
        ("@metering", "@registry"),
        ("@settlement", "@metering"),
        ("@metering", "@tokens"),
    ),
    "point": (
        ("chain", "@accounts"),
        ("@accounts", "@tokens"),
        ("chain", "@settlement"),
        ("@settlement", "@accounts"),
    ),
}


@dataclass(frozen=True, slots=True)
class Box:
    """A room on the picture."""

    name: str
    floor: int  # from below
    x: float
    y: float
    width: float

    @property
    def middle(self) -> float:
        """The horizontal middle."""
        return self.x + self.width / 2


def library_floors() -> list[list[str]]:
    """The rooms of the library by floor, from above, as import-linter checks them."""
    config = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (contract,) = [c for c in config["tool"]["importlinter"]["contracts"] if c.get("containers") == ["powerpact"]]
    return [re.findall(r"\w+", layer) for layer in contract["layers"]]


def place(floors: list[list[str]], x: float, width: float, prefix: str = "") -> dict[str, Box]:
    """Lay the rooms of a tower out, floors from above."""
    boxes = {}
    for row, rooms in enumerate(floors):
        step = (width - LABEL_WIDTH) / len(rooms)
        for column, room in enumerate(rooms):
            left = x + LABEL_WIDTH + column * step + 6
            floor = len(floors) - row
            boxes[prefix + room] = Box(room, floor, left, TOP + row * ROW, min(step - 12, 190))
    return boxes


def arrow(start: Box, end: Box, colour: str, shift: float) -> str:
    """A curve from the bottom of one box to the top of another, or from side to side into the other tower."""
    if end.x > CONTRACTS_X > start.x:
        x1, y1 = start.x + start.width, start.y + BOX_HEIGHT / 2 + shift
        x2, y2 = end.x - 3, end.y + BOX_HEIGHT / 2 + shift
        bend = (x2 - x1) / 2
        path = f"M{x1:.0f} {y1:.0f}C{x1 + bend:.0f} {y1:.0f} {x2 - bend:.0f} {y2:.0f} {x2:.0f} {y2:.0f}"
        dash = ' stroke-dasharray="7 4"'
    else:
        x1, y1 = start.middle + shift * 3, start.y + BOX_HEIGHT
        x2, y2 = end.middle + shift * 3, end.y - 3
        side = 0.0
        if y2 - y1 > ROW:  # passes other floors: keep beside their boxes
            left_column = start.x < LIBRARY_X + LABEL_WIDTH + 10
            side = 120 + shift * 4 if start.x > CONTRACTS_X else -start.width * 0.7 * left_column
        path = f"M{x1:.0f} {y1:.0f}C{x1 + side:.0f} {y1 + 26:.0f} {x2 + side:.0f} {y2 - 26:.0f} {x2:.0f} {y2:.0f}"
        dash = ""
    return f'<path d="{path}" stroke="{colour}"{dash} marker-end="url(#{colour[1:]})"/>'


def require_down(start: str, end: str, boxes: dict[str, Box]) -> None:
    """Refuse a step that climbs."""
    crosses = end.startswith("@") and not start.startswith("@")
    if crosses and start != "chain":
        raise ValueError(f"{start} → {end}: only chain sends transactions")
    if not crosses and boxes[start].floor <= boxes[end].floor:
        raise ValueError(f"{start} → {end} climbs")


def text(x: float, y: float, words: str, style: str = "") -> str:
    """A line of text."""
    return f'<text x="{x:.0f}" y="{y:.0f}"{f" {style}" if style else ""}>{escape(words)}</text>'


def draw() -> str:
    """The picture."""
    floors = library_floors()
    contracts = [[room] for room in reversed(CONTRACT_FLOORS)]
    boxes = place(floors, LIBRARY_X, LIBRARY_WIDTH)
    boxes |= place(contracts, CONTRACTS_X, CONTRACTS_WIDTH, "@")
    height = TOP + max(len(floors), len(contracts)) * ROW + 56
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" height="{height}" '
        'font-family="system-ui, sans-serif" font-size="14" role="img" '
        'aria-label="Rooms and floors of PowerPact, with the ways of an order, a proposal, a reading and a point">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        "<defs>",
        *(
            f'<marker id="{colour[1:]}" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
            f'orient="auto"><path d="M0 0L8 4L0 8z" fill="{colour}"/></marker>'
            for colour in COLOURS.values()
        ),
        "</defs>",
        text(LIBRARY_X, 34, "The library: imports go down", 'font-size="18" font-weight="600"'),
        text(CONTRACTS_X, 34, "The contracts: calls go down", 'font-size="18" font-weight="600"'),
    ]
    for row, label in enumerate(LIBRARY_LABELS):
        y = TOP + row * ROW
        right = LIBRARY_X + LIBRARY_WIDTH
        parts.append(f'<line x1="{LIBRARY_X}" x2="{right}" y1="{y + 49}" y2="{y + 49}" stroke="#ddd"/>')
        parts.append(text(LIBRARY_X, y + 22, label, 'fill="#555"'))
    parts.append('<g fill="none" stroke-width="2" stroke-opacity="0.85">')
    for number, (way, steps) in enumerate(WAYS.items()):
        for start, end in steps:
            require_down(start, end, boxes)
            parts.append(arrow(boxes[start], boxes[end], COLOURS[way], (number - 1.5) * 5))
    parts.append("</g>")
    for box in boxes.values():
        dash = ' stroke-dasharray="4 3"' if box.name in LATER else ""
        parts.append(
            f'<rect x="{box.x:.0f}" y="{box.y:.0f}" width="{box.width:.0f}" height="{BOX_HEIGHT}" rx="5" '
            f'fill="#f6f7f9" stroke="#333"{dash}/>'
        )
        parts.append(text(box.middle, box.y + 22, box.name, 'text-anchor="middle"'))
    parts.append(text(LIBRARY_X, 63, "The way of"))
    x = LIBRARY_X + 90.0
    for way, colour in COLOURS.items():
        parts.append(f'<line x1="{x:.0f}" x2="{x + 30:.0f}" y1="58" y2="58" stroke="{colour}" stroke-width="3"/>')
        parts.append(text(x + 38, 63, f"{'an' if way == 'order' else 'a'} {way}"))
        x += 130
    parts.append(text(x, 63, "dashed arrow: a transaction; dashed box: planned", 'fill="#555"'))
    return "\n".join([*parts, "</svg>", ""])


if __name__ == "__main__":
    PICTURE.write_text(draw())
