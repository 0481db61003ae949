"""A round of 10 000 orders on a chain, from empty blocks to the last certificate; and the gas of a challenge by size.

``./run bench --part large-round`` starts Anvil with blocks of 60 million gas and the cap of EIP-7825,
16 777 216 gas for a transaction, and writes ``benchmarks/results/large_round.json``.

People and devices are admitted by the contracts' own functions, each in its own transaction. To be quick, the node
takes these transactions from their senders without keys (impersonation), in JSON-RPC batches of 250 with a block for
each; they pay nothing for gas. Orders are signed by their traders' keys, and relayed in batches.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, replace
from random import Random
from typing import Any, TypeVar

from eth_account.signers.local import LocalAccount
from eth_utils import keccak
from rich.console import Console

from benchmarks.bulk import BulkChain, Call, Total
from benchmarks.families import make
from benchmarks.grid import Grid, spaced
from benchmarks.large_end import check_certificates, issue, report, settle
from benchmarks.measurement import WARM_UP_ORDERS
from benchmarks.places import RESULTS
from benchmarks.runs import run_of
from powerpact.agent import Agent
from powerpact.agent.watch import Challenge, Watcher
from powerpact.chain.client import Chain
from powerpact.chain.connection import connect
from powerpact.chain.deployment import Deployment, Parameters
from powerpact.chain.local.node import Node
from powerpact.chain.transactions import Sender
from powerpact.codec.eip712 import sign
from powerpact.codec.merkle import MerkleTree
from powerpact.codec.packing import order_tree
from powerpact.index import attach
from powerpact.market.candidates import MAX_CANDIDATES
from powerpact.market.orders import PackedOrder
from powerpact.market.trades import MAX_CHUNK
from powerpact.mechanisms.satisfaction.round import Solution
from powerpact.mechanisms.satisfaction.solver import solve
from testkit.admitting import WINDOW_S, Admission, candidate
from testkit.chains import GAS_LIMIT, GENESIS_TIME, Receipt
from testkit.gas.measure import HARDFORK
from testkit.gas.typical import CREDIBILITIES_PPM, INCOME, SOURCES, typical_buyer, typical_seller
from testkit.market import SLOT_LENGTH_S, Community, Counters, TestMarket, Trader, key
from toolchain.places import write_whole
from toolchain.results import Result

SIZES = (10, 1_000, 10_000)
"""Orders of the rounds whose challenges are measured; the steps are those of the largest."""
SAMPLE = (10,)

BLOCK_GAS = 60_000_000
BATCH = 100
"""Orders relayed by one transaction."""
CHUNK = 100
"""Trades proposed by one transaction: with proofs less than 128 kB, the most that public nodes pass on."""

WHOLE = MAX_CHUNK
"""Trades proposed with whole batches, by one transaction below the same limit."""

CHALLENGE_WINDOW_S = 600
BOND_UPOINTS = 100_000_000
SEED = 2026
PURSE_UPOINTS = 1_000_000_000
CAPACITY_WH = 100_000
ETHER_WEI = 10**18
RECORD = RESULTS / "large_round.json"

T = TypeVar("T")


class Town(Community):
    """Deployed contracts, and buyers with money and sellers with devices, admitted in bulk.

    Parameters
    ----------
    rpc_url : str
        A node with an empty chain.
    size : int
        Buyers, and as many sellers: the first and the second half of the traders.
    """

    def __init__(self, rpc_url: str, size: int) -> None:
        self.rpc_url = rpc_url
        self.bulk = BulkChain(rpc_url)
        super().__init__(self.bulk, 0)
        self.people = [(key(f"trader {i}"), key(f"meter of trader {i}")) for i in range(2 * size)]
        self.size = size

    def populate(self, steps: Steps) -> None:
        """Admit everyone, certify the sellers' devices, deposit the buyers' money."""
        steps.run("admit people", self.admit_all)
        steps.run("register and certify devices", self.certify_all)
        steps.run("deposit the buyers' money", self.endow_all)

    def admit_all(self) -> Total:
        """Apply, and be admitted by motions that two auditors announce."""
        accounts = [account.address for account, _ in self.people]
        total = self.bulk.send_all(
            [self._call(who, "ParticipantRegistry", "applyFor", keccak(text=who)) for who in accounts]
        )
        everybody = [candidate(who, 1, CREDIBILITIES_PPM[i % len(CREDIBILITIES_PPM)]) for i, who in enumerate(accounts)]
        starts = range(0, len(everybody), MAX_CANDIDATES)
        motions = [Admission(everybody[start : start + MAX_CANDIDATES]) for start in starts]
        first, second = (auditor.address for auditor in self.auditors[:2])
        for motion in motions:
            total += self.bulk.send_all([self._large_call(first, *motion.nomination)])
            total += self.bulk.send_all([self._call(second, *motion.approval)])
        self.chain.warp(self.chain.now() + WINDOW_S)
        for number, motion in enumerate(motions, 1):
            total += self.bulk.send_all([self._large_call(first, *call) for call in motion.admissions(number, BATCH)])
        return total

    def certify_all(self) -> Total:
        """Register the sellers' devices, and have each certified by two auditors."""
        kind, carrier, source, subnet = 0, 0, 1, 1
        domain = self.domain("DeviceRegistry")
        calls = []
        for account, meter in self.people[self.size :]:
            terms = {
                "owner": account.address,
                "kind": kind,
                "carrier": carrier,
                "source": source,
                "subnet": subnet,
                "capacityWh": CAPACITY_WH,
            }
            signature = sign(meter, domain, "Device", terms)
            arguments = (meter.address, kind, carrier, source, subnet, CAPACITY_WH, signature)
            calls.append(self._call(account.address, "DeviceRegistry", "add", *arguments))
        added = self.bulk.send_all(calls)
        meters = [meter.address for _, meter in self.people[self.size :]]
        devices = [self.read("DeviceRegistry", "deviceOf", meter) for meter in meters]
        contents = self.read_all([("DeviceRegistry", "contentOf", device) for device in devices])
        certified = self.bulk.send_all(
            [
                self._call(auditor.address, "DeviceRegistry", "certify", device, content)
                for auditor in self.auditors[:2]
                for device, content in zip(devices, contents, strict=True)
            ]
        )
        self.traders = [
            Trader(account, meter, device)
            for (account, meter), device in zip(self.people, [0] * self.size + devices, strict=True)
        ]
        self.counters = {device: Counters() for device in devices}
        return added + certified

    def endow_all(self) -> Total:
        """Issue points to the buyers, who deposit them."""
        custody = self.addresses["Accounts"]
        buyers = [account.address for account, _ in self.people[: self.size]]
        return self.bulk.send_all(
            [
                self._call(self.utility.address, "PowerPoints", "mint", buyer, PURSE_UPOINTS, keccak(text=buyer))
                for buyer in buyers
            ]
            + [self._call(buyer, "PowerPoints", "approve", custody, PURSE_UPOINTS) for buyer in buyers]
            + [self._call(buyer, "Accounts", "deposit", PURSE_UPOINTS) for buyer in buyers]
        )

    def open_contest(self) -> LargeMarket:
        """Open a typical market whose rounds are sealed with a bond; give agent and watcher what they need."""
        self.bulk.request("anvil_setBalance", key("watcher").address, hex(ETHER_WEI))
        self.endow(Trader(self.agent, self.agent, 0), BOND_UPOINTS)
        market = self.open_market(
            SOURCES,
            INCOME,
            category_count=2,
            source_category=1,
            tolerance_ppm=50_000,
            penalty_ppm=200_000,
            challenge_window_s=CHALLENGE_WINDOW_S,
            bond_upoints=BOND_UPOINTS,
        )
        return LargeMarket(self, market.id, market.rules)

    def _call(self, sender: str, contract: str, function: str, *arguments: object) -> Call:
        return Call(sender, self.addresses[contract], self.interfaces[contract].encode_call(function, arguments))

    def _large_call(self, sender: str, contract: str, function: str, *arguments: object) -> Call:
        """A call about many at once, which takes the gas of many."""
        return self._call(sender, contract, function, *arguments)._replace(gas=GAS_LIMIT)


