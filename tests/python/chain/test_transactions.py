"""Sending: reverts, gas, batches, lost transactions, reorganisations, poor senders."""

import pytest
from eth_account import Account

from powerpact.chain.connection import GAS_LIMIT
from powerpact.chain.contracts import participants, points
from powerpact.chain.errors import (
    ChainUnreachable,
    ContractError,
    GasLimitExceeded,
    InsufficientEther,
    NodeRefused,
    TransactionTimeout,
)
from powerpact.chain.local.clock import request
from powerpact.chain.transactions import Call, Sender


def deposits(chain, *amounts):
    return [chain.call("deposit", "Accounts", "deposit", amount) for amount in amounts]


@pytest.fixture
def approved(world):
    """alice has approved the accounts for all her points."""
    chain = world.chain
    call = chain.call("approve", "PowerPoints", "approve", chain.address("Accounts"), 10**9)
    world.sender("alice").send(call)
    return world


@pytest.fixture
def manual_mining(web3):
    """Blocks come only when they are asked for."""
    request(web3, "evm_setAutomine", False)
    yield
    request(web3, "evm_setAutomine", True)
    request(web3, "evm_mine")


def test_a_revert_that_shows_beforehand_sends_nothing(world):
    sender = world.sender("alice")
    nonce = world.chain.web3.eth.get_transaction_count(sender.address)
    with pytest.raises(ContractError) as refusal:
        sender.send(points.withdraw(world.chain, 1_001, sender.address))
    assert refusal.value.name == "Accounts_InsufficientBalance"
    assert refusal.value.arguments == {"trader": sender.address, "have": 1_000, "needed": 1_001}
    assert "deposit" in refusal.value.remedy
    assert world.chain.web3.eth.get_transaction_count(sender.address) == nonce


def test_a_revert_on_the_chain_is_told_with_its_reason(world):
    sender = world.sender("alice")
    with pytest.raises(ContractError) as refusal:
        sender.send_all([points.withdraw(world.chain, 1_001, sender.address)], gas=[200_000])
    assert refusal.value.name == "Accounts_InsufficientBalance"


def test_running_out_of_gas_on_the_chain_is_told(world):
    sender = world.sender("alice")
    with pytest.raises(GasLimitExceeded) as refusal:
        sender.send_all([points.withdraw(world.chain, 1, sender.address)], gas=[30_000])
    assert refusal.value.limit_gas == 30_000


def test_what_no_transaction_can_hold_is_refused_before_it_is_sent(world):
    call = Call("burn", None, b"\x5b\x5f\x56")  # JUMPDEST PUSH0 JUMP: an endless loop
    with pytest.raises(GasLimitExceeded) as refusal:
        world.sender("alice").send(call)
    assert refusal.value.limit_gas == GAS_LIMIT


def test_a_batch_is_mined_in_order(approved):
    sender = approved.sender("alice")
    mined = sender.send_all(deposits(approved.chain, *range(1, 21)))
    deposited = [approved.chain.event(one, "Deposited").arguments["points"] for one in mined]
    assert deposited == list(range(1, 21))
    assert points.wallet_of(approved.chain, sender.address).free_upoints == 1_000 + 210


def test_an_empty_batch_sends_nothing(world):
    assert world.sender("alice").send_all([]) == []


def test_gas_is_logged_by_step(approved):
    sender = Sender(approved.chain.web3, approved.keys["alice"])
    mined = sender.send_all(deposits(approved.chain, 1, 2))
    sender.send(points.withdraw(approved.chain, 3, sender.address))
    assert sender.log.by_step() == {
        "deposit": (sum(one.gas_used for one in mined), 2, 2),
        "withdraw": (sender.log.entries[-1].gas_used, 1, 1),
    }


def test_a_poor_sender_is_told(world):
    poor = Account.create()
    with pytest.raises(InsufficientEther) as refusal:
        Sender(world.chain.web3, poor).send_all([participants.apply(world.chain, b"\x01" * 32)], gas=[100_000])
    assert refusal.value.sender == poor.address
    assert refusal.value.have_wei == 0
    assert refusal.value.needed_wei > 0


