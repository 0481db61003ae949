"""The read model on a real node: read once, resumed, rolled back, within the node's limits, shared between programs."""

import threading

import pytest

from powerpact.chain.client import Chain
from powerpact.chain.connection import connect
from powerpact.chain.errors import NodeRefused
from powerpact.chain.local.clock import request
from powerpact.chain.logs import LogReader
from powerpact.index import attach
from powerpact.store import Identity, Index, folder_for
from powerpact.store.database import Locked
from testkit.proxy import Proxy


@pytest.fixture
def depositor(world):
    """alice deposits so many points one by one, a block each."""
    chain = world.chain
    call = chain.call("approve", "PowerPoints", "approve", chain.address("Accounts"), 10**9)
    world.sender("alice").send(call)

    def deposit(*amounts):
        calls = [chain.call("deposit", "Accounts", "deposit", amount) for amount in amounts]
        return world.sender("alice").send_all(calls)

    return deposit


@pytest.fixture
def proxy(node):
    with Proxy(node.rpc_url) as gate:
        yield gate


@pytest.fixture
def told():
    return []


@pytest.fixture
def opened(world, proxy, tmp_path, told):
    """Open the deployment through the proxy, as a new program would."""
    return lambda data=tmp_path: attach(connect(proxy.url), world.chain.deployment, data, told.append, patience_s=0.3)


def amounts(chain):
    return [event.arguments["points"] for event in chain.events("Accounts", "Deposited")]


def contents(chain):
    return chain.log.index.dump()


def replayed(world):
    """What an index that has seen nothing but the chain as it is now holds."""
    fresh = attach(connect(world.chain.web3.provider.endpoint_uri), world.chain.deployment)
    fresh.log.follow()
    return contents(fresh)


def test_events_are_what_the_node_says(world, depositor, opened):
    depositor(1, 2, 3)
    chain = opened()
    direct = LogReader(chain.web3, list(chain.deployment.addresses.values()))
    logs, _ = direct.between(chain.deployment.block, chain.web3.eth.block_number)
    chain.log.follow()
    assert contents(chain) == logs
    assert amounts(chain)[-3:] == [1, 2, 3]
    assert {event.arguments["trader"] for event in chain.events("Accounts", "Deposited")} >= {world.address("alice")}


def test_events_are_chosen_by_indexed_arguments(world, depositor, opened):
    depositor(4)
    chain, alice = opened(), world.address("alice")
    own = chain.events("Accounts", "Deposited", trader=alice)
    assert own == [event for event in chain.events("Accounts", "Deposited") if event.arguments["trader"] == alice]
    assert own[-1].arguments["points"] == 4


def test_nothing_is_read_twice(depositor, opened, proxy):
    depositor(1, 2)
    chain = opened()
    before = amounts(chain)
    proxy.calls.clear()
    assert amounts(chain) == before
    assert proxy.calls == {"eth_getBlockByNumber": 1}
    with chain.reading():
        proxy.calls.clear()
        assert amounts(chain) == amounts(chain) == before
        assert proxy.total == 0


def test_one_new_block_costs_two_requests_and_several_three(depositor, opened, proxy):
    chain = opened()
    amounts(chain)
    depositor(7)
    proxy.calls.clear()
    assert amounts(chain)[-1] == 7
    assert proxy.calls == {"eth_getBlockByNumber": 1, "eth_getLogs": 1}
    depositor(8, 9)
    proxy.calls.clear()
    assert amounts(chain)[-2:] == [8, 9]
    assert proxy.calls == {"eth_getBlockByNumber": 2, "eth_getLogs": 1}


def test_a_block_without_the_contracts_costs_one(world, opened, proxy):
    chain = opened()
    chain.log.follow()
    request(world.chain.web3, "evm_mine")
    proxy.calls.clear()
    assert chain.log.follow().number == world.chain.web3.eth.block_number
    assert proxy.total == 1


def test_the_next_program_resumes(depositor, opened, proxy, told):
    depositor(1, 2)
    amounts(opened())
    depositor(3)
    proxy.log.clear()
    assert amounts(opened())[-3:] == [1, 2, 3]
    ranges = [query[0] for method, query in proxy.log if method == "eth_getLogs"]
    assert len(ranges) == 1
    assert "blockHash" in ranges[0]
    assert told == []


