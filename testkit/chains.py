"""Chains that tests drive directly: a node through JSON-RPC, or an EVM in this process.

Both send for any account without its key, refuse with the contract's typed error, hand out snapshots, and let the test
set the time. `NodeChain` mines each transaction and reports its true gas; `EvmChain` runs thousands of calls a second.
"""

from __future__ import annotations

import json
import os
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import Any, Protocol, TypeVar
from urllib.parse import urlsplit

import pytest
from eth_typing import ChecksumAddress
from eth_utils import to_checksum_address

from powerpact.chain.deployment import create_address
from powerpact.chain.reverts import revert_error

T = TypeVar("T")

GAS_LIMIT = 16_777_216
"""The most gas that one transaction may have (EIP-7825)."""

LARGEST_CODE = int(os.environ.get("POWERPACT_LARGEST_CODE", "24576"))
"""The most bytes that a contract may have on a real chain (EIP-170), unless the tests run on larger ones."""

GENESIS_TIME = 1_700_000_000
"""Time of the first block of a new chain, Unix seconds."""

PATIENCE_S = 60.0
"""How long a transaction may take to be mined."""

NOBODY = "0x" + "00" * 20


@dataclass(frozen=True, slots=True)
class Log:
    """A log entry: who emitted it, its topics, its data."""

    address: str
    topics: tuple[bytes, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a transaction did. `gas_used` counts everything, the 21 000 of the transaction included."""

    gas_used: int
    logs: tuple[Log, ...]
    transaction_hash: str = ""


class TestChain(Protocol):
    """What the market driver needs of a chain."""

    __test__ = False

    chain_id: int

    def now(self) -> int:
        """Time of the latest block, Unix seconds."""

    def warp(self, time_s: int) -> None:
        """Let it be `time_s`, Unix seconds; never earlier than now."""

    def nonce(self, account: str) -> int:
        """Number of transactions of an account so far."""

    def create(self, sender: ChecksumAddress, code: bytes) -> ChecksumAddress:
        """Deploy a contract."""

    def send(self, sender: str, to: str, data: bytes) -> Receipt:
        """Execute a transaction. Raises ContractError, and changes nothing, if it reverts."""

    def read(self, to: str, data: bytes) -> bytes:
        """Call a view function."""

    def read_all(self, calls: Sequence[tuple[str, bytes]]) -> list[bytes]:
        """Call many view functions at once."""

    def snapshot(self) -> Any:
        """A point to go back to."""

    def revert(self, point: Any) -> None:
        """Go back. The point can be used again."""

    def undo(self, point: Any) -> None:
        """Go back for good: the point cannot be used again. An EVM in this process has room for 1 024 points."""


class NodeChain:
    """Anvil through JSON-RPC: each transaction is mined at once, in a block one second after the last.

    Parameters
    ----------
    rpc_url : str
        Address of the node. It must let blocks be free of charge.
    """

    def __init__(self, rpc_url: str) -> None:
        parts = urlsplit(rpc_url)
        self._connection = HTTPConnection(parts.hostname or "", parts.port, timeout=120)
        self.chain_id = int(self.request("eth_chainId"), 16)
        self.request("anvil_autoImpersonateAccount", True)
        self.request("anvil_setBlockTimestampInterval", 1)

    def request(self, method: str, *params: Any) -> Any:
        """One JSON-RPC request. Raises ContractError if a contract reverted, RuntimeError on another refusal."""
        return self._batch([(method, params)])[0]

    def now(self) -> int:
        return int(self.request("eth_getBlockByNumber", "latest", False)["timestamp"], 16)

    def warp(self, time_s: int) -> None:
        if time_s > self.now():
            self.request("evm_setNextBlockTimestamp", time_s)
            self.request("evm_mine")

    def nonce(self, account: str) -> int:
        return int(self.request("eth_getTransactionCount", account, "latest"), 16)

    def create(self, sender: ChecksumAddress, code: bytes) -> ChecksumAddress:
        address = create_address(sender, self.nonce(sender))
        self._execute({"from": sender, "data": f"0x{code.hex()}"})
        return address

    def send(self, sender: str, to: str, data: bytes) -> Receipt:
        return self._execute({"from": sender, "to": to, "data": f"0x{data.hex()}"})

    def read(self, to: str, data: bytes) -> bytes:
        return self.read_all([(to, data)])[0]

    def read_all(self, calls: Sequence[tuple[str, bytes]]) -> list[bytes]:
        requests = [("eth_call", ({"to": to, "data": f"0x{data.hex()}"}, "latest")) for to, data in calls]
        return [bytes.fromhex(answer[2:]) for answer in self._batch(requests)]

    def snapshot(self) -> list[str]:
        return [self.request("evm_snapshot")]

    def revert(self, point: list[str]) -> None:
        # A node forgets a snapshot when it goes back to it.
        self.undo(point)
        point[0] = self.request("evm_snapshot")

    def undo(self, point: list[str]) -> None:
        if not self.request("evm_revert", point[0]):
            raise RuntimeError(f"the node does not know snapshot {point[0]}")

    def trace(self, transaction_hash: str) -> dict[str, Any]:
        """The tree of calls inside a transaction, with the gas of each."""
        return self.request("debug_traceTransaction", transaction_hash, {"tracer": "callTracer"})

    def _execute(self, transaction: dict[str, Any]) -> Receipt:
        transaction = {**transaction, "gas": hex(GAS_LIMIT), "gasPrice": "0x0"}
        hash_ = self.request("eth_sendTransaction", transaction)
        receipt = self._mined(hash_)
        if int(receipt["status"], 16) == 0:
            self._explain(hash_)
        logs = tuple(
            Log(log["address"], tuple(bytes.fromhex(t[2:]) for t in log["topics"]), bytes.fromhex(log["data"][2:]))
            for log in receipt["logs"]
        )
        return Receipt(int(receipt["gasUsed"], 16), logs, hash_)

    def _mined(self, transaction_hash: str) -> dict[str, Any]:
        """The receipt. Anvil answers first and mines then; and a transaction that is still pooled when the test goes
        back to a snapshot would be mined again.
        """
        deadline = time.monotonic() + PATIENCE_S
        questions = [("eth_getTransactionReceipt", [transaction_hash]), ("txpool_status", [])]
        while time.monotonic() < deadline:
            receipt, pool = self._batch(questions)
            if receipt is not None and int(pool["pending"], 16) == 0:
                return receipt
            time.sleep(0.0005)
        raise RuntimeError(f"transaction {transaction_hash} was not mined within {PATIENCE_S:g} s")

    def _explain(self, transaction_hash: str) -> None:
        """Raise what a failed transaction reverted with."""
        trace = self.trace(transaction_hash)
        if output := trace.get("output", "0x")[2:]:
            raise revert_error(bytes.fromhex(output))
        raise RuntimeError(f"transaction {transaction_hash} failed: {trace.get('error')}")

    def _batch(self, requests: Sequence[tuple[str, Sequence[Any]]]) -> list[Any]:
        if not requests:
            return []
        body = [
            {"jsonrpc": "2.0", "id": i, "method": method, "params": list(params)}
            for i, (method, params) in enumerate(requests)
        ]
        self._connection.request("POST", "/", json.dumps(body), {"Content-Type": "application/json"})
        answers = json.loads(self._connection.getresponse().read())
        return [_result(answer) for answer in sorted(answers, key=lambda answer: answer["id"])]


def _result(answer: dict[str, Any]) -> Any:
    if "error" not in answer:
        return answer["result"]
    data = answer["error"].get("data")
    if isinstance(data, str) and data.startswith("0x"):
        raise revert_error(bytes.fromhex(data[2:]))
    raise RuntimeError(answer["error"]["message"])


class EvmChain:
    """An EVM in this process (pyrevm). Gas is not that of separate transactions: storage stays warm.

    Parameters
    ----------
    largest_code : int
        The most bytes that a contract may have.
    most_gas : int
        The gas of a transaction.
    """

    chain_id = 1

    def __init__(self, largest_code: int = LARGEST_CODE, most_gas: int = 2**62) -> None:
        self._pyrevm = pytest.importorskip("pyrevm", reason="pyrevm has no wheel for this Python")
        config = self._pyrevm.CfgEnv(limit_contract_code_size=largest_code)
        self._evm = self._pyrevm.EVM(env=self._pyrevm.Env(cfg=config), gas_limit=most_gas)
        self._time = GENESIS_TIME
        self._number = 0
        self._tick()

    def now(self) -> int:
        return self._time

    def warp(self, time_s: int) -> None:
        self._time = max(time_s, self._time)
        self._tick()

    def nonce(self, account: str) -> int:
        return int(self._evm.basic(account).nonce)

    def create(self, sender: ChecksumAddress, code: bytes) -> ChecksumAddress:
        return to_checksum_address(_explained(lambda: self._evm.deploy(sender, code)))

    def send(self, sender: str, to: str, data: bytes) -> Receipt:
        self.warp(self._time + 1)
        _explained(lambda: self._evm.message_call(sender, to, data))
        result = self._evm.result
        return Receipt(
            result.gas_used,
            tuple(Log(log.address, tuple(map(bytes, log.data[0])), bytes(log.data[1])) for log in result.logs),
        )

    def read(self, to: str, data: bytes) -> bytes:
        return bytes(_explained(lambda: self._evm.message_call(NOBODY, to, data, is_static=True)))

    def read_all(self, calls: Sequence[tuple[str, bytes]]) -> list[bytes]:
        return [self.read(to, data) for to, data in calls]

    def snapshot(self) -> list[Any]:
        return [self._evm.snapshot(), self._time, self._number]

    def revert(self, point: list[Any]) -> None:
        # The EVM forgets a checkpoint when it goes back to it.
        self.undo(point)
        point[0] = self._evm.snapshot()

    def undo(self, point: list[Any]) -> None:
        self._evm.revert(point[0])
        _, self._time, self._number = point
        self._tick()

    def _tick(self) -> None:
        self._number += 1
        self._evm.set_block_env(self._pyrevm.BlockEnv(timestamp=self._time, number=self._number))


def _explained(action: Callable[[], T]) -> T:
    """Run an action of the EVM; turn its revert into the contract's typed error."""
    try:
        return action()
    except RuntimeError as error:
        reverted = re.search(r"Revert .*output: 0x([0-9a-f]*)", str(error))
        if reverted is None:
            raise
        raise revert_error(bytes.fromhex(reverted[1])) from None
