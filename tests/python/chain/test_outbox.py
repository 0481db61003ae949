"""Sending with an outbox, and with nonces and fees that are kept."""

import pytest

from powerpact.chain.connection import connect
from powerpact.chain.contracts import points
from powerpact.chain.errors import ContractError
from powerpact.chain.local.clock import request
from powerpact.chain.outbox import OutgoingState
from powerpact.index import attach
from powerpact.store import Journal
from testkit.proxy import Proxy


@pytest.fixture
def proxy(node):
    with Proxy(node.rpc_url) as gate:
        yield gate


@pytest.fixture
def opened(world, proxy, tmp_path):
    """The deployment with a journal on the disk, as a new program would open it."""
    return lambda: attach(connect(proxy.url), world.chain.deployment, tmp_path)


def withdrawals(chain, account, *amounts):
    return [points.withdraw(chain, amount, account.address) for amount in amounts]


def states(chain):
    return [one.state for one in chain.outbox.sent()]


def test_a_transaction_costs_three_requests(world, opened, proxy):
    chain, alice = opened(), world.keys["alice"]
    sender = chain.sender(alice)
    sender.send(*withdrawals(chain, alice, 1))
    proxy.calls.clear()
    sender.send(*withdrawals(chain, alice, 2))
    assert proxy.calls == {"eth_estimateGas": 1, "eth_sendRawTransaction": 1, "eth_getTransactionReceipt": 1}


def test_a_batch_is_estimated_in_one_request(world, opened, proxy):
    chain, alice = opened(), world.keys["alice"]
    sender = chain.sender(alice)
    sender.send(*withdrawals(chain, alice, 1))
    proxy.calls.clear()
    mined = sender.send_all(withdrawals(chain, alice, 1, 2, 3, 4))
    assert len(mined) == 4
    assert proxy.calls == {"eth_simulateV1": 1, "eth_sendRawTransaction": 4, "eth_getTransactionReceipt": 4}


def test_calls_of_a_batch_may_depend_on_each_other_where_the_node_simulates(world, opened):
    chain, alice = opened(), world.keys["alice"]
    free = points.wallet_of(chain, alice.address).free_upoints
    held = points.balance_of(chain, alice.address)
    everything = points.withdraw(chain, free, alice.address)
    chain.sender(alice).send_all([everything, points.redeem(chain, held + free, b"\x01" * 32)])
    assert points.balance_of(chain, alice.address) == 0


def test_a_batch_with_a_revert_is_refused_before_anything_is_sent(world, opened):
    chain, alice = opened(), world.keys["alice"]
    with pytest.raises(ContractError) as refusal:
        chain.sender(alice).send_all(withdrawals(chain, alice, 1, 10**12))
    assert refusal.value.name == "Accounts_InsufficientBalance"
    assert states(chain) == []


def test_every_transaction_is_written_down_with_its_end(world, opened):
    chain, alice = opened(), world.keys["alice"]
    mined = chain.sender(alice).send_all(withdrawals(chain, alice, 1, 2))
    with pytest.raises(ContractError):
        chain.sender(alice).send_all(withdrawals(chain, alice, 10**12), gas=[200_000])
    assert states(chain) == [OutgoingState.MINED, OutgoingState.MINED, OutgoingState.REVERTED]
    assert [f"0x{one.hash.hex()}" for one in chain.outbox.sent()][:2] == [one.transaction_hash for one in mined]
    assert len({one.nonce for one in chain.outbox.sent()}) == 3


def test_it_is_written_down_before_it_is_sent(world, opened, monkeypatch):
    chain, alice = opened(), world.keys["alice"]
    seen = []
    send_raw = chain.web3.eth.send_raw_transaction

    def look_and_send(raw):
        fresh = Journal(chain.outbox.path.parent, chain.outbox.genesis)
        seen.append([(one.raw, one.state) for one in fresh.under_way(alice.address)])
        return send_raw(raw)

    monkeypatch.setattr(chain.web3.eth, "send_raw_transaction", look_and_send)
    chain.sender(alice).send(*withdrawals(chain, alice, 1))
    assert seen == [[(chain.outbox.sent()[0].raw, OutgoingState.SIGNED)]]


class Killed(BaseException):
    pass


@pytest.mark.parametrize(
    ("moment", "end"),
    [("send_raw_transaction", OutgoingState.LOST), ("get_transaction_receipt", OutgoingState.MINED)],
)
def test_the_next_program_finds_out_what_became_of_it(world, opened, monkeypatch, moment, end):
    chain, alice = opened(), world.keys["alice"]

    def die(*_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(chain.web3.eth, moment, die)
        with pytest.raises(Killed):
            chain.sender(alice).send(*withdrawals(chain, alice, 1))
    later = opened()
    later.sender(alice).send(*withdrawals(later, alice, 2))
    assert states(later) == [end, OutgoingState.MINED]


def test_what_waits_in_the_pool_stays_under_way(world, opened):
    chain, alice = opened(), world.keys["alice"]
    request(world.chain.web3, "evm_setAutomine", False)
    sender = chain.sender(alice)
    sender.wait_s = 0.2
    with pytest.raises(TimeoutError):
        sender.send(*withdrawals(chain, alice, 1))
    later = opened()
    sender = later.sender(alice)
    sender.wait_s = 0.2
    with pytest.raises(TimeoutError):
        sender.send(*withdrawals(later, alice, 2))
    assert states(later) == [OutgoingState.SENT, OutgoingState.SENT]
    request(world.chain.web3, "evm_setAutomine", True)
    request(world.chain.web3, "evm_mine")
    last = opened()
    last.sender(alice).send(*withdrawals(last, alice, 3))
    assert states(last) == [OutgoingState.MINED] * 3


def test_a_nonce_that_another_program_took_is_asked_for_again(world, opened):
    chain, alice = opened(), world.keys["alice"]
    kept = chain.sender(alice)
    kept.send(*withdrawals(chain, alice, 1))
    world.sender("alice").send(*withdrawals(chain, alice, 2))
    assert kept.send(*withdrawals(chain, alice, 3)).gas_used
    assert states(chain) == [OutgoingState.MINED, OutgoingState.LOST, OutgoingState.MINED]


def test_fees_that_became_too_low_are_asked_for_again(world, opened):
    chain, alice = opened(), world.keys["alice"]
    sender = chain.sender(alice)
    sender.send(*withdrawals(chain, alice, 1))
    try:
        request(world.chain.web3, "anvil_setNextBlockBaseFeePerGas", hex(10**12))
        request(world.chain.web3, "evm_mine")
        assert sender.send(*withdrawals(chain, alice, 2)).gas_used
    finally:
        request(world.chain.web3, "anvil_setNextBlockBaseFeePerGas", hex(10**9))
