"""A small day of trading in which one transaction fails, by a fault of the node or of the pool, and is tried again.

``python -m testkit.faultyday`` lets every transaction meet every fault; a test lets each meet one.

The day has everything that moves money or energy: a market is opened, orders are posted, a round is cleared, meters
report, trades are settled, certificates are issued and retired, points are withdrawn. Each step does what a command
does that is run again: it looks at the chain, and does what is not done yet. One day follows another on the chain.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, Final

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils import keccak, to_checksum_address

from powerpact.agent import Agent
from powerpact.audit import audit
from powerpact.chain.connection import connect
from powerpact.chain.contracts import certificates, markets, meters, orders, points, rounds
from powerpact.chain.local.node import Node
from powerpact.errors import PowerPactError
from powerpact.index import attach
from powerpact.market.slots import Slot
from testkit.proxy import Proxy
from testkit.world import SLOT_S, World, make_world

MOST_ATTEMPTS: Final = 6
"""How often a stage is run until nothing of it is left."""

RETIRED_WH: Final = 100

MONEY_UPOINTS: Final = 1_000_000
"""Of each buyer."""


Fault = Callable[["Gate", dict[str, Any]], dict[str, Any]]


class Gate(Proxy):
    """A node of which one transaction fails.

    Parameters
    ----------
    node_url : str
        Where the node is.
    fault : callable
        Called with the gate and the call that brings the transaction, or asks for its estimate; gives the answer.
    at : int
        Which transaction, or estimate, from 0 on.
    """

    def __init__(self, node_url: str, fault: Fault, at: int) -> None:
        super().__init__(node_url)
        self.fault = fault
        self.at = at
        self.sent = 0
        self.keys: dict[str, LocalAccount] = {}

    def _one(self, call: dict[str, Any]) -> dict[str, Any]:
        method = "eth_estimateGas" if self.fault is underestimated else "eth_sendRawTransaction"
        if call["method"] != method:
            return super()._one(call)
        self.sent += 1
        if self.sent - 1 == self.at:
            return self.fault(self, call)
        return super()._one(call)

    def pass_on(self, call: dict[str, Any]) -> dict[str, Any]:
        """What the node answers."""
        return super()._one(call)

    def ask(self, method: str, *arguments: Any) -> Any:
        """Ask the node something of one's own."""
        answer = self._forward({"jsonrpc": "2.0", "id": 0, "method": method, "params": list(arguments)})
        assert "error" not in answer, answer
        return answer["result"]


def dropped(_: Gate, call: dict[str, Any]) -> dict[str, Any]:
    """The pool takes it, and forgets it."""
    raw = bytes.fromhex(call["params"][0][2:])
    return {"jsonrpc": "2.0", "id": call["id"], "result": f"0x{keccak(raw).hex()}"}


def refused(_: Gate, call: dict[str, Any]) -> dict[str, Any]:
    """The node does not take it."""
    return {"jsonrpc": "2.0", "id": call["id"], "error": {"code": -32603, "message": "internal error"}}


def unanswered(gate: Gate, call: dict[str, Any]) -> dict[str, Any]:
    """It is mined, and the answer is lost: the node is down when it is asked again, for a while."""
    gate.pass_on(call)
    gate.busy = [(502, {}, {"error": {"code": -32603, "message": "bad gateway"}})] * 3
    return {"jsonrpc": "2.0", "id": call["id"], "error": {"code": -32603, "message": "bad gateway"}, "status": 502}


def replaced(gate: Gate, call: dict[str, Any]) -> dict[str, Any]:
    """Another wallet of the account was faster: its transaction has the nonce."""
    raw = call["params"][0]
    sender = to_checksum_address(Account.recover_transaction(raw))
    other = {
        "to": sender,
        "value": 0,
        "gas": 21_000,
        "nonce": int(gate.ask("eth_getTransactionCount", sender, "pending"), 16),
        "chainId": int(gate.ask("eth_chainId"), 16),
        "maxFeePerGas": 10**10,
        "maxPriorityFeePerGas": 0,
    }
    gate.ask("eth_sendRawTransaction", f"0x{gate.keys[sender].sign_transaction(other).raw_transaction.hex()}")
    return gate.pass_on(call)


