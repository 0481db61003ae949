"""What is sent is written down before it is sent.

A program that is stopped between signing and the receipt leaves a record of what was pending: the next one finds
out what became of it, before it takes another nonce of the same account.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from eth_typing import ChecksumAddress
from eth_utils import keccak
from web3 import Web3

from powerpact.chain.connection import ask


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
    """No block has it, nor does the node know it."""


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
    data_hash : bytes
        ``keccak256`` of its calldata, 32 bytes.
    state : OutgoingState
        What became of it.
    """

    step: str
    sender: ChecksumAddress
    nonce: int
    raw: bytes
    data_hash: bytes
    state: OutgoingState = OutgoingState.SIGNED

    @property
    def hash(self) -> bytes:
        """The transaction's hash, 32 bytes."""
        return keccak(self.raw)


class Outbox(Protocol):
    """Where outgoing transactions are written down."""

    def write(self, outgoing: Sequence[Outgoing]) -> None:
        """Write transactions down, all or none, so that they are still known after a loss of power."""

    def mark(self, transaction_hash: bytes, state: OutgoingState, block: int | None = None) -> None:
        """Note what became of a transaction, and in which block."""

    def under_way(self, sender: ChecksumAddress) -> Sequence[Outgoing]:
        """The account's transactions whose end is not known, lowest nonces first."""


def look_after(web3: Web3, outbox: Outbox, sender: ChecksumAddress) -> list[Outgoing]:
    """Find out what became of an account's transactions that an earlier program left pending.

    Nothing is sent again: whoever runs the command again decides that. What the node still has in its pool stays
    pending, and its nonce is counted.

    Returns
    -------
    list of Outgoing
        Those that are lost.
    """
    lost = []
    for outgoing in outbox.under_way(sender):
        text = f"0x{outgoing.hash.hex()}"
        receipt = ask(web3, "a receipt", "eth_getTransactionReceipt", text)
        if receipt is not None:
            state = OutgoingState.MINED if int(receipt["status"], 16) else OutgoingState.REVERTED
            outbox.mark(outgoing.hash, state, int(receipt["blockNumber"], 16))
        elif ask(web3, "a transaction", "eth_getTransactionByHash", text) is None:
            outbox.mark(outgoing.hash, OutgoingState.LOST)
            lost.append(outgoing)
    return lost