def test_what_is_not_mined_in_time_is_told_and_can_be_found(approved, manual_mining):
    sender = Sender(approved.chain.web3, approved.keys["alice"], wait_s=0.2)
    with pytest.raises(TransactionTimeout) as refusal:
        sender.send(deposits(approved.chain, 5)[0])
    request(approved.chain.web3, "evm_mine")
    receipt = approved.chain.web3.eth.get_transaction_receipt(refusal.value.transaction_hash)
    assert receipt["status"] == 1


def test_a_transaction_that_the_node_dropped_is_sent_again(approved, manual_mining, monkeypatch):
    sender = Sender(approved.chain.web3, approved.keys["alice"], wait_s=20)
    eth = sender.web3.eth
    dropped = []
    send_raw = eth.send_raw_transaction

    def drop_the_first(raw):
        transaction_hash = send_raw(raw)
        if dropped:
            request(sender.web3, "evm_mine")
        else:
            dropped.append(transaction_hash)
            request(sender.web3, "anvil_dropTransaction", f"0x{bytes(transaction_hash).hex()}")
        return transaction_hash

    monkeypatch.setattr(eth, "send_raw_transaction", drop_the_first)
    mined = sender.send(deposits(approved.chain, 5)[0])
    assert mined.transaction_hash == f"0x{bytes(dropped[0]).hex()}"


def test_a_transaction_that_a_reorganisation_removed_is_sent_again(approved, monkeypatch):
    sender = Sender(approved.chain.web3, approved.keys["alice"], confirmations=2, wait_s=20)
    web3 = sender.web3
    looks, sent = [], []
    get_receipt, send_raw = web3.eth.get_transaction_receipt, web3.eth.send_raw_transaction

    def count(raw):
        sent.append(raw)
        return send_raw(raw)

    def remove_it_once(transaction_hash):
        looks.append(1)
        if len(looks) == 2:  # it was there, one block deep; now its block is replaced by empty ones
            request(web3, "anvil_reorg", 1, [])
            request(web3, "anvil_dropTransaction", f"0x{bytes(transaction_hash).hex()}")
        if len(looks) > 5:
            request(web3, "evm_mine")
        return get_receipt(transaction_hash)

    monkeypatch.setattr(web3.eth, "get_transaction_receipt", remove_it_once)
    monkeypatch.setattr(web3.eth, "send_raw_transaction", count)
    mined = sender.send(deposits(approved.chain, 5)[0])
    assert points.wallet_of(approved.chain, sender.address).free_upoints == 1_005
    assert web3.eth.block_number >= mined.block + 2
    assert sent == [sent[0]] * 2


def test_a_connection_that_drops_while_sending_loses_nothing(approved, monkeypatch):
    sender = approved.sender("alice")
    eth = sender.web3.eth
    send_raw = eth.send_raw_transaction
    calls = []

    def drop_once(raw):
        answer = send_raw(raw)
        calls.append(1)
        if len(calls) == 1:
            raise ConnectionError("reset by peer")
        return answer

    monkeypatch.setattr(eth, "send_raw_transaction", drop_once)
    sender.send(deposits(approved.chain, 5)[0])
    assert points.wallet_of(approved.chain, sender.address).free_upoints == 1_005


def test_a_connection_that_stays_away_is_told(approved, monkeypatch):
    sender = approved.sender("alice")

    def drop(_raw):
        raise ConnectionError("reset by peer")

    monkeypatch.setattr(sender.web3.eth, "send_raw_transaction", drop)
    monkeypatch.setattr("powerpact.chain.transactions.time.sleep", lambda _: None)
    with pytest.raises(ChainUnreachable, match="reset by peer"):
        sender.send(deposits(approved.chain, 5)[0])


def test_a_receipt_without_the_event_is_told(world):
    mined = world.sender("alice").send(points.withdraw(world.chain, 1, world.address("alice")))
    with pytest.raises(NodeRefused, match="Deposited"):
        world.chain.event(mined, "Deposited")
