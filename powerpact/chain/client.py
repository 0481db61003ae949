"""One deployment as the rest of the library sees it: read, prepare calls, follow events."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from eth_account.signers.local import LocalAccount
from eth_typing import BlockNumber, ChecksumAddress
from hexbytes import HexBytes
from web3 import Web3
from web3.types import BlockIdentifier, TxParams

from powerpact.chain.artifacts import CONTRACTS, artifact
from powerpact.chain.bundle import Read, answers, pieces, program
from powerpact.chain.connection import ask, translated
from powerpact.chain.deployment import Deployment
from powerpact.chain.errors import NodeRefused
from powerpact.chain.fees import Fees
from powerpact.chain.logs import LAG_PATIENCE_S, Block, EventLog, LogEntry, LogReader, NodeLog
from powerpact.chain.outbox import Outbox
from powerpact.chain.refusals import is_behind
from powerpact.chain.reverts import revert_error
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
    log : EventLog, optional
        Where events are found; by default the node is asked each time. `powerpact.index` remembers them.
    outbox : Outbox, optional
        Where the transactions of this chain's senders are written down before they are sent.
    notice : callable
        Called with what a user should know of what is sent.
    """

    def __init__(
        self,
        web3: Web3,
        deployment: Deployment,
        log: EventLog | None = None,
        outbox: Outbox | None = None,
        notice: Callable[[str], None] = lambda _: None,
    ) -> None:
        self.web3 = web3
        self.deployment = deployment
        self.log = log or NodeLog(LogReader(web3, list(deployment.addresses.values())), deployment.block)
        self.outbox = outbox
        self.notice = notice
        self.gas_log = GasLog()
        self.fees = Fees(web3)
        self._as_of: Block | None = None
        self._state_of: int | None = None
        self._events: dict[tuple[bytes, int], Event] = {}

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
        return Sender(
            self.web3,
            account,
            self.gas_log,
            confirmations=confirmations,
            fees=self.fees,
            outbox=self.outbox,
            on_mined=self.log.note_mined,
            undone=self.log.undone,
            notice=self.notice,
        )

    def read(self, contract: str, function: str, *arguments: Any) -> Any:
        """Call a view function.

        Raises
        ------
        ContractError
            If it reverts.
        """
        interface = self.interfaces[contract]
        answer = self.ask(f"{contract}.{function}", self.address(contract), interface.encode_call(function, arguments))
        return interface.decode_output(function, answer)

    def ask(self, what: str, contract: ChecksumAddress, data: bytes) -> bytes:
        """What a contract answers to a call, one of this deployment or another; nothing where there is none.

        Raises
        ------
        ContractError
            If it reverts.
        """
        return self._called(what, {"to": contract, "data": HexBytes(data)})

    def _called(self, what: str, call: TxParams) -> bytes:
        """What a call answers; a machine that does not have the block yet that is asked for is asked again a while."""
        deadline = time.monotonic() + LAG_PATIENCE_S
        while True:
            try:
                with translated(self.web3, what):
                    return bytes(self.web3.eth.call(call, self._state))
            except NodeRefused as error:
                if self._state_of is None or not is_behind(error.reason) or time.monotonic() > deadline:
                    raise
            time.sleep(0.1)

    @property
    def _state(self) -> BlockIdentifier:
        """The block whose state view functions are called on."""
        return "latest" if self._state_of is None else BlockNumber(self._state_of)

    def read_all(self, reads: Sequence[tuple[str, str, Sequence[Any]]]) -> list[Any]:
        """Call several view functions, on one state and in one request for some hundred of them.

        Parameters
        ----------
        reads : sequence of tuple
            Contract, function and arguments of each.

        Raises
        ------
        ContractError
            For the first that reverts.
        """
        encoded = [
            Read(self.address(contract), interface.encode_call(function, arguments), interface.answer_bytes(function))
            for contract, function, arguments in reads
            for interface in [self.interfaces[contract]]
        ]
        found = [answer for piece in pieces(encoded) for answer in self._bundle(piece)]
        results = []
        for (contract, function, _), (is_done, answer) in zip(reads, found, strict=True):
            if not is_done:
                raise revert_error(answer)
            results.append(self.interfaces[contract].decode_output(function, answer))
        return results

    def _bundle(self, reads: Sequence[Read]) -> list[tuple[bool, bytes]]:
        found = answers(self._called("several values", {"data": HexBytes(program(reads))}))
        if len(found) != len(reads):
            raise NodeRefused("several values", f"it gave {len(found)} answers to {len(reads)} calls")
        return found

    def call(self, step: str, contract: str, function: str, *arguments: Any, items: int = 1) -> Call:
        """Prepare a transaction."""
        data = self.interfaces[contract].encode_call(function, arguments)
        return Call(step, self.address(contract), data, items)

    def now(self) -> int:
        """Time of the latest block, Unix seconds; inside `reading`, of the block that questions are answered as of."""
        if self._as_of is not None and self._as_of.time_s is not None:
            return self._as_of.time_s
        with translated(self.web3, "the latest block"):
            return int(self.web3.eth.get_block("latest")["timestamp"])

    def time_of(self, block: int) -> int:
        """Time of a block, Unix seconds."""
        known = self.log.time_of(block)
        if known is not None:
            return known
        with translated(self.web3, f"block {block}"):
            return int(self.web3.eth.get_block(block)["timestamp"])

    def hash_at(self, block: int) -> bytes | None:
        """Hash of the block at a height now, 32 bytes; None if the node has none there."""
        found = LogReader(self.web3, []).block(block)
        return None if found is None else found.block.hash

    def block_of(self, transaction_hash: str) -> int | None:
        """Number of the block in which a transaction did what it should; None if the chain has none, or it failed."""
        receipt = ask(self.web3, "a receipt", "eth_getTransactionReceipt", transaction_hash)
        if receipt is None or int(receipt["status"], 16) != 1:
            return None
        return int(receipt["blockNumber"], 16)

    def is_waiting(self, transaction_hash: str) -> bool:
        """Whether the node has a transaction that is in no block."""
        found = ask(self.web3, "the transaction", "eth_getTransactionByHash", transaction_hash)
        return found is not None and found.get("blockNumber") is None

    @contextmanager
    def reading(self, *, state_too: bool = False) -> Iterator[Block]:
        """Let all questions about events inside be answered as of one block: the latest when the outermost one begins.

        Also `now` is then the time of that block. Without it each question asks for the latest block again.

        Parameters
        ----------
        state_too : bool
            Whether view functions are called on that block's state, too, rather than on the latest.
        """
        with self.log.reading() as block:
            before = self._as_of, self._state_of
            self._as_of = block
            if state_too:
                self._state_of = block.number
            try:
                yield block
            finally:
                self._as_of, self._state_of = before

    @contextmanager
    def as_of(self, mined: Mined) -> Iterator[None]:
        """Call view functions inside on the state after a transaction's block, also where some machines lag behind."""
        before, self._state_of = self._state_of, mined.block
        try:
            yield
        finally:
            self._state_of = before

    def events(self, contract: str, *names: str, since: int = 0, **indexed: int | str | bytes) -> list[Event]:
        """Events of a contract since its deployment, oldest first.

        Parameters
        ----------
        contract : str
            The contract.
        *names : str
            Names of the events.
        since : int
            Unix seconds; events of blocks that are known to be older are left out.
        **indexed : int, str or bytes
            Values that indexed arguments must have; every event must have such an argument.
        """
        interface = self.interfaces[contract]
        found: list[Event] = []
        with self.reading():
            for name in names:
                signature = interface.events[name]
                inputs = zip(signature.names, signature.indexed, strict=True)
                positions = [argument for argument, is_indexed in inputs if is_indexed]
                topics: list[bytes | None] = [signature.topic]
                topics += [topic_of(indexed[argument]) if argument in indexed else None for argument in positions]
                found += map(self._event, self.log.entries(self.address(contract), topics, since))
        return sorted(found, key=lambda event: (event.block, event.position))

    def count_events(self, contract: str, name: str) -> int:
        """Number of a contract's events of one name since its deployment; none is decoded."""
        with self.reading():
            return len(self.log.entries(self.address(contract), [self.interfaces[contract].events[name].topic]))

    def touched_by(self, transaction_hash: str) -> set[str]:
        """Names of the contracts that wrote events in a transaction."""
        return {self._names[f"0x{entry.address.hex()}"] for entry in self.log.of_transaction(transaction_hash)}

    def called(self, contract: str, function: str, transaction_hash: str) -> tuple[Any, ...] | None:
        """The arguments with which a transaction called a function of a contract; None if it called another."""
        with translated(self.web3, f"transaction {transaction_hash}"):
            found = self.web3.eth.get_transaction(HexBytes(transaction_hash))
        if str(found.get("to")).lower() != self.address(contract).lower():
            return None
        return self.interfaces[contract].decode_call(function, bytes(found["input"]))

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

    def _event(self, entry: LogEntry) -> Event:
        """An entry's event; each is decoded once."""
        key = entry.block.hash, entry.position
        if key not in self._events:
            interface = self.interfaces[self._names[f"0x{entry.address.hex()}"]]
            event = interface.decode_event(
                {
                    "topics": entry.topics,
                    "data": entry.data,
                    "blockNumber": entry.block.number,
                    "logIndex": entry.position,
                    "transactionHash": entry.transaction_hash,
                }
            )
            if event is None:
                raise NodeRefused("event logs", f"it gave an entry with topics that were not asked for: {entry.topics}")
            self._events[key] = event
        return self._events[key]
