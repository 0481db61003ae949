"""What a statement says: whole Wh and micro-points, Unix seconds."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from functools import cached_property

from powerpact.market.orders import Side
from powerpact.market.slots import Slot
from powerpact.units import value_down_upoints


@dataclass(frozen=True, slots=True)
class Period:
    """A time that a statement is about.

    Attributes
    ----------
    since, until : int
        Unix seconds; it begins with the first and ends before the second.
    """

    since: int
    until: int

    @classmethod
    def month(cls, year: int, month: int, zone: tzinfo | None) -> Period:
        """A calendar month of a time zone; None is this machine's.

        Examples
        --------
        >>> from zoneinfo import ZoneInfo
        >>> [Period.month(2026, month, ZoneInfo("Europe/Vienna")).hours for month in (3, 6, 10)]
        [743, 720, 745]
        """
        after = (year + month // 12, month % 12 + 1)
        first, next_one = (datetime(*begin, 1, tzinfo=zone) for begin in ((year, month), after))
        return cls(int(first.timestamp()), int(next_one.timestamp()))

    @property
    def hours(self) -> int:
        """Whole hours in it."""
        return (self.until - self.since) // 3_600

    def has(self, time_s: int) -> bool:
        """Whether a moment, Unix seconds, is in it."""
        return self.since <= time_s < self.until


@dataclass(frozen=True, slots=True)
class Measured:
    """What a meter measured in an interval, or in a slot that it traded, and what became of it.

    Attributes
    ----------
    device : int
        The meter.
    start_at, length_s : int
        Interval or slot, Unix seconds and s.
    quality : str
        ``measured``, ``substituted``, ``estimated``, or ``missing`` where an interval is not reported; the worst of
        several.
    version : int
        The highest of its readings, 0 if there is none.
    exported_wh, imported_wh : int
        By the highest versions.
    sold_wh, bought_wh : int
        What trades that were paid by the meter took of it.
    certified_wh : int
        Certificates issued of the export, to whomever.
    """

    device: int
    start_at: int
    length_s: int
    quality: str
    version: int
    exported_wh: int
    imported_wh: int
    sold_wh: int = 0
    bought_wh: int = 0
    certified_wh: int = 0

    @property
    def surplus_wh(self) -> int:
        """What was exported and nobody bought: the utility's, at its own price."""
        return max(self.exported_wh - self.sold_wh, 0)

    @property
    def drawn_wh(self) -> int:
        """What was imported and not bought: the utility's, at its own price."""
        return max(self.imported_wh - self.bought_wh, 0)

    @property
    def oversold_wh(self) -> int:
        """What trades were paid for beyond the export, since it was corrected after they had ended."""
        return max(self.sold_wh - self.exported_wh, 0)

    @property
    def unused_wh(self) -> int:
        """What was bought and not imported: paid in a market that counts the export alone."""
        return max(self.bought_wh - self.imported_wh, 0)


@dataclass(frozen=True, slots=True)
class TradeLine:
    """A trade whose slot begins in the period.

    Attributes
    ----------
    id, market : bytes
        Their ids, 32 bytes each.
    side : Side
        The person's.
    account, other : str
        Addresses of the person's account and of the other side.
    device : int
        The person's meter: the seller's device, or the buyer's meter; where that does not count, the one of the
        person's that imported most; 0 if there is none.
    start_at, length_s : int
        The slot, Unix seconds and s.
    energy_wh : int
        What was traded.
    price_upoints_per_kwh : int
        At what price.
    outcome : str
        How it ended, in the words of `TradeOutcome`.
    delivered_wh : int
        The seller's share of the export; 0 unless it was paid by the meters.
    used_wh : int
        What of that the buyer is charged for in full.
    paid_upoints, penalty_upoints : int
        What the seller got, and what was taken off before.
    transaction : str
        Hash of the transaction that ended it, empty while it waits.
    """

    id: bytes
    market: bytes
    side: Side
    account: str
    other: str
    device: int
    start_at: int
    length_s: int
    energy_wh: int
    price_upoints_per_kwh: int
    outcome: str
    delivered_wh: int
    used_wh: int
    paid_upoints: int
    penalty_upoints: int
    transaction: str

    @property
    def slot(self) -> Slot:
        """Its slot."""
        return Slot(self.start_at, self.length_s)

    @property
    def value_upoints(self) -> int:
        """What it costs if all is delivered, micro-points."""
        return value_down_upoints(self.energy_wh, self.price_upoints_per_kwh)

    @property
    def change_upoints(self) -> int:
        """By how much it changed the person's points."""
        return self.paid_upoints if self.side is Side.SELL else -self.paid_upoints


@dataclass(frozen=True, slots=True)
class Movement:
    """A change of the points of an account, or of its certificates, booked in the period.

    Attributes
    ----------
    time_s : int
        Time of its block, Unix seconds.
    kind : str
        What happened, in the words of `EntryKind`.
    account, other : str
        Addresses; the other side's is empty if there is none.
    change_upoints : int
        By how much the points changed.
    energy_wh : int
        Energy that it is about.
    detail : str
        Trade, order or purpose.
    transaction : str
        Its transaction's hash.
    """

    time_s: int
    kind: str
    account: str
    other: str
    change_upoints: int
    energy_wh: int
    detail: str
    transaction: str


@dataclass(frozen=True, slots=True)
class Correction:
    """What an earlier, final statement said otherwise than the chain does now.

    Attributes
    ----------
    number : int
        Of the earlier statement.
    what : str
        The line: a meter's interval, or a trade.
    field : str
        Which of its figures.
    was, now : int
        As it was stated last, and as it is now.
    """

    number: int
    what: str
    field: str
    was: int
    now: int


@dataclass(frozen=True)
class Statement:
    """What happened to a person in a period.

    Attributes
    ----------
    number : int
        1, 2, … of the person's final statements; 0 of a preview.
    person : int
        The member's number; 0 of an account that is no member's.
    accounts : tuple of str
        The person's accounts.
    period : Period
        What it is about: trades and readings by their slot, movements by the time of their block.
    drawn_up_at : int
        Time of the block as of which it is, Unix seconds.
    block : int
        That block.
    chain_id : int
        The chain.
    registry : str
        Address of the participants' registry, which names the deployment.
    measured : tuple of Measured
        By meter and time.
    trades : tuple of TradeLine
        By slot.
    movements : tuple of Movement
        Oldest first.
    opening_upoints : int
        All of the person's points, in custody and outside, when the period began.
    corrections : tuple of Correction
        Of earlier statements.
    pending : tuple of str
        Why it cannot be final yet, in sentences.
    """

    number: int
    person: int
    accounts: tuple[str, ...]
    period: Period
    drawn_up_at: int
    block: int
    chain_id: int
    registry: str
    measured: tuple[Measured, ...]
    trades: tuple[TradeLine, ...]
    movements: tuple[Movement, ...]
    opening_upoints: int
    corrections: tuple[Correction, ...] = ()
    pending: tuple[str, ...] = ()

    @property
    def is_final(self) -> bool:
        """Whether it was closed, and changes no more."""
        return self.number > 0

    @cached_property
    def closing_upoints(self) -> int:
        """All of the person's points when the period ended, or now if it runs."""
        return self.opening_upoints + sum(movement.change_upoints for movement in self.movements)
