"""What is sent is written down before it is sent.

A program that is stopped between signing and the receipt leaves a record of what was pending: the next one finds
out what became of it, before it takes another nonce of the same account.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from eth_typing import ChecksumAddress
from eth_utils import keccak


class OutgoingState(StrEnum):
    """What became of a transaction, as far as is known."""

    SIGNED = "signed"
    """Signed and written down; perhaps no node has it."""
    SENT = "sent"
    """A node took it."""
    MINED = "mined"
    """It is in a block and did what it should."""
    REVERTED = "reverted"
    """It is in a block and failed."""
    LOST = "lost"
    """No block has it and none will: it was never sent, or another transaction has its nonce."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A transaction on its way out.

    Attributes
    ----------
    step : str
        Which step of the market it belongs to.
    sender : ChecksumAddress
        The account that signed it.
    nonce : int
        Its place among the account's transactions.
    raw : bytes
        The signed transaction.
    purpose : bytes
        What it is for, see `Call.purpose`, 32 bytes.
    state : OutgoingState
        What became of it.
    """

    step: str
    sender: ChecksumAddress
    nonce: int
    raw: bytes
    purpose: bytes
    state: OutgoingState = OutgoingState.SIGNED

    @property
    def hash(self) -> bytes:
        """The transaction's hash, 32 bytes."""
        return keccak(self.raw)

    @property
    def hash_text(self) -> str:
        """The transaction's hash as people look it up."""
        return f"0x{self.hash.hex()}"


class Outbox(Protocol):
    """Where outgoing transactions are written down."""

    def turn(self, sender: ChecksumAddress, notice: Callable[[str], None]) -> AbstractContextManager[None]:
        """Be the only program that sends for an account; waits for another one that does."""

    def write(self, outgoing: Sequence[Outgoing]) -> None:
        """Write transactions down, all or none, so that they are still known after a loss of power."""

    def mark(self, transaction_hash: bytes, state: OutgoingState, block: int | None = None) -> None:
        """Note what became of a transaction, and in which block."""

    def under_way(self, sender: ChecksumAddress) -> Sequence[Outgoing]:
        """The account's transactions whose end is not known, lowest nonces first, older ones of a nonce first."""

    def mined_from(self, sender: ChecksumAddress, nonce: int) -> Sequence[Outgoing]:
        """The account's transactions from a nonce on that were found in a block, lowest nonces first."""

    def last(self, sender: ChecksumAddress) -> Outgoing | None:
        """The account's transaction with the highest nonce that a node took lately."""

    def seen_block(self) -> int:
        """The highest block that any of the transactions was lately found in; 0 for none."""


class StoppedAfterSending(KeyboardInterrupt):
    """The program was stopped while transactions were on their way.

    Parameters
    ----------
    under_way : sequence of Outgoing
        What was sent and is not known to be mined.
    """

    def __init__(self, under_way: Sequence[Outgoing]) -> None:
        super().__init__("stopped")
        self.under_way = tuple(under_way)
