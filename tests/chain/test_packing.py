"""Packed orders, ids and Merkle trees."""

from functools import reduce

import pytest
from eth_utils import keccak
from hypothesis import given
from hypothesis import strategies as st

from powerpact.chain.errors import BadOrderId, EmptyBatch
from powerpact.chain.merkle import MerkleTree, hash_pair
from powerpact.chain.packing import Order, Side, id_text, order_id, parse_id

LANES = st.tuples(*[st.integers(0, 2**32 - 1)] * 8)
ORDERS = st.builds(
    Order,
    side=st.sampled_from(Side),
    trader=st.just("0x90F79bf6EB2c4f870365E785982E1f101E93b906"),
    energy_wh=st.integers(0, 2**64 - 1),
    price_upoints_per_kwh=st.integers(0, 2**32 - 1),
    levels=LANES,
    limits=LANES,
    weights_ppm=LANES,
    min_upoints_per_kwh=st.integers(0, 2**32 - 1),
    classes=st.binary(min_size=8, max_size=8),
    device=st.integers(0, 2**32 - 1),
    nonce=st.integers(0, 2**32 - 1),
    expiry=st.integers(0, 2**40 - 1),
)


@given(ORDERS)
def test_packing_loses_nothing(order):
    packed = order.pack()
    assert Order.unpack(packed) == order
    assert all(0 <= word < 2**256 for word in packed)
    assert packed.terms < 2**208


def test_each_field_lies_where_the_contract_reads_it():
    trader = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
    order = Order(
        Side.SELL, trader, 2, 3, (4, 0, 0, 0, 0, 0, 0, 5), (6,) * 8, (7,) * 8, 8, bytes([9] + [0] * 7), 10, 11, 12
    )
    packed = order.pack()
    assert packed.head == int(trader, 16) * 2**96 + 2 * 2**32 + 3
    assert packed.terms == 2**200 + 8 * 2**168 + 9 * 2**160 + 10 * 2**72 + 11 * 2**40 + 12
    assert packed.levels == 4 + 5 * 2**224


def test_a_sell_order_reserves_nothing_and_a_buy_order_rounds_down():
    order = Order(Side.BUY, "0x90F79bf6EB2c4f870365E785982E1f101E93b906", 999, 1_001)
    assert order.reservation_upoints == 999 * 1_001 // 1_000 == 999
    assert Order(Side.SELL, order.trader, 999, 1_001).reservation_upoints == 0


@given(st.integers(0, 2**32 - 1), st.integers(0, 255))
def test_ids_are_read_as_they_are_written(batch, index):
    id_ = order_id(batch, index)
    assert parse_id(id_text(id_)) == id_


@pytest.mark.parametrize("text", ["", "3", "3:", ":3", "3:256", "-1:0", "a:b", "1:2:3"])
def test_what_is_not_an_id_is_refused(text):
    with pytest.raises(BadOrderId) as refusal:
        parse_id(text)
    assert refusal.value.text == text


def root_from(leaf, siblings):
    return reduce(hash_pair, siblings, leaf)


@given(st.integers(1, 70))
def test_every_leaf_has_a_proof(count):
    leaves = [keccak(bytes([index])) for index in range(count)]
    tree = MerkleTree.over(leaves)
    assert {root_from(leaf, tree.proof(index)) for index, leaf in enumerate(leaves)} == {tree.root}


def test_an_odd_node_moves_up_unpaired():
    a, b, c = (keccak(bytes([index])) for index in range(3))
    assert MerkleTree.over([a, b, c]).root == hash_pair(hash_pair(a, b), c)
    assert MerkleTree.over([a]).root == a
    assert MerkleTree.over([a, b, c]).proof(2) == [hash_pair(a, b)]


def test_there_is_no_tree_without_leaves():
    with pytest.raises(EmptyBatch):
        MerkleTree.over([])
