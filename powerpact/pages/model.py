"""The report of a market day, which becomes JSON, tables and plots."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any, Final

from powerpact.pages.errors import BadReport
from powerpact.pages.parts import (
    GasStep,
    HomeReport,
    InvariantCheck,
    Note,
    PriceRange,
    Sharing,
    SlotReport,
    TimeStep,
    TradeReport,
    TransactionReport,
    share_ppm,
)

SCHEMA: Final = "powerpact/day-report/2"


@dataclass(frozen=True, slots=True)
class DayReport:
    """A market day; energies in Wh, money in micro-points, rates in ppm.

    Attributes
    ----------
    title : str
        What the page is called.
    community : str
        Name of the community.
    day : str
        The local date, ISO 8601.
    seed : int
        Seed of the preferences.
    slot_s : int
        Length of a slot, s.
    source, time_note, tariff : str
        Where the series come from, how their clock relates to the real one, which prices the utility has.
    currency : str
        Code of the tariff's currency.
    points_per_unit : int
        Power points for one unit of it.
    chain : str
        The chain that it ran on, in words.
    notes : tuple of Note
        What is odd about the series.
    slots : tuple of SlotReport
        One for each slot.
    trades : tuple of TradeReport
        All trades, in the order of the slots.
    homes : tuple of HomeReport
        One for each home.
    gas : tuple of GasStep
        Gas by step.
    times : tuple of TimeStep
        Time by step.
    invariants : tuple of InvariantCheck
        The conservation laws, checked at the end of the day.
    transactions : tuple of TransactionReport
        Those that claimed and paid trades.
    mechanism : str
        What cleared the markets, ``satisfaction`` or ``call``.
    mode : str
        How orders trade: ``one-to-one`` or ``divisible``.
    objective_unit : str
        Unit of a round's objective.
    """

    title: str
    community: str
    day: str
    seed: int
    slot_s: int
    source: str
    time_note: str
    tariff: str
    currency: str
    points_per_unit: int
    chain: str
    notes: tuple[Note, ...]
    slots: tuple[SlotReport, ...]
    trades: tuple[TradeReport, ...]
    homes: tuple[HomeReport, ...]
    gas: tuple[GasStep, ...]
    times: tuple[TimeStep, ...]
    invariants: tuple[InvariantCheck, ...]
    transactions: tuple[TransactionReport, ...] = ()
    mechanism: str = "satisfaction"
    mode: str = "divisible"
    objective_unit: str = "ppm"

    @property
    def load_wh(self) -> int:
        """Energy used by all homes."""
        return sum(slot.load_wh for slot in self.slots)

    @property
    def solar_wh(self) -> int:
        """Energy produced by all homes."""
        return sum(slot.solar_wh for slot in self.slots)

    @property
    def own_solar_used_wh(self) -> int:
        """Load covered by each home's own panels."""
        return sum(slot.own_solar_used_wh for slot in self.slots)

    @property
    def neighbour_used_wh(self) -> int:
        """Load covered by neighbours."""
        return sum(slot.neighbour_used_wh for slot in self.slots)

    @property
    def self_sufficiency_alone_ppm(self) -> int:
        """Share of the load that each home's own panels covered, ppm."""
        return share_ppm(self.own_solar_used_wh, self.load_wh)

    @property
    def self_sufficiency_ppm(self) -> int:
        """Share of the load that the community's panels covered, ppm."""
        return share_ppm(self.own_solar_used_wh + self.neighbour_used_wh, self.load_wh)

    @property
    def grid_export_wh(self) -> int:
        """Energy that nobody in the community bought."""
        return sum(slot.grid_export_wh for slot in self.slots)

    @property
    def sharing(self) -> Sharing:
        """What neighbours could have shared over the day, and why they did not."""
        return Sharing.total(slot.sharing for slot in self.slots)

    @property
    def promised_wh(self) -> int:
        """Energy traded."""
        return sum(trade.promised_wh for trade in self.trades)

    @property
    def delivered_wh(self) -> int:
        """Energy delivered for these trades."""
        return sum(trade.delivered_wh for trade in self.trades)

    @property
    def bill_upoints(self) -> int:
        """What the day cost all homes."""
        return sum(home.bill_upoints for home in self.homes)

    @property
    def bill_without_upoints(self) -> int:
        """What it would have cost them without the market."""
        return sum(home.bill_without_upoints for home in self.homes)

    @property
    def saving_upoints(self) -> int:
        """What the market saved all homes."""
        return self.bill_without_upoints - self.bill_upoints

    @property
    def mean_price_upoints_per_kwh(self) -> int | None:
        """Mean price of the trades weighted by the energy promised, rounded down; None without trades."""
        value = sum(trade.price_upoints_per_kwh * trade.promised_wh for trade in self.trades)
        return value // self.promised_wh if self.promised_wh else None

    @property
    def gas_total(self) -> int:
        """Gas of the whole day."""
        return sum(step.gas for step in self.gas)

    @property
    def seconds_total(self) -> float:
        """Time of the whole day."""
        return sum(step.seconds for step in self.times)

    def to_dict(self) -> dict[str, Any]:
        """Return plain lists, dicts and numbers, headed by the schema's name."""
        return {"schema": SCHEMA} | asdict(self)

    def to_json(self) -> str:
        """Return the report as JSON."""
        return json.dumps(self.to_dict(), ensure_ascii=False, indent=1)

    @classmethod
    def from_json(cls, text: str) -> DayReport:
        """Read what `to_json` wrote.

        Raises
        ------
        BadReport
            It is not JSON, of another schema, or has a missing or unknown part.
        """
        try:
            data = json.loads(text)
            schema = data.pop("schema")
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            raise BadReport(f"not a day report: {error!r}") from error
        if schema != SCHEMA:
            raise BadReport(f"schema is {schema!r}, expected {SCHEMA!r}")
        try:
            for name, kind in PARTS.items():
                data[name] = tuple(kind(**item) for item in data[name])
            data["slots"] = tuple(_slot(slot) for slot in data["slots"])
            return cls(**data)
        except (TypeError, KeyError) as error:
            raise BadReport(f"a part of the day report is missing or unknown: {error}") from error


PARTS: Final[dict[str, type]] = {
    "notes": Note,
    "trades": TradeReport,
    "homes": HomeReport,
    "gas": GasStep,
    "times": TimeStep,
    "invariants": InvariantCheck,
    "transactions": TransactionReport,
}
"""Fields of `DayReport` that hold flat records."""


def _slot(data: dict[str, Any]) -> SlotReport:
    """Make a slot with its price ranges and what was shared."""
    ranges = {name: data[name] and PriceRange(**data[name]) for name in ("bids", "asks", "minimums", "prices")}
    return SlotReport(**(data | ranges | {"sharing": Sharing(**data["sharing"])}))
