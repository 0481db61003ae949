"""What is sent, and what comes of it: calls, mined transactions, and the log of their gas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from eth_typing import ChecksumAddress
from eth_utils import keccak, to_canonical_address


@dataclass(frozen=True, slots=True)
class Call:
    """A contract call that is ready to be sent.

    Attributes
    ----------
    step : str
        Which step of the market it belongs to; gas is logged under it.
    to : ChecksumAddress or None
        The contract; None creates one.
    data : bytes
        Calldata.
    items : int
        Orders, trades or readings in it, for gas by item.
    value_wei : int
        Ether that goes with it.
    estimated_gas : int
        What the node estimated for it; 0 if it was not asked.
    intent : bytes
        What it is for, where the calldata of the same call differs each time, as with a deadline; else the data say it.
    """

    step: str
    to: ChecksumAddress | None
    data: bytes = b""
    items: int = 1
    value_wei: int = 0
    estimated_gas: int = 0
    intent: bytes = b""

    @property
    def purpose(self) -> bytes:
        """A hash, 32 bytes, that two calls share if one is the other made again."""
        receiver = to_canonical_address(self.to) if self.to else bytes(20)
        told = b"\1" + self.intent if self.intent else b"\0" + self.data
        return keccak(receiver + self.value_wei.to_bytes(32, "big") + told)


@dataclass(frozen=True, slots=True)
class Mined:
    """A transaction that is on the chain.

    Attributes
    ----------
    step : str
        The call's step.
    transaction_hash : str
        Its hash.
    gas_used : int
        Gas that it cost.
    block : int
        Number of its block.
    items : int
        Orders, trades or readings in it.
    logs : tuple of mapping
        Its raw log entries.
    created : ChecksumAddress or None
        The contract that it created.
    """

    step: str
    transaction_hash: str
    gas_used: int
    block: int
    items: int
    logs: tuple[Mapping[str, Any], ...] = field(repr=False)
    created: ChecksumAddress | None = None

    @classmethod
    def of(cls, step: str, receipt: Mapping[str, Any], items: int = 1) -> Mined:
        """What a receipt says."""
        return cls(
            step=step,
            transaction_hash=f"0x{bytes(receipt['transactionHash']).hex()}",
            gas_used=receipt["gasUsed"],
            block=receipt["blockNumber"],
            items=items,
            logs=tuple(receipt["logs"]),
            created=receipt.get("contractAddress"),
        )


@dataclass(slots=True)
class GasLog:
    """Gas of everything that was sent, by step.

    Attributes
    ----------
    entries : list of Mined
        Transactions, in their order.
    """

    entries: list[Mined] = field(default_factory=list)

    def by_step(self) -> dict[str, tuple[int, int, int]]:
        """For each step, in the order of first use: gas, transactions, items."""
        sums: dict[str, tuple[int, int, int]] = {}
        for mined in self.entries:
            gas, transactions, items = sums.get(mined.step, (0, 0, 0))
            sums[mined.step] = (gas + mined.gas_used, transactions + 1, items + mined.items)
        return sums
