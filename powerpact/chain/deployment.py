"""A deployment of the contracts: the file that describes it for every command, and how it is checked.

The contracts know each other by immutable addresses, which are predicted from the deployer's nonce; nobody can change
them afterwards. `verify` holds a deployment against the compiled contracts: code and wiring.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, astuple, dataclass, fields
from pathlib import Path
from typing import Any, Final

import rlp
from eth_typing import ChecksumAddress
from eth_utils import is_checksum_address, keccak, to_canonical_address, to_checksum_address
from web3 import Web3

from powerpact.chain.artifacts import CONTRACTS, artifact
from powerpact.chain.connection import chain_id_of, translated
from powerpact.chain.errors import BadDeploymentFile, DeploymentExists, DeploymentMismatch
from powerpact.chain.filing import write_new

SCHEMA: Final = "powerpact/deployment/1"

DEFAULT_FILE: Final = Path("powerpact.deployment.json")
"""Where the deployment file is by default."""

DAY_S: Final = 86_400

INTERVAL_S: Final = 3_600
"""Length of a reading's interval, and of the longest delivery slot, by default, s."""

HOLD_TIME_S: Final = 14 * DAY_S
"""How long auditors can hold a lot of certificates, by default, s."""

MECHANISMS: Final = ("SatisfactionMatching", "CallAuction")
"""The mechanisms, in the order of their numbers in a market's rules (Markets.sol)."""

_IMMUTABLE: Final = re.compile(re.escape(b"\x7f" + bytes(32)))
"""A push of 32 zero bytes: where the compiler leaves room for an immutable."""


@dataclass(frozen=True, slots=True)
class MembershipRules:
    """How members can stop what auditors announce (`Rules` in IMotions); shares are of the members at that time.

    Attributes
    ----------
    admission_window_s : int
        How long members may object to candidates, s; shorter than the window on the committee.
    committee_window_s : int
        How long they may object to a change of the committee, s, at most 90 days.
    exit_notice_s : int
        Notice of an exit, in which they may object to it, s, at most 14 days.
    admission_rate_ppm : int
        Share of the members whose objections refuse a candidate or an exit, ppm,
    admission_cap : int
        or so many of them, if that is less.
    committee_rate_ppm : int
        Share of the members whose objections refuse a change of the committee, ppm.
    supporters : int
        So many members who support the same change of the committee announce it.
    """

    admission_window_s: int = 3 * DAY_S
    committee_window_s: int = 14 * DAY_S
    exit_notice_s: int = 7 * DAY_S
    admission_rate_ppm: int = 50_000
    admission_cap: int = 100
    committee_rate_ppm: int = 100_000
    supporters: int = 10


@dataclass(frozen=True, slots=True)
class Parameters:
    """What a deployment fixes permanently.

    Attributes
    ----------
    utility : ChecksumAddress
        Who issues points against deposits.
    auditors : tuple of ChecksumAddress
        Who audits applicants and certifies devices, until a motion changes the committee.
    threshold : int
        Votes of these auditors that decide.
    base_interval_s : int
        Length of every reading's interval, s.
    longest_slot_s : int
        Longest delivery slot, s: 1 to 255 base intervals.
    correction_window_s : int
        How long after its interval a reading can be corrected, and one that is missing is waited for, s.
    membership : MembershipRules
        How members can stop what auditors announce.
    hold_time_s : int
        How long auditors can hold a lot of certificates, s, at most 90 days.
    """

    utility: ChecksumAddress
    auditors: tuple[ChecksumAddress, ...]
    threshold: int
    base_interval_s: int = INTERVAL_S
    longest_slot_s: int = INTERVAL_S
    correction_window_s: int = INTERVAL_S
    membership: MembershipRules = MembershipRules()
    hold_time_s: int = HOLD_TIME_S

    @property
    def readings_wait_s(self) -> int:
        """How long after a slot its buyers wait for readings at least, s: until all are final, and one longest slot."""
        return self.correction_window_s + self.longest_slot_s


