"""Nodes as they are hosted: what many providers say, and what machines that lag behind or hold back do."""

import pytest
from eth_abi import encode

from powerpact.chain import provider
from powerpact.chain.connection import ask, connect
from powerpact.chain.contracts import points
from powerpact.chain.deploying import check_forks
from powerpact.chain.errors import ChainUnreachable, ContractError, InsufficientEther, NodeRefused
from powerpact.chain.fees import Fees
from powerpact.chain.local.clock import request
from powerpact.chain.local.node import Node, free_port
from powerpact.chain.logs import LogReader
from powerpact.chain.node_errors import HardForkMissing, NotANode, RateLimited
from powerpact.chain.outbox import OutgoingState
from powerpact.index import attach
from testkit.proxy import Proxy


@pytest.fixture
def proxy(node):
    with Proxy(node.rpc_url) as gate:
        yield gate


@pytest.fixture
def opened(world, proxy, tmp_path):
    """The deployment with a journal on the disk, as a new program would open it."""
    return lambda: attach(connect(proxy.url), world.chain.deployment, tmp_path)


@pytest.fixture(autouse=True)
def brief(monkeypatch):
    """Nobody waits long here."""
    monkeypatch.setattr(provider, "FIRST_PAUSE_S", 0.001)


def error(code, message, data=None):
    return {"error": {"code": code, "message": message, **({"data": data} if data is not None else {})}}


BUSY = [
    (429, {}, error(-32005, "Too Many Requests")),
    (429, {"Retry-After": "0"}, error(-32005, "Too Many Requests")),
    (429, {"Retry-After": "Wed, 21 Oct 2015 07:28:00 GMT"}, {"message": "slow"}),
    (503, {}, {"message": "no healthy upstream"}),
    (200, {}, error(-32005, "daily request count exceeded, request rate limited")),
    (200, {}, error(-32005, "project ID request rate exceeded", {"rate": {"backoff_seconds": 0, "current_rps": 13}})),
    (200, {}, error(-32007, "50/second request limit reached - reduce calls per second or upgrade your account")),
    (200, {}, error(429, "Your app has exceeded its compute units per second capacity.")),
    (200, {}, error(-32005, "You've exceeded the RPS limit available on the current plan.")),
    (200, {}, error(-32029, "call rate limit exhausted, retry in 1ms")),
    (200, {}, error(-32016, "over rate limit")),
    (200, {}, error(15, "Too many request, try again later")),
    (403, {}, error(-32600, "request throttled")),
]


@pytest.mark.parametrize("answer", BUSY, ids=str)
def test_a_node_that_asks_for_fewer_requests_is_asked_later(proxy, answer):
    web3 = connect(proxy.url)
    proxy.busy = [answer] * 3
    assert int(ask(web3, "the height", "eth_blockNumber"), 16) >= 0
    assert proxy.calls["eth_blockNumber"] == 4
    proxy.busy = [answer] * provider.PATIENCE
    with pytest.raises((RateLimited, ChainUnreachable)) as refusal:
        ask(web3, "the height", "eth_blockNumber")
    assert "ether" not in f"{refusal.value} {refusal.value.remedy}"


RANGE_REFUSALS = [
    (200, -32602, "range 900 exceeds limit of {limit}"),
    (200, -32005, "eth_getLogs block range too large, range: 900, max: {limit}"),
    (200, -32005, "limit exceeded"),
    (200, -32005, "query returned more than 10000 results. Try with this block range [{first}, {last}]."),
    (200, -32600, "You can make eth_getLogs requests with up to a {limit} block range."),
    (200, -32602, "Log response size exceeded. Based on your parameters, this range should work: [{first}, {last}]"),
    (200, -32000, "exceed maximum block range: {limit}"),
    (200, -32000, "query exceeds max block range {limit}"),
    (200, -32602, "query exceeds max results 20000, retry with the range {first}-{last}"),
    (200, -32000, "block range is too wide"),
    (200, 35, "ranges over {limit} blocks are not supported on freetier"),
    (200, -32000, "requested too many blocks from {first} to {last}, maximum is set to {limit}"),
    (200, -32008, "Response is too big"),
    (200, -32020, "backend response too large"),
    (200, -32002, "request timed out"),
    (200, -32000, "query timeout exceeded"),
    (400, -32600, "You can make eth_getLogs requests with up to a {limit} block range."),
    (400, -32062, "Block range is too large"),
    (413, -32614, "eth_getLogs is limited to a {limit} range"),
    (413, -32000, "Request Entity Too Large"),
    (500, -32000, "exceeds the max block range"),
]


