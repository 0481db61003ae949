"""Read event logs from a node within its limits.

A node may refuse a range of blocks that is too long, or holds too much. The reader halves it until it is answered,
remembers the range that worked, and tries longer ones again step by step.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from typing import Any, Final, Protocol

import requests
from eth_typing import ChecksumAddress
from web3 import Web3

from powerpact.chain.connection import ask, ask_all
from powerpact.chain.errors import ChainUnreachable, NodeRefused
from powerpact.chain.node_errors import RateLimited
from powerpact.chain.provider import Ask
from powerpact.chain.refusals import is_behind, is_not_served

LONGEST_SPAN: Final = 100_000
"""Blocks in one question at most."""

LAG_PATIENCE_S: Final = 3.0
"""How long machines that answer for one address may differ."""

ANSWERS_BEFORE_LONGER: Final = 64
"""Answers to ranges of the length that worked before one that was refused is tried again."""


_LAG_PAUSE_S: Final = 0.25
_BETWEEN: Final = re.compile(r"\[0x([0-9a-f]+), ?0x([0-9a-f]+)\]", re.I)
_SPAN: Final = re.compile(r"\b(\d[\d,]*)([km]?)\b", re.I)
_TIMES: Final = {"": 1, "k": 1_000, "m": 1_000_000}


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the chain.

    Attributes
    ----------
    number : int
        Its height.
    hash : bytes
        Its hash, 32 bytes, which fixes everything below.
    time_s : int or None
        Its time, Unix seconds, if known.
    """

    number: int
    hash: bytes
    time_s: int | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """A block with what joins it to the one below.

    Attributes
    ----------
    block : Block
        The block.
    parent : bytes
        Hash of the block below.
    bloom : int
        Filter of the addresses and topics of its logs.
    """

    block: Block
    parent: bytes
    bloom: int


@dataclass(frozen=True, slots=True)
class LogEntry:
    """A log entry as the chain has it.

    Attributes
    ----------
    block : Block
        Its block.
    position : int
        Its place among the block's logs.
    address : bytes
        The contract, 20 bytes.
    topics : tuple of bytes
        At most four words.
    data : bytes
        The rest of its arguments.
    transaction_hash : bytes
        The transaction that emitted it.
    """

    block: Block
    position: int
    address: bytes
    topics: tuple[bytes, ...]
    data: bytes
    transaction_hash: bytes


class EventLog(Protocol):
    """Where a `Chain` finds the events of its contracts."""

    def reading(self) -> AbstractContextManager[Block]:
        """Let all questions inside be answered as of one block, which is the latest known when the first one begins."""

    def entries(self, address: ChecksumAddress, topics: Sequence[bytes | None], since_s: int = 0) -> list[LogEntry]:
        """Log entries of a contract, oldest first, without those known to be older; None is any topic."""

    def of_transaction(self, transaction_hash: str) -> list[LogEntry]:
        """Log entries that the deployment's contracts wrote in a transaction."""

    def time_of(self, block: int) -> int | None:
        """Time of a block, Unix seconds, if it is known without asking the node."""

    def note_mined(self, block: int) -> None:
        """A transaction of this program is in a block: answers before that are too old."""

    def undone(self) -> int:
        """How often blocks that were known have left the chain."""

    def reread(self, block: int) -> None:
        """Forget what is known of this block and of those above, and read it again: logs were missing."""


