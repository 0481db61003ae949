"""Thousands of transactions at once: JSON-RPC batches into the pool of a node, and a block for each batch."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from testkit.chains import NodeChain

WAVE = 250
"""Transactions sent and mined together: the node is slower with more in its pool."""

GAS = 1_000_000
"""Gas that a transaction may use unless it says otherwise."""


class Call(NamedTuple):
    """A transaction: who sends which data to whom, and how much gas it may use."""

    sender: str
    to: str
    data: bytes
    gas: int = GAS


@dataclass(frozen=True, slots=True)
class Total:
    """What transactions took together."""

    transactions: int = 0
    gas: int = 0
    largest_gas: int = 0
    blocks: int = 0

    def __add__(self, other: Total) -> Total:
        """Both together."""
        return Total(
            self.transactions + other.transactions,
            self.gas + other.gas,
            max(self.largest_gas, other.largest_gas),
            self.blocks + other.blocks,
        )


class BulkChain(NodeChain):
    """A node that also takes many transactions at once, from accounts without their keys."""

    def send_all(self, calls: Sequence[Call]) -> Total:
        """Execute transactions, those of one sender in their order.

        Raises
        ------
        ContractError, RuntimeError
            If one fails; those of its wave are in the chain.
        """
        senders = list(dict.fromkeys(call.sender for call in calls))
        nonces = defaultdict(int, zip(senders, self._nonces(senders), strict=True))
        requests = []
        for sender, to, data, gas in calls:
            fields = {"from": sender, "to": to, "data": f"0x{data.hex()}", "nonce": hex(nonces[sender])}
            requests.append(("eth_sendTransaction", ({**fields, "gas": hex(gas), "gasPrice": "0x0"},)))
            nonces[sender] += 1
        self.request("evm_setAutomine", False)
        try:
            waves = (requests[first : first + WAVE] for first in range(0, len(requests), WAVE))
            return sum((self._mine(wave) for wave in waves), Total())
        finally:
            self.request("evm_setAutomine", True)

    def _mine(self, wave: Sequence[tuple[str, Sequence[Any]]]) -> Total:
        """Send transactions and mine blocks until all are in them."""
        self._batch(wave)
        total = Total()
        while total.transactions < len(wave):
            self.request("evm_mine")
            receipts = self.request("eth_getBlockReceipts", "latest")
            if not receipts:
                raise RuntimeError(f"{len(wave) - total.transactions} transactions are not mined")
            for receipt in receipts:
                if int(receipt["status"], 16) == 0:
                    self._explain(receipt["transactionHash"])
            used = [int(receipt["gasUsed"], 16) for receipt in receipts]
            total += Total(len(used), sum(used), max(used), 1)
        return total

    def _nonces(self, senders: Sequence[str]) -> list[int]:
        answers: list[str] = []
        for first in range(0, len(senders), WAVE):
            questions = [("eth_getTransactionCount", (sender, "latest")) for sender in senders[first : first + WAVE]]
            answers += self._batch(questions)
        return [int(answer, 16) for answer in answers]
