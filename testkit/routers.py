"""A router's batch of readings, as the contract takes it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from eth_account.signers.local import LocalAccount

from powerpact.codec.eip712 import Domain, sign
from powerpact.codec.merkle import MerkleTree
from powerpact.codec.packing import reading_tree
from powerpact.market.readings import PackedReading, Reading
from testkit.meters import packed

BATCHES: Final = "RouterBatches"

Shown = tuple[tuple[int, int, int], list[int], list[PackedReading], list[bytes]]
"""What `verify` takes: the batch, places, readings and siblings."""


@dataclass(frozen=True)
class RouterBatch:
    """The readings that a router commits to as its batch of this turn."""

    router: int
    turn: int
    readings: Sequence[Reading]
    tree: MerkleTree = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tree", reading_tree(self.readings))

    @property
    def head(self) -> tuple[int, int, int]:
        """Router, turn and number of readings."""
        return self.router, self.turn, len(self.readings)

    @property
    def root(self) -> bytes:
        return self.tree.root

    def signature(self, key: LocalAccount, domain: Domain) -> bytes:
        """A key's signature over the batch."""
        router, turn, count = self.head
        message = {"router": router, "turn": turn, "root": self.root, "count": count}
        return sign(key, domain, "RouterBatch", message)

    def shown(self, places: Sequence[int]) -> Shown:
        """The readings at these places with their proof."""
        readings = packed([self.readings[place] for place in places])
        return self.head, list(places), readings, self.tree.joint_proof(places)

    def proved(self, places: Sequence[int], signatures: Sequence[bytes]) -> tuple[Any, ...]:
        """What `prove` takes: the readings at these places with their devices' signatures, then where they are."""
        head, at, readings, siblings = self.shown(places)
        return readings, list(signatures), head, at, siblings
