"""Batches of readings to which energy routers committed, and readings that are proved from them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress

from powerpact.chain.client import Chain
from powerpact.chain.contracts.meters import SignedReading
from powerpact.chain.errors import NotOnChain
from powerpact.chain.transactions import Call
from powerpact.codec.abi import Event
from powerpact.codec.eip712 import sign
from powerpact.codec.merkle import MerkleTree


class RouterBatch(NamedTuple):
    """What a router signs beside the root: its id, how many batches it committed to before, number of readings."""

    router: int
    turn: int
    size: int


@dataclass(frozen=True, slots=True)
class CommittedBatch:
    """A batch on the chain.

    Attributes
    ----------
    number : int
        Its number among those of all routers, from 1.
    batch : RouterBatch
        What the router signed,
    root : bytes
        with the root of the readings' Merkle tree, 32 bytes.
    submitter : ChecksumAddress
        Who sent it.
    committed_at : int
        When, Unix seconds.
    transaction_hash : str
        The transaction.
    """

    number: int
    batch: RouterBatch
    root: bytes
    submitter: ChecksumAddress
    committed_at: int
    transaction_hash: str


def most_readings(chain: Chain) -> int:
    """The most readings in one batch."""
    return int(chain.read("RouterBatches", "MAX_COUNT"))


def next_turn(chain: Chain, router: int) -> int:
    """How many batches a router committed to: the turn of its next one."""
    return int(chain.read("RouterBatches", "turnOf", router))


def sign_batch(chain: Chain, key: LocalAccount, batch: RouterBatch, root: bytes) -> bytes:
    """A router's signature over a batch."""
    message = {"router": batch.router, "turn": batch.turn, "root": root, "count": batch.size}
    return sign(key, chain.domain("RouterBatches"), "RouterBatch", message)


def commit(chain: Chain, batch: RouterBatch, root: bytes, signature: bytes) -> Call:
    """Commit a router to a batch that it signed."""
    return chain.call("commit to readings", "RouterBatches", "commit", batch, root, signature)


def prove(
    chain: Chain, batch: RouterBatch, tree: MerkleTree, places: Sequence[int], readings: Sequence[SignedReading]
) -> Call:
    """Report readings of a batch, with the proof that they are in it.

    Parameters
    ----------
    chain : Chain
        The deployment.
    batch : RouterBatch
        What the router signed.
    tree : MerkleTree
        The tree of all its readings.
    places : sequence of int
        Where the readings are in it, rising.
    readings : sequence of SignedReading
        The readings at these places.
    """
    return chain.call(
        "prove readings",
        "RouterBatches",
        "prove",
        [signed.reading.pack() for signed in readings],
        [signed.signature for signed in readings],
        batch,
        list(places),
        tree.joint_proof(places),
        items=len(readings),
    )


def batches(chain: Chain) -> list[CommittedBatch]:
    """The batches of all routers, in the order in which they were committed."""
    return [_committed(event) for event in chain.events("RouterBatches", "BatchCommitted")]


def batch(chain: Chain, number: int) -> CommittedBatch:
    """A batch by its number.

    Raises
    ------
    NotOnChain
        If there is none.
    """
    for event in chain.events("RouterBatches", "BatchCommitted", number=number):
        return _committed(event)
    raise NotOnChain(f"router's batch {number}", remedy="List the batches with `powerpact router batches`.")


def _committed(event: Event) -> CommittedBatch:
    a = event.arguments
    return CommittedBatch(
        a["number"],
        RouterBatch(a["router"], a["turn"], a["count"]),
        bytes(a["root"]),
        a["submitter"],
        a["committedAt"],
        event.transaction_hash,
    )