@dataclass
class LargeMarket(TestMarket):
    """A market that keeps the Merkle tree of each batch."""

    trees: dict[int, MerkleTree] = field(default_factory=dict)

    def placed(self, id_: int) -> tuple[int, PackedOrder, list[bytes]]:
        batch, index = id_ >> 8, id_ & 0xFF
        if batch not in self.trees:
            self.trees[batch] = order_tree(self.batches[batch])
        return id_, self.batches[batch][index], self.trees[batch].proof(index)


@dataclass
class Steps:
    """What each step took, reported while it runs."""

    done: list[dict[str, Any]] = field(default_factory=list)

    def run(self, name: str, action: Callable[[], Any]) -> Any:
        """Run a step and note its time, and its gas if it returns what was mined."""
        print(f"{name} … ", end="", file=sys.stderr, flush=True)
        started = time.perf_counter()
        result = action()
        seconds = time.perf_counter() - started
        total = mined(result)
        self.done.append({"step": name, "seconds": round(seconds, 2), **(asdict(total) if total else {})})
        print(f"{seconds:.1f} s" + (f", {spaced(total.gas)} gas" if total else ""), file=sys.stderr, flush=True)
        return result


def mined(result: Any) -> Total | None:
    """What transactions took together, None if there were none."""
    if isinstance(result, Total):
        return result
    receipts = [result] if isinstance(result, Receipt) else result
    if not isinstance(receipts, list) or {type(receipt) for receipt in receipts} != {Receipt}:
        return None
    gas = [receipt.gas_used for receipt in receipts]
    return Total(len(gas), sum(gas), max(gas), len(gas))


