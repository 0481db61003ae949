"""Rounds from arrays instead of files: the same strict checks, the same errors."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike

from powerpact.errors import MalformedInput
from powerpact.mechanisms import jsonfile
from powerpact.mechanisms.registry import SATISFACTION

_Names = Sequence[str | None]


class _Side:
    """The orders of one side of a round, made from columns of as many entries.

    Parameters
    ----------
    name : str
        Name of the side in messages.
    prices : array_like
        The column that says how many orders there are.
    categories : sequence of str
        The categories of hard constraints.
    """

    def __init__(self, name: str, prices: ArrayLike, categories: Sequence[str]) -> None:
        self.name: Final = name
        self.size: Final = len(np.atleast_1d(prices))
        self.categories: Final = categories

    def columns(self, *width: int, **stated: tuple[str, ArrayLike | None]) -> dict[str, list[Any]]:
        """Arrays as lists, by their names in a file, without those that are None."""
        return {key: self.column(name, values, *width) for key, (name, values) in stated.items() if values is not None}

    def column(self, name: str, values: ArrayLike, *width: int) -> list[Any]:
        """An array as a list, an item for each order."""
        array = np.asarray(values)
        wanted = (self.size, *width)
        if array.shape != wanted:
            raise MalformedInput(name, f"has shape {array.shape}, {self.name}s need {wanted}", array.shape)
        items: list[Any] = array.tolist()
        return items

    def ids(self, ids: Sequence[str] | None) -> list[str]:
        """Ids as given, or numbered from 0 with the side's initial."""
        if ids is not None and len(ids) != self.size:
            raise MalformedInput(f"{self.name}_ids", f"has {len(ids)} ids for {self.size} {self.name}s", len(ids))
        return [f"{self.name[0]}{place}" for place in range(self.size)] if ids is None else list(ids)

    def common(
        self,
        ids: Sequence[str] | None,
        traders: _Names | None,
        persons: _Names | None,
        energies_wh: ArrayLike | None,
        min_fills_ppm: ArrayLike | None,
    ) -> dict[str, list[Any]]:
        """What orders of both sides state: whose they are, and what is given of energies and least shares."""
        names = self.ids(ids)
        accounts = self.named("traders", traders, names)
        return {
            "id": names,
            "trader": accounts,
            "person": self.named("persons", persons, accounts),
            **self.columns(
                energy=(f"{self.name}_energies_wh", energies_wh),
                minFill=(f"{self.name}_min_fills_ppm", min_fills_ppm),
            ),
        }

    def named(self, what: str, given: _Names | None, otherwise: list[str]) -> list[str]:
        """Names as given, or another name of each order where there is none."""
        names: _Names = [None] * self.size if given is None else given
        if len(names) != self.size:
            problem = f"has {len(names)} {what} for {self.size} {self.name}s"
            raise MalformedInput(f"{self.name}_{what}", problem, len(names))
        return [other if name is None else name for name, other in zip(names, otherwise, strict=True)]

    def labels(self, name: str, rows: Sequence[_Names] | None) -> list[dict[str, str]]:
        """For each order the class of each category for which it states one."""
        width = len(self.categories)
        rows = [[None] * width] * self.size if rows is None else rows
        if len(rows) != self.size or any(len(row) != width for row in rows):
            raise MalformedInput(name, f"has not {width} entries for each of {self.size} orders", len(rows))
        pairs = (zip(self.categories, row, strict=True) for row in rows)
        return [{key: label for key, label in row if label is not None} for row in pairs]