def starved(gate: Gate, call: dict[str, Any]) -> dict[str, Any]:
    """The sender's ether is gone, for this one."""
    sender = to_checksum_address(Account.recover_transaction(call["params"][0]))
    had = gate.ask("eth_getBalance", sender, "latest")
    gate.ask("anvil_setBalance", sender, "0x1")
    answer = gate.pass_on(call)
    gate.ask("anvil_setBalance", sender, had)
    return answer


def underestimated(gate: Gate, call: dict[str, Any]) -> dict[str, Any]:
    """It is given half the gas that it needs, and runs out of it."""
    answer = gate.pass_on(call)
    if "result" in answer:
        answer["result"] = hex(int(answer["result"], 16) // 2)
    return answer


FAULTS: Final[dict[str, Fault]] = {
    "dropped": dropped,
    "refused": refused,
    "unanswered": unanswered,
    "replaced": replaced,
    "starved": starved,
    "out of gas": underestimated,
}
"""What happens to a transaction, or to its estimate."""


@dataclass
class Day:
    """The day, on a chain that may be behind a gate.

    Parameters
    ----------
    world : World
        Who trades, and the chain as they see it.
    """

    world: World
    told: list[str] = field(default_factory=list)
    """The errors that were met."""

    def run(self) -> None:
        """All stages, each until nothing of it is left.

        Raises
        ------
        AssertionError
            If a stage does not end.
        """
        for stage in (self._open, self._post, self._clear, self._deliver, self._end):
            for _ in range(MOST_ATTEMPTS):
                if self._attempt(stage):
                    break
            else:
                raise AssertionError(f"{stage.__name__} does not end: {self.told}")

    def _attempt(self, stage: Callable[[], bool]) -> bool:
        """Run a stage; whether nothing was left of it."""
        try:
            return stage()
        except PowerPactError as error:
            self.told.append(f"{stage.__name__}: {error}")
            return False

    # Each gives whether there was nothing left to do.

    def _open(self) -> bool:
        if not hasattr(self, "rules"):
            self.rules = self.world.rules()
            self.market = markets.market_id(self.world.chain, self.rules)
            self.orders = [self.world.buy("alice", self.rules), self.world.sell("bob", self.rules)]
            self.orders += [self.world.buy("carol", self.rules), self.world.sell("dave", self.rules)]
        if any(found.id == self.market for found in markets.markets(self.world.chain)):
            return True
        self.world.sender("alice").send(markets.open_market(self.world.chain, self.rules))
        return False

    def _post(self) -> bool:
        posted = rounds.read_round(self.world.chain, self.market)
        missing = [order for order in self.orders if orders.equal_open(posted, order) is None]
        for k in range(0, len(missing), 2):
            self.world.post(self.market, *missing[k : k + 2])
        return not missing

    def _clear(self) -> bool:
        self.world.warp(self.rules.closes_at)
        was_done = rounds.final_of(self.world.chain, self.market) != 0
        if not was_done:
            self._agent().clear(self.market)
        return was_done

    def _deliver(self) -> bool:
        chain, start = self.world.chain, self.rules.slot_start
        self.world.warp(start + SLOT_S)
        if not hasattr(self, "readings"):
            energies = {"bob": 1_100, "dave": 1_500}
            self.readings = [self.world.meters[name].measure(start, wh, 0) for name, wh in energies.items()]
        known = meters.readings_since(chain, start)
        missing = [one for one in self.readings if (one.reading.device, one.reading.start_at) not in known]
        if missing:
            self.world.sender("agent").send(meters.report(chain, missing))
        settled = self._agent().settle(self.market)
        slot = Slot(start, SLOT_S)
        measured = meters.measured_in(chain, slot)
        unissued = meters.uncertified(chain, measured, slot)
        self.world.sender("agent").send_all(meters.issue(chain, slot, measured[device]) for device in unissued)
        return not (missing or settled.paid or unissued)

    def _end(self) -> bool:
        chain, was_done = self.world.chain, True
        for (holder, id_), energy_wh in sorted(certificates.holdings(chain).items()):
            is_of_the_day = certificates.lot_of(id_)[1].start == self.rules.slot_start
            if is_of_the_day and energy_wh >= RETIRED_WH and not certificates.retired_for(chain, id_, holder):
                call = certificates.retire(chain, id_, RETIRED_WH, holder, "the day")
                self.world.sender(self.world.name_of(holder)).send(call)
                was_done = False
        for name in ("bob", "dave"):
            free_upoints = points.wallet_of(chain, self.world.address(name)).free_upoints
            if free_upoints:
                self.world.sender(name).send(points.withdraw(chain, free_upoints, self.world.address(name)))
                was_done = False
        return was_done

    def _agent(self) -> Agent:
        return Agent(self.world.chain, self.world.sender("agent"))

    def balances(self) -> dict[str, tuple[int, ...]]:
        """What everybody has: points outside, free and held; certificates held and retired, Wh."""
        chain = self.world.chain
        held = certificates.holdings(chain)
        retired = chain.events("GreenCertificates", "Retired")
        found = {}
        for name in ("alice", "bob", "carol", "dave", "agent"):
            account = self.world.address(name)
            wallet = points.wallet_of(chain, account)
            found[name] = (
                points.balance_of(chain, account),
                wallet.free_upoints,
                wallet.held_upoints,
                sum(energy_wh for (holder, _), energy_wh in held.items() if holder == account),
                sum(event.arguments["energy"] for event in retired if event.arguments["holder"] == account),
            )
        return found


def through(world: World, gate: Gate) -> World:
    """The world as it is seen through a gate, with an index and a journal of its own."""
    gate.keys = {account.address: account for account in world.keys.values()}
    return replace(world, chain=attach(connect(gate.url), world.chain.deployment, patience_s=0.05))


def day_with(world: World, fault: Fault, at: int) -> tuple[dict[str, tuple[int, ...]], list[str], int]:
    """A day of which one transaction meets a fault: by how much it changed what everybody has, what was told, how many
    transactions were sent.

    Raises
    ------
    AssertionError
        If the day does not end, or breaks a law.
    """
    with Gate(world.chain.web3.provider.endpoint_uri, fault, at) as gate:
        day = Day(through(world, gate))
        before = day.balances()
        day.run()
        world.nonce = day.world.nonce
        broken = [finding.law for finding in audit(day.world.chain) if not finding.holds]
        assert not broken, f"{broken} are broken"
        after = day.balances()
    changes = {name: tuple(a - b for a, b in zip(after[name], before[name], strict=True)) for name in after}
    return changes, day.told, gate.sent


def calm(gate: Gate, call: dict[str, Any]) -> dict[str, Any]:
    """Nothing fails."""
    return gate.pass_on(call)


def main() -> None:
    """Let every transaction of the day meet every fault, and print what became of each."""
    with Node() as node:
        world = rich_world(node)
        expected, _, sent = day_with(world, calm, 0)
        differs = 0
        for name, fault in FAULTS.items():
            for at in range(sent):
                found, told, count = day_with(world, fault, at)
                differs += found != expected
                print(f"{name}, transaction {at + 1} of {sent}: {count} sent, {len(told)} errors", flush=True)
                if found != expected:
                    print(f"  ends otherwise: {found}")
    print(f"{len(FAULTS)} faults of {sent} transactions: {differs} days end otherwise")


def rich_world(node: Node) -> World:
    """A world with money for many days."""
    world = make_world(connect(node.rpc_url))
    for name in ("alice", "carol"):
        mint = points.mint(world.chain, world.address(name), MONEY_UPOINTS, points.reference(f"days of {name}"))
        world.sender("utility").send(mint)
        world.sender(name).send(points.deposit(world.chain, world.keys[name], MONEY_UPOINTS))
    return world


if __name__ == "__main__":
    main()
