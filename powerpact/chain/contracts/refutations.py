"""Who knew first that a proposal is false: hashes written down before it falls, and what of its bond waits for them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eth_typing import ChecksumAddress

from powerpact.chain.client import Chain
from powerpact.chain.contracts.posted import Exhibit
from powerpact.chain.transactions import Call


@dataclass(frozen=True, slots=True)
class Refutation:
    """A refutation of which an eighth of the bond waits for its winner.

    Attributes
    ----------
    challenger : ChecksumAddress
        Who refuted the proposal.
    made_in : int
        The block in which it fell.
    until : int
        Until then commitments can be shown, Unix seconds.
    winner : ChecksumAddress or None
        Who made the earliest commitment that was shown.
    """

    challenger: ChecksumAddress
    made_in: int
    until: int
    winner: ChecksumAddress | None

    @property
    def heir(self) -> ChecksumAddress:
        """Who is awarded what waits if no other commitment is shown."""
        return self.winner or self.challenger


@dataclass(frozen=True, slots=True)
class Commitment:
    """A hash that somebody wrote down, who, and in which block."""

    hash: bytes
    by: ChecksumAddress
    made_in: int


def waiting(chain: Chain, proposals: Sequence[int]) -> dict[int, Refutation]:
    """Of these proposals those of whose bond an eighth waits for its winner."""
    found = chain.read_all([("Refutations", "refutationOf", [id_]) for id_ in proposals])
    return {
        id_: Refutation(challenger, made_in, until, winner if int(winner, 16) else None)
        for id_, (challenger, made_in, until, winner, _) in zip(proposals, found, strict=True)
        if until
    }


def commitments(chain: Chain) -> list[Commitment]:
    """All that were written down, in their order."""
    events = chain.events("Refutations", "RefutationCommitted")
    return [Commitment(bytes(e.arguments["commitment"]), e.arguments["by"], e.block) for e in events]


def commitment_of(chain: Chain, proposal: int, by: ChecksumAddress, orders: Iterable[int], salt: bytes) -> bytes:
    """The hash by which somebody writes down that orders, by id, refute a proposal; 32 bytes, as is the salt."""
    return bytes(chain.read("Refutations", "commitmentOf", proposal, by, list(orders), salt))


def commit(chain: Chain, commitment: bytes) -> Call:
    """Write down a hash."""
    return chain.call("commit", "Refutations", "commit", commitment)


def reveal(
    chain: Chain, proposal: int, shown: Sequence[Exhibit], prices: bytes, by: ChecksumAddress, salt: bytes
) -> Call:
    """Show what a hash stood for: orders that refute a proposal with its public prices, as `rounds.challenge` does."""
    return chain.call("reveal", "Refutations", "reveal", proposal, list(shown), prices, by, salt)


def award(chain: Chain, proposal: int) -> Call:
    """Give an eighth of a lost bond to its winner, once commitments cannot be shown any more."""
    return chain.call("award", "Refutations", "award", proposal)
