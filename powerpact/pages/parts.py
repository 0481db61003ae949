"""The records that a day's report is made of: plain numbers in whole units."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

from powerpact.units import PPM


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
class Sharing:
    """How much neighbours could have shared, how much they did, and what became of the rest, Wh.

    Attributes
    ----------
    could_wh : int
        The smaller of what the homes lacked and what they had to spare in the same slot.
    shared_wh : int
        Neighbours' energy that was used.
    stayed_out_wh : int
        Lost since homes had no order on their side of the market.
    caution_wh : int
        Lost since orders were for less than homes then lacked or had to spare.
    price_wh : int
        Lost since bids did not reach minimums.
    terms_wh : int
        Lost since other terms did not fit: classes required, limits of preferences.
    matching_wh : int
        Lost since the trades were chosen for satisfaction, one-to-one, or for energy that was then not needed.
    """

    could_wh: int
    shared_wh: int
    stayed_out_wh: int
    caution_wh: int
    price_wh: int
    terms_wh: int
    matching_wh: int

    @classmethod
    def total(cls, parts: Iterable[Sharing]) -> Sharing:
        """The sum of several slots."""
        chosen = list(parts)
        return cls(**{name.name: sum(getattr(part, name.name) for part in chosen) for name in fields(cls)})


@dataclass(frozen=True, slots=True)
class TransactionReport:
    """A transaction that made trades final or paid them.

    Attributes
    ----------
    hash : str
        Its hash.
    step : str
        What it did, such as ``settle``.
    slot : int
        Number of the slot within the day.
    block : int
        Number of its block.
    gas : int
        Gas that it cost.
    """

    hash: str
    step: str
    slot: int
    block: int
    gas: int


@dataclass(frozen=True, slots=True)
class TradeReport:
    """A trade from promise to settlement.

    Attributes
    ----------
    slot : int
        Number of the slot within the day.
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
    proposed_in, settled_in : str
        Hashes of the transactions that claimed and that paid it; empty without a chain.
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
    proposed_in: str = ""
    settled_in: str = ""


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
    """One slot of the community.

    Attributes
    ----------
    start_s : int
        Start of the slot, Unix seconds.
    clock : str
        Its local clock time, such as ``13:00``; of an hour that comes twice with the offset from UTC as well.
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
    sharing : Sharing
        What neighbours could have shared, and why they did not.
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
    sharing: Sharing


@dataclass(frozen=True, slots=True)
class HomeReport:
    """One home's day, or a slot of it.

    Attributes
    ----------
    home : str
        Its name.
    load_wh, solar_wh : int
        Energy used and produced, Wh.
    own_solar_used_wh, neighbour_used_wh : int
        Load covered by its own panels in the same slot, and by energy bought, Wh.
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
    unused_cost_upoints : int
        What energy cost that it bought and did not then need, less what the utility paid for it.
    bill_upoints, bill_without_upoints : int
        What the day cost with the market, and what it would have cost with the utility alone; negative is
        income.
    certificates_held_wh, certificates_retired_wh : int
        Green certificates at the end of the day, Wh; 0 for a slot.
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
    unused_cost_upoints: int
    bill_upoints: int
    bill_without_upoints: int
    certificates_held_wh: int = 0
    certificates_retired_wh: int = 0

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


def share_ppm(part: int, whole: int) -> int:
    """Return part of whole in ppm, rounded down; 0 if the whole is 0.

    Examples
    --------
    >>> share_ppm(1, 3), share_ppm(0, 0)
    (333333, 0)
    """
    return PPM * part // whole if whole else 0
