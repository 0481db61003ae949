"""Which contracts of a deployment get past a guard.

Each guarded contract is deployed with accounts in the places of the others, since no contract sends transactions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from eth_abi.abi import encode

from powerpact.chain.artifacts import CONTRACTS, Artifact, artifact
from powerpact.chain.deployment import Parameters, constructor_arguments, create_address
from powerpact.chain.errors import ContractError
from powerpact.codec.abi import Interface
from testkit.chains import EvmChain
from testkit.market import key
from testkit.powers.neutral import neutral
from testkit.powers.table import POWERS
from testkit.powers.terms import Role

NEEDED = {"Deliveries": ("DeviceRegistry", "Metering")}
"""What a constructor asks, and what that asks: it must be there already."""


def guarded_functions(contract: str) -> list[str]:
    """The functions of a contract that are for other contracts."""
    return [function for function, power in POWERS.get(contract, {}).items() if Role.CONTRACT in power.by]


def admitted(contract: str, artifacts: Callable[[str], Artifact] = artifact) -> dict[str, set[str]]:
    """By guarded function of a contract: the contracts of the deployment that its guard lets pass."""
    chain, addresses = EvmChain(largest_code=1 << 16), {name: key(name).address for name in CONTRACTS}
    for name in (*NEEDED.get(contract, ()), contract):
        addresses[name] = _deploy(chain, artifacts(name), addresses)
    interface = Interface(artifacts(contract).abi)
    passed: dict[str, set[str]] = {}
    for function in guarded_functions(contract):
        data = interface.encode_call(function, neutral(contract, function))
        refused = POWERS[contract][function].refused
        callers = [name for name in CONTRACTS if addresses[name] == key(name).address]
        passed[function] = {
            name for name in callers if _outcome(chain, addresses[name], addresses[contract], data) != refused
        }
    return passed


def _deploy(chain: EvmChain, compiled: Artifact, addresses: dict[str, Any]) -> Any:
    deployer = key("deployer").address
    parameters = Parameters(key("utility").address, (key("auditor 0").address,), threshold=1)
    arguments = constructor_arguments(addresses, parameters)[compiled.name]
    code = compiled.bytecode + encode(Interface(compiled.abi).constructor, arguments)
    expected = create_address(deployer, chain.nonce(deployer))
    assert chain.create(deployer, code) == expected
    return expected


def _outcome(chain: EvmChain, sender: str, to: str, data: bytes) -> str:
    point = chain.snapshot()
    try:
        chain.send(sender, to, data)
    except ContractError as error:
        return error.name
    finally:
        chain.undo(point)
    return ""
