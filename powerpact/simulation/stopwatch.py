"""Time by step."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(slots=True)
class Stopwatch:
    """Adds up how long each step takes.

    Attributes
    ----------
    seconds : dict of str to float
        By step, in the order of first use.
    """

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def measure(self, step: str) -> Iterator[None]:
        """Add the time inside to a step."""
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.add(step, time.perf_counter() - begin)

    def add(self, step: str, seconds: float) -> None:
        """Add time to a step."""
        self.seconds[step] = self.seconds.get(step, 0.0) + seconds
