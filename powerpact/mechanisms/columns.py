"""Orders kept in columns, seen as a sequence: an order as an object is made when it is asked for."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from operator import index
from typing import TypeVar, overload

from powerpact.errors import MalformedInput

Order = TypeVar("Order")


def require_whole(field: str, number: object) -> None:
    """A number that orders can hold: a whole one, or None where it may be left out.

    Raises
    ------
    MalformedInput
        If it is of another type, such as a float, or below 0; the field is named.
    """
    if number is None:
        return
    if isinstance(number, bool) or not hasattr(number, "__index__"):
        raise MalformedInput(field, f"is {number!r}, not a whole number", number)
    if index(number) < 0:
        raise MalformedInput(field, f"is {number!r}, below 0", number)


class Columns(Sequence[Order]):
    """The orders of one side of a round. Two are equal, to each other or to a tuple, if their orders are.

    Attributes
    ----------
    ids : list of str
        Ids, one column.
    """

    __slots__ = ("ids",)

    ids: list[str]

    @abstractmethod
    def _order(self, place: int) -> Order:
        """The order at a place, from 0."""

    def __len__(self) -> int:
        return len(self.ids)

    def __iter__(self) -> Iterator[Order]:
        return map(self._order, range(len(self.ids)))

    @overload
    def __getitem__(self, place: int) -> Order: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[Order, ...]: ...

    def __getitem__(self, place: int | slice) -> Order | tuple[Order, ...]:
        places = range(len(self.ids))[place]
        return self._order(places) if isinstance(places, int) else tuple(self._order(at) for at in places)

    def __eq__(self, other: object) -> bool:
        return tuple(self) == tuple(other) if isinstance(other, Columns | tuple) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return repr(tuple(self))
