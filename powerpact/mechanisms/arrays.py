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


class _Columns:
    """The arrays of one side of a round, each checked against the number of orders.

    Parameters
    ----------
    side : str
        Name of the side in messages.
    size : int
        Number of orders.
    """

    def __init__(self, side: str, size: int) -> None:
        self.side: Final = side
        self.size: Final = size

    def column(self, name: str, values: ArrayLike, *width: int) -> list[Any]:
        """An array as a list, an item for each order."""
        array = np.asarray(values)
        wanted = (self.size, *width)
        if array.shape != wanted:
            raise MalformedInput(name, f"has shape {array.shape}, {self.side}s need {wanted}", array.shape)
        items: list[Any] = array.tolist()
        return items

    def ids(self, ids: Sequence[str] | None) -> Sequence[str]:
        """Ids as given, or numbered from 0 with the side's initial."""
        if ids is not None and len(ids) != self.size:
            raise MalformedInput(f"{self.side}_ids", f"has {len(ids)} ids for {self.size} {self.side}s", len(ids))
        return [f"{self.side[0]}{place}" for place in range(self.size)] if ids is None else ids


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
    buyer_ids: Sequence[str] | None = None,
    seller_ids: Sequence[str] | None = None,
    categories: Sequence[str] = (),
    requirements: Sequence[_Names] | None = None,
    classes: Sequence[_Names] | None = None,
    mode: str = "one-to-one",
) -> Any:
    """A round of satisfaction matching from arrays; see `powerpact.round_from_arrays`."""
    kinds, width = list(attributes), len(attributes)
    buyers, sellers = _Columns("buyer", len(np.atleast_1d(bids))), _Columns("seller", len(np.atleast_1d(asks)))
    energies = {} if buyer_energies_wh is None else {"energy": buyers.column("buyer_energies_wh", buyer_energies_wh)}
    offers = {} if seller_energies_wh is None else {"energy": sellers.column("seller_energies_wh", seller_energies_wh)}
    terms = {
        "expect": buyers.column("expectations", expectations, width),
        "limit": buyers.column("limits", limits, width),
        **({} if weights_ppm is None else {"weight": buyers.column("weights_ppm", weights_ppm, width)}),
    }
    buy_orders = [
        {**order, "soft": dict(zip(kinds, soft, strict=True)), "require": require}
        for order, soft, require in zip(
            _rows({"id": buyers.ids(buyer_ids), "bid": buyers.column("bids", bids), **energies}),
            (_terms(terms, place, width) for place in range(buyers.size)),
            _labels("requirements", requirements, categories, buyers.size),
            strict=True,
        )
    ]
    sell_orders = [
        {**order, "attributes": dict(zip(kinds, row, strict=True)), "class": stated}
        for order, row, stated in zip(
            _rows(
                {
                    "id": sellers.ids(seller_ids),
                    "ask": sellers.column("asks", asks),
                    "min": sellers.column("minima", minima),
                    **offers,
                }
            ),
            sellers.column("values", values, width),
            _labels("classes", classes, categories, sellers.size),
            strict=True,
        )
    ]
    return SATISFACTION.read_round(
        {
            "schema": jsonfile.ROUND_SCHEMA,
            "mode": mode,
            "attributes": [{"name": name, "kind": kind} for name, kind in attributes.items()],
            "classes": list(categories),
            "buyers": buy_orders,
            "sellers": sell_orders,
        }
    )


def _rows(columns: Mapping[str, Sequence[Any]]) -> Iterator[dict[str, Any]]:
    """An object for each place of equally long columns."""
    return (dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True))


def _terms(columns: Mapping[str, list[list[Any]]], place: int, width: int) -> list[dict[str, Any]]:
    """The soft terms of one buyer, in the order of the attributes."""
    return [{name: column[place][at] for name, column in columns.items()} for at in range(width)]


def _labels(
    name: str, rows: Sequence[_Names] | None, categories: Sequence[str], size: int
) -> Iterator[dict[str, str | None]]:
    """For each order the class of each category for which it states one."""
    rows = [[None] * len(categories)] * size if rows is None else rows
    if len(rows) != size or any(len(row) != len(categories) for row in rows):
        raise MalformedInput(name, f"has not {len(categories)} entries for each of {size} orders", len(rows))
    return ({key: label for key, label in zip(categories, row, strict=True) if label is not None} for row in rows)