@contextmanager
def town_of(orders: int) -> Iterator[Town]:
    """A node with contracts on it."""
    with Node(
        hardfork=HARDFORK, gas_limit=BLOCK_GAS, base_fee_wei=0, timestamp_s=GENESIS_TIME, tx_gas_limit=True
    ) as node:
        yield Town(node.rpc_url, orders // 2)


def post(town: Town, steps: Steps) -> LargeMarket:
    """Admit everyone, open a market, post everyone's order, and let the gate close."""
    town.populate(steps)
    market = town.open_contest()
    random, size = Random(SEED), town.size
    orders = [typical_buyer(town, market, i, 0, random) for i in range(size)]
    orders += [typical_seller(town, market, size + i, 0, random) for i in range(size)]
    signatures = steps.run(
        "sign orders", lambda: [market.signature(*signed) for signed in zip(town.traders, orders, strict=True)]
    )
    pieces = [slice(first, first + BATCH) for first in range(0, len(orders), BATCH)]
    steps.run("post orders", lambda: [market.post_signed(orders[piece], signatures[piece]) for piece in pieces])
    market.close()
    return market


def propose(market: LargeMarket, solution: Solution) -> list[Receipt]:
    """Propose a solution: a small one with whole batches, a large one in as many transactions as needed."""
    if len(solution.trades) <= WHOLE:
        return [market.propose_batches(market.links(solution))]
    receipts = []
    for first in range(0, len(solution.trades), CHUNK):
        claims = market.claims(replace(solution, trades=solution.trades[first : first + CHUNK]))
        receipts.append(market.extend(claims) if receipts else market.propose(claims))
    return receipts


def seen_by(town: Town, account: LocalAccount, role: Callable[[Chain, Sender], T]) -> T:
    """An agent or a watcher who reads the chain as the command line does."""
    parameters = Parameters(town.utility.address, tuple(auditor.address for auditor in town.auditors), 2, SLOT_LENGTH_S)
    deployment = Deployment(town.chain.chain_id, town.rpc_url, 0, town.addresses, parameters)
    chain = attach(connect(town.rpc_url), deployment)
    town.bulk.request("anvil_setBalance", account.address, hex(ETHER_WEI))
    return role(chain, chain.sender(account))


def watch(market: LargeMarket) -> list[Challenge]:
    """Let the watcher read the chain, as `powerpact watch` does, and check every pair of the active proposal."""
    return seen_by(market.community, key("watcher"), Watcher).look()


def challenges(market: LargeMarket, solution: Solution) -> dict[str, int]:
    """Gas of challenges that refute false proposals: one that hides two orders, and one with wrong dual prices.

    Each is refuted by a pair that shows it; the chain is back where it was afterwards.
    """
    hidden = solution.trades[0]
    left_out = replace(
        solution,
        trades=solution.trades[1:],
        buyer_duals_ppm={id_: u for id_, u in solution.buyer_duals_ppm.items() if id_ != hidden.buyer},
        seller_duals_ppm={id_: v for id_, v in solution.seller_duals_ppm.items() if id_ != hidden.seller},
    )
    one_sided = replace(
        solution, buyer_duals_ppm={}, seller_duals_ppm={trade.seller: trade.score_ppm for trade in solution.trades}
    )
    both_hidden, both_trade = (int(hidden.buyer), int(hidden.seller)), market.refuting_pair(one_sided)
    town = market.community
    watcher, newcomer = key("watcher"), key("watcher without a wallet")
    town.endow(Trader(watcher, watcher, 0), PURSE_UPOINTS)
    gas = {}
    for what, false, pair, challenger in (
        ("two orders left out", left_out, both_hidden, watcher),
        ("two orders that trade", one_sided, both_trade, watcher),
        ("two orders that trade, the reward opens a wallet", one_sided, both_trade, newcomer),
    ):
        before = town.chain.snapshot()
        propose(market, false)
        market.seal()
        gas[what] = market.challenge(*pair, challenger=challenger).gas_used
        town.chain.undo(before)
    return gas


def clear(orders: int, steps: Steps) -> dict[str, int]:
    """Run a round to its end; the gas of challenges that its false proposals meet."""
    with town_of(orders) as town:
        market = post(town, steps)
        round_ = steps.run("read the round from its events", market.round)
        solution = steps.run("solve", lambda: solve(round_))
        refuted = challenges(market, solution)
        steps.run("propose trades with dual prices", lambda: propose(market, solution))
        steps.run("seal", market.seal)
        if steps.run("watch: read the chain, verify every pair", lambda: watch(market)):
            raise RuntimeError("the watcher refuted the solver")
        town.chain.warp(town.chain.now() + CHALLENGE_WINDOW_S)
        steps.run("make final", market.finalize)
        if town.read("Clearing", "finalOf", market.id) != market.proposal:
            raise RuntimeError("the round is not final")
        steps.run("report the meters", lambda: report(market))
        agent = seen_by(town, town.agent, Agent)
        steps.run("settle every trade, release what did not trade", lambda: settle(market, agent))
        steps.run("certify what was not sold", lambda: issue(market, agent))
        check_certificates(market, agent)
    return refuted


def recorded(record: Mapping[str, Any]) -> list[Grid]:
    """The steps of the round, and the challenges by size."""
    rows = []
    for step in record["steps"]:
        numbers = ("transactions", "gas", "largest_gas")
        cells = [spaced(step[name]) if name in step else "" for name in numbers]
        rows.append([step["step"], f"{step['seconds']:.2f}", *cells])
    challenged = record["challenges"]
    kinds = list(next(iter(challenged.values())))
    heads = ("step", "seconds", "transactions", "gas", "largest transaction")
    return [
        Grid(f"A round of {spaced(record['orders'])} orders on a chain", heads, rows),
        Grid(
            "Gas of a challenge that refutes",
            ("the pair that refutes", *(f"{spaced(int(size))} orders" for size in challenged)),
            [[kind, *(spaced(gas[kind]) for gas in challenged.values())] for kind in kinds],
        ),
    ]


def run(sizes: Iterable[int]) -> Iterator[dict[str, Any]]:
    """Run rounds of all sizes to their ends."""
    solve(make("mid", WARM_UP_ORDERS))
    for orders in sizes:
        steps = Steps()
        challenged = clear(orders, steps)
        yield {"orders": orders, "steps": steps.done, "challenges": challenged}


def renew(result: Result) -> None:
    """Renew the record, of the steps of the largest round, and print it."""
    rounds = result.measurements
    record = {
        "schema": "powerpact/bench-large-round/2",
        "runs": [run_of(result)],
        "hardfork": HARDFORK,
        "orders": rounds[-1]["orders"],
        "block_gas": BLOCK_GAS,
        "transaction_gas_cap": GAS_LIMIT,
        "steps": rounds[-1]["steps"],
        "challenges": {str(row["orders"]): row["challenges"] for row in rounds},
    }
    write_whole(RECORD, json.dumps(record, indent=1) + "\n")
    Console(width=120).print(*(grid.terminal() for grid in recorded(record)))