@dataclass(frozen=True, slots=True)
class Deployment:
    """Where the contracts are.

    Attributes
    ----------
    chain_id : int
        Id of the chain.
    rpc_url : str
        A node of it.
    block : int
        The first block with one of the contracts.
    addresses : dict of str to ChecksumAddress
        Address of each contract.
    parameters : Parameters
        What was fixed.
    """

    chain_id: int
    rpc_url: str
    block: int
    addresses: dict[str, ChecksumAddress]
    parameters: Parameters

    def save(self, path: Path) -> None:
        """Write the deployment file, which must be new.

        Raises
        ------
        DeploymentExists
            If there is a file.
        BadDeploymentFile
            If it cannot be written.
        """
        try:
            write_new(path, json.dumps({"schema": SCHEMA, **asdict(self)}, indent=2) + "\n")
        except FileExistsError as error:
            raise DeploymentExists(path) from error
        except OSError as error:
            raise BadDeploymentFile(path, f"cannot be written: {error.strerror}") from error

    @classmethod
    def load(cls, path: Path) -> Deployment:
        """Read a deployment file.

        Raises
        ------
        BadDeploymentFile
            If it is missing or malformed.
        """
        try:
            data = json.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise BadDeploymentFile(path, error.strerror or "cannot be read") from error
        except ValueError as error:
            raise BadDeploymentFile(path, f"is not JSON: {error}") from error
        return cls(**_checked(path, data))


def create_address(deployer: ChecksumAddress, nonce: int) -> ChecksumAddress:
    """Address of the contract that an account creates: ``keccak256(rlp([deployer, nonce]))``, its last 20 bytes."""
    encoded: bytes = rlp.encode([to_canonical_address(deployer), nonce])
    return to_checksum_address(keccak(encoded)[12:])


def constructor_arguments(addresses: dict[str, ChecksumAddress], parameters: Parameters) -> dict[str, list[Any]]:
    """What each contract is constructed with."""
    at = addresses
    return {
        "PowerPoints": [parameters.utility],
        "Accounts": [
            at["PowerPoints"],
            at["OrderBook"],
            at["Clearing"],
            at["Settlement"],
            at["Refutations"],
            at["PaymentChannels"],
        ],
        **_registry_arguments(addresses, parameters),
        "GreenCertificates": [at["Deliveries"], at["Subnets"]],
        "Metering": [at["DeviceRegistry"], at["DeviceKeys"], parameters.correction_window_s],
        "Deliveries": [
            at["ParticipantRegistry"],
            at["DeviceRegistry"],
            at["Metering"],
            at["GreenCertificates"],
            at["Settlement"],
        ],
        "Markets": [at["ParticipantRegistry"], at["Metering"], at["OrderBook"]],
        "OrderBook": [
            at["ParticipantRegistry"],
            at["DeviceRegistry"],
            at["Markets"],
            at["Releases"],
            at["Accounts"],
            at["Mandates"],
        ],
        "Mandates": [at["Markets"], at["OrderBook"]],
        "RoundProver": [at["Markets"], at["OrderBook"]],
        "SatisfactionMatching": [at["Markets"], at["OrderBook"], at["RoundProver"]],
        "CallAuction": [at["Markets"], at["OrderBook"]],
        "Clearing": [at["Markets"], at["Accounts"], at["Refutations"], [at[name] for name in MECHANISMS]],
        "Refutations": [at["Clearing"], at["Accounts"]],
        "Settlement": [
            at["Accounts"],
            at["DeviceRegistry"],
            at["Metering"],
            at["Deliveries"],
            at["Markets"],
            at["Clearing"],
            at["Motions"],
        ],
        "Releases": [at["Markets"], at["OrderBook"], at["Clearing"]],
        "RouterBatches": [at["DeviceRegistry"], at["Metering"]],
        "PaymentChannels": [at["Accounts"]],
    }


def _registry_arguments(at: dict[str, ChecksumAddress], parameters: Parameters) -> dict[str, list[Any]]:
    return {
        "Credentials": [],
        "Membership": [at["ParticipantRegistry"]],
        "DeviceKeys": [],
        "Subnets": [at["DeviceRegistry"], at["Motions"], at["GreenCertificates"], parameters.hold_time_s],
        "ParticipantRegistry": [at["Motions"], at["Accounts"]],
        "Motions": [
            parameters.auditors,
            parameters.threshold,
            astuple(parameters.membership),
            at["ParticipantRegistry"],
        ],
        "DeviceRegistry": [
            at["ParticipantRegistry"],
            at["Motions"],
            at["OrderBook"],
            at["Settlement"],
            at["Deliveries"],
            at["DeviceKeys"],
            parameters.base_interval_s,
            parameters.longest_slot_s,
        ],
    }


