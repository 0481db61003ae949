"""The orders of a round, one by one: data and nothing else."""

from __future__ import annotations

from dataclasses import dataclass

from powerpact.market.orders import SoftTerm


class _Owned:
    """What is a person's: an order of either side."""

    __slots__ = ()

    id: str
    trader: str | None
    person_id: str | None

    def __post_init__(self) -> None:
        """Forget what would be understood anyway, so that orders that say the same are equal."""
        if self.trader == self.id:
            object.__setattr__(self, "trader", None)
        if self.person_id == self._account:
            object.__setattr__(self, "person_id", None)

    @property
    def person(self) -> str:
        """Whose order it is: the person, by default the trader, and by default of that the order's id."""
        return self._account if self.person_id is None else self.person_id

    @property
    def _account(self) -> str:
        return self.id if self.trader is None else self.trader


@dataclass(frozen=True, slots=True)
class Buyer(_Owned):
    """A buy order.

    Attributes
    ----------
    id : str
        Unique among the round's buyers.
    bid_upoints_per_kwh : int
        Most that the buyer pays.
    soft : tuple of SoftTerm
        One term for each attribute of the schema.
    require : tuple of (str or None)
        For each category of the schema the class that the seller must have, None for any.
    energy_wh : int, optional
        Energy wanted; None, in one-to-one mode only, for any.
    trader : str, optional
        The account whose order it is, see `person`; the order's id is kept as None.
    min_fill_ppm : int
        The least share of its energy that a trade must give the order, at most 1 000 000; 0 in divisible mode.
    person_id : str, optional
        The person to whom the trader belongs, see `person`; what it would be anyway is kept as None.
    """

    id: str
    bid_upoints_per_kwh: int
    soft: tuple[SoftTerm, ...]
    require: tuple[str | None, ...] = ()
    energy_wh: int | None = None
    trader: str | None = None
    min_fill_ppm: int = 0
    person_id: str | None = None


@dataclass(frozen=True, slots=True)
class Seller(_Owned):
    """A sell order.

    Attributes
    ----------
    id : str
        Unique among the round's sellers.
    ask_upoints_per_kwh : int
        Price from which on the seller is fully satisfied.
    min_upoints_per_kwh : int
        Least that the seller accepts.
    attributes : tuple of int
        One value for each attribute of the schema.
    classes : tuple of (str or None)
        For each category of the schema the seller's class, None if not stated.
    energy_wh : int, optional
        Energy offered; None, in one-to-one mode only, for any.
    trader : str, optional
        The account whose order it is, see `person`; the order's id is kept as None.
    min_fill_ppm : int
        The least share of its energy that a trade must give the order, at most 1 000 000; 0 in divisible mode.
    person_id : str, optional
        The person to whom the trader belongs, see `person`; what it would be anyway is kept as None.
    """

    id: str
    ask_upoints_per_kwh: int
    min_upoints_per_kwh: int
    attributes: tuple[int, ...]
    classes: tuple[str | None, ...] = ()
    energy_wh: int | None = None
    trader: str | None = None
    min_fill_ppm: int = 0
    person_id: str | None = None
