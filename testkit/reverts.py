"""Expect a typed error of a contract, as Brownie reports it: the name, then the arguments."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from brownie.exceptions import VirtualMachineError


@contextmanager
def reverts_with(error: str, *arguments: Any) -> Iterator[None]:
    """Fail unless the block reverts with the error of this name and exactly these arguments.

    Arguments are integers, booleans, strings, bytes of the right length, accounts, contracts or addresses.
    """
    with pytest.raises(VirtualMachineError) as caught:
        yield
    assert caught.value.revert_msg == f"{error}: {', '.join(map(_as_shown, arguments))}"


@contextmanager
def reverts_named(error: str) -> Iterator[None]:
    """Fail unless the block reverts with the error of this name, whatever its arguments are."""
    with pytest.raises(VirtualMachineError) as caught:
        yield
    assert caught.value.revert_msg.partition(":")[0] == error


def _as_shown(argument: Any) -> str:
    """The argument as Brownie shows it: addresses in lower case, bytes as a literal."""
    shown = str(getattr(argument, "address", argument))
    return shown.lower() if shown.startswith("0x") else shown