def test_a_reorganisation_is_undone(world, depositor, opened):
    chain = opened()
    depositor(1, 2, 3)
    assert amounts(chain)[-3:] == [1, 2, 3]
    request(world.chain.web3, "anvil_reorg", 2, [])
    assert 3 not in amounts(chain)[-2:]
    assert contents(chain) == replayed(world)


# Not deeper: of blocks before its last ten, a busy Anvil forgets the state.
@pytest.mark.parametrize("depth", [1, 2, 5, 8])
def test_after_a_rollback_and_other_blocks_the_index_is_that_of_a_replay(world, depositor, opened, depth):
    chain = opened()
    depositor(*range(1, 11))
    chain.log.follow()
    depositor(11, 12, 13)
    chain.log.follow()
    request(world.chain.web3, "anvil_rollback", depth)
    shorter = amounts(chain)
    assert contents(chain) == replayed(world)
    depositor(*range(50, 50 + depth + 2))
    assert amounts(chain) == shorter + list(range(50, 50 + depth + 2))
    assert contents(chain) == replayed(world)


def test_a_reorganisation_while_the_program_was_stopped_is_undone(world, depositor, opened):
    depositor(1, 2, 3)
    amounts(opened())
    request(world.chain.web3, "anvil_rollback", 2)
    depositor(9)
    chain = opened()
    assert amounts(chain)[-2:] == [1, 9]
    assert contents(chain) == replayed(world)


def test_a_program_killed_in_a_step_leaves_the_step_before(depositor, opened, world):
    depositor(1, 2)
    chain = opened()
    before = amounts(chain)
    depositor(3)

    class Killed(BaseException):
        pass

    def die(_):
        raise Killed

    chain.log._logs_of = die
    with pytest.raises(Killed):
        chain.log.follow()
    assert [len(before), chain.log.index.tip().number] == [len(before), world.chain.web3.eth.block_number - 1]
    assert amounts(opened()) == [*before, 3]


def test_another_chain_with_the_same_addresses_is_read_anew(depositor, opened, tmp_path, told, world):
    depositor(1)
    expected = amounts(opened())
    identity = Identity.of(
        world.chain.deployment.chain_id, world.chain.deployment.addresses, world.chain.deployment.block
    )
    other = Index(folder_for(identity, tmp_path), identity, b"\x07" * 32)
    assert other.rebuilt_because
    assert other.tip() is None
    assert amounts(opened()) == expected
    assert "genesis" in told[-1]


def test_a_spoilt_file_is_read_anew(depositor, opened, tmp_path, told):
    depositor(1)
    chain = opened()
    expected = amounts(chain)
    chain.log.index.database.close()
    path = chain.log.index.path
    path.write_bytes(b"not a database" * 100)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    assert amounts(opened()) == expected
    assert "could not be read" in told[-1]


def test_rebuilding_gives_the_same(depositor, opened):
    depositor(1, 2)
    chain = opened()
    chain.log.follow()
    before = contents(chain)
    chain.log.rebuild()
    assert contents(chain) == before


@pytest.mark.parametrize("limits", [{"longest_range": 7}, {"most_logs": 4}, {"longest_range": 1}])
def test_ranges_are_halved_until_the_node_answers(world, depositor, opened, proxy, limits):
    depositor(*range(1, 8))
    for name, value in limits.items():
        setattr(proxy, name, value)
    chain = opened()
    assert amounts(chain)[-7:] == list(range(1, 8))
    assert contents(chain) == replayed(world)


def test_the_range_that_worked_is_remembered(depositor, opened, proxy):
    depositor(*range(1, 8))
    proxy.longest_range = 7

    def refused(chain):
        proxy.log.clear()
        chain.log.rebuild()
        return sum(_length(query) > 7 for method, query in proxy.log if method == "eth_getLogs")

    first = opened()
    assert refused(first) >= 1
    assert refused(first) == 0
    later = opened()
    assert later.log.reader.span == first.log.reader.span <= 7
    assert refused(later) <= 1


def _length(query):
    return int(query[0]["toBlock"], 16) - int(query[0]["fromBlock"], 16) + 1 if "toBlock" in query[0] else 1


def test_a_node_that_refuses_even_one_block_is_told(depositor, opened, proxy):
    depositor(1)
    proxy.most_logs = -1
    with pytest.raises(NodeRefused, match="more than -1 results"):
        amounts(opened())


