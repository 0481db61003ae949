"""The plots of the report, drawn for a given width, coloured by the page's style sheet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from powerpact.pages import wording
from powerpact.pages.model import DayReport
from powerpact.pages.parts import PriceRange, SlotReport, share_ppm
from powerpact.pages.svg import Scale, drawing, tag, text, tooltip
from powerpact.pages.wording import kwh, money, percent, price
from powerpact.units import UPOINTS_PER_POINT, WH_PER_KWH

Figure: TypeAlias = Callable[[DayReport, int], str]
"""Draws a report in a given width."""

WIDE: Final = 994
"""Width of plots on a desktop and on paper, pixels."""
NARROW: Final = 330
"""Width of plots on a phone, pixels."""
MAX_SHOWN: Final = 24
"""Sellers, and buyers, that have a row or a column of their own."""
OTHERS: Final = "all others"
LEFT: Final = 46
RIGHT: Final = 8
TOP: Final = 26
BOTTOM: Final = 26


def energy_by_slot(report: DayReport, width: int) -> str:
    """Stack what covered each slot's load; what was left over is drawn below; a line shows all solar energy."""
    height = 340 if width > NARROW else 300
    top_wh = max((max(slot.load_wh, slot.solar_wh) for slot in report.slots), default=0)
    bottom_wh = max((slot.grid_export_wh for slot in report.slots), default=0)
    scale = Scale.nice((-bottom_wh / WH_PER_KWH, top_wh / WH_PER_KWH), (height - BOTTOM, TOP), 9)
    slots = _SlotAxis(report, width)
    marks = [_horizontal_grid(scale, width, f"kWh in each {wording.slot_name(report)}"), slots.labels(height)]
    for index, slot in enumerate(report.slots):
        left, band = slots.band(index, 0.8)
        base = 0
        bars = []
        for css, energy_wh in (
            ("own", slot.own_solar_used_wh),
            ("neighbour", slot.neighbour_used_wh),
            ("grid", slot.grid_import_wh),
        ):
            bars.append(_bar(css, left, band, scale(base / WH_PER_KWH), scale((base + energy_wh) / WH_PER_KWH)))
            base += energy_wh
        bars.append(_bar("export", left, band, scale(0), scale(-slot.grid_export_wh / WH_PER_KWH)))
        marks.append(tag("g", tooltip(_energy_tip(slot)), *bars))
    line = " ".join(
        f"{slots.middle(index):.1f},{scale(slot.solar_wh / WH_PER_KWH):.1f}" for index, slot in enumerate(report.slots)
    )
    marks.append(tag("polyline", class_="solar-line", points=line))
    marks.append(_zero(scale, width))
    return drawing(width, height, wording.energy_sentence(report), *marks)


def prices_by_slot(report: DayReport, width: int) -> str:
    """Show bids, offers and trades between the utility's two prices."""
    height = 320 if width > NARROW else 280
    top = max((slot.retail_upoints_per_kwh for slot in report.slots), default=0)
    unit = report.points_per_unit * UPOINTS_PER_POINT
    scale = Scale.nice((0, top / unit), (height - BOTTOM, TOP), 6)
    slots = _SlotAxis(report, width)

    def y(price_upoints: int) -> float:
        return scale(price_upoints / unit)

    marks = [_horizontal_grid(scale, width, f"{report.currency} per kWh"), slots.labels(height)]
    for css, name in (("retail-line", "retail_upoints_per_kwh"), ("feed-in-line", "feed_in_upoints_per_kwh")):
        steps = [
            f"{slots.edge(index + side):.1f},{y(getattr(slot, name)):.1f}"
            for index, slot in enumerate(report.slots)
            for side in (0, 1)
        ]
        marks.append(tag("polyline", class_=css, points=" ".join(steps)))
    for index, slot in enumerate(report.slots):
        middle = slots.middle(index)
        bar = slots.step * 0.32
        inside = [tooltip(_price_tip(report, slot))]
        if slot.bids:
            inside.append(_pill("bid", middle - bar * 1.1, bar, y(slot.bids.low), y(slot.bids.high)))
        if slot.asks and slot.minimums:
            inside.append(_pill("ask", middle + bar * 0.1, bar, y(slot.minimums.low), y(slot.asks.high)))
        if slot.prices:
            inside.append(
                tag(
                    "line",
                    class_="price",
                    x1=middle,
                    x2=middle,
                    y1=y(slot.prices.low),
                    y2=y(slot.prices.high),
                )
            )
            inside.append(tag("circle", class_="price", cx=middle, cy=y(slot.prices.mean), r=min(4, bar * 0.8)))
        marks.append(tag("g", *inside))
    marks.append(_zero(scale, width))
    return drawing(width, height, wording.price_sentence(report), *marks)


