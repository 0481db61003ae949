"""One deployment as the rest of the library sees it: read, prepare calls, follow events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress, HexStr
from hexbytes import HexBytes
from web3 import Web3
from web3.types import BlockIdentifier, FilterParams

from powerpact.chain.artifacts import CONTRACTS, artifact
from powerpact.chain.connection import connect, translated
from powerpact.chain.deployment import Deployment, verify
from powerpact.chain.errors import NodeRefused
from powerpact.chain.transactions import Call, GasLog, Mined, Sender
from powerpact.codec.abi import Event, Interface, topic_of
from powerpact.codec.eip712 import Domain


class Chain:
    """The contracts of one deployment behind one connection.

    Parameters
    ----------
    web3 : Web3
        Connection.
    deployment : Deployment
        Where the contracts are.
    """

    def __init__(self, web3: Web3, deployment: Deployment) -> None:
        self.web3 = web3
        self.deployment = deployment
        self.gas_log = GasLog()

    @classmethod
    def open(cls, path: Path, rpc_url: str | None = None) -> Chain:
        """Connect to the chain of a deployment file and verify that the file describes it.

        Parameters
        ----------
        path : Path
            The deployment file.
        rpc_url : str, optional
            Another node than the file's.

        Raises
        ------
        BadDeploymentFile, ChainUnreachable, DeploymentMismatch
            As their names say.
        """
        deployment = Deployment.load(path)
        web3 = connect(rpc_url or deployment.rpc_url)
        verify(web3, deployment)
        return cls(web3, deployment)

    @cached_property
    def interfaces(self) -> Mapping[str, Interface]:
        """Interface of each contract."""
        return {name: Interface(artifact(name).abi) for name in CONTRACTS}

    @cached_property
    def _names(self) -> dict[str, str]:
        return {address.lower(): name for name, address in self.deployment.addresses.items()}

    def address(self, contract: str) -> ChecksumAddress:
        """Address of a contract."""
        return self.deployment.addresses[contract]

    def domain(self, contract: str) -> Domain:
        """The contract's EIP-712 domain."""
        return Domain(self.deployment.chain_id, self.address(contract))

    def sender(self, account: LocalAccount, *, confirmations: int = 0) -> Sender:
        """A sender for an account; all senders of this chain share one gas log."""
        return Sender(self.web3, account, self.gas_log, confirmations=confirmations)

    def read(self, contract: str, function: str, *arguments: Any, block: BlockIdentifier = "latest") -> Any:
        """Call a view function.

        Raises
        ------
        ContractError
            If it reverts.
        """
        interface = self.interfaces[contract]
        data = interface.encode_call(function, arguments)
        with translated(self.web3, f"{contract}.{function}"):
            answer = self.web3.eth.call({"to": self.address(contract), "data": HexBytes(data)}, block)
        return interface.decode_output(function, bytes(answer))

    def call(self, step: str, contract: str, function: str, *arguments: Any, items: int = 1) -> Call:
        """Prepare a transaction."""
        data = self.interfaces[contract].encode_call(function, arguments)
        return Call(step, self.address(contract), data, items)

    def now(self) -> int:
        """Time of the latest block, Unix seconds."""
        with translated(self.web3, "the latest block"):
            return int(self.web3.eth.get_block("latest")["timestamp"])

    def time_of(self, block: int) -> int:
        """Time of a block, Unix seconds."""
        with translated(self.web3, f"block {block}"):
            return int(self.web3.eth.get_block(block)["timestamp"])

    def events(self, contract: str, *names: str, **indexed: int | str | bytes) -> list[Event]:
        """Events of a contract since its deployment, oldest first.

        Parameters
        ----------
        contract : str
            The contract.
        *names : str
            Names of the events.
        **indexed : int, str or bytes
            Values that indexed arguments must have; every event must have such an argument.
        """
        interface = self.interfaces[contract]
        found: list[Event] = []
        for name in names:
            signature = interface.events[name]
            inputs = zip(signature.names, signature.indexed, strict=True)
            positions = [argument for argument, is_indexed in inputs if is_indexed]
            topics: list[str | None] = [topic_of(signature.topic)]
            topics += [topic_of(indexed[argument]) if argument in indexed else None for argument in positions]
            found += self._decoded(self._logs(self.address(contract), topics))
        return sorted(found, key=lambda event: (event.block, event.position))

    def decode(self, mined: Mined) -> list[Event]:
        """The events that a transaction emitted, of whichever contract of this deployment."""
        return self._decoded(mined.logs)

    def event(self, mined: Mined, name: str) -> Event:
        """The first event of this name that a transaction emitted.

        Raises
        ------
        NodeRefused
            If it emitted none, which means that the node's receipt is wrong.
        """
        for event in self.decode(mined):
            if event.name == name:
                return event
        raise NodeRefused(mined.step, f"the receipt of {mined.transaction_hash} has no {name}")

    def _decoded(self, logs: Iterable[Mapping[str, Any]]) -> list[Event]:
        events = []
        for log in logs:
            name = self._names.get(str(log["address"]).lower())
            event = self.interfaces[name].decode_event(log) if name else None
            if event is not None:
                events.append(event)
        return events

    def _logs(self, address: ChecksumAddress, topics: list[str | None]) -> list[Any]:
        with translated(self.web3, "the latest block"):
            latest = self.web3.eth.block_number
        return self._logs_between(address, topics, self.deployment.block, latest)

    def _logs_between(self, address: ChecksumAddress, topics: list[str | None], first: int, last: int) -> list[Any]:
        """Logs of a range of blocks; halved where the node refuses because it holds too much."""
        query: FilterParams = {
            "address": address,
            "topics": [None if topic is None else HexStr(topic) for topic in topics],
            "fromBlock": first,
            "toBlock": last,
        }
        try:
            with translated(self.web3, "event logs"):
                return list(self.web3.eth.get_logs(query))
        except NodeRefused:
            if first >= last:
                raise
            middle = (first + last) // 2
            return self._logs_between(address, topics, first, middle) + self._logs_between(
                address, topics, middle + 1, last
            )
