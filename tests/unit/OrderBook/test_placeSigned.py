"""`placeSigned`: anybody carries orders that their traders signed. Fields out of bounds: tests/unit/failures."""

from dataclasses import replace

import pytest
from eth_account import Account
from eth_utils import keccak

from powerpact.chain.packing import Side, order_tree
from powerpact.eip712 import Domain, sign
from tests.helpers.market import key
from tests.helpers.meters import compact
from tests.helpers.orders import buy, sell
from tests.helpers.reverts import reverts_with
from tests.unit.market_fixtures import by, money_of, used_nonces

SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@pytest.fixture
def carry(book, market, stranger):
    """Carry orders with their signatures."""

    def _carry(orders, signatures):
        return book.placeSigned(market.id, [order.pack() for order in orders], signatures, {"from": stranger})

    return _carry


def high_s(signature):
    """The other signature that the key made: s replaced by its negative, and v by its opposite."""
    s = SECP256K1_ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])


def test_refuses_an_empty_batch(carry):
    with reverts_with("Order_EmptyBatch"):
        carry([], [])


def test_refuses_more_signatures_than_orders(carry, market, alice):
    order = buy(alice)
    with reverts_with("Order_LengthMismatch", 1, 2):
        carry([order], [market.signature(alice, order)] * 2)


def test_refuses_the_signature_of_another(carry, market, alice, bob):
    order = buy(alice)
    with reverts_with("Order_BadSignature", 0, alice):
        carry([order], [market.signature(bob, order)])


def test_names_the_order_that_stops_the_batch(carry, market, alice, carol):
    orders = [sell(carol), buy(alice)]
    with reverts_with("Order_BadSignature", 1, alice):
        carry(orders, [market.signature(carol, orders[0]), market.signature(carol, orders[1])])


@pytest.mark.parametrize("mangle", [high_s, lambda s: s[:63], lambda s: s + b"\0", lambda _: b""])
def test_refuses_a_malleable_or_malformed_signature(carry, market, alice, mangle):
    order = buy(alice)
    with reverts_with("Order_BadSignature", 0, alice):
        carry([order], [mangle(market.signature(alice, order))])


@pytest.mark.parametrize("shape", [lambda s: s, compact], ids=["65 bytes", "64 bytes"])
def test_takes_both_shapes_of_a_signature(carry, book, market, alice, shape):
    order = buy(alice)
    carry([order], [shape(market.signature(alice, order))])
    assert book.batchCount(market.id) == 1


def test_refuses_a_signature_for_another_chain_contract_version_or_market(carry, community, market, alice):
    order = buy(alice)
    here = community.domain("OrderBook")
    elsewhere = [
        (Domain(here.chain_id + 1, here.contract), market.id),
        (community.domain("EscrowWallets"), market.id),
        (Domain(here.chain_id, here.contract, version="2"), market.id),
        (here, keccak(text="another market")),
    ]
    for domain, market_id in elsewhere:
        with reverts_with("Order_BadSignature", 0, alice):
            carry([order], [sign(alice.account, domain, *order.message(market_id))])


def test_refuses_a_signature_of_the_other_side(carry, market, carol):
    signed = buy(carol, device=0)
    with reverts_with("Order_BadSignature", 0, carol):
        carry([sell(carol)], [market.signature(carol, signed)])


@pytest.mark.parametrize("order_of", [buy, sell])
def test_refuses_a_replay(carry, market, carol, order_of):
    order = order_of(carol)
    signature = market.signature(carol, order)
    carry([order], [signature])
    with reverts_with("Escrow_NonceUsed", carol, order.side, 1):
        carry([order], [signature])


def test_refuses_one_nonce_twice_in_a_batch(carry, market, alice):
    orders = [buy(alice), buy(alice, energy_wh=2_000)]
    with reverts_with("Escrow_NonceUsed", alice, Side.BUY, 1):
        carry(orders, [market.signature(alice, order) for order in orders])


def test_takes_the_nonces_of_a_page_in_any_order(carry, escrow, market, alice):
    orders = [buy(alice, nonce=nonce) for nonce in (31, 0, 7)]
    carry(orders, [market.signature(alice, order) for order in orders])
    assert used_nonces(escrow, alice, Side.BUY, range(64)) == [0, 7, 31]


def test_a_nonce_of_a_later_page_closes_the_earlier_pages(carry, escrow, market, alice):
    late, early = buy(alice, nonce=64), buy(alice, nonce=63)
    carry([late], [market.signature(alice, late)])
    assert used_nonces(escrow, alice, Side.BUY, range(128)) == list(range(65))
    with reverts_with("Escrow_NonceUsed", alice, Side.BUY, 63):
        carry([early], [market.signature(alice, early)])


def test_pages_close_within_a_batch(carry, escrow, market, alice):
    orders = [buy(alice, nonce=32), buy(alice, nonce=31)]
    signatures = [market.signature(alice, order) for order in orders]
    with reverts_with("Escrow_NonceUsed", alice, Side.BUY, 31):
        carry(orders, signatures)
    carry(orders[::-1], signatures[::-1])
    assert used_nonces(escrow, alice, Side.BUY, range(64)) == list(range(33))


def test_takes_the_last_nonce_of_all(carry, escrow, market, alice):
    order = buy(alice, nonce=2**32 - 1)
    carry([order], [market.signature(alice, order)])
    assert used_nonces(escrow, alice, Side.BUY, (0, 2**32 - 2, 2**32 - 1)) == [0, 2**32 - 1]


