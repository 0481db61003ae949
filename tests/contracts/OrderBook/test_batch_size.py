"""The largest batch. In process: a node that keeps every step for Brownie needs half a minute for it."""

from dataclasses import replace

import pytest

from powerpact.codec.packing import order_tree
from testkit.chains import GAS_LIMIT, EvmChain
from testkit.market import Community
from testkit.orders import buy
from testkit.refusals import refused


@pytest.fixture
def market():
    community = Community(EvmChain(), traders=1)
    community.endow(community.traders[0], 10**9)
    return community.open_market()


def test_refuses_257_orders(market):
    alice = market.community.traders[0]
    with refused("Order_BatchTooLarge", 257, 256):
        market.post([buy(alice, nonce=nonce) for nonce in range(257)], [alice] * 257)


def test_carries_256_orders_in_one_transaction(market):
    alice = market.community.traders[0]
    orders = [buy(alice, nonce=nonce) for nonce in range(256)]
    receipt = market.post(orders, [alice] * 256)
    root, closed = market.community.read("OrderBook", "batchState", market.id, 0)
    kept = [replace(order, person=1).pack() for order in orders]
    assert (root, closed) == (order_tree(kept).root, 0)
    assert market.community.read("Accounts", "heldOf", alice.address) == 256 * 100_000
    assert receipt.gas_used < GAS_LIMIT
    market.cancel(alice, 255)
    assert market.community.read("OrderBook", "batchState", market.id, 0) == (root, 1 << 255)