@pytest.mark.parametrize(
    ("refusal", "takes_batches"),
    [*((refusal, True) for refusal in RANGE_REFUSALS), *((refusal, False) for refusal in RANGE_REFUSALS[-6:])],
    ids=str,
)
def test_a_range_of_logs_that_is_too_long_is_split(world, web3, proxy, refusal, takes_batches):
    request(web3, "anvil_mine", hex(50))
    everything = LogReader(web3, list(world.chain.deployment.addresses.values()))
    first, last = world.chain.deployment.block, web3.eth.block_number
    expected, _ = everything.between(first, last)
    assert expected
    proxy.longest_range, proxy.range_refusal = 12, refusal
    proxy.largest_batch = None if takes_batches else 0
    reader = LogReader(connect(proxy.url), everything.addresses)
    found, at = [], first
    while at <= last:
        logs, end = reader.between(at, last)
        found += logs
        at = end.block.number + 1
    assert found == expected
    assert proxy.calls["eth_getLogs"] < 40


def test_what_no_shorter_range_would_help_is_told_at_once(world, proxy):
    reader = LogReader(connect(proxy.url), list(world.chain.deployment.addresses.values()))
    proxy.busy = [(403, {}, error(-32000, "Unauthorized: invalid API key"))] * 9
    with pytest.raises(NodeRefused, match="API key"):
        reader.between(0, world.chain.web3.eth.block_number)
    assert proxy.calls["eth_getLogs"] == 1


def test_a_receipt_and_a_transaction_that_show_late_are_waited_for(world, opened, proxy):
    chain, alice = opened(), world.keys["alice"]
    proxy.blind_looks = 12  # the node has mined it: sent again, it is refused for its nonce
    chain.sender(alice).send(points.withdraw(chain, 1, alice.address))
    assert [one.state for one in chain.outbox.sent()] == [OutgoingState.MINED]
    assert proxy.calls["eth_sendRawTransaction"] > 1


def test_a_dropped_answer_and_a_machine_that_lags_send_nothing_twice(world, opened, proxy, monkeypatch):
    chain, alice = opened(), world.keys["alice"]
    proxy.blind_looks = 6
    send_raw, lost = chain.web3.eth.send_raw_transaction, []

    def drop_the_first_answer(raw):
        answer = send_raw(raw)
        if not lost:
            lost.append(raw)
            raise ConnectionError("reset by peer")
        return answer

    monkeypatch.setattr(chain.web3.eth, "send_raw_transaction", drop_the_first_answer)
    free = points.wallet_of(chain, alice.address).free_upoints
    chain.sender(alice).send(points.withdraw(chain, 1, alice.address))
    assert points.wallet_of(chain, alice.address).free_upoints == free - 1


def test_a_machine_that_counts_too_few_transactions_is_asked_again(world, opened, proxy):
    chain, alice = opened(), world.keys["alice"]
    chain.sender(alice).send(points.withdraw(chain, 1, alice.address))
    later = opened()
    proxy.old_counts = 5
    later.sender(alice).send(points.withdraw(later, 2, alice.address))
    assert [one.state for one in later.outbox.sent()] == [OutgoingState.MINED] * 2
    assert proxy.calls["eth_sendRawTransaction"] == 2


def test_a_refusal_by_a_machine_without_the_latest_state_is_asked_again(world, opened, proxy):
    chain, alice = opened(), world.keys["alice"]
    sender = chain.sender(alice)
    sender.send(points.withdraw(chain, 1, alice.address))
    signature = chain.interfaces["Accounts"].errors["Accounts_InsufficientBalance"]
    data = signature.selector + encode(signature.types, [alice.address, 0, 2])
    refusal = error(3, "execution reverted", f"0x{data.hex()}")
    proxy.busy = [(200, {}, refusal)]
    sender.send(points.withdraw(chain, 2, alice.address))
    with pytest.raises(ContractError, match="InsufficientBalance"):
        sender.send(points.withdraw(chain, 10**12, alice.address))


def hanging(chain, proxy, account, fee_wei=50 * 10**9):
    """A transaction that a spike of the fees leaves in the pool; its program gives up."""
    proxy.least_fee_wei = fee_wei
    sender = chain.sender(account)
    sender.wait_s = 0.5
    with pytest.raises(TimeoutError) as refusal:
        sender.send(points.withdraw(chain, 1, account.address))
    assert "run the same command again" in refusal.value.remedy.lower()


