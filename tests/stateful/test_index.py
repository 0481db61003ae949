"""The index against a chain that goes on and back, read by programs that die: it is always that of a replay."""

from collections import Counter
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)

from powerpact.chain.connection import connect
from powerpact.chain.local.clock import request
from powerpact.chain.local.node import Node
from powerpact.chain.logs import LogReader
from powerpact.index import attach
from powerpact.store import Index
from testkit.proxy import Proxy
from testkit.world import go_back, make_world, snapshot

RULES = ("deposit", "mine", "roll_back", "reorganise", "follow", "die_in_a_step", "restart", "limit")


class Killed(BaseException):
    """The program ends here."""


@pytest.fixture(scope="module")
def world():
    with Node() as node:
        world = make_world(connect(node.rpc_url))
        chain = world.chain
        approve = chain.call("approve", "PowerPoints", "approve", chain.address("Accounts"), 10**9)
        world.sender("alice").send(approve)
        yield world


class Machine(RuleBasedStateMachine):
    """The machine over a world; `ran` counts its rules, `spoil` puts a bug into each program's indexer."""

    world = ran = folder_for = spoil = None

    @property
    def web3(self):
        return self.world.chain.web3

    @initialize()
    def begin(self):
        self.point = snapshot(self.web3)
        self.start = self.web3.eth.block_number
        self.gate = Proxy(self.web3.provider.endpoint_uri)
        self.gate.__enter__()
        self.folder = type(self).folder_for()
        self.restart()

    def teardown(self):
        try:
            self.compare()
        finally:
            self.gate.__exit__()
            go_back(self.web3, self.point)

    @rule(amounts=st.lists(st.integers(1, 9), min_size=1, max_size=3))
    def deposit(self, amounts):
        self.ran["deposit"] += 1
        calls = [self.world.chain.call("deposit", "Accounts", "deposit", amount) for amount in amounts]
        self.world.chain.sender(self.world.keys["alice"]).send_all(calls, gas=[300_000] * len(calls))

    @rule(blocks=st.integers(1, 3))
    def mine(self, blocks):
        self.ran["mine"] += 1
        for _ in range(blocks):
            request(self.web3, "evm_mine")

    @precondition(lambda self: self.web3.eth.block_number > self.start)
    @rule(depth=st.integers(1, 6))
    def roll_back(self, depth):
        self.ran["roll_back"] += 1
        request(self.web3, "anvil_rollback", min(depth, self.web3.eth.block_number - self.start))

    @precondition(lambda self: self.web3.eth.block_number > self.start)
    @rule(depth=st.integers(1, 6))
    def reorganise(self, depth):
        self.ran["reorganise"] += 1
        request(self.web3, "anvil_reorg", min(depth, self.web3.eth.block_number - self.start), [])

    @rule()
    def follow(self):
        self.ran["follow"] += 1
        self.compare()

    @rule()
    def die_in_a_step(self):
        """The program ends after the rows are written and before they are committed."""
        self.ran["die_in_a_step"] += 1
        indexer = self.chain.log
        advance = indexer._advance

        def die(step, head):
            advance(step, head)
            raise Killed

        indexer._advance = die
        with suppress(Killed):
            indexer.follow()
        self.restart()

    @rule()
    def restart(self):
        self.ran["restart"] += 1
        self.chain = attach(connect(self.gate.url), self.world.chain.deployment, self.folder, patience_s=0)
        type(self).spoil(self.chain.log)

    @rule(longest=st.sampled_from([None, 1, 3, 8]))
    def limit(self, longest):
        self.ran["limit"] += 1
        self.gate.longest_range = longest

    def compare(self):
        self.chain.log.follow()
        index: Index = self.chain.log.index
        direct = LogReader(self.web3, list(self.world.chain.deployment.addresses.values()))
        logs, _ = direct.between(self.world.chain.deployment.block, self.web3.eth.block_number)
        assert index.dump() == logs, "the index differs from the chain"
        assert index.tip().hash == bytes(self.web3.eth.get_block("latest")["hash"])


def run(world, tmp_path_factory, ran, spoil=lambda _: None, **changes):
    given = {"world": world, "ran": ran, "spoil": spoil, "folder_for": lambda: tmp_path_factory.mktemp("index")}
    machine = type("ChosenMachine", (Machine,), given)
    chosen = {
        "max_examples": 50,
        "stateful_step_count": 12,
        "deadline": None,
        "suppress_health_check": list(HealthCheck),
        "derandomize": True,
        **changes,
    }
    run_state_machine_as_test(machine, settings=settings(**chosen))


def test_the_index_is_that_of_a_replay(world, tmp_path_factory):
    ran = Counter()
    run(world, tmp_path_factory, ran)
    assert all(ran[name] >= 20 for name in RULES), ran


def careless(indexer):
    """Let it believe that its tip is still on the chain."""

    def add_range(step, tip, head):
        first = indexer._first if tip is None else tip.number + 1
        logs, end = indexer.reader.between(first, head.block.number)
        step.append(end.block, logs)

    indexer._add_range = add_range


def test_an_index_that_believes_its_tip_is_found(world, tmp_path_factory):
    with pytest.raises(AssertionError, match="differs from the chain"):
        run(world, tmp_path_factory, Counter(), careless, phases=[Phase.generate])
