"""The indexer: reads the events of a deployment once, keeps them, and follows the chain through reorganisations.

One step reads a range of blocks and writes it in one transaction, under the writer's lock. What makes a step right:

- Blocks are joined by hashes. A step begins at the tip that is in the database; the new tip's parent must be that tip,
  or the range must begin with events that are known and come back with the same block hashes, or the node must still
  have the old tip at its height. Else the tip is undone until it is the node's again.
- A range is answered together with its last block by one machine (`LogReader.between`), and a single new block is asked
  for by its hash. So no answer mixes two branches, and none is short because a machine lags behind.
- Cursor and events are written together; a program that is stopped leaves the last step or the one before.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from eth_typing import ChecksumAddress

from powerpact.chain.deployment import Deployment
from powerpact.chain.errors import NodeRefused
from powerpact.chain.logs import Block, Head, LogEntry, LogReader, may_be_in
from powerpact.store import Index, IndexBusy, Step
from powerpact.store.database import Locked

PATIENCE_S: Final = 1.0
"""How long a node that is behind what was seen before is waited for, before it is believed."""

LOCK_WAIT_S: Final = 0.2
"""How long another program's step is waited for, before what is there is read."""

FIRST_LOCK_WAIT_S: Final = 30.0
"""How long it is waited for when nothing is there yet."""

OVERLAP: Final = 512
"""Blocks without events that a step reads again rather than ask for the block at the tip."""

ATTEMPTS: Final = 6
"""How often a step is tried while the chain moves under it."""

SPAN: Final = "log span"
"""Name under which the range that a node answers is remembered."""

Notice = Callable[[str], None]
"""Called with what a user should know, in one sentence."""


class Moved(Exception):
    """The chain changed between two answers of a step."""


