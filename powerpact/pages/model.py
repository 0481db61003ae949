"""What is reported of a market day: plain numbers in whole units, which become JSON, tables and plots."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

from powerpact.pages.errors import BadReport
from powerpact.units import PPM

SCHEMA: Final = "powerpact/day-report/1"


@dataclass(frozen=True, slots=True)
class Note:
    """Something about a home's series that a reader must know.

    Attributes
    ----------
    home : str
        The home.
    sentence : str
        The finding.
    treatment : str
        What was done about it.
    """

    home: str
    sentence: str
    treatment: str


@dataclass(frozen=True, slots=True)
class TradeReport:
    """A trade from promise to settlement.

    Attributes
    ----------
    slot : int
        Number of the hour within the day.
    seller, buyer : str
        The homes.
    promised_wh, delivered_wh : int
        Energy sold, and energy that the meter proved for this trade, Wh.
    price_upoints_per_kwh : int
        Price of the trade.
    paid_upoints : int
        What the seller got from the buyer for the energy delivered, before the penalty.
    penalty_upoints : int
        What the seller owed the buyer for the shortfall.
    buyer_satisfaction_ppm, seller_satisfaction_ppm : int
        t and g of the pair.
    certificates_wh : int
        Green certificates that moved with the trade, Wh.
    """

    slot: int
    seller: str
    buyer: str
    promised_wh: int
    delivered_wh: int
    price_upoints_per_kwh: int
    paid_upoints: int
    penalty_upoints: int
    buyer_satisfaction_ppm: int
    seller_satisfaction_ppm: int
    certificates_wh: int


@dataclass(frozen=True, slots=True)
class PriceRange:
    """Smallest, mean and largest of some prices, micro-points per kWh; the mean is rounded down."""

    low: int
    mean: int
    high: int

    @classmethod
    def of(cls, prices: Iterable[int]) -> PriceRange | None:
        """Summarise prices; None if there are none."""
        values = list(prices)
        return cls(min(values), sum(values) // len(values), max(values)) if values else None


@dataclass(frozen=True, slots=True)
class SlotReport:
    """One hour of the community.

    Attributes
    ----------
    start_s : int
        Start of the hour, Unix seconds.
    clock : str
        Its local clock time, such as ``13:00``.
    load_wh, solar_wh : int
        Energy used and produced by all homes, Wh.
    own_solar_used_wh, neighbour_used_wh, grid_import_wh : int
        What covered the load: own panels, trades, the grid. They sum to the load.
    grid_export_wh : int
        Energy that nobody in the community bought, Wh.
    promised_wh, delivered_wh : int
        Energy traded, and energy delivered for these trades, Wh.
    retail_upoints_per_kwh, feed_in_upoints_per_kwh : int
        What the utility charges and pays.
    buy_orders, sell_orders, trades : int
        How many there were.
    bids, asks, minimums, prices : PriceRange, optional
        What buyers bid, what sellers asked and would have accepted, and the trades' prices; None if there
        were none.
    objective : int
        Σ w·x of the round, proven optimal, ppm.
    buyer_satisfaction_ppm, seller_satisfaction_ppm : int, optional
        Mean t and g of the trades, rounded down; None without trades.
    """

    start_s: int
    clock: str
    load_wh: int
    solar_wh: int
    own_solar_used_wh: int
    neighbour_used_wh: int
    grid_import_wh: int
    grid_export_wh: int
    promised_wh: int
    delivered_wh: int
    retail_upoints_per_kwh: int
    feed_in_upoints_per_kwh: int
    buy_orders: int
    sell_orders: int
    trades: int
    bids: PriceRange | None
    asks: PriceRange | None
    minimums: PriceRange | None
    prices: PriceRange | None
    objective: int
    buyer_satisfaction_ppm: int | None
    seller_satisfaction_ppm: int | None


@dataclass(frozen=True, slots=True)
class HomeReport:
    """One home's day.

    Attributes
    ----------
    home : str
        Its name.
    load_wh, solar_wh : int
        Energy used and produced, Wh.
    own_solar_used_wh, neighbour_used_wh : int
        Load covered by its own panels in the same hour, and by energy bought, Wh.
    bought_wh, sold_wh : int
        Energy delivered to it and by it in trades, Wh.
    grid_import_wh, grid_export_wh : int
        What the utility charges and pays for, after trades, Wh.
    trades : int
        Number of trades, as buyer and as seller.
    paid_upoints, earned_upoints : int
        For energy bought and sold in trades.
    penalty_paid_upoints, penalty_received_upoints : int
        For energy sold and not delivered, and for energy bought and not received.
    bill_upoints, bill_without_upoints : int
        What the day cost with the market, and what it would have cost with the utility alone; negative is
        income.
    certificates_held_wh, certificates_retired_wh : int
        Green certificates at the end of the day, Wh.
    """

    home: str
    load_wh: int
    solar_wh: int
    own_solar_used_wh: int
    neighbour_used_wh: int
    bought_wh: int
    sold_wh: int
    grid_import_wh: int
    grid_export_wh: int
    trades: int
    paid_upoints: int
    earned_upoints: int
    penalty_paid_upoints: int
    penalty_received_upoints: int
    bill_upoints: int
    bill_without_upoints: int
    certificates_held_wh: int
    certificates_retired_wh: int

    @property
    def saving_upoints(self) -> int:
        """What the market saved the home; negative if it cost more."""
        return self.bill_without_upoints - self.bill_upoints

    @property
    def self_sufficiency_alone_ppm(self) -> int:
        """Share of the load covered by its own panels, ppm."""
        return share_ppm(self.own_solar_used_wh, self.load_wh)

    @property
    def self_sufficiency_ppm(self) -> int:
        """Share of the load covered by its own panels and its neighbours', ppm."""
        return share_ppm(self.own_solar_used_wh + self.neighbour_used_wh, self.load_wh)


