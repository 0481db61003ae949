"""What a transaction offers for its gas: rarely asked of the node, updated from every receipt."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Final

from web3 import Web3

from powerpact.chain.connection import ask
from powerpact.chain.errors import NodeRefused
from powerpact.chain.node_errors import RateLimited

MAX_AGE_S: Final = 15.0
"""How long a base fee is taken for the present one. Twice of it is offered, which holds for six full blocks."""


class Fees:
    """The fees of one chain.

    Parameters
    ----------
    web3 : Web3
        Connection.
    max_age_s : float
        When the node is asked again, s.
    """

    def __init__(self, web3: Web3, max_age_s: float = MAX_AGE_S) -> None:
        self.web3 = web3
        self.max_age_s = max_age_s
        self._base_fee: int | None = None
        self._price = 0
        self._known_at: float | None = None

    @property
    def least_wei(self) -> int:
        """What a transaction must offer for each gas to be mined, as far as is known: the base fee, else the price."""
        return self._price if self._base_fee is None else self._base_fee

    def offer(self) -> dict[str, int]:
        """The fee fields of a transaction; of the kind before EIP-1559 where blocks have no base fee."""
        if self._known_at is None or time.monotonic() - self._known_at > self.max_age_s:
            self._ask()
        if self._base_fee is None:
            return {"gasPrice": self._price}
        return {"maxPriorityFeePerGas": self._price, "maxFeePerGas": 2 * self._base_fee + self._price}

    def learn(self, receipt: Mapping[str, Any]) -> None:
        """Take the base fee from a receipt: what was paid for each gas, less the tip."""
        paid = receipt.get("effectiveGasPrice")
        if self._base_fee is not None and paid is not None:
            self._base_fee = max(int(paid) - self._price, 0)
            self._known_at = time.monotonic()

    def forget(self) -> None:
        """Ask the node the next time: it refused an offer."""
        self._known_at = None

    def _ask(self) -> None:
        block = ask(self.web3, "the gas price", "eth_getBlockByNumber", "latest", False)
        stated = block.get("baseFeePerGas")
        self._base_fee = None if stated is None else int(stated, 16)
        if self._base_fee is None:
            self._price = self._stated("eth_gasPrice") or 0
        else:
            tip = self._stated("eth_maxPriorityFeePerGas")
            self._price = max((self._stated("eth_gasPrice") or 0) - self._base_fee, 0) if tip is None else tip
        self._known_at = time.monotonic()

    def _stated(self, method: str) -> int | None:
        """A price that the node states; None where it has none: on some chains gas is free, or has no tip."""
        try:
            answer = ask(self.web3, "the gas price", method)
        except RateLimited:
            raise
        except NodeRefused:
            return None
        return None if answer is None else int(answer, 16)
