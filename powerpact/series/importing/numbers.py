"""From texts to energies: decimal signs, units, counters, gaps, whole Wh. Energies are in micro-Wh until the end."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from itertools import pairwise
from typing import Final, TypeAlias

UWH_PER_WH: Final = 1_000_000
"""Micro-Wh in a Wh: finer than any meter counts."""
MISSING: Final = frozenset({"", "-", "–", "nan", "na", "n/a", "null", "none", "nv", "#n/a"})
"""Texts that say that there is no value, in lower case."""
GROUPED: Final = r"[0-9]{1,3}(?:%s[0-9]{3})+"

Energy: TypeAlias = int | None
"""Micro-Wh, None where it is missing."""


class Numbers:
    """Reads numbers of one form.

    Parameters
    ----------
    decimal : str
        Decimal sign.
    thousands : str
        Sign between groups of three digits; none if empty.

    Examples
    --------
    >>> Numbers(",", ".").read("1.234,5"), Numbers(".", "").read("n/a")
    (Decimal('1234.5'), None)
    """

    def __init__(self, decimal: str, thousands: str) -> None:
        digits = f"(?:{GROUPED % re.escape(thousands)}|[0-9]+)" if thousands else "[0-9]+"
        fraction = f"{re.escape(decimal)}[0-9]+"
        self._form = re.compile(f"[+-]?(?:{digits}(?:{fraction})?|{fraction})(?:[eE][+-]?[0-9]{{1,2}})?")
        self._decimal = decimal
        self._thousands = thousands

    def read(self, text: str) -> Decimal | None:
        """The number of a text, None if it says that there is none.

        Raises
        ------
        ValueError
            If it is neither.
        """
        if text.lower() in MISSING:
            return None
        plain = text.replace("\u2212", "-").replace("\u00a0", " ").replace("\u202f", " ")
        if len(plain) > 40 or not self._form.fullmatch(plain):
            raise ValueError(text)
        if self._thousands:
            plain = plain.replace(self._thousands, "")
        return Decimal(plain.replace(self._decimal, "."))


def gaps_in(values: Sequence[Energy]) -> Iterator[range]:
    """Runs of missing values.

    Examples
    --------
    >>> list(gaps_in([None, 1, None, None, 2]))
    [range(0, 1), range(2, 4)]
    """
    start = None
    for place, value in enumerate([*values, 0]):
        if value is None and start is None:
            start = place
        elif value is not None and start is not None:
            yield range(start, place)
            start = None


def interpolated(values: Sequence[Energy], gap: range) -> list[int] | None:
    """A straight line over a gap, rounded down; None at an end of the series.

    Examples
    --------
    >>> interpolated([10, None, None, 40], range(1, 3)), interpolated([None, 1], range(0, 1))
    ([20, 30], None)
    """
    before = values[gap.start - 1] if gap.start else None
    after = values[gap.stop] if gap.stop < len(values) else None
    if before is None or after is None:
        return None
    parts = len(gap) + 1
    return [before + (after - before) * part // parts for part in range(1, parts)]


def differences(counter: Sequence[Energy]) -> tuple[list[Energy], list[int]]:
    """Energies between the values of a counter, and the places where it falls, whose energy is missing.

    Examples
    --------
    >>> differences([100, 130, None, 190, 5, 9])
    ([30, None, None, None, 4], [3])
    """
    energies: list[Energy] = []
    falls = []
    for place, (first, second) in enumerate(pairwise(counter)):
        if first is None or second is None:
            energies.append(None)
        elif second < first:
            falls.append(place)
            energies.append(None)
        else:
            energies.append(second - first)
    return energies, falls


def split(values: Sequence[Energy], parts: int) -> list[Energy]:
    """Each value in equal parts, the first ones larger where it does not divide.

    Examples
    --------
    >>> split([7, None], 2)
    [4, 3, None, None]
    """
    return [
        None if value is None else value // parts + (part < value % parts) for value in values for part in range(parts)
    ]


def whole_wh(values: Sequence[int]) -> list[int]:
    """Whole Wh whose running sum is never off by more than half a Wh; none is negative unless a value is.

    Examples
    --------
    >>> whole_wh([400_000, 400_000, 400_000, 0])
    [0, 1, 0, 0]
    """
    rounded, total, written = [], 0, 0
    for value in values:
        total += value
        whole = (2 * total + UWH_PER_WH) // (2 * UWH_PER_WH)
        rounded.append(whole - written)
        written = whole
    return rounded
