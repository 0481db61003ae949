"""How long work reports its progress."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[str], None]
"""Called with a few words on what happens or is about to; an exception that it raises stops the work."""


def silent(_: str) -> None:
    """Report nothing."""