def deliveries_by_slot(report: DayReport, width: int) -> str:
    """Show what was promised in each slot, as a frame, and what was delivered, as its filling."""
    height = 220
    top_wh = max((slot.promised_wh for slot in report.slots), default=0)
    scale = Scale.nice((0, top_wh / WH_PER_KWH), (height - BOTTOM, TOP), 4)
    slots = _SlotAxis(report, width)
    marks = [_horizontal_grid(scale, width, f"kWh traded in each {wording.slot_name(report)}"), slots.labels(height)]
    for index, slot in enumerate(report.slots):
        left, band = slots.band(index, 0.7)
        promised, delivered = slot.promised_wh / WH_PER_KWH, slot.delivered_wh / WH_PER_KWH
        tip = f"{slot.clock}: {kwh(slot.promised_wh)} kWh promised, {kwh(slot.delivered_wh)} kWh delivered"
        marks.append(
            tag(
                "g",
                tooltip(tip),
                _bar("delivered", left, band, scale(0), scale(delivered)),
                _bar("promised", left, band, scale(0), scale(promised)),
            )
        )
    marks.append(_zero(scale, width))
    return drawing(width, height, wording.delivery_sentence(report), *marks)


@dataclass(frozen=True, slots=True)
class _Matrix:
    """Where the rows (sellers) and columns (buyers) of a table of energy are."""

    side: int
    head: int
    cell: float
    row: float

    @classmethod
    def of(cls, width: int, buyers: int) -> _Matrix:
        side = 84 if width > NARROW else 62
        cell = min(56.0, (width - side - 56) / max(1, buyers))
        return cls(side, 74 if cell > 22 else 92, cell, min(30.0, max(16.0, cell)))

    @property
    def is_wide(self) -> bool:
        """Whether there is room for slanted names and for sums below."""
        return self.cell > 22

    def x(self, column: int) -> float:
        """Middle of a column."""
        return self.side + (column + 0.5) * self.cell

    def y(self, row: int) -> float:
        """Top of a row."""
        return self.head + row * self.row

    def base(self, row: int) -> float:
        """Baseline of a row's text."""
        return self.y(row) + self.row / 2 + 4

    def buyer(self, column: int, name: str) -> str:
        """Draw the name above a column."""
        turned = f"translate({self.x(column) + 4:.1f} {self.head - 8}) rotate({-50 if self.is_wide else -90})"
        return text(_clip(name), class_="name", transform=turned)

    def flow(self, row: int, column: int, energy_wh: int | None, share: float, tip: str) -> str:
        """Draw the energy of a pair, darker the greater its share; None if the two did not trade."""
        left, top = self.side + column * self.cell + 1, self.y(row) + 1
        box = {"x": left, "y": top, "width": self.cell - 2, "height": self.row - 2, "rx": 2}
        if energy_wh is None:
            return tag("rect", class_="empty", **box)
        inside = [tooltip(tip), tag("rect", class_="flow", fill_opacity=0.2 + 0.58 * share, **box)]
        if self.cell > 30 and energy_wh:
            number = kwh(energy_wh, 2 if self.cell > 38 else 1)
            inside.append(text(number, class_="cell", x=self.x(column), y=self.base(row), text_anchor="middle"))
        return tag("g", *inside)


