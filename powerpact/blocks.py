"""Work in blocks: the passes over all pairs are cut into blocks of orders, and an executor runs them.

The cut depends on the round alone, a block gets everything that it reads from one shared value and returns all that it
finds, and results come in the order of the blocks. So the outcome is the same on any number of workers and on any
executor, whether its workers see the same memory or copies of it.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from typing import Any, Generic, Protocol, TypeVar

Value = TypeVar("Value")
Result = TypeVar("Result")
Block = tuple[int, int]
"""First position and the one after the last."""

Work = Callable[[Value, int, int], Result]
"""What is done with a block of a shared value: a function of a module, so that it can be sent to another machine."""


@dataclass(frozen=True, slots=True)
class Shared(Generic[Value]):
    """A value that was handed to an executor.

    Attributes
    ----------
    handle : object
        By which the executor that made it finds the value; nobody else looks into it.
    """

    handle: Any


class BlockExecutor(Protocol):
    """Something that runs a function on each of some blocks."""

    def share(self, value: Value) -> Shared[Value]:
        """Make a value known to all workers, once. It must not change afterwards, and workers do not change it."""

    def run(self, work: Work[Value, Result], shared: Shared[Value], blocks: Sequence[Block]) -> Iterator[Result]:
        """Results of ``work(value, begin, end)``, in the order of the blocks.

        Blocks run as results are taken, some ahead of them; who stops taking drops those not yet begun.
        """


class Threads:
    """Runs blocks on threads of this process; the compiled loops run without the interpreter lock.

    Parameters
    ----------
    workers : int, optional
        Number of threads, by default as many as the process may use processors.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = workers or _processors()
        self._pool = ThreadPoolExecutor(self.workers)

    def share(self, value: Value) -> Shared[Value]:
        """The value itself: threads see the same memory."""
        return Shared(value)

    def run(self, work: Work[Value, Result], shared: Shared[Value], blocks: Sequence[Block]) -> Iterator[Result]:
        """Results of ``work(value, begin, end)``, in the order of the blocks, at most two a thread in flight."""
        value = shared.handle
        if self.workers == 1 or len(blocks) <= 1:
            for block in blocks:
                yield work(value, *block)
            return
        left = iter(blocks)
        running: deque[Future[Result]] = deque()
        try:
            while True:
                for block in islice(left, 2 * self.workers - len(running)):
                    running.append(self._pool.submit(work, value, *block))
                if not running:
                    return
                yield running.popleft().result()
        finally:
            for future in running:
                future.cancel()


def cut(count: int, size: int) -> list[Block]:
    """Blocks of at most `size` that cover ``range(count)``.

    >>> cut(5, 2)
    [(0, 2), (2, 4), (4, 5)]
    """
    return [(begin, min(begin + size, count)) for begin in range(0, count, size)]


def _processors() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
