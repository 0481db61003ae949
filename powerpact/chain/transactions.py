"""Send transactions, wait for them, and keep a log of their gas.

One `Sender` sends for one account, one transaction after another. A batch is signed beforehand with consecutive nonces
and sent in order, never concurrently: nodes that mine each transaction at once lose those that overtake each other.

A transaction costs three requests: an estimate, the sending, the receipt. The account's nonce and the chain's fees are
asked for once and then kept, until the node disagrees.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress, HexStr
from hexbytes import HexBytes
from web3 import Web3
from web3.exceptions import TransactionNotFound
from web3.types import TxParams

from powerpact.chain.connection import GAS_LIMIT, translated
from powerpact.chain.errors import (
    ChainUnreachable,
    GasLimitExceeded,
    InsufficientEther,
    NodeRefused,
    TransactionTimeout,
)
from powerpact.chain.estimates import simulated_gas
from powerpact.chain.fees import Fees
from powerpact.chain.nonces import Nonces
from powerpact.chain.outbox import Outbox, Outgoing, OutgoingState, look_after

GAS_MARGIN: Final = 1.2
"""Gas that is sent along, of the estimate: state may change between the two."""

WAIT_S: Final = 120.0
"""How long a transaction is waited for."""

LONGEST_PAUSE_S: Final = 1.0
"""Between two looks for a receipt."""

_STALE_NONCE: Final = ("nonce too low", "nonce is too low", "replacement transaction underpriced", "old nonce")
_STALE_FEES: Final = ("less than block base fee", "transaction underpriced", "fee too low")


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
    """

    step: str
    to: ChecksumAddress | None
    data: bytes = b""
    items: int = 1
    value_wei: int = 0
    estimated_gas: int = 0


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
    ) -> None:
        self.web3 = web3
        self.account = account
        self.log = log if log is not None else GasLog()
        self.confirmations = confirmations
        self.wait_s = wait_s
        self.fees = fees or Fees(web3)
        self.outbox = outbox
        self.on_mined = on_mined
        self.nonces = Nonces(web3, self.address, undone)
        self._is_outbox_read = False

    @property
    def address(self) -> ChecksumAddress:
        """The account's address."""
        address: ChecksumAddress = self.account.address
        return address

    def estimate(self, call: Call) -> int:
        """Gas that the call would use now.

        Raises
        ------
        ContractError
            If it would revert.
        GasLimitExceeded
            If one transaction cannot hold it.
        """
        with translated(self.web3, call.step):
            gas = self.web3.eth.estimate_gas(self._params(call))
        if gas > GAS_LIMIT:
            raise GasLimitExceeded(call.step, GAS_LIMIT)
        return gas

    def send(self, call: Call) -> Mined:
        """Send one call and wait until it is mined; it is estimated first, unless it has been.

        Raises
        ------
        ContractError
            If the contract refuses it; nothing is sent when that shows beforehand.
        ChainUnreachable, NodeRefused, InsufficientEther, TransactionTimeout, GasLimitExceeded
            As their names say.
        """
        return self.send_all([call])[0]

    def send_all(self, calls: Iterable[Call], *, gas: Sequence[int] | None = None) -> list[Mined]:
        """Sign all calls, send them in order, then wait for all.

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
        limits = list(gas) if gas else self._limits(calls)
        for is_last in (False, True):
            signed = self._signed(calls, limits)
            try:
                for outgoing, limit in zip(signed, limits, strict=True):
                    self._broadcast(outgoing, limit)
                break
            except NodeRefused as error:
                is_first = self.nonces.is_next(signed[0].nonce)  # nothing of the batch was sent: sign all again
                self.nonces.forget()
                if is_last or not is_first or not self._is_outdated(error):
                    raise
            except BaseException:
                self.nonces.forget()
                raise
        return [self._mined(*item) for item in zip(calls, signed, limits, strict=True)]

    def _limits(self, calls: Sequence[Call]) -> list[int]:
        """Gas limits of calls: several are simulated at once where the node can, others estimated one by one."""
        unknown = [call for call in calls if not call.estimated_gas]
        if len(unknown) == len(calls) > 1:
            simulated = simulated_gas(self.web3, self.address, calls)
            if simulated is not None:
                return [min(int(gas * GAS_MARGIN), GAS_LIMIT) for gas in simulated]
        return [min(int((call.estimated_gas or self.estimate(call)) * GAS_MARGIN), GAS_LIMIT) for call in calls]

    def _signed(self, calls: Sequence[Call], limits: Sequence[int]) -> list[Outgoing]:
        """Sign calls with the account's next nonces, and write them down."""
        fees, first = self.fees.offer(), self._next_nonce()
        with translated(self.web3, "the chain's id"):
            chain_id = self.web3.eth.chain_id
        signed = []
        for nonce, (call, limit) in enumerate(zip(calls, limits, strict=True), first):
            terms: dict[str, Any] = {**self._params(call), **fees, "gas": limit, "nonce": nonce, "chainId": chain_id}
            raw = bytes(self.account.sign_transaction(terms).raw_transaction)
            signed.append(Outgoing(call.step, self.address, nonce, raw, Web3.keccak(call.data)))
        if self.outbox is not None:
            self.outbox.write(signed)
        return signed

    def _next_nonce(self) -> int:
        """The account's next nonce, after a look at what an earlier program left pending."""
        if self.outbox is not None and not self._is_outbox_read:
            look_after(self.web3, self.outbox, self.address)
            self._is_outbox_read = True
        return self.nonces.next()

    def _is_outdated(self, error: NodeRefused) -> bool:
        """Whether the node refused what was kept too long: the nonce, or the fees; both are forgotten."""
        reason = error.reason.lower()
        if any(text in reason for text in _STALE_NONCE):
            return True
        if any(text in reason for text in _STALE_FEES):
            self.fees.forget()
            return True
        return False

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
        transaction_hash = HexBytes(outgoing.hash)
        for is_last in (False, False, True):
            try:
                with translated(self.web3, "the transaction"):
                    self.web3.eth.send_raw_transaction(HexBytes(outgoing.raw))
                break
            except ChainUnreachable:
                if is_last:
                    raise
                time.sleep(0.5)
            except NodeRefused as error:
                reason = error.reason.lower()
                if "already known" in reason or "already imported" in reason or self._is_known(transaction_hash):
                    break
                self._mark(outgoing, OutgoingState.LOST)
                if "insufficient funds" in reason:
                    fees = self.fees.offer()
                    price_wei = fees.get("maxFeePerGas") or fees["gasPrice"]
                    raise InsufficientEther(
                        self.address, self.web3.eth.get_balance(self.address), gas * price_wei
                    ) from error
                raise
        self._mark(outgoing, OutgoingState.SENT)
        self.nonces.use(outgoing.nonce)

    def _mark(self, outgoing: Outgoing, state: OutgoingState, block: int | None = None) -> None:
        if self.outbox is not None:
            self.outbox.mark(outgoing.hash, state, block)

    def _is_known(self, transaction_hash: HexBytes) -> bool:
        try:
            with translated(self.web3, "the transaction"):
                self.web3.eth.get_transaction(transaction_hash)
        except NodeRefused:
            return False
        return True

    def _mined(self, call: Call, outgoing: Outgoing, gas: int) -> Mined:
        transaction_hash = HexBytes(outgoing.hash)
        receipt = self._receipt(outgoing)
        self.fees.learn(receipt)
        self.on_mined(receipt["blockNumber"])
        is_done = receipt["status"] == 1
        self._mark(outgoing, OutgoingState.MINED if is_done else OutgoingState.REVERTED, receipt["blockNumber"])
        if not is_done:
            self._raise_revert(call, receipt, gas)
        mined = Mined(
            step=call.step,
            transaction_hash=f"0x{bytes(transaction_hash).hex()}",
            gas_used=receipt["gasUsed"],
            block=receipt["blockNumber"],
            items=call.items,
            logs=tuple(receipt["logs"]),
            created=receipt.get("contractAddress"),
        )
        self.log.entries.append(mined)
        return mined

    def _receipt(self, outgoing: Outgoing) -> Any:
        """Wait for the receipt, and for the blocks on top of it.

        A transaction that the node has forgotten, dropped from its pool or lost in a reorganisation, is sent again.
        """
        transaction_hash, raw = HexBytes(outgoing.hash), HexBytes(outgoing.raw)
        deadline = time.monotonic() + self.wait_s
        pause_s, is_in_turn = 0.005, False
        while True:
            with translated(self.web3, "the receipt"):
                try:
                    receipt = self.web3.eth.get_transaction_receipt(transaction_hash)
                    depth = self.web3.eth.block_number - receipt["blockNumber"] if self.confirmations else 0
                    if depth >= self.confirmations:
                        return receipt
                except TransactionNotFound:
                    if pause_s > 0.1 and not self._is_known(transaction_hash):
                        self.web3.eth.send_raw_transaction(raw)
                    if pause_s >= LONGEST_PAUSE_S and not is_in_turn:
                        self._check_turn(outgoing)
                        is_in_turn = True
            if time.monotonic() > deadline:
                raise TransactionTimeout(f"0x{bytes(transaction_hash).hex()}", self.wait_s)
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)

    def _check_turn(self, outgoing: Outgoing) -> None:
        """Make sure that a transaction that is not mined does not wait for an earlier one that no node has any more."""
        missing = self.nonces.missing_before(outgoing.nonce)
        if missing is not None:
            self.nonces.forget()
            reason = f"transaction {missing} of {self.address} is lost and {outgoing.nonce} waits for it"
            raise NodeRefused(outgoing.step, reason)

    def _raise_revert(self, call: Call, receipt: Any, gas: int) -> None:
        """Find out why a mined transaction failed by calling it again on the state before its block."""
        if receipt["gasUsed"] >= gas:
            raise GasLimitExceeded(call.step, gas)
        with translated(self.web3, call.step):
            self.web3.eth.call({**self._params(call), "gas": gas}, receipt["blockNumber"] - 1)
        hash_text = HexStr(f"0x{bytes(receipt['transactionHash']).hex()}")
        raise NodeRefused(call.step, f"transaction {hash_text} reverted without a reason that can be repeated")
