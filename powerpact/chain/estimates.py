"""Estimate the gas of several calls in one request, on a node that can simulate (``eth_simulateV1``)."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, Final, Protocol

from eth_typing import ChecksumAddress
from eth_utils import to_hex
from web3 import Web3
from web3.types import TxParams

from powerpact.chain.connection import GAS_LIMIT, answers_of, ask, has_method, note_refusal, result_of, translated
from powerpact.chain.errors import ContractError, GasLimitExceeded, NodeRefused
from powerpact.chain.node_errors import RevertedEmpty
from powerpact.chain.nonces import LAG_PATIENCE_S
from powerpact.chain.reverts import revert_error

SIMULATED_AT_ONCE: Final = 64
"""Calls in one simulation; a node gives it as much gas as a block has."""

REFUND_SHARE: Final = 4
"""A receipt's gas is what was needed less a refund of at most a fifth, so a quarter is added (EIP-3529)."""

_LAG_PAUSE_S: Final = 0.25
_METHOD: Final = "eth_simulateV1"


class Simulable(Protocol):
    """What is simulated: a call to a contract."""

    @property
    def step(self) -> str:
        """Which step of the market it belongs to."""

    @property
    def to(self) -> ChecksumAddress | None:
        """The contract."""

    @property
    def data(self) -> bytes:
        """Calldata."""

    @property
    def value_wei(self) -> int:
        """Ether that goes with it."""


def simulated_gas(web3: Web3, sender: ChecksumAddress, calls: Sequence[Simulable]) -> list[int] | None:
    """Gas that each of several calls needs, one after another on the latest state.

    Parameters
    ----------
    web3 : Web3
        Connection.
    sender : ChecksumAddress
        Who calls.
    calls : sequence of Simulable
        The calls.

    Returns
    -------
    list of int or None
        None if the node does not say.

    Raises
    ------
    ContractError
        If one would revert.
    GasLimitExceeded
        If one needs more gas than a transaction may have.
    """
    if len(calls) > SIMULATED_AT_ONCE or any(call.to is None for call in calls) or not has_method(web3, _METHOD):
        return None
    fields = [
        {"from": sender, "to": call.to, "input": f"0x{call.data.hex()}", "value": hex(call.value_wei)} for call in calls
    ]
    try:
        blocks: Any = ask(web3, "a simulation", _METHOD, {"blockStateCalls": [{"calls": fields}]}, "latest")
        results = blocks[0]["calls"]
    except NodeRefused as error:
        note_refusal(web3, _METHOD, error)
        return None
    return [_needed(call, result) for call, result in zip(calls, results, strict=True)]


def _needed(call: Simulable, result: Any) -> int:
    if int(result["status"], 16) != 1:
        data = bytes.fromhex(str(result.get("returnData", "0x"))[2:])
        if data:
            raise revert_error(data)
        raise RevertedEmpty(call.step, str((result.get("error") or {}).get("message", "it would revert")))
    used = int(result["gasUsed"], 16)
    if used > GAS_LIMIT:
        raise GasLimitExceeded(call.step, GAS_LIMIT)
    return used + used // REFUND_SHARE


def estimated_gas(web3: Web3, step: str, params: TxParams, seen_block: Callable[[], int]) -> int:
    """Gas that a call needs now, by the node's own estimate.

    Parameters
    ----------
    web3 : Web3
        Connection.
    step : str
        What is estimated, for messages.
    params : TxParams
        The call.
    seen_block : callable
        Gives the block that one of this machine's transactions was lately found in. If the call is refused, it is tried
        again on a state that has it: the machine that refused may lag behind.

    Raises
    ------
    ContractError
        If it would revert.
    GasLimitExceeded, NodeRefused
        As their names say.
    """
    try:
        with translated(web3, step):
            return web3.eth.estimate_gas(params)
    except ContractError:
        seen = seen_block()
        if not seen:
            raise
    fields: dict[str, Any] = {**params, "data": to_hex(params["data"]), "value": hex(params["value"])}
    deadline = time.monotonic() + LAG_PATIENCE_S
    while True:
        head, gas = answers_of(web3, step, [("eth_blockNumber", []), ("eth_estimateGas", [fields])])
        try:
            return int(result_of(step, gas), 16)
        except ContractError:
            if int(result_of(step, head), 16) >= seen or time.monotonic() > deadline:
                raise
        time.sleep(_LAG_PAUSE_S)
