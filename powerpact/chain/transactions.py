"""Send transactions, wait for them, and keep a log of their gas.

One `Sender` sends for one account, one transaction after another. A batch is signed beforehand with consecutive nonces
and sent in order, never concurrently: nodes that mine each transaction at once lose those that overtake each other.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
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

GAS_MARGIN: Final = 1.2
"""Gas that is sent along, of the estimate: state may change between the two."""

WAIT_S: Final = 120.0
"""How long a transaction is waited for."""


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
    """

    def __init__(
        self,
        web3: Web3,
        account: LocalAccount,
        log: GasLog | None = None,
        *,
        confirmations: int = 0,
        wait_s: float = WAIT_S,
    ) -> None:
        self.web3 = web3
        self.account = account
        self.log = log if log is not None else GasLog()
        self.confirmations = confirmations
        self.wait_s = wait_s

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
        limits = gas or [
            min(int((call.estimated_gas or self.estimate(call)) * GAS_MARGIN), GAS_LIMIT) for call in calls
        ]
        fees = self._fees()
        with translated(self.web3, "the account's nonce"):
            nonce = self.web3.eth.get_transaction_count(self.address, "pending")
        signed = [
            self._sign(call, {**fees, "gas": limit, "nonce": nonce + i})
            for i, (call, limit) in enumerate(zip(calls, limits, strict=True))
        ]
        hashes = [self._broadcast(raw, limit, fees) for raw, limit in zip(signed, limits, strict=True)]
        return [self._mined(*item) for item in zip(calls, hashes, signed, limits, strict=True)]

    def _sign(self, call: Call, terms: Mapping[str, Any]) -> HexBytes:
        transaction: dict[str, Any] = {**self._params(call), **terms, "chainId": self.web3.eth.chain_id}
        return self.account.sign_transaction(transaction).raw_transaction

    def _params(self, call: Call) -> TxParams:
        params: TxParams = {
            "from": self.address,
            "data": HexBytes(call.data),
            "value": Web3.to_wei(call.value_wei, "wei"),
        }
        if call.to is not None:
            params["to"] = call.to
        return params

    def _fees(self) -> dict[str, Any]:
        with translated(self.web3, "the gas price"):
            base_fee = self.web3.eth.get_block("latest").get("baseFeePerGas")
            if base_fee is None:
                return {"gasPrice": self.web3.eth.gas_price}
            tip = self.web3.eth.max_priority_fee
        return {"maxPriorityFeePerGas": tip, "maxFeePerGas": 2 * base_fee + tip}

    def _broadcast(self, raw: HexBytes, gas: int, fees: Mapping[str, int]) -> HexBytes:
        """Send a signed transaction; sending it again does nothing, so a dropped connection is no loss."""
        transaction_hash = HexBytes(Web3.keccak(raw))
        for is_last in (False, False, True):
            try:
                with translated(self.web3, "the transaction"):
                    return self.web3.eth.send_raw_transaction(raw)
            except ChainUnreachable:
                if is_last:
                    raise
                time.sleep(0.5)
            except NodeRefused as error:
                reason = error.reason.lower()
                if "already known" in reason or "already imported" in reason or self._is_known(transaction_hash):
                    return transaction_hash
                if "insufficient funds" in reason:
                    price_wei = fees.get("maxFeePerGas") or fees["gasPrice"]
                    raise InsufficientEther(
                        self.address, self.web3.eth.get_balance(self.address), gas * price_wei
                    ) from error
                raise
        raise AssertionError("unreachable")

    def _is_known(self, transaction_hash: HexBytes) -> bool:
        try:
            with translated(self.web3, "the transaction"):
                self.web3.eth.get_transaction(transaction_hash)
        except NodeRefused:
            return False
        return True

    def _mined(self, call: Call, transaction_hash: HexBytes, raw: HexBytes, gas: int) -> Mined:
        receipt = self._receipt(transaction_hash, raw)
        if receipt["status"] != 1:
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

    def _receipt(self, transaction_hash: HexBytes, raw: HexBytes) -> Any:
        """Wait for the receipt, and for the blocks on top of it.

        A transaction that the node has forgotten, dropped from its pool or lost in a reorganisation, is sent again.
        """
        deadline = time.monotonic() + self.wait_s
        pause_s = 0.005
        while True:
            with translated(self.web3, "the receipt"):
                try:
                    receipt = self.web3.eth.get_transaction_receipt(transaction_hash)
                    if self.web3.eth.block_number >= receipt["blockNumber"] + self.confirmations:
                        return receipt
                except TransactionNotFound:
                    if pause_s > 0.1 and not self._is_known(transaction_hash):
                        self.web3.eth.send_raw_transaction(raw)
            if time.monotonic() > deadline:
                raise TransactionTimeout(f"0x{bytes(transaction_hash).hex()}", self.wait_s)
            time.sleep(pause_s)
            pause_s = min(2 * pause_s, 1.0)

    def _raise_revert(self, call: Call, receipt: Any, gas: int) -> None:
        """Find out why a mined transaction failed by calling it again on the state before its block."""
        if receipt["gasUsed"] >= gas:
            raise GasLimitExceeded(call.step, gas)
        with translated(self.web3, call.step):
            self.web3.eth.call({**self._params(call), "gas": gas}, receipt["blockNumber"] - 1)
        hash_text = HexStr(f"0x{bytes(receipt['transactionHash']).hex()}")
        raise NodeRefused(call.step, f"transaction {hash_text} reverted without a reason that can be repeated")