class Indexer:
    """The read model of one deployment; implements `EventLog`.

    Not for several threads at once: each opens another one, on the same folder.

    Parameters
    ----------
    reader : LogReader
        Connection and contracts.
    index : Index
        Where the events are kept.
    deployment : Deployment
        Whose events they are.
    notice : callable
        Called with what a user should know.
    patience_s : float
        How long a node that is behind is waited for.
    """

    def __init__(
        self,
        reader: LogReader,
        index: Index,
        deployment: Deployment,
        notice: Notice = lambda _: None,
        *,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self.reader = reader
        self.index = index
        self.notice = notice
        self.patience_s = patience_s
        self._first = deployment.block
        self._view: Block | None = None
        self._floor = 0
        self._undone = 0
        remembered = index.remembered(SPAN)
        if remembered:
            reader.begin_with(int(remembered))
        if index.rebuilt_because:
            notice(f"the index is filled again from block {self._first}: {index.rebuilt_because}")

    @contextmanager
    def reading(self) -> Iterator[Block]:
        """Let all questions inside be answered as of one block: the latest when the outermost one begins."""
        if self._view is not None:
            yield self._view
            return
        self._view = self.follow()
        try:
            yield self._view
        finally:
            self._view = None

    def entries(self, address: ChecksumAddress, topics: Sequence[bytes | None], since_s: int = 0) -> list[LogEntry]:
        """Log entries of a contract, oldest first, without those known to be older; None is any topic."""
        with self.reading() as view:
            return self.index.events(bytes.fromhex(address[2:]), topics, view.number, since_s)

    def of_transaction(self, transaction_hash: str) -> list[LogEntry]:
        """Log entries that the deployment's contracts wrote in a transaction."""
        with self.reading():
            return self.index.events_of(bytes.fromhex(transaction_hash[2:]))

    def time_of(self, block: int) -> int | None:
        """Time of a block, Unix seconds, if it is in the index."""
        return self.index.time_of(block)

    def note_mined(self, block: int) -> None:
        """A transaction of this program is in a block: answers before that are too old."""
        self._floor = max(self._floor, block)

    def undone(self) -> int:
        """How often this program has seen blocks leave the chain."""
        return self._undone

    def reread(self, block: int) -> None:
        """Forget what is known of this block and of those above, so that the next question reads them again."""
        with self.index.writing(FIRST_LOCK_WAIT_S) as step:
            step.drop_above(block - 1)

    def rebuild(self) -> Block:
        """Delete the index and read everything again."""
        self.index.clear()
        return self.follow()

    def follow(self) -> Block:
        """Catch up with the chain, step by step; gives the block up to which everything is known.

        If another program is updating it and does not end its step soon, the index is used as it is, and a notice says
        as of which block.

        Raises
        ------
        ChainUnreachable, NodeRefused
            If the node does not answer, or keeps contradicting itself.
        IndexBusy
            If another program is updating the index and it is still empty.
        """
        tip = self.index.tip()
        head = self._settled_head(tip)
        span, attempts = self.reader.span, 0
        while tip is None or tip.hash != head.block.hash:
            wait_s = LOCK_WAIT_S if tip is not None and tip.number >= self._floor else FIRST_LOCK_WAIT_S
            try:
                with self.index.writing(wait_s) as step:
                    self._advance(step, head)
            except Locked:
                if tip is None:
                    raise IndexBusy(self.index.path, wait_s) from None
                self.notice(f"another program is updating the index; this is as of block {tip.number}")
                return tip
            except Moved:
                attempts += 1
                if attempts == ATTEMPTS:
                    reason = f"its chain changed {ATTEMPTS} times while they were read"
                    raise NodeRefused("event logs", reason) from None
                time.sleep(0.05 * attempts)
                head = self.reader.head()
            tip = self.index.tip()
        if self.reader.span != span:
            self.index.remember(SPAN, str(self.reader.span))
        self._floor = tip.number
        return Block(tip.number, tip.hash, head.block.time_s)

    def _settled_head(self, tip: Block | None) -> Head:
        """The latest block; a node that is behind what was seen already is asked again for a while.

        Several machines may serve one address, and some may lag behind.
        """
        floor = max(self._floor, tip.number if tip else 0)
        deadline = time.monotonic() + self.patience_s
        head = self.reader.head()
        while head.block.number < floor and time.monotonic() < deadline:
            time.sleep(0.05)
            head = self.reader.head()
        return head

    def _advance(self, step: Step, head: Head) -> None:
        """One step towards the head: undo what is no longer on the chain, or add a range of blocks."""
        tip = step.tip()
        if tip is not None and tip.hash == head.block.hash:
            return
        if tip is not None and head.block.number <= tip.number:
            self._undo(step)
        elif tip is not None and head.parent == tip.hash:
            step.append(head.block, self._logs_of(head))
        else:
            self._add_range(step, tip, head)

    def _logs_of(self, head: Head) -> list[LogEntry]:
        """The logs of a block by its hash; nothing is asked if its filter has none of the contracts."""
        if not any(may_be_in(head.bloom, bytes.fromhex(address[2:])) for address in self.reader.addresses):
            return []
        try:
            return self.reader.in_block(head.block)
        except NodeRefused as error:
            raise Moved from error

    def _add_range(self, step: Step, tip: Block | None, head: Head) -> None:
        """Add the next range of blocks, after making sure that what is known is still on the chain."""
        known = step.last_with_events()
        if tip is None:
            first, expected = self._first, None
        elif known is not None and tip.number - known[0].number < min(OVERLAP, self.reader.span // 2):
            first, expected = known[0].number, known
        else:
            at_tip = self.reader.block(tip.number)
            if at_tip is None or at_tip.block.hash != tip.hash:
                self._undo(step)
                return
            first, expected = tip.number + 1, None
        logs, end = self.reader.between(first, head.block.number)
        if end is None or (end.block.number == head.block.number and end.block.hash != head.block.hash):
            raise Moved
        if not _is_one_branch(logs, end.block):
            raise Moved
        if expected is not None:
            again = sorted(log.position for log in logs if log.block.hash == expected[0].hash)
            if set(again) > set(expected[1]):  # a machine that had not all of its logs answered before
                step.drop_above(expected[0].number - OVERLAP)
                return
            if again != expected[1]:
                self._undo(step)
                return
            if end.block.number <= expected[0].number:  # the range shrank to what is known
                raise Moved
            step.drop_above(expected[0].number)
        step.append(end.block, logs)

    def _undo(self, step: Step) -> None:
        """Go back to a block that is still on the chain, in steps that double; what is undone too far is read again."""
        steps, stride = 0, 1
        while (block := step.below_tip(steps)) is not None:
            found = self.reader.block(block.number)
            if found is not None and found.block.hash == block.hash:
                if steps == 0:
                    raise Moved  # the tip is on the chain: an answer before came from a machine that is behind
                break
            steps, stride = steps + stride, 2 * stride
        step.drop_above(-1 if block is None else block.number)
        self._undone += 1


def _is_one_branch(logs: Sequence[LogEntry], end: Block) -> bool:
    """Whether logs name one block for each height, and the last block for its own."""
    hashes = {end.number: end.hash}
    return all(
        log.block.number <= end.number and hashes.setdefault(log.block.number, log.block.hash) == log.block.hash
        for log in logs
    )