class LogReader:
    """Asks a node for blocks, and for the logs of a deployment's contracts.

    Parameters
    ----------
    web3 : Web3
        Connection.
    addresses : sequence of ChecksumAddress
        The contracts.
    span : int
        Blocks in one question to begin with.
    patience_s : float
        How long a machine is asked again that does not have the last block of a question yet.
    """

    def __init__(
        self,
        web3: Web3,
        addresses: Sequence[ChecksumAddress],
        span: int = LONGEST_SPAN,
        patience_s: float = LAG_PATIENCE_S,
    ) -> None:
        self.web3 = web3
        self.addresses = list(addresses)
        self.span = span
        self.patience_s = patience_s
        self._too_long = span + 1
        self._answers = 0

    def begin_with(self, span: int) -> None:
        """Begin with a range that the node answered before."""
        self.span, self._too_long = span, span + 1

    def head(self) -> Head:
        """The latest block."""
        return _head(ask(self.web3, "the latest block", "eth_getBlockByNumber", "latest", False))

    def block(self, number: int) -> Head | None:
        """The block at a height now; None if the node has none there."""
        found = ask(self.web3, f"block {number}", "eth_getBlockByNumber", hex(number), False)
        return None if found is None else _head(found)

    def in_block(self, block: Block) -> list[LogEntry]:
        """The logs of one block, by its hash: of this block and no other of its height.

        Raises
        ------
        NodeRefused
            If the node does not know the block.
        """
        query = {"address": self.addresses, "blockHash": f"0x{block.hash.hex()}"}
        return [_entry(log, block.time_s) for log in ask(self.web3, "event logs", "eth_getLogs", query)]

    def between(self, first: int, last: int) -> tuple[list[LogEntry], Head | None]:
        """Logs of a range of blocks, as far as the node answers at once, and the last of these blocks.

        Both are asked for in one batch, so that one machine answers both: if its block is the expected one, its logs
        are of the same branch, and complete.

        Parameters
        ----------
        first, last : int
            The range.

        Returns
        -------
        tuple
            The logs, oldest first, and the block at their end: of height `last`, or lower where the range had to be
            cut; None if the node has no such block yet.

        Raises
        ------
        NodeRefused
            If the node does not even answer for a single block.
        """
        deadline = time.monotonic() + self.patience_s
        while True:
            end = min(last, first + self.span - 1)
            query = {"address": self.addresses, "fromBlock": hex(first), "toBlock": hex(end)}
            calls: list[Ask] = [("eth_getLogs", [query]), ("eth_getBlockByNumber", [hex(end), False])]
            try:
                logs, found = ask_all(self.web3, "event logs", calls)
            except (NodeRefused, ChainUnreachable) as error:
                if isinstance(error, NodeRefused) and is_behind(error.reason):
                    logs, found = [], None
                elif end > first and _is_refusal(error):
                    self._refused(end - first + 1, str(error))
                    continue
                else:
                    raise
            if found is not None:
                self._answered(end - first + 1)
                return sorted(map(_entry, logs), key=_place), _head(found)
            if time.monotonic() > deadline:
                return [], None
            time.sleep(_LAG_PAUSE_S)

    def _refused(self, length: int, told: str) -> None:
        """Ask for fewer blocks: as many as the node says, if it does, else half."""
        stated = _stated_span(told, length)
        self._too_long, self._answers = stated + 1 if stated else length, 0
        self.span = stated or max(length // 2, 1)

    def _answered(self, length: int) -> None:
        """Try longer ranges, but not again those that were refused until the node has answered a while."""
        if length < self.span:
            return
        self._answers += 1
        if self._answers % ANSWERS_BEFORE_LONGER == 0:
            self._too_long = min(2 * self._too_long, LONGEST_SPAN + 1)
        self.span = max(self.span, min(2 * self.span, self._too_long - 1))


class NodeLog:
    """Events asked of the node each time, for a program that asks once and keeps nothing.

    Parameters
    ----------
    reader : LogReader
        Connection and contracts.
    first : int
        The deployment's first block.
    """

    def __init__(self, reader: LogReader, first: int) -> None:
        self.reader = reader
        self.first = first

    @contextmanager
    def reading(self) -> Iterator[Block]:
        """The latest block; what is asked inside may be newer."""
        yield self.reader.head().block

    def entries(self, address: ChecksumAddress, topics: Sequence[bytes | None], since_s: int = 0) -> list[LogEntry]:
        """Log entries of a contract, oldest first, without those known to be older; None is any topic."""
        owner = bytes.fromhex(address[2:])
        return [
            entry
            for entry in self._all()
            if entry.address == owner
            and (entry.block.time_s is None or entry.block.time_s >= since_s)
            and len(entry.topics) >= len(topics)
            and all(topic in (None, found) for topic, found in zip(topics, entry.topics, strict=False))
        ]

    def of_transaction(self, transaction_hash: str) -> list[LogEntry]:
        """Log entries that the deployment's contracts wrote in a transaction."""
        wanted = bytes.fromhex(transaction_hash[2:])
        return [entry for entry in self._all() if entry.transaction_hash == wanted]

    def time_of(self, block: int) -> int | None:  # noqa: ARG002
        """Nothing is known without asking."""
        return None

    def note_mined(self, block: int) -> None:
        """The node is asked anyway."""

    def undone(self) -> int:
        """Nothing is known, so nothing is missed."""
        return 0

    def reread(self, block: int) -> None:
        """The node is asked each time anyway."""

    def _all(self) -> Iterator[LogEntry]:
        first, latest = self.first, self.reader.head().block.number
        while first <= latest:
            logs, end = self.reader.between(first, latest)
            yield from logs
            if end is None:
                raise NodeRefused("event logs", f"it has no block {latest} yet, which it had before")
            first = end.block.number + 1


def _stated_span(told: str, length: int) -> int | None:
    """The longest range that a node's refusal mentions, if it is shorter than the refused one."""
    stated = [int(last, 16) - int(first, 16) + 1 for first, last in _BETWEEN.findall(told)]
    stated += [int(digits.replace(",", "")) * _TIMES[unit.lower()] for digits, unit in _SPAN.findall(told)]
    return max((span for span in stated if 1 < span < length), default=None)


def _is_refusal(error: NodeRefused | ChainUnreachable) -> bool:
    """Whether a shorter range may be answered: the node refused, gave up, or took too long."""
    cause = error.__cause__
    if isinstance(error, RateLimited):
        return False
    if isinstance(error, NodeRefused):
        return not is_not_served(error.reason)
    return isinstance(cause, requests.HTTPError | requests.ReadTimeout)


def may_be_in(bloom: int, value: bytes) -> bool:
    """Whether a block's filter admits that one of its logs is of an address or has a topic.

    Each value sets three of 2 048 bits, taken from the first three pairs of bytes of its hash.
    """
    digest = Web3.keccak(value)
    return all(bloom >> (int.from_bytes(digest[k : k + 2], "big") & 2_047) & 1 for k in (0, 2, 4))


def _head(found: Any) -> Head:
    block = Block(int(found["number"], 16), _bytes(found["hash"]), int(found["timestamp"], 16))
    return Head(block, _bytes(found["parentHash"]), int(found["logsBloom"], 16))


def _entry(log: Any, time_s: int | None = None) -> LogEntry:
    """A log entry; newer nodes state the time of its block."""
    stated = log.get("blockTimestamp")
    return LogEntry(
        block=Block(
            int(log["blockNumber"], 16), _bytes(log["blockHash"]), int(stated, 16) if stated is not None else time_s
        ),
        position=int(log["logIndex"], 16),
        address=_bytes(log["address"]),
        topics=tuple(map(_bytes, log["topics"])),
        data=_bytes(log["data"]),
        transaction_hash=_bytes(log["transactionHash"]),
    )


def _place(entry: LogEntry) -> tuple[int, int]:
    return entry.block.number, entry.position


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])
