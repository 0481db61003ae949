"""The data types of the market: what a round and its solution are made of.

They hold data and nothing else. A round keeps its orders in columns, which take a sixth of the memory of as many
objects, and which solver and verifier read as arrays; an order as an object is made when it is asked for. Soft terms,
attribute values, requirements and classes are tuples in the order of the round's schema, so that position, not name,
ties a buyer's term to a seller's value, as on chain. All numbers are integers in the units of `powerpact.units`; a
round read from a file has been checked by `powerpact.mechanisms.satisfaction.roundfile`.
"""

from __future__ import annotations

from abc import abstractmethod
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import chain, starmap
from typing import TypeAlias, TypeVar

from powerpact.errors import MalformedInput
from powerpact.market.orders import SoftTerm
from powerpact.market.rules import Attribute, Mode
from powerpact.mechanisms.columns import Columns, require_whole
from powerpact.mechanisms.satisfaction.orders import Buyer, Seller
from powerpact.units import PPM

__all__ = ["BuyOrders", "Buyer", "Orders", "Round", "SellOrders", "Seller", "Solution", "Trade"]

Order = TypeVar("Order", Buyer, Seller)
Common: TypeAlias = tuple[int | None, str | None, int, str | None]
"""Energy, trader, least share and person of an order of either side."""


def _named(order: Buyer | Seller) -> str:
    return f"{type(order).__name__.lower()} {order.id}"


