"""Many reads in one request, and the limits of nodes."""

import pytest

from powerpact.chain.bundle import MOST_ANSWER_BYTES, MOST_CODE_BYTES, Read, answers, pieces, program
from powerpact.chain.client import Chain
from powerpact.chain.connection import ask_all, connect
from powerpact.chain.errors import ChainUnreachable, ContractError, NodeRefused
from powerpact.chain.local.clock import request
from powerpact.chain.logs import may_be_in
from testkit.proxy import Proxy

NOBODY = "0x" + "00" * 20


@pytest.fixture
def gate(node):
    with Proxy(node.rpc_url) as proxy:
        yield proxy


def test_many_values_are_those_of_single_reads(world):
    chain = world.chain
    reads = [("Accounts", "walletOf", [world.address(name)]) for name in world.keys]
    reads += [("PowerPoints", "name", []), ("DeviceRegistry", "device", [1]), ("Clearing", "proposal", [99])]
    assert chain.read_all(reads) == [chain.read(contract, name, *values) for contract, name, values in reads]
    assert chain.read_all([]) == []


def test_hundreds_of_values_take_a_few_requests(world, gate):
    chain = Chain(connect(gate.url), world.chain.deployment)
    gate.calls.clear()
    found = chain.read_all([("Accounts", "walletOf", [world.address("alice")])] * 500)
    assert len(found) == 500
    assert set(found) == {chain.read("Accounts", "walletOf", world.address("alice"))}
    assert gate.calls["eth_call"] - 1 <= 5


def test_a_revert_among_many_is_told(world):
    reads = [("PowerPoints", "name", []), ("Markets", "rulesOf", [b"\x01" * 32])]
    with pytest.raises(ContractError) as refusal:
        world.chain.read_all(reads)
    assert refusal.value.name == "Market_Unknown"


@pytest.mark.parametrize(("calldata", "answer"), [(4, 32), (3_000, 32), (4, 9_000), (36, 416)])
def test_programs_keep_to_the_limits_of_code(calldata, answer):
    reads = [Read(NOBODY, bytes(calldata), answer)] * 300
    cut = list(pieces(reads))
    assert [read for piece in cut for read in piece] == reads
    for piece in cut:
        assert len(program(piece)) <= MOST_CODE_BYTES
        assert sum(64 + read.answer_bytes for read in piece) <= MOST_ANSWER_BYTES
    assert len(cut) < len(reads)


def test_answers_of_any_length_are_told_apart():
    stored = bytes(31) + b"\x01" + (3).to_bytes(32, "big") + b"abc" + bytes(32) + (0).to_bytes(32, "big")
    assert answers(stored) == [(True, b"abc"), (False, b"")]
    assert answers(b"") == []


def test_state_is_read_as_of_the_block_that_was_asked_for(world):
    chain = world.chain
    alice = world.address("alice")
    with chain.reading(state_too=True):
        before = chain.read("Accounts", "walletOf", alice)
        world.sender("alice").send(chain.call("withdraw", "Accounts", "withdraw", 10, alice))
        assert chain.read("Accounts", "walletOf", alice) == before
        assert chain.read_all([("Accounts", "walletOf", [alice])]) == [before]
    assert chain.read("Accounts", "walletOf", alice) != before


def test_the_filter_of_a_block_admits_what_is_in_it(world):
    mined = world.sender("alice").send(world.chain.call("withdraw", "Accounts", "withdraw", 10, world.address("alice")))
    bloom = int(world.chain.web3.eth.get_block(mined.block)["logsBloom"].hex(), 16)
    for log in mined.logs:
        assert may_be_in(bloom, bytes.fromhex(log["address"][2:]))
        assert all(may_be_in(bloom, bytes(topic)) for topic in log["topics"])
    assert not may_be_in(bloom, bytes.fromhex(world.chain.address("Clearing")[2:]))
    assert not may_be_in(0, b"anything")


@pytest.mark.parametrize(("largest", "learnt"), [(None, 100), (4, 3), (1, 1), (0, 1)])
def test_batches_become_as_small_as_the_node_takes(gate, largest, learnt):
    gate.largest_batch = largest
    web3 = connect(gate.url)
    found = ask_all(web3, "blocks", [("eth_getBlockByNumber", [hex(n % 3), False]) for n in range(10)])
    assert [int(block["number"], 16) for block in found] == [n % 3 for n in range(10)]
    assert web3.provider.batch_size == learnt
    assert web3.provider.asked.total() == gate.total


def test_the_chain_id_is_asked_once(gate):
    web3 = connect(gate.url)
    assert {web3.eth.chain_id for _ in range(3)} == {31_337}
    web3.eth.get_block("latest")
    web3.eth.call({"to": NOBODY, "data": "0x"})
    assert gate.calls["eth_chainId"] == 1


@pytest.mark.parametrize("mood", ["429", "rate"])
def test_a_node_that_stays_busy_is_told(gate, mood, monkeypatch):
    pauses = []
    monkeypatch.setattr("powerpact.chain.provider.time.sleep", pauses.append)
    web3 = connect(gate.url)
    gate.busy += [mood] * 100
    with pytest.raises((NodeRefused, ChainUnreachable), match=r"429|rate limited"):
        request(web3, "eth_blockNumber")
    assert pauses == sorted(pauses)
    assert len(pauses) == 7