@dataclass(frozen=True, slots=True)
class GasStep:
    """Gas of one step of the day.

    Attributes
    ----------
    step : str
        What was done, such as ``post orders``.
    transactions : int
        How many transactions it took.
    gas : int
        Gas of all of them.
    units, unit : int, str
        What they did, such as 408 and ``order``.
    """

    step: str
    transactions: int
    gas: int
    units: int
    unit: str

    @property
    def gas_per_unit(self) -> int:
        """Gas for each unit, rounded up; all gas if nothing was counted."""
        return -(-self.gas // max(1, self.units))


@dataclass(frozen=True, slots=True)
class TimeStep:
    """Wall-clock time of one step of the day.

    Attributes
    ----------
    step : str
        What was done.
    seconds : float
        How long it took.
    """

    step: str
    seconds: float


@dataclass(frozen=True, slots=True)
class InvariantCheck:
    """An invariant, checked against the chain.

    Attributes
    ----------
    id : str
        Such as ``MON-1``.
    sentence : str
        What must hold.
    holds : bool
        Whether it does.
    detail : str
        The numbers compared.
    """

    id: str
    sentence: str
    holds: bool
    detail: str


@dataclass(frozen=True, slots=True)
class DayReport:
    """A market day; energies in Wh, money in micro-points, rates in ppm.

    Attributes
    ----------
    community : str
        Name of the community.
    day : str
        The local date, ISO 8601.
    seed : int
        Seed of the preferences.
    source, time_note, tariff : str
        Where the series come from, how their clock relates to the real one, which prices the utility has.
    chain : str
        The chain that it ran on, in words.
    notes : tuple of Note
        What is odd about the series.
    slots : tuple of SlotReport
        One for each hour.
    trades : tuple of TradeReport
        All trades, in the order of the hours.
    homes : tuple of HomeReport
        One for each home.
    gas : tuple of GasStep
        Gas by step.
    times : tuple of TimeStep
        Time by step.
    invariants : tuple of InvariantCheck
        The conservation laws, checked at the end of the day.
    mechanism : str
        What cleared the markets, ``satisfaction`` or ``call``.
    objective_unit : str
        Unit of a round's objective.
    """

    community: str
    day: str
    seed: int
    source: str
    time_note: str
    tariff: str
    chain: str
    notes: tuple[Note, ...]
    slots: tuple[SlotReport, ...]
    trades: tuple[TradeReport, ...]
    homes: tuple[HomeReport, ...]
    gas: tuple[GasStep, ...]
    times: tuple[TimeStep, ...]
    invariants: tuple[InvariantCheck, ...]
    mechanism: str = "satisfaction"
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
}
"""Fields of `DayReport` that hold flat records."""


def _slot(data: dict[str, Any]) -> SlotReport:
    """Make a slot with its price ranges."""
    ranges = {name: data[name] and PriceRange(**data[name]) for name in ("bids", "asks", "minimums", "prices")}
    return SlotReport(**(data | ranges))


def share_ppm(part: int, whole: int) -> int:
    """Return part of whole in ppm, rounded down; 0 if the whole is 0.

    Examples
    --------
    >>> share_ppm(1, 3), share_ppm(0, 0)
    (333333, 0)
    """
    return PPM * part // whole if whole else 0
