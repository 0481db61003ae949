"""Send transactions, wait for them, and keep a log of their gas.

One `Sender` sends for one account, one transaction after another. A batch is signed beforehand with consecutive nonces
and sent in order, never concurrently: nodes that mine each transaction at once lose those that overtake each other.

A transaction costs three requests: an estimate, the sending, the receipt. The account's nonce and the chain's fees are
asked for once and then kept, until the node disagrees.

With an outbox, programs that send for one account take turns, and what an earlier one left on its way is looked after
first: it is waited for, and a call that it has made already is not made again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import groupby
from typing import Any, Final

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress, HexStr
from hexbytes import HexBytes
from web3 import Web3
from web3.types import TxParams

from powerpact.chain.calls import Call, GasLog, Mined
from powerpact.chain.connection import GAS_LIMIT, ask, translated
from powerpact.chain.errors import (
    ChainUnreachable,
    GasLimitExceeded,
    InsufficientEther,
    NodeRefused,
    NonceTaken,
)
from powerpact.chain.estimates import estimated_gas, simulated_gas
from powerpact.chain.fees import Fees
from powerpact.chain.nonces import Nonces
from powerpact.chain.outbox import Outbox, Outgoing, OutgoingState, StoppedAfterSending
from powerpact.chain.refusals import is_known as knows
from powerpact.chain.refusals import is_low_fee, is_no_ether, is_taken_nonce, is_used_nonce
from powerpact.chain.resigning import offered_wei
from powerpact.chain.waiting import Wait, is_known

__all__ = ["Call", "GasLog", "Mined", "Sender"]

GAS_MARGIN: Final = 1.2
"""Gas that is sent along, of the estimate: state may change between the two."""

WAIT_S: Final = 120.0
"""How long a transaction is waited for."""

HANGS_AFTER_S: Final = 30.0
"""When a transaction that is not mined may hang, and is looked at: it is replaced if it offers too little."""

STALE_PAUSES_S: Final = (0.0, 0.1, 0.4, 1.0, 2.0, 4.0)
"""Before a batch is signed again whose nonce or fee the node refused; machines of one address may lag behind."""

RESEND_PAUSE_S: Final = 0.5


class Sender:
    """Signs and sends the transactions of one account.

    Parameters
    ----------
    web3 : Web3
        Connection.
    account : LocalAccount
        Whose key signs.
    log : GasLog, optional
        Where the gas is logged; several senders may share one.
    confirmations : int
        Blocks on top of a transaction's own before it counts.
    wait_s : float
        How long a transaction is waited for.
    fees : Fees, optional
        The chain's fees; several senders may share them.
    outbox : Outbox, optional
        Where each transaction is written down before it is sent.
    on_mined : callable
        Called with the block of each transaction.
    undone : callable
        Says how often the chain has undone blocks; after that a nonce that was kept is asked for again.
    notice : callable
        Called with what a user should know.

    Attributes
    ----------
    left : list of (Outgoing, Mined)
        What earlier programs had on its way when they were stopped, and what is in the chain by now.
    """

    def __init__(
        self,
        web3: Web3,
        account: LocalAccount,
        log: GasLog | None = None,
        *,
        confirmations: int = 0,
        wait_s: float = WAIT_S,
        fees: Fees | None = None,
        outbox: Outbox | None = None,
        on_mined: Callable[[int], None] = lambda _: None,
        undone: Callable[[], int] = lambda: 0,
        notice: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.web3 = web3
        self.account = account
        self.log = log if log is not None else GasLog()
        self.confirmations = confirmations
        self.wait_s = wait_s
        self.hangs_after_s = HANGS_AFTER_S
        self.fees = fees or Fees(web3)
        self.outbox = outbox
        self.on_mined = on_mined
        self.notice = notice
        self.nonces = Nonces(web3, self.address, undone, lambda: outbox.last(self.address) if outbox else None)
        self.left: list[tuple[Outgoing, Mined]] = []
        self._unsent: dict[int, Outgoing] = {}
        self._has_turn = False

    @property
    def address(self) -> ChecksumAddress:
        """The account's address."""
        address: ChecksumAddress = self.account.address
        return address

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Be the only program that sends for this account; what earlier ones left is looked after first.

        Raises
        ------
        AccountBusy
            If another program does not end its turn.
        TransactionTimeout
            If what an earlier one sent is not mined in time.
        """
        if self._has_turn or self.outbox is None:
            yield
            return
        with self.outbox.turn(self.address, self.notice):
            self._has_turn = True
            try:
                self._look_after(self.outbox)
                yield
            finally:
                self._has_turn = False

    def estimate(self, call: Call) -> int:
        """Gas that the call would use now.

        Raises
        ------
        ContractError
            If it would revert.
        GasLimitExceeded
            If one transaction cannot hold it.
        InsufficientEther
            If the account has too little even for that.
        """
        seen = self.outbox.seen_block if self.outbox else lambda: 0
        try:
            gas = estimated_gas(self.web3, call.step, self._params(call), seen)
        except NodeRefused as error:
            self._check_ether(error, GAS_LIMIT, call.value_wei)
            raise
        if gas > GAS_LIMIT:
            raise GasLimitExceeded(call.step, GAS_LIMIT)
        return gas

    def send(self, call: Call) -> Mined:
        """Send one call and wait until it is mined; it is estimated first, unless it has been.

        Raises
        ------
        ContractError
            If the contract refuses it; nothing is sent when that shows beforehand.
        ChainUnreachable, NodeRefused, InsufficientEther, TransactionTimeout, GasLimitExceeded, NonceTaken, AccountBusy
            As their names say.
        """
        return self.send_all([call])[0]

    def send_all(self, calls: Iterable[Call], *, gas: Sequence[int] | None = None) -> list[Mined]:
        """Sign all calls, send them in order, then wait for all.

        A call that an earlier program made before it was stopped is not made again: what came of it is given.

        Parameters
        ----------
        calls : iterable of Call
            Without `gas`, no call may depend on an earlier one: each is estimated on the state before the batch.
        gas : sequence of int, optional
            Gas limit of each call, for calls that depend on each other.
        """
        calls = list(calls)
        if not calls:
            return []
        try:
            with self.turn():
                done = self._made_before(calls)
                fresh = [k for k in range(len(calls)) if k not in done]
                if fresh:
                    limits = [gas[k] for k in fresh] if gas else None
                    done |= zip(fresh, self._send([calls[k] for k in fresh], limits), strict=True)
                return [done[k] for k in range(len(calls))]
        except KeyboardInterrupt as stop:
            under_way = self.outbox.under_way(self.address) if self.outbox else []
            if isinstance(stop, StoppedAfterSending) or not under_way:
                raise
            raise StoppedAfterSending(under_way) from stop

    def _send(self, calls: Sequence[Call], gas: Sequence[int] | None) -> list[Mined]:
        """Sign, send and wait; all is signed again if the node refuses the nonce or fee of the first."""
        limits = list(gas) if gas else self._limits(calls)
        for pause_s in (*STALE_PAUSES_S, None):
            signed = self._signed(calls, limits)
            try:
                for outgoing, limit in zip(signed, limits, strict=True):
                    self._broadcast(outgoing, limit)
                break
            except NodeRefused as error:
                is_first = self.nonces.is_next(signed[0].nonce)  # nothing of the batch was sent: sign all again
                self.nonces.forget()
                if pause_s is None or not is_first or not self._is_outdated(error):
                    raise
                time.sleep(pause_s)
            except BaseException:
                self.nonces.forget()
                raise
        return [self._mined(*item) for item in zip(calls, signed, limits, strict=True)]

    def _look_after(self, outbox: Outbox) -> None:
        """Find out what became of what earlier programs left on its way, and wait for what a node still has.

        What no node has is not sent again, unless the same call is made again: then the same transaction is.
        """
        self._unsent = {}
        for nonce, group in groupby(outbox.under_way(self.address), key=lambda one: one.nonce):
            versions = list(group)
            is_mined = any(map(self._has_receipt, versions))
            if not is_mined and not any(is_known(self.web3, one) for one in versions):
                if nonce >= self.nonces.count("latest"):
                    self._unsent[nonce] = versions[-1]
                    continue
                self.notice(f"looking for transaction {versions[-1].hash_text} ({versions[-1].step}), sent before")
            elif not is_mined:
                self.notice(f"waiting for transaction {versions[-1].hash_text} ({versions[-1].step}), sent before")
            self._settle_left(versions)

    def _settle_left(self, versions: Sequence[Outgoing]) -> None:
        try:
            found, receipt = Wait(self, versions, is_left=True).receipt()
        except NonceTaken:
            return  # another program's transaction has the nonce: this one is lost
        self._note(found, receipt)
        if receipt["status"] == 1:
            self.left.append((found, Mined.of(found.step, receipt)))

    def _has_receipt(self, outgoing: Outgoing) -> bool:
        return ask(self.web3, "a receipt", "eth_getTransactionReceipt", outgoing.hash_text) is not None

    def _made_before(self, calls: Sequence[Call]) -> dict[int, Mined]:
        """By place, what came of those calls that an earlier program made before it was stopped; each counts once."""
        made: dict[int, Mined] = {}
        for k, call in enumerate(calls):
            for item in self.left:
                if item[0].purpose == call.purpose:
                    self.left.remove(item)
                    self.notice(f"{call.step}: an earlier command has done this already; it is not sent again")
                    made[k] = item[1]
                    break
        return made

    def _limits(self, calls: Sequence[Call]) -> list[int]:
        """Gas limits of calls: several are simulated at once where the node can, others estimated one by one."""
        unknown = [call for call in calls if not call.estimated_gas]
        if len(unknown) == len(calls) > 1:
            simulated = simulated_gas(self.web3, self.address, calls)
            if simulated is not None:
                return [min(int(gas * GAS_MARGIN), GAS_LIMIT) for gas in simulated]
        return [min(int((call.estimated_gas or self.estimate(call)) * GAS_MARGIN), GAS_LIMIT) for call in calls]

    def _signed(self, calls: Sequence[Call], limits: Sequence[int]) -> list[Outgoing]:
        """Sign calls with the account's next nonces, and write them down; what was signed before and not sent stays."""
        fees, first = self.fees.offer(), self.nonces.next()
        with translated(self.web3, "the chain's id"):
            chain_id = self.web3.eth.chain_id
        signed, new = [], []
        for nonce, (call, limit) in enumerate(zip(calls, limits, strict=True), first):
            outgoing = self._unsent.pop(nonce, None)
            if outgoing is None or outgoing.purpose != call.purpose:
                terms: dict[str, Any] = {
                    **self._params(call),
                    **fees,
                    "gas": limit,
                    "nonce": nonce,
                    "chainId": chain_id,
                }
                raw = bytes(self.account.sign_transaction(terms).raw_transaction)
                outgoing = Outgoing(call.step, self.address, nonce, raw, call.purpose)
                new.append(outgoing)
            signed.append(outgoing)
        if self.outbox is not None:
            for other in self.outbox.under_way(self.address):
                if other not in signed and first <= other.nonce < first + len(signed):
                    self._mark(other, OutgoingState.LOST)
            self.outbox.write(new)
        return signed

    def _is_outdated(self, error: NodeRefused) -> bool:
        """Whether the node refused what was kept too long: the nonce, or the fees; both are forgotten."""
        if is_low_fee(error.reason):
            self.fees.forget()
            return True
        return is_used_nonce(error.reason) or is_taken_nonce(error.reason)

    def _params(self, call: Call) -> TxParams:
        params: TxParams = {
            "from": self.address,
            "data": HexBytes(call.data),
            "value": Web3.to_wei(call.value_wei, "wei"),
        }
        if call.to is not None:
            params["to"] = call.to
        return params

    def _broadcast(self, outgoing: Outgoing, gas: int) -> None:
        """Send a signed transaction; sending it again does nothing, so a dropped connection does no harm."""
        may_have_arrived = False
        for is_last in (False, False, True):
            try:
                with translated(self.web3, "the transaction"):
                    self.web3.eth.send_raw_transaction(HexBytes(outgoing.raw))
                break
            except ChainUnreachable:
                may_have_arrived = True
                if is_last:
                    raise
                time.sleep(RESEND_PAUSE_S)
            except NodeRefused as error:
                if knows(error.reason) or is_known(self.web3, outgoing):
                    break
                if may_have_arrived and is_used_nonce(error.reason):
                    break  # by this transaction, most likely: its receipt will say so
                self._mark(outgoing, OutgoingState.LOST)
                self._check_ether(error, gas)
                raise
        self._mark(outgoing, OutgoingState.SENT)
        self.nonces.use(outgoing.nonce)

    def _check_ether(self, error: NodeRefused, gas: int, value_wei: int = 0) -> None:
        """Raise InsufficientEther if that is why the node refused."""
        if is_no_ether(error.reason):
            with translated(self.web3, "the balance of ether"):
                have_wei = self.web3.eth.get_balance(self.address)
            needed_wei = gas * offered_wei(self.fees.offer()) + value_wei
            raise InsufficientEther(self.address, have_wei, needed_wei) from error

    def _mark(self, outgoing: Outgoing, state: OutgoingState, block: int | None = None) -> None:
        if self.outbox is not None:
            self.outbox.mark(outgoing.hash, state, block)

    def _note(self, outgoing: Outgoing, receipt: Any) -> None:
        """A transaction is in a block."""
        self.on_mined(receipt["blockNumber"])
        state = OutgoingState.MINED if receipt["status"] == 1 else OutgoingState.REVERTED
        self._mark(outgoing, state, receipt["blockNumber"])

    def _mined(self, call: Call, outgoing: Outgoing, gas: int) -> Mined:
        found, receipt = Wait(self, [outgoing]).receipt()
        self.fees.learn(receipt)
        self._note(found, receipt)
        if receipt["status"] != 1:
            self._raise_revert(call, receipt, gas)
        mined = Mined.of(call.step, receipt, call.items)
        self.log.entries.append(mined)
        return mined

    def _raise_revert(self, call: Call, receipt: Any, gas: int) -> None:
        """Find out why a mined transaction failed by calling it again on the state before its block."""
        if receipt["gasUsed"] >= gas:
            raise GasLimitExceeded(call.step, gas)
        with translated(self.web3, call.step):
            self.web3.eth.call({**self._params(call), "gas": gas}, receipt["blockNumber"] - 1)
        hash_text = HexStr(f"0x{bytes(receipt['transactionHash']).hex()}")
        raise NodeRefused(call.step, f"transaction {hash_text} reverted without a reason that can be repeated")
