"""Expect a typed error of a contract that a test drives without Brownie."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from powerpact.chain.errors import ContractError


@contextmanager
def refused(error: str, *arguments: Any) -> Iterator[None]:
    """Fail unless the block is refused with the error of this name and exactly these arguments."""
    with pytest.raises(ContractError) as caught:
        yield
    assert (caught.value.name, tuple(caught.value.arguments.values())) == (error, arguments)
