"""Cut work into transactions that are small enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, TypeVar

from powerpact.chain.errors import GasLimitExceeded
from powerpact.chain.transactions import Call, Mined, Sender

GAS_TARGET: Final = 15_000_000
"""Estimated gas that a piece may have: below the limit of a transaction by the margin that is sent along."""

T = TypeVar("T")


def send_in_pieces(sender: Sender, items: Sequence[T], most: int, make: Callable[[Sequence[T]], Call]) -> list[Mined]:
    """Send a call for each piece of the items, pieces as large as gas and `most` allow.

    Parameters
    ----------
    sender : Sender
        Who sends.
    items : sequence
        The work, in order.
    most : int
        Largest piece.
    make : callable
        Makes the call for a piece.

    Raises
    ------
    GasLimitExceeded
        If a single item needs more gas than one transaction may have.
    """
    sent = []
    left, size = items, most
    while left:
        size, call = largest_fitting(sender, min(size, len(left)), partial(_piece, make, left))
        sent.append(sender.send(call))
        left = left[size:]
    return sent


def largest_fitting(sender: Sender, size: int, make: Callable[[int], Call]) -> tuple[int, Call]:
    """The first of `size`, `size` / 2, … whose call fits into one transaction, and the call."""
    while True:
        call = make(size)
        try:
            if sender.estimate(call) <= GAS_TARGET or size == 1:
                return size, call
        except GasLimitExceeded:
            if size == 1:
                raise
        size = (size + 1) // 2


def _piece(make: Callable[[Sequence[T]], Call], items: Sequence[T], size: int) -> Call:
    return make(items[:size])
