"""How long work tells what it is doing."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

Progress: TypeAlias = Callable[[str], None]
"""Is told in a few words what happens or is about to; an exception that it raises stops the work."""


def silent(_: str) -> None:
    """Tell nobody."""