def round_from_arrays(
    attributes: Mapping[str, str],
    *,
    bids: ArrayLike,
    expectations: ArrayLike,
    limits: ArrayLike,
    asks: ArrayLike,
    minima: ArrayLike,
    values: ArrayLike,
    weights_ppm: ArrayLike | None = None,
    buyer_energies_wh: ArrayLike | None = None,
    seller_energies_wh: ArrayLike | None = None,
    buyer_min_fills_ppm: ArrayLike | None = None,
    seller_min_fills_ppm: ArrayLike | None = None,
    buyer_ids: Sequence[str] | None = None,
    seller_ids: Sequence[str] | None = None,
    buyer_traders: _Names | None = None,
    seller_traders: _Names | None = None,
    buyer_persons: _Names | None = None,
    seller_persons: _Names | None = None,
    categories: Sequence[str] = (),
    requirements: Sequence[_Names] | None = None,
    classes: Sequence[_Names] | None = None,
    mode: str = "one-to-one",
) -> Any:
    """Make a round of satisfaction matching from arrays of integers.

    With n buyers, m sellers, f attributes and c categories:

    Parameters
    ----------
    attributes : mapping of str to {"cost", "income"}
        The soft attributes in their order, at most eight: less is better, or more.
    bids : array_like, shape (n,)
        The most that each buyer pays, micro-points per kWh.
    expectations, limits : array_like, shape (n, f)
        For each buyer and attribute, where satisfaction is full and where it ends, in the attribute's unit.
    asks, minima : array_like, shape (m,)
        For each seller the price of full satisfaction and the least that it accepts, micro-points per kWh.
    values : array_like, shape (m, f)
        For each seller the value of each attribute, in its unit; of one named ``price``, the ask.
    weights_ppm : array_like, shape (n, f), optional
        For each buyer the weight of each attribute, ppm, which sum to 1 000 000; by default equal.
    buyer_energies_wh, seller_energies_wh : array_like, shape (n,) and (m,), optional
        Energy wanted and offered, Wh; divisible rounds need both.
    buyer_min_fills_ppm, seller_min_fills_ppm : array_like, shape (n,) and (m,), optional
        The least share of its energy that a trade must give each order, ppm; by default and in divisible rounds 0.
    buyer_ids, seller_ids : sequence of str, optional
        By default b0, b1, … and s0, s1, ….
    buyer_traders, seller_traders : sequence of str, optional
        The account whose order each is. None, by default all, for the order's id.
    buyer_persons, seller_persons : sequence of str, optional
        The person to whom the trader of each belongs: nobody trades with oneself. None, by default all, for the trader.
    categories : sequence of str
        The categories of hard constraints, at most eight.
    requirements, classes : sequence of sequences, shape (n, c) and (m, c), optional
        The class that each buyer requires and each seller has in each category; None for any and for none.
    mode : {"one-to-one", "divisible"}
        How orders may be traded.

    Returns
    -------
    Round
        The round.

    Raises
    ------
    MalformedInput
        If an array has another shape, or a value is not an integer, out of its range, or contradicts another.

    Examples
    --------
    >>> import powerpact
    >>> small = powerpact.round_from_arrays(
    ...     {"distance": "cost"},
    ...     bids=[110_000, 95_000],
    ...     expectations=[[1], [2]],
    ...     limits=[[9], [9]],
    ...     asks=[100_000],
    ...     minima=[80_000],
    ...     values=[[3]],
    ... )
    >>> powerpact.solve(small).trades
    (Trade(buyer='b0', seller='s0', score_ppm=1750000, energy_wh=None),)
    """
    kinds, width = list(attributes), len(attributes)
    buyers, sellers = _Side("buyer", bids, categories), _Side("seller", asks, categories)
    terms = buyers.columns(
        width, expect=("expectations", expectations), limit=("limits", limits), weight=("weights_ppm", weights_ppm)
    )
    buy_orders = {
        **buyers.common(buyer_ids, buyer_traders, buyer_persons, buyer_energies_wh, buyer_min_fills_ppm),
        **buyers.columns(bid=("bids", bids)),
        "soft": [dict(zip(kinds, _rows(row), strict=True)) for row in _rows(terms)],
        "require": buyers.labels("requirements", requirements),
    }
    sell_orders = {
        **sellers.common(seller_ids, seller_traders, seller_persons, seller_energies_wh, seller_min_fills_ppm),
        **sellers.columns(ask=("asks", asks), min=("minima", minima)),
        "attributes": [dict(zip(kinds, row, strict=True)) for row in sellers.column("values", values, width)],
        "class": sellers.labels("classes", classes),
    }
    schema = [{"name": name, "kind": kind} for name, kind in attributes.items()]
    orders = {"buyers": list(_rows(buy_orders)), "sellers": list(_rows(sell_orders))}
    head = {"schema": jsonfile.ROUND_SCHEMA, "mode": mode}
    return SATISFACTION.read_round({**head, "attributes": schema, "classes": list(categories), **orders})


def _rows(columns: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """An object for each place of equally long columns."""
    return (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))
