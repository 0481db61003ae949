"""Wait until a transaction is in a block: send it again if it is lost, replace it if it hangs, never send it twice.

All that is sent in place of a transaction has its nonce, so at most one of them is ever mined.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from eth_account.signers.local import LocalAccount
from hexbytes import HexBytes
from web3 import Web3
from web3.exceptions import TransactionNotFound

from powerpact.chain.connection import translated
from powerpact.chain.errors import NodeRefused, NonceTaken, TransactionTimeout
from powerpact.chain.fees import Fees
from powerpact.chain.nonces import Nonces
from powerpact.chain.outbox import Outbox, Outgoing, OutgoingState
from powerpact.chain.refusals import is_low_fee, is_taken_nonce, is_used_nonce
from powerpact.chain.resigning import offered_wei, raised, terms_of

FIRST_PAUSE_S: Final = 0.005
LONGEST_PAUSE_S: Final = 1.0
"""Between two looks for a receipt."""

SETTLED_PAUSE_S: Final = 0.1
"""Once looks are this far apart, a node that does not know the transaction has lost it or lags behind."""

TAKEN_PATIENCE_S: Final = 20.0
"""How long a receipt is waited for once the account has used the nonce: the machine with the receipt may lag behind."""

IDLE_BLOCKS: Final = 3
"""A transaction that this many blocks passed over offers too little, whatever their base fee was."""

MOST_REPLACEMENTS: Final = 4


class Sending(Protocol):
    """What is needed of who sends."""

    web3: Web3
    account: LocalAccount
    fees: Fees
    nonces: Nonces
    outbox: Outbox | None
    notice: Callable[[str], None]
    confirmations: int
    wait_s: float
    hangs_after_s: float


class Wait:
    """Waits for one transaction, of which several versions may have been sent.

    Parameters
    ----------
    sending : Sending
        Who sent it.
    versions : sequence of Outgoing
        What was sent with this nonce, oldest first.
    is_left : bool
        Whether an earlier program sent it: it has waited a while already.
    """

    def __init__(self, sending: Sending, versions: Sequence[Outgoing], *, is_left: bool = False) -> None:
        self.sending = sending
        self.web3 = sending.web3
        self.versions = list(versions)
        self._next_check_s = 2 * LONGEST_PAUSE_S if is_left else sending.hangs_after_s
        self._replaced = 0
        self._first_block: int | None = None
        self._used_since: float | None = None
        self._is_in_turn = False

    @property
    def newest(self) -> Outgoing:
        """The version that was sent last."""
        return self.versions[-1]

    def receipt(self) -> tuple[Outgoing, Any]:
        """The version that is mined, and its receipt, once there are enough blocks on top of it.

        Raises
        ------
        TransactionTimeout
            If none is mined in time.
        NonceTaken
            If another program's transaction has the nonce.
        """
        began, pause_s = time.monotonic(), FIRST_PAUSE_S
        while True:
            found = self._found()
            if found is not None:
                return found
            waited_s = time.monotonic() - began
            if pause_s > SETTLED_PAUSE_S:
                self._keep_alive()
            if pause_s >= LONGEST_PAUSE_S and not self._is_in_turn:
                self._check_turn()
            if waited_s > self._next_check_s:
                self._check_hanging()
                self._next_check_s = waited_s + self.sending.hangs_after_s
            if waited_s > self.sending.wait_s:
                raise TransactionTimeout(self.newest.hash_text, self.sending.wait_s)
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def _found(self) -> tuple[Outgoing, Any] | None:
        for version in reversed(self.versions):
            with translated(self.web3, "the receipt"):
                try:
                    receipt = self.web3.eth.get_transaction_receipt(HexBytes(version.hash))
                except TransactionNotFound:
                    continue
                depth_needed = self.sending.confirmations
                depth = self.web3.eth.block_number - receipt["blockNumber"] if depth_needed else 0
            if depth < depth_needed:
                return None
            for other in self.versions:
                if other is not version:
                    self._mark(other, OutgoingState.LOST)
            return version, receipt
        return None

    def _keep_alive(self) -> None:
        """Send a transaction again that the node does not know: dropped from its pool, or lost in a reorganisation."""
        if is_known(self.web3, self.newest):
            self._used_since = None
            return
        try:
            with translated(self.web3, "the transaction"):
                self.web3.eth.send_raw_transaction(HexBytes(self.newest.raw))
        except NodeRefused as error:
            if is_used_nonce(error.reason):
                self._note_used()
            elif is_low_fee(error.reason):
                self._replace()

    def _note_used(self) -> None:
        """A transaction with the nonce is mined: this one, which its machine does not show yet, or another one."""
        now = time.monotonic()
        self._used_since = self._used_since or now
        if now - self._used_since > TAKEN_PATIENCE_S and self.sending.nonces.count("latest") > self.newest.nonce:
            for version in self.versions:
                self._mark(version, OutgoingState.LOST)
            self.sending.nonces.forget()
            raise NonceTaken(self.newest.sender, self.newest.nonce, self.newest.hash_text)

    def _check_turn(self) -> None:
        """Make sure that a transaction that is not mined does not wait for an earlier one that no node has any more."""
        missing = self.sending.nonces.missing_before(self.newest.nonce)
        if missing is not None:
            self.sending.nonces.forget()
            reason = f"transaction {missing} of {self.newest.sender} is lost and {self.newest.nonce} waits for it"
            raise NodeRefused(self.newest.step, reason)
        self._is_in_turn = True

    def _check_hanging(self) -> None:
        """Replace the transaction if blocks cost more than it offers, or if several passed over it."""
        fees = self.sending.fees
        fees.forget()
        offer = fees.offer()
        with translated(self.web3, "the latest block"):
            block = self.web3.eth.block_number
        first = self._first_block = block if self._first_block is None else self._first_block
        has_low_fee = offered_wei(terms_of(self.newest.raw)) < fees.least_wei
        if has_low_fee or (block - first >= IDLE_BLOCKS and self._used_since is None and offered_wei(offer) > 0):
            self._first_block = block
            self._replace()

    def _replace(self) -> None:
        if self._replaced == MOST_REPLACEMENTS:
            return
        self._replaced += 1
        self.sending.fees.forget()
        old = self.newest
        raw = raised(old.raw, self.sending.account, self.sending.fees.offer())
        new = Outgoing(old.step, old.sender, old.nonce, raw, old.purpose)
        if self.sending.outbox is not None:
            self.sending.outbox.write([new])
        self.sending.notice(
            f"transaction {old.hash_text} ({old.step}) hangs at {offered_wei(terms_of(old.raw))} wei for each gas; "
            f"{new.hash_text} takes its place and offers {offered_wei(terms_of(raw))}"
        )
        self.versions.append(new)
        try:
            with translated(self.web3, "the transaction"):
                self.web3.eth.send_raw_transaction(HexBytes(raw))
            self._mark(new, OutgoingState.SENT)
        except NodeRefused as error:
            if not (is_taken_nonce(error.reason) or is_used_nonce(error.reason) or is_low_fee(error.reason)):
                raise

    def _mark(self, outgoing: Outgoing, state: OutgoingState) -> None:
        if self.sending.outbox is not None:
            self.sending.outbox.mark(outgoing.hash, state)


def is_known(web3: Web3, outgoing: Outgoing) -> bool:
    """Whether the node has a transaction, in a block or in its pool."""
    try:
        with translated(web3, "the transaction"):
            web3.eth.get_transaction(HexBytes(outgoing.hash))
    except NodeRefused:
        return False
    return True
