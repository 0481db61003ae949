"""An executor whose workers see copies only, as those of a cluster do."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Sequence

from powerpact.blocks import Block, Result, Shared, Value, Work


class Copies:
    """Runs each block on a copy of the shared value, and gives a copy of its result.

    Attributes
    ----------
    begun : list of Block
        Blocks that were run, in order.
    """

    def __init__(self) -> None:
        self.begun: list[Block] = []

    def share(self, value: Value) -> Shared[Value]:
        """The value as bytes."""
        return Shared(pickle.dumps(value))

    def run(self, work: Work[Value, Result], shared: Shared[Value], blocks: Sequence[Block]) -> Iterator[Result]:
        """Results of ``work(value, begin, end)``, in the order of the blocks, each when it is asked for."""
        sent = pickle.dumps(work)
        for block in blocks:
            self.begun.append(block)
            found = pickle.loads(sent)(pickle.loads(shared.handle), *block)
            yield pickle.loads(pickle.dumps(found))
