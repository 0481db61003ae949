"""A picture that compares designs: a row of bars for each figure, complete in itself."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

from powerpact.pages.svg import drawing, tag, text

WIDTH: Final = 640
MARGIN: Final = 12
ROW: Final = 22
HEAD: Final = 34
NAME_WIDTH: Final = 110
NUMBER_WIDTH: Final = 150
_BAR: Final = 12

_STYLE: Final = """
svg { background: #fff; font: 13px system-ui, sans-serif; }
.head { font-weight: 600; fill: #1b1f23; }
.name { fill: #444c56; }
.number { fill: #1b1f23; font-variant-numeric: tabular-nums; }
.track { fill: #eceff1; }
.bar { fill: #0b7a5c; }
"""


class Figure(NamedTuple):
    """A figure of several designs.

    Attributes
    ----------
    title : str
        What it is, with its unit.
    most : float
        The value of a full bar.
    bars : sequence of (str, float or None, str)
        For each design its name, its value, and the value in words; None where there is none.
    """

    title: str
    most: float
    bars: Sequence[tuple[str, float | None, str]]


def compare_designs(figures: Sequence[Figure], label: str) -> str:
    """Draw figures below one another, as an SVG file with its own style.

    Parameters
    ----------
    figures : sequence of Figure
        What to draw.
    label : str
        What a screen reader says.
    """
    marks, y = [tag("style", _STYLE)], 0
    for figure in figures:
        marks.append(text(figure.title, class_="head", x=0, y=y + HEAD - 12))
        y += HEAD
        for name, value, words in figure.bars:
            marks += _bar(name, value, words, figure.most, y)
            y += ROW
    return drawing(WIDTH + 2 * MARGIN, y + MARGIN, label, tag("g", *marks, transform=f"translate({MARGIN})"))


def _bar(name: str, value: float | None, words: str, most: float, y: int) -> list[str]:
    room = WIDTH - NAME_WIDTH - NUMBER_WIDTH
    marks = [
        text(name, class_="name", x=0, y=y + _BAR),
        tag("rect", class_="track", x=NAME_WIDTH, y=y + 1, width=room, height=_BAR, rx=3),
        text(words, class_="number", x=WIDTH, y=y + _BAR, text_anchor="end"),
    ]
    if value and most:
        length = room * min(max(value / most, 0.0), 1.0)
        marks.append(tag("rect", class_="bar", x=NAME_WIDTH, y=y + 1, width=length, height=_BAR, rx=3))
    return marks
