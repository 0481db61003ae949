"""Work in blocks: the passes over all pairs are cut into blocks of orders, and an executor runs them.

The cut depends on the round alone and every block writes its own result, so that the outcome is the same on any number
of workers. A cluster can take the place of the threads by offering the same method.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol, TypeVar

Result = TypeVar("Result")
Block = tuple[int, int]
"""First position and the one after the last."""


class BlockExecutor(Protocol):
    """Something that runs a function on each of some blocks."""

    def run(self, work: Callable[[int, int], Result], blocks: Sequence[Block]) -> list[Result]:
        """Results of ``work(begin, end)``, in the order of the blocks."""


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

    def run(self, work: Callable[[int, int], Result], blocks: Sequence[Block]) -> list[Result]:
        """Results of ``work(begin, end)``, in the order of the blocks; Ctrl-C drops the blocks not yet begun."""
        if self.workers == 1 or len(blocks) <= 1:
            return [work(*block) for block in blocks]
        try:
            return list(self._pool.map(lambda block: work(*block), blocks))
        except BaseException:
            self._pool.shutdown(cancel_futures=True)
            self._pool = ThreadPoolExecutor(self.workers)
            raise


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