@pytest.mark.parametrize("largest", [1, 0])
def test_a_node_without_batches_is_asked_one_by_one(world, depositor, opened, proxy, largest):
    depositor(1, 2)
    proxy.largest_batch = largest
    chain = opened()
    assert amounts(chain)[-2:] == [1, 2]
    assert chain.web3.provider.batch_size == 1
    assert contents(chain) == replayed(world)


@pytest.mark.parametrize("mood", ["429", "rate"])
def test_a_busy_node_is_asked_again_later(depositor, opened, proxy, mood):
    depositor(1, 2)
    chain = opened()
    proxy.busy += [mood, "", mood, ""]
    assert amounts(chain)[-2:] == [1, 2]
    assert proxy.busy == []


def test_a_machine_that_lags_is_not_taken_for_a_reorganisation(depositor, opened, proxy):
    depositor(1, 2, 3)
    chain = opened()
    before = amounts(chain)
    proxy.lag = 2
    timer = threading.Timer(0.1, setattr, (proxy, "lag", 0))
    timer.start()
    assert amounts(chain) == before
    timer.join()


def test_what_lags_for_long_is_believed_and_caught_up(world, depositor, opened, proxy):
    depositor(1, 2, 3)
    chain = opened()
    before = amounts(chain)
    proxy.lag = 2
    assert amounts(chain) == before[:-2]
    proxy.lag = 0
    assert amounts(chain) == before
    assert contents(chain) == replayed(world)


def test_who_finds_the_lock_taken_reads_what_is_there(depositor, opened, told):
    depositor(1)
    first, second = opened(), opened()
    before = amounts(second)
    depositor(2)
    with first.log.index.writing(1):
        assert amounts(second) == before
    assert told == [f"another program is updating the index; this is as of block {second.log.index.tip().number}"]
    assert amounts(second) == [*before, 2]


def test_the_lock_is_free_between_steps(depositor, opened, proxy):
    """While one program reads a long chain, another one writes between its steps."""
    depositor(*range(1, 30))
    proxy.longest_range = 4
    first, second = opened(), opened()
    got = []
    reading = threading.Thread(target=lambda: got.append(amounts(first)))
    reading.start()
    taken = 0
    while reading.is_alive():
        try:
            with second.log.index.writing(0.5):
                taken += 1
        except Locked:
            pass
    reading.join()
    assert taken > 1
    assert got[0][-29:] == list(range(1, 30))


def test_the_time_of_a_block_needs_no_request(depositor, opened, proxy):
    mined = depositor(1)[0]
    chain = opened()
    chain.log.follow()
    proxy.calls.clear()
    assert chain.time_of(mined.block) == chain.web3.eth.get_block(mined.block)["timestamp"]
    assert proxy.total == 1


def test_old_events_can_be_left_out(world, depositor, opened):
    depositor(1)
    world.warp(world.chain.now() + 1_000)
    later = world.chain.now()
    depositor(2)
    for chain in (opened(), Chain(world.chain.web3, world.chain.deployment)):
        recent = chain.events("Accounts", "Deposited", since=later)
        assert [event.arguments["points"] for event in recent] == [2]
        assert len(chain.events("Accounts", "Deposited", since=later - 1_000)) > 1


def test_without_an_index_the_node_is_asked_each_time(world, depositor, opened, proxy):
    depositor(1, 2)
    proxy.longest_range = 9
    direct = Chain(connect(proxy.url), world.chain.deployment)
    assert amounts(direct) == amounts(opened())
    found = direct.events("Accounts", "Deposited", trader=world.address("alice"))
    assert [event.arguments["points"] for event in found][-2:] == [1, 2]
    assert direct.touched_by(found[-1].transaction_hash) == opened().touched_by(found[-1].transaction_hash)


def test_a_block_whose_logs_came_in_part_is_read_again(world, proxy, opened, depositor):
    """A machine that has not indexed all logs of a block yet does not leave the index stuck once it has."""
    chain = opened()
    chain.log.follow()
    lost = f"0x{world.chain.interfaces['Accounts'].events['Deposited'].topic.hex()}"
    before = amounts(chain)
    proxy.hidden = lambda entry: entry["topics"][0] == lost
    depositor(11, 12)
    assert [amount for amount in amounts(chain) if amount in (11, 12)] == []
    proxy.hidden = None
    depositor(13, 14)
    assert amounts(chain) == [*before, 11, 12, 13, 14]
    assert contents(chain) == replayed(world)
