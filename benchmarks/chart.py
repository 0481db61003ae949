"""Small multiples as one SVG file: lines over a logarithmic axis, with a key, on light and dark pages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise
from math import ceil, floor, log10
from typing import NamedTuple

from powerpact.pages.svg import Scale, drawing, tag, text

COLOURS = ("#0c7c6d", "#d8861a", "#3a5fd0", "#a23b72", "#7a828c", "#8a6d1d", "#c2452d", "#4a9fd8", "#6b4fa0")
"""One for each name in the key, in order; the first line is drawn thicker."""

STYLE = """
svg { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; background: #fff }
text { fill: #1d2126 } .mute { fill: #5b636d } .title { font-weight: 650 } .rule { stroke: #e4e1da }
polyline { fill: none; stroke-linejoin: round } .apart { fill: #fff }
@media (prefers-color-scheme: dark) {
  svg { background: #1a1d22 } text { fill: #e9e7e2 } .mute { fill: #a0a8b2 } .rule { stroke: #2e333a }
  .apart { fill: #1a1d22 }
}"""

WIDTH, HEIGHT = 240, 226
"""Size of a panel, pixels."""
LEFT, RIGHT, TOP, BOTTOM = 58, 26, 26, 40
"""Room inside a panel around its axes."""
KEY_LINE, KEY_LETTER = 19, 6.6
"""Height of a line of the key above the panels, and width of a letter in it."""


class Point(NamedTuple):
    """Values on both axes, and the run that they come from."""

    x: float
    y: float
    run: str = ""


@dataclass(frozen=True, slots=True)
class Panel:
    """One pair of axes: its title, and lines by their name in the key."""

    title: str
    lines: Mapping[str, Sequence[Point]]


@dataclass(frozen=True, slots=True)
class LogScale:
    """A logarithmic scale from values to pixels, over whole decades."""

    low: int
    high: int
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """Return the pixel of a value."""
        return self.start + (self.end - self.start) * (log10(value) - self.low) / (self.high - self.low)

    @classmethod
    def over(cls, values: Sequence[float], pixels: tuple[float, float]) -> LogScale:
        """Make the scale of the decades that hold the values."""
        low = floor(log10(min(values)))
        return cls(low, max(ceil(log10(max(values))), low + 1), *pixels)

    def ticks(self) -> list[float]:
        """Powers of ten, from one end to the other."""
        return [10.0**power for power in range(self.low, self.high + 1)]


def chart(label: str, panels: Sequence[Panel], x_name: str, y_name: str, *, columns: int, log_y: bool = True) -> str:
    """Draw panels that share their axes.

    A line is dashed between points of different runs. A point is hollow if the first name of the key has a point of
    another run at its place: the two were not measured together.

    Parameters
    ----------
    label : str
        What a screen reader says.
    panels : sequence of Panel
        All names of lines get a colour, in the order in which they first appear.
    x_name, y_name : str
        What the axes show, with units.
    columns : int
        Panels side by side.
    log_y : bool
        Whether the vertical axis is logarithmic, too; otherwise it begins at 0.
    """
    names = list(dict.fromkeys(name for panel in panels for name in panel.lines))
    points = [point for panel in panels for line in panel.lines.values() for point in line]
    ys = [point.y for point in points]
    across = LogScale.over([point.x for point in points], (LEFT, WIDTH - RIGHT))
    down = (HEIGHT - BOTTOM, TOP)
    up = LogScale.over(ys, down) if log_y else Scale.nice((0, max(ys)), down, 5)
    key, key_height = _key(names, WIDTH * columns)
    drawn = [
        tag(
            "g",
            *_axes(panel.title, across, up, x_name, y_name),
            *_lines(panel, names, across, up),
            transform=f"translate({WIDTH * (k % columns)} {key_height + HEIGHT * (k // columns)})",
        )
        for k, panel in enumerate(panels)
    ]
    rows = ceil(len(panels) / columns)
    return drawing(WIDTH * columns, key_height + HEIGHT * rows, label, tag("style", STYLE), *key, *drawn) + "\n"


def _axes(title: str, across: LogScale, up: LogScale | Scale, x_name: str, y_name: str) -> list[str]:
    """Title, grid, ticks and names of the axes."""
    right, bottom = WIDTH - RIGHT, HEIGHT - BOTTOM
    parts = [text(title, class_="title", x=LEFT, y=TOP - 10)]
    for x in across.ticks():
        parts.append(tag("line", class_="rule", x1=across(x), x2=across(x), y1=TOP, y2=bottom))
        parts.append(text(_number(x), class_="mute", x=across(x), y=bottom + 15, text_anchor="middle"))
    for y in up.ticks():
        parts.append(tag("line", class_="rule", x1=LEFT, x2=right, y1=up(y), y2=up(y)))
        parts.append(text(_number(y), class_="mute", x=LEFT - 5, y=up(y) + 4, text_anchor="end"))
    parts.append(text(x_name, class_="mute", x=right, y=bottom + 31, text_anchor="end"))
    parts.append(text(y_name, class_="mute", x=right, y=TOP - 10, text_anchor="end"))
    return parts


def _lines(panel: Panel, names: Sequence[str], across: LogScale, up: LogScale | Scale) -> list[str]:
    """The lines of a panel, each with a dot at each point."""
    runs = {point.x: point.run for point in panel.lines.get(names[0], ())}
    drawn = []
    for name, points in panel.lines.items():
        place = names.index(name)
        colour, width = COLOURS[place % len(COLOURS)], 1.4 if place else 2.6
        pieces = [list(piece) for _, piece in groupby(sorted(points), key=lambda point: point.run)]
        joints = [(before[-1], after[0]) for before, after in pairwise(pieces)]
        strokes = [(piece, None) for piece in pieces] + [(joint, "3 4") for joint in joints]
        parts = []
        for stroke, dashes in strokes:
            path = " ".join(f"{across(point.x):.1f},{up(point.y):.1f}" for point in stroke)
            parts.append(tag("polyline", points=path, stroke=colour, stroke_width=width, stroke_dasharray=dashes))
        for point in points:
            apart = runs.get(point.x, point.run) != point.run
            looks = {"class_": "apart", "stroke": colour} if apart else {"fill": colour}
            parts.append(tag("circle", cx=across(point.x), cy=up(point.y), r=2.6, **looks))
        drawn.append(tag("g", *parts))
    return drawn


def _key(names: Sequence[str], width: float) -> tuple[list[str], float]:
    """The names, each behind a dot of its colour, in lines that fit the width; and the height of all lines."""
    parts, x, y = [], 14.0, float(KEY_LINE)
    for place, name in enumerate(names):
        room = 30 + KEY_LETTER * len(name)
        if x + room > width and x > 14:
            x, y = 14.0, y + KEY_LINE
        parts.append(tag("circle", cx=x, cy=y - 4, r=4.5, fill=COLOURS[place % len(COLOURS)]))
        parts.append(text(name, x=x + 9, y=y))
        x += room
    return parts, y + KEY_LINE


def _number(value: float) -> str:
    """A tick's number, with blanks between thousands.

    >>> _number(100_000), _number(0.001)
    ('100 000', '0.001')
    """
    return f"{value:,.0f}".replace(",", " ") if value >= 1 or value == 0 else f"{value:g}"