def verify(web3: Web3, deployment: Deployment) -> None:
    """Hold a deployment against the chain and the compiled contracts.

    The chain's id must be the file's; the code at each address must be the compiled one, byte for byte outside its
    immutables; and the addresses among the immutables must be exactly those that the contract is to be wired to.

    Raises
    ------
    DeploymentMismatch
        At the first difference.
    """
    chain_id = chain_id_of(web3)
    if chain_id != deployment.chain_id:
        raise DeploymentMismatch("chain id", chain_id, deployment.chain_id)
    arguments = constructor_arguments(deployment.addresses, deployment.parameters)
    for name in CONTRACTS:
        address = deployment.addresses[name]
        with translated(web3, f"the code of {name}"):
            code = bytes(web3.eth.get_code(address))
        immutables = immutables_of(name, code, artifact(name).runtime)
        wired = {_word(value) for value in _flat(arguments[name]) if is_checksum_address(value)}
        found = {word for word in immutables if _is_address(word)} - {_word(address)}
        if found != wired:
            raise DeploymentMismatch(f"wiring of {name}", _listed(found), _listed(wired))


def immutables_of(name: str, code: bytes, template: bytes) -> list[bytes]:
    """Words that are in the code where the template has room for immutables.

    Raises
    ------
    DeploymentMismatch
        If there is no code, or it differs elsewhere.
    """
    if len(code) != len(template):
        raise DeploymentMismatch(f"size of {name} in bytes", len(code), len(template))
    words, end = [], 0
    for place in _IMMUTABLE.finditer(template):
        if code[end : place.start() + 1] != template[end : place.start() + 1]:
            break
        words.append(code[place.start() + 1 : place.end()])
        end = place.end()
    if code[end:] != template[end:]:
        raise DeploymentMismatch(f"code of {name}", f"0x{keccak(code).hex()}", f"0x{keccak(template).hex()}")
    return words


def _flat(arguments: list[Any]) -> Iterator[Any]:
    """Arguments, and the members of lists among them."""
    for argument in arguments:
        if isinstance(argument, list):
            yield from argument
        else:
            yield argument


def _word(address: str) -> bytes:
    return to_canonical_address(address).rjust(32, b"\0")


def _is_address(word: bytes) -> bool:
    """Whether a word looks like an address rather than a small number or a hash."""
    return not any(word[:12]) and any(word[12:20])


def _listed(words: set[bytes]) -> str:
    return ", ".join(sorted(to_checksum_address(word[12:]) for word in words)) or "nothing"


def _checked(path: Path, data: Any) -> dict[str, Any]:
    """The fields of a deployment file, each of its type."""
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        raise BadDeploymentFile(path, f"its schema is not {SCHEMA}")
    names = {field.name for field in fields(Deployment)}
    if set(data) != names | {"schema"}:
        raise BadDeploymentFile(path, f"fields missing or unknown: {', '.join(sorted(set(data) ^ names - {'schema'}))}")
    addresses, parameters = data["addresses"], data["parameters"]
    for field, kind in (("chain_id", int), ("rpc_url", str), ("block", int), ("addresses", dict), ("parameters", dict)):
        if not isinstance(data[field], kind):
            raise BadDeploymentFile(path, f"{field} is {data[field]!r}, not {kind.__name__}")
    if set(addresses) != set(CONTRACTS):
        raise BadDeploymentFile(path, f"addresses must name {', '.join(CONTRACTS)}")
    for name, address in addresses.items():
        if not is_checksum_address(address):
            raise BadDeploymentFile(path, f"addresses.{name} is {address!r}, not an address with checksum")
    try:
        membership = MembershipRules(**parameters["membership"])
        fixed = Parameters(**{**parameters, "auditors": tuple(parameters["auditors"]), "membership": membership})
    except (TypeError, KeyError) as error:
        raise BadDeploymentFile(path, f"parameters: {error}") from error
    return {name: data[name] for name in names} | {"parameters": fixed}