def test_each_trader_and_each_side_has_nonces_of_its_own(carry, escrow, market, alice, bob):
    orders = [buy(alice, nonce=40), sell(alice, nonce=3), buy(bob, nonce=3)]
    carry(orders, [market.signature(t, o) for t, o in zip([alice, alice, bob], orders, strict=True)])
    assert used_nonces(escrow, alice, Side.SELL, range(64)) == [3]
    assert used_nonces(escrow, bob, Side.BUY, range(64)) == [3]
    assert used_nonces(escrow, bob, Side.SELL, range(64)) == []


def test_refuses_an_expired_order_and_takes_it_in_its_last_second(book, community, market, alice):
    order = buy(alice, expiry=community.chain.now() + 10)
    signature = market.signature(alice, order)
    community.chain.request("evm_setNextBlockTimestamp", order.expiry + 1)
    with reverts_with("Order_Expired", 0, order.expiry):
        book.placeSigned(market.id, [order.pack()], [signature], by(alice))
    later = replace(order, expiry=order.expiry + 10)
    community.chain.request("evm_setNextBlockTimestamp", later.expiry)
    book.placeSigned(market.id, [later.pack()], [market.signature(alice, later)], by(alice))


def test_refuses_after_the_gate_has_closed(carry, community, market, alice):
    order = buy(alice)
    community.chain.request("evm_setNextBlockTimestamp", market.rules.closes_at)
    with reverts_with("Market_GateClosed", market.id, market.rules.closes_at):
        carry([order], [market.signature(alice, order)])


def test_takes_orders_until_the_last_second(carry, book, community, market, alice):
    order = buy(alice)
    community.chain.request("evm_setNextBlockTimestamp", market.rules.closes_at - 1)
    carry([order], [market.signature(alice, order)])
    assert book.batchCount(market.id) == 1


def test_refuses_an_unknown_market(book, community, alice):
    order = buy(alice)
    unknown = keccak(text="no market")
    signature = sign(alice.account, community.domain("OrderBook"), *order.message(unknown))
    with reverts_with("Market_Unknown", unknown):
        book.placeSigned(unknown, [order.pack()], [signature], by(alice))


def test_refuses_a_trader_who_is_not_admitted(carry, market, alice):
    nobody = replace(alice, account=Account.create())
    order = buy(nobody)
    with reverts_with("Order_TraderNotActive", 0, nobody):
        carry([order], [market.signature(nobody, order)])


def test_refuses_a_suspended_trader(carry, community, market, alice):
    until = community.chain.now() + 1_000
    for auditor in community.auditors[:2]:
        community.send(auditor, "ParticipantRegistry", "suspend", alice.address, until, "meter under repair")
    order = buy(alice)
    with reverts_with("Order_TraderNotActive", 0, alice):
        carry([order], [market.signature(alice, order)])


def test_refuses_a_buyer_without_the_money(carry, escrow, market, alice):
    free, _ = money_of(escrow, alice)
    most_wh = free // 100
    orders = [buy(alice, energy_wh=most_wh), buy(alice, nonce=2, energy_wh=10)]
    signatures = [market.signature(alice, order) for order in orders]
    with reverts_with("Escrow_InsufficientBalance", alice, free - most_wh * 100, 1_000):
        carry(orders, signatures)
    carry(orders[:1], signatures[:1])
    assert money_of(escrow, alice)[0] == free - most_wh * 100


def test_carries_a_batch_of_both_sides(carry, book, escrow, market, alice, bob, carol, stranger):
    orders = [sell(carol), buy(alice), buy(bob, energy_wh=3_000)]
    tx = carry(orders, [market.signature(t, o) for t, o in zip([carol, alice, bob], orders, strict=True)])
    packed = [order.pack() for order in orders]
    assert tx.return_value == 0
    assert tx.events["OrdersPlaced"]["carrier"] == stranger
    assert [tuple(words) for words in tx.events["OrdersPlaced"]["orders"]] == packed
    assert bytes(book.batchState(market.id, 0)["root"]) == order_tree(packed).root
    assert [escrow.heldOf(t.address) for t in (alice, bob, carol)] == [100_000, 300_000, 0]


@pytest.fixture
def smart_account(SmartAccount, points, community, escrow, deployer):
    """A contract with an owner's key, admitted as a participant, with 0.1 points in its wallet."""
    owner = key("owner of a smart account")
    account = deployer.deploy(SmartAccount, owner.address)
    registry = community.addresses["ParticipantRegistry"]
    application = community.interfaces["ParticipantRegistry"].encode_call("applyFor", [keccak(text="attributes")])
    account.execute(registry, application, by(owner))
    for auditor in community.auditors[:2]:
        community.send(auditor, "ParticipantRegistry", "approve", account.address, 1, 500_000)
    points.mint(account, 100_000, keccak(text="deposit of a smart account"), by(community.utility))
    account.execute(points, points.approve.encode_input(escrow, 100_000), by(owner))
    account.execute(escrow, escrow.deposit.encode_input(100_000), by(owner))
    return account, owner


def test_takes_the_signature_of_a_contract_account(carry, community, escrow, market, alice, smart_account):
    account, owner = smart_account
    order = replace(buy(alice), trader=account.address)
    domain = community.domain("OrderBook")
    with reverts_with("Order_BadSignature", 0, account):
        carry([order], [sign(alice.account, domain, *order.message(market.id))])
    carry([order], [sign(owner, domain, *order.message(market.id))])
    assert money_of(escrow, account) == (0, 100_000)
