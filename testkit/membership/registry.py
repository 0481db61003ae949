"""Registry and motions on an EVM in this process, and who takes part."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple
from typing import Any

from eth_abi.abi import encode

from powerpact.chain.artifacts import Artifact, artifact
from powerpact.chain.deployment import create_address
from powerpact.chain.errors import ContractError
from powerpact.codec.abi import Interface
from powerpact.codec.eip712 import Domain
from testkit.admitting import MEMBERSHIP
from testkit.chains import EvmChain
from testkit.market import key

PEOPLE = [key(f"person {i}") for i in range(6)]
AUDITORS = [key(f"auditor {i}") for i in range(3)]
EVERYBODY = {account.address: account for account in (*PEOPLE, *AUDITORS)}
THRESHOLD = 2
REGISTRY, MOTIONS = "ParticipantRegistry", "Motions"


class Registry:
    """Registry and motions on a chain, with accounts of which nothing is held."""

    def __init__(self, artifacts: Callable[[str], Artifact] = artifact) -> None:
        self.chain = EvmChain(largest_code=1 << 16)
        deployer = key("deployer").address
        compiled = {name: artifacts(name) for name in (MOTIONS, REGISTRY)}
        self.interfaces = {name: Interface(found.abi) for name, found in compiled.items()}
        stub = _nobody_holds(self.chain, deployer)
        nonce = self.chain.nonce(deployer)
        self.addresses = {name: create_address(deployer, nonce + i) for i, name in enumerate((MOTIONS, REGISTRY))}
        rules = astuple(MEMBERSHIP)
        arguments = {
            MOTIONS: [[account.address for account in AUDITORS], THRESHOLD, rules, self.addresses[REGISTRY]],
            REGISTRY: [self.addresses[MOTIONS], stub],
        }
        for name in (MOTIONS, REGISTRY):
            code = compiled[name].bytecode + encode(self.interfaces[name].constructor, arguments[name])
            assert self.chain.create(deployer, code) == self.addresses[name]

    def send(self, sender: str, contract: str, function: str, *arguments: Any) -> str:
        """The name of the error that refuses a call; empty if it is taken."""
        data = self.interfaces[contract].encode_call(function, arguments)
        try:
            self.chain.send(sender, self.addresses[contract], data)
        except ContractError as error:
            return error.name
        return ""

    def read(self, contract: str, function: str, *arguments: Any) -> Any:
        data = self.interfaces[contract].encode_call(function, arguments)
        return self.interfaces[contract].decode_output(function, self.chain.read(self.addresses[contract], data))

    def domain(self, contract: str) -> Domain:
        return Domain(self.chain.chain_id, self.addresses[contract])


def _nobody_holds(chain: EvmChain, deployer: str) -> str:
    """A contract in place of the accounts that answers zero, whatever it is asked: PUSH1 32, PUSH0, RETURN."""
    runtime = bytes.fromhex("60205ff3")
    return chain.create(deployer, bytes.fromhex("63") + runtime + bytes.fromhex("5f526004601cf3"))