class Orders(Columns[Order]):
    """The orders of one side, in columns. Two are equal, to each other or to a tuple, if their orders are.

    Parameters
    ----------
    orders : iterable of Buyer or of Seller
        The orders.
    attributes, categories : int
        How many soft attributes and categories the round has.

    Attributes
    ----------
    ids : list of str
        Ids.
    energies_wh : list of (int or None)
        Energies.
    numbers : array of uint32
        The other numbers, order by order, `width` for each: a buyer's bid, then expectation, limit and weight of each
        term; a seller's ask and minimum, then the values of its attributes.
    labels : list of tuple of (str or None)
        Requirements or classes that occur, in the order of their first appearance.
    label : array of uint32
        Position in `labels` of each order's.
    traders : list of str
        Traders that orders state, in the order of their first appearance.
    trader : array of uint32
        1 + position in `traders` of each order's; 0 for its id.
    person_ids : list of str
        Persons that orders state, in the order of their first appearance.
    person_id : array of uint32
        1 + position in `person_ids` of each order's; 0 for its trader.
    min_fills_ppm : array of uint32
        Least shares of their energies.

    Raises
    ------
    MalformedInput
        If an order has not as many terms, values, requirements or classes as the round, a number is not a uint32, an
        energy is no whole number, or a least share is none.
    """

    __slots__ = (
        "energies_wh",
        "label",
        "labels",
        "min_fills_ppm",
        "numbers",
        "person_id",
        "person_ids",
        "trader",
        "traders",
        "width",
    )

    def __init__(self, orders: Iterable[Order], attributes: int, categories: int) -> None:
        self.ids = []
        self.energies_wh: list[int | None] = []
        self.numbers = array("I")
        self.label = array("I")
        self.trader = array("I")
        self.person_id = array("I")
        self.min_fills_ppm = array("I")
        self.width = self._width(attributes)
        codes: dict[tuple[str | None, ...], int] = {}
        traders: dict[str | None, int] = {None: 0}
        persons: dict[str | None, int] = {None: 0}
        for order in orders:
            numbers, labels = self._columns(order)
            require_whole(f"{_named(order)}: energy_wh", order.energy_wh)
            if len(numbers) != self.width or len(labels) != categories:
                problem = f"has not one term for each of {attributes} attributes and {categories} categories"
                raise MalformedInput(_named(order), problem, order)
            if not 0 <= order.min_fill_ppm <= PPM:
                raise MalformedInput(_named(order), f"has a least share of {order.min_fill_ppm} ppm", order)
            try:
                self.numbers.extend(numbers)
            except TypeError:
                for column, number in zip(self._names(attributes), numbers, strict=True):
                    require_whole(f"{_named(order)}: {column}", number)
                raise
            except OverflowError:
                problem = f"has a number that is not a uint32 among {', '.join(map(str, numbers))}"
                raise MalformedInput(_named(order), problem, order) from None
            self.ids.append(order.id)
            self.energies_wh.append(order.energy_wh)
            self.label.append(codes.setdefault(labels, len(codes)))
            self.trader.append(traders.setdefault(order.trader, len(traders)))
            self.person_id.append(persons.setdefault(order.person_id, len(persons)))
            self.min_fills_ppm.append(order.min_fill_ppm)
        self.labels = list(codes)
        self.traders = [trader for trader in traders if trader is not None]
        self.person_ids = [person for person in persons if person is not None]

    @property
    def persons(self) -> Sequence[str]:
        """Whose order each is."""
        if not self.traders and not self.person_ids:
            return self.ids
        columns = zip(self.ids, self.trader, self.person_id, strict=True)
        return [
            self.person_ids[person - 1] if person else self.traders[trader - 1] if trader else id_
            for id_, trader, person in columns
        ]

    def check_divisible(self) -> None:
        """Check that no order states a least share, as divisible rounds ask.

        Raises
        ------
        MalformedInput
            If one does.
        """
        place = next((at for at, share in enumerate(self.min_fills_ppm) if share), None)
        if place is not None:
            share = self.min_fills_ppm[place]
            raise MalformedInput(_named(self[place]), f"has a least share of {share} ppm in a divisible round", share)

    @staticmethod
    @abstractmethod
    def _width(attributes: int) -> int:
        """How many numbers an order has in a round with this many attributes."""

    @staticmethod
    @abstractmethod
    def _names(attributes: int) -> list[str]:
        """What the numbers of an order are called."""

    @staticmethod
    @abstractmethod
    def _columns(order: Order) -> tuple[tuple[int, ...], tuple[str | None, ...]]:
        """Numbers, and requirements or classes, of an order."""

    @staticmethod
    @abstractmethod
    def _made(id_: str, numbers: array[int], labels: tuple[str | None, ...], common: Common) -> Order:
        """The order with these columns."""

    def _order(self, place: int) -> Order:
        numbers = self.numbers[place * self.width : (place + 1) * self.width]
        trader = self.traders[self.trader[place] - 1] if self.trader[place] else None
        person = self.person_ids[self.person_id[place] - 1] if self.person_id[place] else None
        common = self.energies_wh[place], trader, self.min_fills_ppm[place], person
        return self._made(self.ids[place], numbers, self.labels[self.label[place]], common)


class BuyOrders(Orders[Buyer]):
    """Buy orders, in columns."""

    __slots__ = ()

    @staticmethod
    def _width(attributes: int) -> int:
        return 1 + 3 * attributes

    @staticmethod
    def _names(attributes: int) -> list[str]:
        terms = [f"soft[{f}].{field}" for f in range(attributes) for field in ("expect", "limit", "weight_ppm")]
        return ["bid_upoints_per_kwh", *terms]

    @staticmethod
    def _columns(order: Buyer) -> tuple[tuple[int, ...], tuple[str | None, ...]]:
        terms = chain.from_iterable((term.expect, term.limit, term.weight_ppm) for term in order.soft)
        return (order.bid_upoints_per_kwh, *terms), order.require

    @staticmethod
    def _made(id_: str, numbers: array[int], labels: tuple[str | None, ...], common: Common) -> Buyer:
        terms = zip(numbers[1::3], numbers[2::3], numbers[3::3], strict=True)
        return Buyer(id_, numbers[0], tuple(starmap(SoftTerm, terms)), labels, *common)


