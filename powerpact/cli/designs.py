"""The figures of several designs side by side, as a table and as a picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from powerpact.market import wording
from powerpact.mechanisms.metrics import Metrics
from powerpact.pages.comparison import Figure, compare_designs
from powerpact.units import PPM


class _Line(NamedTuple):
    """A figure: what it is called, its value, its words, and of what it is a part."""

    title: str
    value: Callable[[Metrics], int | None]
    words: Callable[[int], str]
    most: Callable[[Metrics], int] | None = None


_LINES = (
    _Line("trades", lambda found: found.trades, str),
    _Line(
        "energy traded, of the smaller of wanted and offered",
        lambda found: found.energy_wh,
        "{} Wh".format,
        lambda found: min(found.wanted_wh, found.offered_wh),
    ),
    _Line(
        "welfare, of the most between these bids and minima",
        lambda found: found.welfare_upoints,
        lambda upoints: f"{wording.points(upoints)} points",
        lambda found: found.best_welfare_upoints,
    ),
    _Line(
        "gain of the buyers, of the welfare",
        lambda found: found.buyer_gain_upoints,
        lambda upoints: f"{wording.points(upoints)} points",
        lambda found: found.welfare_upoints,
    ),
    _Line(
        "mean price per kWh",
        lambda found: found.mean_price_upoints_per_kwh,
        lambda upoints: f"{wording.points(upoints)} points",
    ),
    _Line("lowest price per kWh", lambda found: found.lowest_price_upoints_per_kwh, wording.points),
    _Line("highest price per kWh", lambda found: found.highest_price_upoints_per_kwh, wording.points),
    _Line("satisfaction of the buyers", lambda found: found.buyer_satisfaction_ppm, wording.share, lambda _: PPM),
    _Line("satisfaction of the sellers", lambda found: found.seller_satisfaction_ppm, wording.share, lambda _: PPM),
    _Line(
        "energy between orders that exclude each other",
        lambda found: found.not_eligible_wh,
        "{} Wh".format,
        lambda found: found.energy_wh,
    ),
    _Line("fairness of energy", lambda found: found.fairness_of_energy_ppm, wording.share, lambda _: PPM),
    _Line("fairness of gain", lambda found: found.fairness_of_gain_ppm, wording.share, lambda _: PPM),
)


def rows(designs: Mapping[str, Metrics]) -> list[dict[str, str]]:
    """A line for each figure, a column for each design."""
    return [
        {"figure": line.title, **{name: _in_words(line, found) for name, found in designs.items()}} for line in _LINES
    ]


def drawn(designs: Mapping[str, Metrics]) -> str:
    """The figures that are parts of something, as an SVG file."""
    figures = [
        Figure(
            line.title,
            max((line.most(found) for found in designs.values()), default=0),
            [(name, line.value(found), _in_words(line, found)) for name, found in designs.items()],
        )
        for line in _LINES
        if line.most is not None
    ]
    return compare_designs(figures, f"Comparison of {', '.join(designs)}") + "\n"


def _in_words(line: _Line, found: Metrics) -> str:
    value = line.value(found)
    return wording.NOTHING if value is None else line.words(value)
