"""Cut work into transactions that are small enough."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Final, TypeVar

from powerpact.chain.errors import ContractError, GasLimitExceeded
from powerpact.chain.node_errors import RevertedEmpty
from powerpact.chain.transactions import Call, Mined, Sender

GAS_TARGET: Final = 15_000_000
"""Estimated gas that a piece may have: below the limit of a transaction by the margin that is sent along."""

WHOLE_GAS: Final = 16_500_000
"""Estimated gas that a call may have whose cost changes little until it is mined."""

T = TypeVar("T")


def send_in_pieces(
    sender: Sender,
    items: Sequence[T],
    most: int,
    make: Callable[[Sequence[T]], Call],
    skip: Callable[[T, ContractError], None] | None = None,
) -> list[Mined]:
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
    skip : callable, optional
        Called with an item that the contract refuses, such as one that another sender was faster with. It is found by
        halving and passed over, so that it does not keep the others.

    Raises
    ------
    ContractError
        If the contract refuses an item, without `skip`.
    GasLimitExceeded, RevertedEmpty
        If a single item needs more gas than one transaction may have.
    """
    sent = []
    left, size = items, most
    while left:
        size = min(size, len(left))
        try:
            size, call = largest_fitting(sender, size, partial(_piece, make, left))
            sent.append(sender.send(call))
        except ContractError as error:
            if skip is None:
                raise
            if size > 1:
                size = (size + 1) // 2
                continue
            skip(left[0], error)
            size, left = most, left[1:]
        else:
            left = left[size:]
    return sent


def largest_fitting(sender: Sender, size: int, make: Callable[[int], Call]) -> tuple[int, Call]:
    """The first of `size`, `size` / 2, …, 1 whose call fits into one transaction, or else 1; and the call, estimated.

    Raises
    ------
    ContractError
        If the call would revert.
    GasLimitExceeded, RevertedEmpty
        If not even the call for 1 can be sent.
    """
    while size > 1:
        call = fitting(sender, make(size))
        if call is not None:
            return size, call
        size = (size + 1) // 2
    return size, _estimated(sender, make(size))


def fitting(sender: Sender, call: Call, most_gas: int | None = None) -> Call | None:
    """The call with its estimate, so that the estimate is not repeated; None if one transaction cannot hold it.

    Parameters
    ----------
    sender : Sender
        Who sends.
    call : Call
        The call.
    most_gas : int, optional
        Estimated gas that it may have, by default `GAS_TARGET`.

    Raises
    ------
    ContractError
        If the call would revert.
    """
    try:
        estimated = _estimated(sender, call)
    except (GasLimitExceeded, RevertedEmpty):  # a call inside a call that runs out of gas reverts without a word
        return None
    return estimated if estimated.estimated_gas <= (GAS_TARGET if most_gas is None else most_gas) else None


def _estimated(sender: Sender, call: Call) -> Call:
    return replace(call, estimated_gas=sender.estimate(call))


def _piece(make: Callable[[Sequence[T]], Call], items: Sequence[T], size: int) -> Call:
    return make(items[:size])