class SellOrders(Orders[Seller]):
    """Sell orders, in columns."""

    __slots__ = ()

    @staticmethod
    def _width(attributes: int) -> int:
        return 2 + attributes

    @staticmethod
    def _names(attributes: int) -> list[str]:
        values = [f"attributes[{f}]" for f in range(attributes)]
        return ["ask_upoints_per_kwh", "min_upoints_per_kwh", *values]

    @staticmethod
    def _columns(order: Seller) -> tuple[tuple[int, ...], tuple[str | None, ...]]:
        return (order.ask_upoints_per_kwh, order.min_upoints_per_kwh, *order.attributes), order.classes

    @staticmethod
    def _made(id_: str, numbers: array[int], labels: tuple[str | None, ...], common: Common) -> Seller:
        ask, minimum, *values = numbers
        return Seller(id_, ask, minimum, tuple(values), labels, *common)


@dataclass(frozen=True, slots=True, init=False)
class Round:
    """The orders of one market that are matched together.

    Attributes
    ----------
    mode : Mode
        How orders may be traded.
    attributes : tuple of Attribute
        The schema of soft attributes, at most eight.
    categories : tuple of str
        The schema of hard constraints, at most eight.
    buyers : BuyOrders
        Buy orders; made of any iterable of `Buyer`.
    sellers : SellOrders
        Sell orders; made of any iterable of `Seller`.

    Raises
    ------
    MalformedInput
        If the mode is no `Mode`, an attribute no `Attribute`, an order does not fit the round, see `Orders`, or one of
        a divisible round states a least share.
    """

    mode: Mode
    attributes: tuple[Attribute, ...]
    categories: tuple[str, ...]
    buyers: BuyOrders
    sellers: SellOrders

    def __init__(
        self,
        mode: Mode,
        attributes: tuple[Attribute, ...],
        categories: tuple[str, ...],
        buyers: Iterable[Buyer],
        sellers: Iterable[Seller],
    ) -> None:
        if not isinstance(mode, Mode):
            raise MalformedInput("mode", f"is {mode!r}, none of {', '.join(map(str, Mode))}", mode)
        for place, attribute in enumerate(attributes):
            if not isinstance(attribute, Attribute):
                raise MalformedInput(f"attributes[{place}]", f"is {attribute!r}, no Attribute", attribute)
        shape = len(attributes), len(categories)
        fields = {
            "mode": mode,
            "attributes": attributes,
            "categories": categories,
            "buyers": buyers if isinstance(buyers, BuyOrders) else BuyOrders(buyers, *shape),
            "sellers": sellers if isinstance(sellers, SellOrders) else SellOrders(sellers, *shape),
        }
        for name, value in fields.items():
            object.__setattr__(self, name, value)
        if mode is Mode.DIVISIBLE:
            self.buyers.check_divisible()
            self.sellers.check_divisible()


@dataclass(frozen=True, slots=True)
class Trade:
    """A matched pair.

    Attributes
    ----------
    buyer, seller : str
        Ids of the orders.
    score_ppm : int
        Buyer's plus seller's satisfaction, 0 to 2 000 000.
    energy_wh : int, optional
        Energy traded; None if neither order states any.
    """

    buyer: str
    seller: str
    score_ppm: int
    energy_wh: int | None = None


@dataclass(frozen=True, slots=True)
class Solution:
    """Trades, and the dual prices that prove that no better ones exist.

    Attributes
    ----------
    objective : int
        Σ w·x, ppm (one-to-one) or ppm Wh (divisible).
    trades : tuple of Trade
        The matched pairs.
    buyer_duals_ppm, seller_duals_ppm : dict of str to int
        Dual price by order id; an order that is not listed has 0.
    """

    objective: int
    trades: tuple[Trade, ...] = ()
    buyer_duals_ppm: dict[str, int] = field(default_factory=dict)
    seller_duals_ppm: dict[str, int] = field(default_factory=dict)
