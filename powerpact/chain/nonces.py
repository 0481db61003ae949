"""The next nonce of an account: asked of the node, then kept, until something suggests that it may have changed."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

from eth_typing import ChecksumAddress
from web3 import Web3

from powerpact.chain.connection import ask, translated
from powerpact.chain.outbox import Outgoing

MAX_AGE_S: Final = 30.0
"""How long after its last transaction an account's nonce is taken for known; another program may use its key."""

LAG_PATIENCE_S: Final = 6.0
"""How long a node is waited for that does not count a transaction yet which another machine took."""


class Nonces:
    """The nonces of one account.

    Parameters
    ----------
    web3 : Web3
        Connection.
    account : ChecksumAddress
        The account.
    undone : callable
        Says how often the chain has undone blocks; after that the nonce is asked for again.
    last : callable
        Gives the account's last transaction as far as it is written down.
    """

    def __init__(
        self,
        web3: Web3,
        account: ChecksumAddress,
        undone: Callable[[], int],
        last: Callable[[], Outgoing | None] = lambda: None,
    ) -> None:
        self.web3 = web3
        self.account = account
        self.undone = undone
        self.last = last
        self._next: int | None = None
        self._known_at = 0.0
        self._known_after = 0

    def next(self) -> int:
        """The nonce of the account's next transaction."""
        known = self._next
        if known is None or time.monotonic() - self._known_at > MAX_AGE_S or self.undone() != self._known_after:
            self._known_after = self.undone()
            known = self._asked()
            self._know(known)
        return known

    def is_next(self, nonce: int) -> bool:
        """Whether no transaction with this nonce was sent, as far as is known."""
        return self._next == nonce

    def use(self, nonce: int) -> None:
        """A transaction with this nonce was sent."""
        self._know(nonce + 1)

    def forget(self) -> None:
        """Ask the node the next time."""
        self._next = None

    def missing_before(self, nonce: int) -> int | None:
        """The first transaction before this one that the node has lost, for which this one waits."""
        count = self.count("pending")
        return count if count < nonce else None

    def count(self, block: str) -> int:
        """Number of the account's transactions: in blocks (``latest``), or in the pool, too (``pending``)."""
        with translated(self.web3, "the account's nonce"):
            return self.web3.eth.get_transaction_count(self.account, "latest" if block == "latest" else "pending")

    def _know(self, nonce: int) -> None:
        self._next, self._known_at = nonce, time.monotonic()

    def _asked(self) -> int:
        """What the node says; a machine that does not count the last transaction yet is asked again for a while."""
        count, last = self.count("pending"), self.last()
        deadline = time.monotonic() + LAG_PATIENCE_S
        while last is not None and count <= last.nonce and time.monotonic() < deadline:
            if self._has(last):
                return last.nonce + 1
            time.sleep(0.25)
            count = self.count("pending")
        return count

    def _has(self, outgoing: Outgoing) -> bool:
        methods = ("eth_getTransactionReceipt", "eth_getTransactionByHash")
        return any(ask(self.web3, "a transaction", method, outgoing.hash_text) is not None for method in methods)
