"""Deploy the contracts, and go on where an earlier program was stopped.

Where each contract comes to be is known before the first is sent, from the deployer's nonce. With a folder this plan is
written down first: a program that is run again finds it, and leaves out what is in the chain.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from eth_abi.abi import encode
from eth_typing import ChecksumAddress
from eth_utils import keccak
from web3 import Web3

from powerpact.chain.artifacts import CONTRACTS, artifact
from powerpact.chain.connection import ask, chain_id_of, rpc_url_of
from powerpact.chain.deployment import Deployment, Parameters, constructor_arguments, create_address, verify
from powerpact.chain.errors import DeploymentMismatch, NodeRefused
from powerpact.chain.filing import write_new
from powerpact.chain.node_errors import HardForkMissing
from powerpact.chain.refusals import is_old_rules
from powerpact.chain.transactions import Call, Sender
from powerpact.codec.abi import Interface
from powerpact.progress import Progress, silent

FORKS: Final = (("Shanghai", "the instruction PUSH0", "0x5f5ff3"),)
"""Hard forks that the contracts need, each with a program that only their rules can run."""

PLAN: Final = "deploying.json"


@dataclass(frozen=True, slots=True)
class Plan:
    """A deployment that was begun.

    Attributes
    ----------
    genesis : str
        Hash of the chain's first block.
    deployer : ChecksumAddress
        Who deploys.
    fingerprint : str
        Hash of the contracts' code and of the parameters.
    nonce : int
        The deployer's nonce for the first contract.
    block : int
        The first block that can have one of the contracts.
    """

    genesis: str
    deployer: ChecksumAddress
    fingerprint: str
    nonce: int
    block: int

    @property
    def addresses(self) -> dict[str, ChecksumAddress]:
        """Where each contract comes to be."""
        return {name: create_address(self.deployer, self.nonce + i) for i, name in enumerate(CONTRACTS)}


def deploy(sender: Sender, parameters: Parameters, report: Progress = silent, folder: Path | None = None) -> Deployment:
    """Deploy all contracts from one account and verify the result.

    Parameters
    ----------
    sender : Sender
        Who deploys; no other transaction of this account may come between.
    parameters : Parameters
        What is fixed permanently.
    report : callable
        Told the name of each contract before it is deployed.
    folder : Path, optional
        Where the plan is written down until the deployment is complete.

    Raises
    ------
    HardForkMissing
        If the chain's rules are too old for the contracts.
    ContractsNotCompiled
        If there is no build.
    DeploymentMismatch
        If something is not where it was predicted.
    ContractError
        If a parameter is refused.
    """
    web3 = sender.web3
    check_forks(web3)
    with sender.turn():
        plan = _plan(sender, parameters, folder, report)
        sender.left.clear()  # what an earlier program deployed is found by its code
        addresses = plan.addresses
        arguments = constructor_arguments(addresses, parameters)
        for name in CONTRACTS:
            if _has_code(web3, addresses[name]):
                continue
            report(name)
            mined = sender.send(_creation(name, arguments[name]))
            if mined.created != addresses[name]:
                raise DeploymentMismatch(f"address of {name}", mined.created, addresses[name])
    deployment = Deployment(chain_id_of(web3), rpc_url_of(web3), plan.block, addresses, parameters)
    verify(web3, deployment)
    return deployment


def forget_plan(folder: Path) -> None:
    """The deployment is complete, and its file is written."""
    (folder / PLAN).unlink(missing_ok=True)


def check_forks(web3: Web3) -> None:
    """Make sure that the chain has the rules that the contracts need.

    Raises
    ------
    HardForkMissing
        If it does not.
    """
    for fork, feature, program in FORKS:
        try:
            ask(web3, f"whether it knows {feature}", "eth_call", {"data": program}, "latest")
        except NodeRefused as error:
            if is_old_rules(error.reason):
                raise HardForkMissing(fork, feature) from error
            raise


def _plan(sender: Sender, parameters: Parameters, folder: Path | None, report: Progress) -> Plan:
    """The plan that was begun with, if it can be completed, else a new one, written down."""
    web3 = sender.web3
    first = ask(web3, "the first block", "eth_getBlockByNumber", "0x0", False)
    head = int(ask(web3, "the latest block", "eth_blockNumber"), 16)
    fresh = Plan(first["hash"], sender.address, _fingerprint(parameters), sender.nonces.next(), head + 1)
    if folder is None:
        return fresh
    begun = _begun(folder / PLAN)
    if begun is not None and _can_complete(web3, begun, fresh):
        report(f"the rest of what was begun in block {begun.block}")
        return begun
    if begun is not None and begun.genesis == fresh.genesis:
        report("everything anew: a deployment was begun that cannot be completed as it is asked for now")
    (folder / PLAN).unlink(missing_ok=True)
    write_new(folder / PLAN, json.dumps(asdict(fresh)) + "\n")
    return fresh


def _can_complete(web3: Web3, begun: Plan, fresh: Plan) -> bool:
    """Whether the missing contracts of a plan can still come to be where it says."""
    same = (begun.genesis, begun.deployer, begun.fingerprint) == (fresh.genesis, fresh.deployer, fresh.fingerprint)
    if not same:
        return False
    there = [_has_code(web3, address) for address in begun.addresses.values()]
    return there[: fresh.nonce - begun.nonce] == [True] * (fresh.nonce - begun.nonce) and fresh.nonce >= begun.nonce


def _begun(path: Path) -> Plan | None:
    try:
        found: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Plan(**found)
    except (OSError, ValueError, TypeError):
        return None


def _fingerprint(parameters: Parameters) -> str:
    code = b"".join(artifact(name).bytecode for name in CONTRACTS)
    return keccak(code + json.dumps(asdict(parameters), sort_keys=True).encode()).hex()


def _creation(name: str, arguments: list[Any]) -> Call:
    compiled = artifact(name)
    return Call("deploy", None, compiled.bytecode + encode(Interface(compiled.abi).constructor, arguments))


def _has_code(web3: Web3, address: ChecksumAddress) -> bool:
    return len(ask(web3, "the code of a contract", "eth_getCode", address, "latest")) > len("0x")
