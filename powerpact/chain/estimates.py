"""Estimate the gas of several calls in one request, on a node that can simulate (``eth_simulateV1``)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, Protocol

from eth_typing import ChecksumAddress
from web3 import Web3

from powerpact.chain.connection import GAS_LIMIT, ask, has_method, note_refusal
from powerpact.chain.errors import GasLimitExceeded, NodeRefused
from powerpact.chain.reverts import revert_error

SIMULATED_AT_ONCE: Final = 64
"""Calls in one simulation; a node gives it as much gas as a block has."""

REFUND_SHARE: Final = 4
"""A receipt's gas is what was needed less a refund of at most a fifth, so a quarter is added (EIP-3529)."""

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
        raise NodeRefused(call.step, str((result.get("error") or {}).get("message", "it would revert")))
    used = int(result["gasUsed"], 16)
    if used > GAS_LIMIT:
        raise GasLimitExceeded(call.step, GAS_LIMIT)
    return used + used // REFUND_SHARE
