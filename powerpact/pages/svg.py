"""A few lines of SVG: elements, nice axes. Text is always escaped, numbers are short."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from math import ceil, floor, log10
from typing import Final

STEPS: Final = (1, 2, 5, 10)
"""Mantissas of a readable distance between ticks."""


def tag(name: str, *children: str, **attributes: str | float | None) -> str:
    """Make an element; ``class_`` and ``stroke_width`` become ``class`` and ``stroke-width``.

    Children are markup already. Attributes are escaped, and left out if None.

    Examples
    --------
    >>> tag("rect", class_="own", x=1.0, width=2.25)
    '<rect class="own" x="1" width="2.25"/>'
    """
    pairs = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_short(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    body = "".join(children)
    return f"<{name}{pairs}>{body}</{name}>" if body else f"<{name}{pairs}/>"


def text(content: str, **attributes: str | float | None) -> str:
    """Make a text element of plain text."""
    return tag("text", escape(content), **attributes)


def tooltip(content: str) -> str:
    """Make what browsers show when the pointer rests on the element around it."""
    return tag("title", escape(content))


def drawing(width: float, height: float, label: str, *children: str) -> str:
    """Make the picture; `label` is what a screen reader says."""
    return tag(
        "svg",
        *children,
        xmlns="http://www.w3.org/2000/svg",
        viewBox=f"0 0 {_short(width)} {_short(height)}",
        role="img",
        aria_label=label,
        style=f"max-width: {_short(width)}px",
    )


@dataclass(frozen=True, slots=True)
class Scale:
    """A linear scale from values to pixels.

    Attributes
    ----------
    low, high : float
        Values at the ends.
    start, end : float
        Their pixels.
    step : float
        Distance between ticks, in values.
    """

    low: float
    high: float
    start: float
    end: float
    step: float

    def __call__(self, value: float) -> float:
        """Return the pixel of a value."""
        return self.start + (self.end - self.start) * (value - self.low) / (self.high - self.low)

    @classmethod
    def nice(cls, values: tuple[float, float], pixels: tuple[float, float], ticks: int) -> Scale:
        """Make a scale over 0 and the values, widened to whole ticks, of which there are about `ticks`."""
        low, high = min(0.0, values[0]), max(0.0, values[1])
        step = nice_step(high - low, ticks)
        return cls(floor(low / step) * step, max(ceil(high / step), 1) * step, *pixels, step)

    def ticks(self) -> Iterator[float]:
        """Yield round values from one end to the other."""
        for index in range(round(self.low / self.step), round(self.high / self.step) + 1):
            yield index * self.step


def nice_step(span: float, count: int) -> float:
    """Return the smallest of 1, 2, 5 times a power of ten that divides `span` into at most `count` parts.

    Examples
    --------
    >>> nice_step(47, 5), nice_step(0.3, 3)
    (10.0, 0.1)
    """
    if span <= 0:
        return 1.0
    rough = span / count
    power = 10.0 ** floor(log10(rough))
    return next(step for mantissa in STEPS if (step := mantissa * power) >= rough * (1 - 1e-9))


def _short(value: str | float) -> str:
    """Write a number with at most two decimals."""
    return value if isinstance(value, str) else f"{value:.2f}".rstrip("0").rstrip(".")
