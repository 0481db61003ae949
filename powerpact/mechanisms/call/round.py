"""The data types of a call auction: its round, and its result with the certificate.

They hold data and nothing else. A round keeps its orders in columns. The place of an order in its side's list is its
place in the total order's ties: of two orders at one price the one listed first comes first. Rounds that are read from
a chain list orders by rising numeric id, so files and contracts agree. All numbers are integers in the units of
`powerpact.units`.
"""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from powerpact.errors import MalformedInput
from powerpact.market.orders import Side
from powerpact.mechanisms.columns import Columns, require_whole


class Order(NamedTuple):
    """An order of either side.

    Attributes
    ----------
    id : str
        Unique among the round's orders of its side.
    price_upoints_per_kwh : int
        Most that a buyer pays, least that a seller accepts.
    energy_wh : int
        Energy wanted or offered, as a whole or in part.
    """

    id: str
    price_upoints_per_kwh: int
    energy_wh: int


class Orders(Columns[Order]):
    """The orders of one side, in columns. Two are equal, to each other or to a tuple, if their orders are.

    Parameters
    ----------
    orders : iterable of Order
        The orders.

    Attributes
    ----------
    ids : list of str
        Ids.
    prices_upoints_per_kwh : array of uint32
        Prices.
    energies_wh : array of uint64
        Energies.

    Raises
    ------
    MalformedInput
        If a price is not a uint32 or an energy not a uint64.
    """

    __slots__ = ("energies_wh", "prices_upoints_per_kwh")

    def __init__(self, orders: Iterable[Order]) -> None:
        self.ids = []
        self.prices_upoints_per_kwh = array("I")
        self.energies_wh = array("Q")
        for order in orders:
            try:
                self.prices_upoints_per_kwh.append(order.price_upoints_per_kwh)
                self.energies_wh.append(order.energy_wh)
            except TypeError:
                require_whole(f"order {order.id}: price_upoints_per_kwh", order.price_upoints_per_kwh)
                require_whole(f"order {order.id}: energy_wh", order.energy_wh)
                raise
            except OverflowError:
                problem = f"has a price that is not a uint32 or an energy that is not a uint64: {order}"
                raise MalformedInput(f"order {order.id}", problem, order) from None
            self.ids.append(order.id)

    def _order(self, place: int) -> Order:
        return Order(self.ids[place], self.prices_upoints_per_kwh[place], self.energies_wh[place])


@dataclass(frozen=True, slots=True, init=False)
class Round:
    """The orders of one market that are cleared at one price.

    Attributes
    ----------
    k_ppm : int
        Where between its lowest and highest possible value the price lies: 0 favours buyers, 1 000 000 sellers.
    buyers, sellers : Orders
        The orders; made of any iterable of `Order`.
    """

    k_ppm: int
    buyers: Orders
    sellers: Orders

    def __init__(self, k_ppm: int, buyers: Iterable[Order], sellers: Iterable[Order]) -> None:
        object.__setattr__(self, "k_ppm", k_ppm)
        object.__setattr__(self, "buyers", buyers if isinstance(buyers, Orders) else Orders(buyers))
        object.__setattr__(self, "sellers", sellers if isinstance(sellers, Orders) else Orders(sellers))

    def orders(self, side: Side) -> Orders:
        """The orders of one side."""
        return self.buyers if side is Side.BUY else self.sellers


class OrderName(NamedTuple):
    """An order named by its side and id."""

    side: Side
    id: str


@dataclass(frozen=True, slots=True)
class Certificate:
    """What makes every order's fill a function of the order alone, and the price one that cannot be chosen.

    Attributes
    ----------
    price_upoints_per_kwh : int, optional
        The price; None if nothing trades.
    low_upoints_per_kwh, high_upoints_per_kwh : int, optional
        Ends of the interval of possible prices. Without trades the highest bid and the lowest minimum, None for a side
        without energy.
    low_order, high_order : OrderName, optional
        An order that attains each end.
    side : Side, optional
        The side whose orders at the price are not all full. Those of the other side are, and of both if it is None.
    level_wh : int, optional
        What each order at the price on that side gets, or all its energy if that is less.
    last : str, optional
        Id of the last order there, in the order of the list, that gets 1 Wh more; None if nobody does.
    """

    price_upoints_per_kwh: int | None = None
    low_upoints_per_kwh: int | None = None
    high_upoints_per_kwh: int | None = None
    low_order: OrderName | None = None
    high_order: OrderName | None = None
    side: Side | None = None
    level_wh: int | None = None
    last: str | None = None


@dataclass(frozen=True, slots=True)
class Trade:
    """Energy from a seller to a buyer, at the round's price.

    Attributes
    ----------
    buyer, seller : str
        Ids of the orders.
    energy_wh : int
        Energy traded.
    """

    buyer: str
    seller: str
    energy_wh: int


@dataclass(frozen=True, slots=True)
class Solution:
    """Trades at one price, and the certificate of both.

    Attributes
    ----------
    objective : int
        Welfare Σ (bid - min)·x, micro-points per kWh times Wh.
    trades : tuple of Trade
        Who delivers to whom.
    certificate : Certificate
        The price with what proves it.
    """

    objective: int = 0
    trades: tuple[Trade, ...] = ()
    certificate: Certificate = field(default_factory=Certificate)