def trading_matrix(report: DayReport, width: int) -> str:
    """Show the energy that went from each seller (rows) to each buyer (columns); of many homes the largest ones."""
    sold_wh: Counter[str] = Counter()
    bought_wh: Counter[str] = Counter()
    for trade in report.trades:
        sold_wh[trade.seller] += trade.delivered_wh
        bought_wh[trade.buyer] += trade.delivered_wh
    sellers, buyers = (_shown(report, sums_wh) for sums_wh in (sold_wh, bought_wh))
    flows_wh: Counter[tuple[str, str]] = Counter()
    for trade in report.trades:
        pair = (trade.seller if trade.seller in sellers else OTHERS, trade.buyer if trade.buyer in buyers else OTHERS)
        flows_wh[pair] += trade.delivered_wh
    for shown, sums_wh in ((sellers, sold_wh), (buyers, bought_wh)):
        sums_wh[OTHERS] = sum(energy_wh for home, energy_wh in sums_wh.items() if home not in shown)
    largest_wh = max(flows_wh.values(), default=0) or 1
    place = _Matrix.of(width, len(buyers))
    end = place.side + len(buyers) * place.cell
    height = place.y(len(sellers)) + (28 if place.is_wide else 4)
    marks = [text("sold by ↓   bought by →", class_="axis", x=0, y=12)]
    marks += [place.buyer(column, buyer) for column, buyer in enumerate(buyers)]
    for row, seller in enumerate(sellers):
        marks.append(text(_clip(seller), class_="name", x=place.side - 8, y=place.base(row), text_anchor="end"))
        for column, buyer in enumerate(buyers):
            energy_wh = flows_wh.get((seller, buyer))
            tip = f"{seller} to {buyer}: {kwh(energy_wh or 0)} kWh"
            marks.append(place.flow(row, column, energy_wh, (energy_wh or 0) / largest_wh, tip))
        marks.append(text(kwh(sold_wh[seller], 1), class_="total", x=end + 6, y=place.base(row)))
    if place.is_wide:
        for column, buyer in enumerate(buyers):
            total = kwh(bought_wh[buyer], 1)
            marks.append(text(total, class_="total", x=place.x(column), y=height - 12, text_anchor="middle"))
    return drawing(end + 56, height, wording.pairs_sentence(report), *marks)


def _shown(report: DayReport, sums_wh: Counter[str]) -> list[str]:
    """Homes that get a row or a column of their own, in the report's order, and the others as one."""
    largest = {home for home, _ in sums_wh.most_common(MAX_SHOWN)}
    shown = [home.home for home in report.homes if home.home in largest]
    return [*shown, OTHERS] if len(sums_wh) > MAX_SHOWN else shown


def savings_by_home(report: DayReport, width: int) -> str:
    """Show what each home saved: bars to the right; what one lost: to the left. The largest saving comes first."""
    side, end = (104, 76) if width > NARROW else (78, 58)
    row_height = 22
    height = TOP + row_height * len(report.homes) + BOTTOM
    unit = report.points_per_unit * UPOINTS_PER_POINT
    savings = [home.saving_upoints / unit for home in report.homes]
    low, high = min(savings, default=0), max(savings, default=0)
    scale = Scale.nice((low, high), (side + 8, width - end), 8 if width > NARROW else 3)
    marks = [text(f"{report.currency} for the day", class_="axis", x=side, y=12)]
    for tick in scale.ticks():
        x = scale(tick)
        marks.append(tag("line", class_="rule", x1=x, x2=x, y1=TOP - 4, y2=height - BOTTOM + 4))
        label = f"{tick:g}".replace("-", wording.MINUS)
        marks.append(text(label, class_="tick", x=x, y=height - 6, text_anchor="middle"))
    for row, home in enumerate(sorted(report.homes, key=lambda home: -home.saving_upoints)):
        y = TOP + (row + 0.5) * row_height
        css = "loss" if home.saving_upoints < 0 else "gain"
        start, stop = sorted((scale(0), scale(home.saving_upoints / unit)))
        saved = money(report, home.saving_upoints)
        tip = (
            f"{home.home}: {money(report, home.bill_without_upoints)} alone, {money(report, home.bill_upoints)} with it"
        )
        marks.append(
            tag(
                "g",
                tooltip(tip),
                text(_clip(home.home), class_="name", x=side - 8, y=y + 4, text_anchor="end"),
                tag("rect", class_=css, x=start, width=stop - start, y=y - 7, height=14, rx=2),
                text(
                    saved if home.saving_upoints < 0 else f"+{saved}",
                    class_=css,
                    x=width - 4,
                    y=y + 4,
                    text_anchor="end",
                ),
            )
        )
    marks.append(tag("line", class_="zero", x1=scale(0), x2=scale(0), y1=TOP - 4, y2=height - BOTTOM + 4))
    return drawing(width, height, wording.saving_sentence(report), *marks)


def sharing_by_reason(report: DayReport, width: int) -> str:
    """Show what neighbours shared, and what became of the rest that they could have shared."""
    could_wh = report.sharing.could_wh
    rows = [
        (reason, float(energy_wh), f"{kwh(energy_wh, 1)} kWh · {percent(share_ppm(energy_wh, could_wh), 0)}")
        for reason, energy_wh in wording.sharing_parts(report)
    ]
    return _bars(rows, float(could_wh), width, wording.sharing_sentence(report))