def test_a_transaction_that_hangs_is_replaced_by_the_next_program(world, opened, proxy):
    alice, told = world.keys["alice"], []
    hanging(opened(), proxy, alice)
    proxy.shown_base_fee_wei = 50 * 10**9
    later = opened()
    later.notice = told.append
    before = points.wallet_of(later, alice.address).free_upoints
    later.sender(alice).send(points.withdraw(later, 1, alice.address))
    assert points.wallet_of(later, alice.address).free_upoints == before - 1
    assert [one.state for one in later.outbox.sent()] == [OutgoingState.LOST, OutgoingState.MINED]
    assert len({one.nonce for one in later.outbox.sent()}) == 1
    assert any("takes its place" in text for text in told)


def test_a_transaction_that_hangs_is_replaced_while_it_is_waited_for(world, opened, proxy):
    chain, alice = opened(), world.keys["alice"]
    sender = chain.sender(alice)
    sender.hangs_after_s = 0.3
    real_offer, offers = chain.fees.offer, []
    too_little = real_offer()["maxFeePerGas"]
    proxy.least_fee_wei = too_little + 1

    def spike_after_the_first():
        offers.append(1)
        if len(offers) > 1:
            proxy.shown_base_fee_wei = 2 * too_little
        return real_offer()

    chain.fees.offer = spike_after_the_first
    sender.send(points.withdraw(chain, 1, alice.address))
    assert [one.state for one in chain.outbox.sent()] == [OutgoingState.LOST, OutgoingState.MINED]


def test_a_chain_without_prices_gets_transactions_of_its_kind(world, proxy):
    proxy.lacks = {"eth_maxPriorityFeePerGas", "eth_gasPrice"}
    assert Fees(connect(proxy.url)).offer()["maxPriorityFeePerGas"] == 0
    with Node(hardfork="berlin") as old, Proxy(old.rpc_url) as gate:
        assert set(Fees(connect(gate.url)).offer()) == {"gasPrice"}
        gate.lacks = {"eth_gasPrice"}
        assert Fees(connect(gate.url)).offer() == {"gasPrice": 0}


def test_a_chain_without_the_rules_that_the_contracts_need_is_named(web3):
    check_forks(web3)
    with Node(hardfork="london") as old, pytest.raises(HardForkMissing, match="Shanghai") as refusal:
        check_forks(connect(old.rpc_url))
    assert refusal.value.fork == "Shanghai"
    assert "ether" not in refusal.value.remedy


@pytest.mark.parametrize(
    "message",
    [
        "insufficient funds for gas * price + value: balance 0, tx cost 1",
        "Insufficient funds for gas * price + value",
        "insufficient balance for transfer",
        "Upfront cost exceeds account balance",
        "sender doesn't have enough funds to send tx",
        "insufficient MaxFeePerGas for sender balance",
        "INSUFFICIENT_FUNDS",
    ],
)
@pytest.mark.parametrize("moment", ["estimate", "sending"])
def test_ether_is_named_where_it_is_the_cause(world, opened, proxy, message, moment):
    chain, alice = opened(), world.keys["alice"]
    sender = chain.sender(alice)
    chain.fees.offer()
    sender.nonces.next()
    call = points.withdraw(chain, 1, alice.address)
    proxy.busy = [(200, {}, error(-32000, message))]
    with pytest.raises(InsufficientEther) as refusal:
        sender.send_all([call], gas=[200_000] if moment == "sending" else None)
    assert "ether" in refusal.value.remedy


@pytest.mark.parametrize("message", ["EVM error NotActivated", "internal error", "execution aborted"])
def test_ether_is_not_named_where_it_is_not_the_cause(world, opened, proxy, message):
    chain, alice = opened(), world.keys["alice"]
    sender = chain.sender(alice)
    proxy.busy = [(200, {}, error(-32000, message))]
    with pytest.raises(NodeRefused, match=message) as refusal:
        sender.estimate(points.withdraw(chain, 1, alice.address))
    assert "ether" not in refusal.value.remedy


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("nonsense", "http://"),
        ("ws://127.0.0.1:8545", "http://"),
        ("http://", "http://"),
        ("file:///etc/passwd", "http://"),
    ],
)
def test_what_is_no_url_of_a_node_is_told(url, told):
    with pytest.raises(NotANode, match="not the address of a node") as refusal:
        connect(url)
    assert told in str(refusal.value)


@pytest.mark.parametrize("answer", [(404, {}, {}), (405, {}, {}), (200, {}, {"hello": "world"})], ids=str)
def test_something_else_that_answers_is_told(proxy, answer):
    proxy.busy = [answer] * 3
    with pytest.raises(NotANode, match=r"not the address of a node"):
        connect(proxy.url)


def test_a_node_that_is_down_is_told_in_a_few_words():
    url = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(ChainUnreachable) as refusal:
        connect(url, retries=1)
    assert str(refusal.value) == f"no answer from the node at {url}: nothing listens there"
