"""Sending with an outbox, and with nonces and fees that are kept."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from powerpact.chain.connection import connect
from powerpact.chain.contracts import points
from powerpact.chain.errors import ContractError, TransactionTimeout
from powerpact.chain.local.clock import request
from powerpact.chain.outbox import OutgoingState, StoppedAfterSending
from powerpact.index import attach
from powerpact.store import AccountBusy, Journal
from powerpact.store.turns import turn
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


@pytest.fixture
def no_mining(world):
    """Blocks come only when they are asked for, until `mine` is called."""
    web3 = world.chain.web3
    request(web3, "evm_setAutomine", False)

    def mine():
        request(web3, "evm_setAutomine", True)
        request(web3, "evm_mine")

    yield mine
    mine()


def stopped(chain, account, *calls):
    """A program sends and is stopped before its transaction is mined."""
    sender = chain.sender(account)
    sender.wait_s = 0.2
    with pytest.raises(TransactionTimeout):
        sender.send_all(calls)


def test_what_waits_in_the_pool_is_waited_for_and_not_sent_again(world, opened, no_mining):
    chain, alice = opened(), world.keys["alice"]
    stopped(chain, alice, *withdrawals(chain, alice, 1))
    again = opened()
    stopped(again, alice, *withdrawals(again, alice, 1))
    assert states(again) == [OutgoingState.SENT]
    no_mining()
    told = []
    last = opened()
    last.notice = told.append
    free = points.wallet_of(last, alice.address).free_upoints
    [mined] = last.sender(alice).send_all(withdrawals(last, alice, 1))
    assert f"0x{last.outbox.sent()[0].hash.hex()}" == mined.transaction_hash
    assert states(last) == [OutgoingState.MINED]
    assert points.wallet_of(last, alice.address).free_upoints == free
    assert any("already" in text for text in told)
    last.sender(alice).send(*withdrawals(last, alice, 1))  # said again, it is meant
    assert states(last) == [OutgoingState.MINED] * 2


def test_another_call_comes_after_what_waits(world, opened, no_mining):
    chain, alice = opened(), world.keys["alice"]
    stopped(chain, alice, *withdrawals(chain, alice, 1))
    no_mining()
    later = opened()
    later.sender(alice).send(*withdrawals(later, alice, 2))
    assert states(later) == [OutgoingState.MINED] * 2
    assert [one.nonce for one in later.outbox.sent()] == [first := later.outbox.sent()[0].nonce, first + 1]


def test_what_was_signed_and_not_sent_is_sent_when_the_call_is_made_again(world, opened, monkeypatch):
    chain, alice = opened(), world.keys["alice"]

    def die(_):
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(chain.web3.eth, "send_raw_transaction", die)
        with pytest.raises(Killed):
            chain.sender(alice).send(*withdrawals(chain, alice, 1))
    later = opened()
    mined = later.sender(alice).send(*withdrawals(later, alice, 1))
    assert states(later) == [OutgoingState.MINED]
    assert mined.transaction_hash == later.outbox.sent()[0].hash_text


def test_a_batch_that_was_cut_short_goes_on_where_it_stopped(world, opened, monkeypatch):
    chain, alice = opened(), world.keys["alice"]
    sent, send_raw = [], chain.web3.eth.send_raw_transaction

    def die_at_the_third(raw):
        sent.append(raw)
        if len(sent) == 3:
            raise Killed
        return send_raw(raw)

    with monkeypatch.context() as patch:
        patch.setattr(chain.web3.eth, "send_raw_transaction", die_at_the_third)
        with pytest.raises(Killed):
            chain.sender(alice).send_all(withdrawals(chain, alice, 1, 2, 3, 4))
    later = opened()
    mined = later.sender(alice).send_all(withdrawals(later, alice, 1, 2, 3, 4))
    assert [later.event(one, "Withdrawn").arguments["points"] for one in mined] == [1, 2, 3, 4]
    assert states(later) == [OutgoingState.MINED] * 4


def test_ctrl_c_says_what_is_under_way(world, opened, monkeypatch):
    chain, alice = opened(), world.keys["alice"]

    def stop(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(chain.web3.eth, "get_transaction_receipt", stop)
    with pytest.raises(StoppedAfterSending) as stopped_after:
        chain.sender(alice).send(*withdrawals(chain, alice, 1))
    assert [one.hash for one in stopped_after.value.under_way] == [one.hash for one in chain.outbox.sent()]


def test_programs_take_turns(world, opened):
    chain, alice = opened(), world.keys["alice"]
    told = []

    def other():
        second = opened()
        second.notice = told.append
        return second.sender(alice).send(*withdrawals(second, alice, 2))

    sender = chain.sender(alice)
    with ThreadPoolExecutor() as pool:
        with sender.turn():
            waiting = pool.submit(other)
            while not told:
                time.sleep(0.01)
            first = sender.send(*withdrawals(chain, alice, 1))
        assert waiting.result().block > first.block
    assert "another command" in told[0]
    assert states(chain) == [OutgoingState.MINED] * 2


def test_a_turn_that_does_not_end_is_told(tmp_path):
    def held():
        return turn(tmp_path / "lock", "0xa11ce", lambda _: None, 0.1)

    with held(), pytest.raises(AccountBusy, match="0xa11ce"), held():
        pass
    with held():
        pass


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