class _SlotAxis:
    """Horizontal positions of the slots."""

    def __init__(self, report: DayReport, width: int) -> None:
        self.slots = report.slots
        self.step = (width - LEFT - RIGHT) / max(1, len(self.slots))
        self.label_every = 3 if width > NARROW else 6
        """Hours from one label to the next."""

    def edge(self, index: int) -> float:
        """Return the left edge of a slot."""
        return LEFT + index * self.step

    def middle(self, index: int) -> float:
        """Return the middle of a slot."""
        return self.edge(index) + self.step / 2

    def band(self, index: int, share: float) -> tuple[float, float]:
        """Return left edge and width of a bar that takes a share of the slot."""
        return self.edge(index) + self.step * (1 - share) / 2, self.step * share

    def labels(self, height: float) -> str:
        """Write every third hour of the clock, or every sixth where there is little room."""
        ticks = []
        hour = -1
        for index, slot in enumerate(self.slots):
            before, hour = hour, int(slot.clock[:2])
            if hour != before and hour % self.label_every == 0:
                x = self.edge(index)
                ticks.append(tag("line", class_="tick-mark", x1=x, x2=x, y1=height - BOTTOM, y2=height - BOTTOM + 5))
                ticks.append(text(slot.clock[:5], class_="tick", x=x, y=height - 6, text_anchor="middle"))
        return "".join(ticks)


def _horizontal_grid(scale: Scale, width: int, unit: str) -> str:
    """Draw a line and a number for each tick, and the unit above."""
    lines = [text(unit, class_="axis", x=0, y=12)]
    for tick in scale.ticks():
        y = scale(tick)
        lines.append(tag("line", class_="rule", x1=LEFT, x2=width - RIGHT, y1=y, y2=y))
        label = f"{tick:g}".replace("-", wording.MINUS)
        lines.append(text(label, class_="tick", x=LEFT - 7, y=y + 4, text_anchor="end"))
    return "".join(lines)


def _zero(scale: Scale, width: int) -> str:
    """Draw the line at zero."""
    return tag("line", class_="zero", x1=LEFT, x2=width - RIGHT, y1=scale(0), y2=scale(0))


def _bar(css: str, left: float, band: float, start: float, end: float) -> str:
    """Draw a bar between two heights; nothing if they are the same."""
    if start == end:
        return ""
    return tag("rect", class_=css, x=left, width=band, y=min(start, end), height=abs(start - end))


def _pill(css: str, left: float, band: float, start: float, end: float) -> str:
    """Draw a range with round ends that is seen even if it is empty."""
    top, height = min(start, end), max(abs(start - end), 3)
    return tag("rect", class_=css, x=left, width=band, y=top, height=height, rx=band / 2)


def _bars(rows: Sequence[tuple[str, float, str]], whole: float, width: int, label: str) -> str:
    """Draw shares of a whole as horizontal bars, name and number above; on two lines where there is little room."""
    top, row_height = (19, 40) if width > NARROW else (36, 60)
    is_wide = width > NARROW
    marks = []
    for row, (name, value, number) in enumerate(rows):
        y = row * row_height
        marks.append(text(name, class_="name", x=0, y=y + 13))
        place = {"x": width, "text_anchor": "end"} if is_wide else {"x": 0}
        marks.append(text(number, class_="tick", y=y + top - 6, **place))
        marks.append(tag("rect", class_="track", x=0, width=width, y=y + top, height=9, rx=4.5))
        if value:
            css = "loss-gauge" if row else "gauge"
            length = max(9, width * value / whole)
            marks.append(tag("rect", class_=css, x=0, width=length, y=y + top, height=9, rx=4.5))
    return drawing(width, row_height * len(rows), label, *marks)


def _clip(name: str) -> str:
    """Shorten a long name."""
    return name if len(name) <= 11 else f"{name[:10]}…"


def _energy_tip(slot: SlotReport) -> str:
    return (
        f"{slot.clock}: load {kwh(slot.load_wh)} kWh = own solar {kwh(slot.own_solar_used_wh)} + neighbours "
        f"{kwh(slot.neighbour_used_wh)} + grid {kwh(slot.grid_import_wh)}; solar {kwh(slot.solar_wh)} kWh, "
        f"{kwh(slot.grid_export_wh)} of it to the grid"
    )


def _price_tip(report: DayReport, slot: SlotReport) -> str:
    def span(name: str, prices: PriceRange | None) -> str:
        return f"{name} {price(report, prices.low)} to {price(report, prices.high)}" if prices else f"no {name}"

    return (
        f"{slot.clock}: {span('bids', slot.bids)}, {span('asks', slot.asks)}, {span('trades', slot.prices)}; utility "
        f"{price(report, slot.feed_in_upoints_per_kwh)} and {price(report, slot.retail_upoints_per_kwh)} "
        f"{report.currency} per kWh"
    )
