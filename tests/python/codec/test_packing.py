"""Packed orders and trades, ids and Merkle trees."""

from functools import reduce

import pytest
from eth_abi.abi import encode
from eth_utils import keccak, to_checksum_address
from hypothesis import given
from hypothesis import strategies as st

from powerpact.codec.errors import EmptyBatch
from powerpact.codec.merkle import MerkleTree, hash_pair
from powerpact.codec.packing import reading_tree, trade_id, trade_tree
from powerpact.market.errors import BadOrderId
from powerpact.market.orders import Order, Side, id_text, order_id, parse_id
from powerpact.market.readings import Reading
from powerpact.market.trades import Trade

ACCOUNTS = st.binary(min_size=20, max_size=20).map(to_checksum_address)
LANES = st.tuples(*[st.integers(0, 2**32 - 1)] * 8)
ORDERS = st.builds(
    Order,
    side=st.sampled_from(Side),
    trader=ACCOUNTS,
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
    min_fill_ppm=st.integers(0, 2**20 - 1),
    accept=st.booleans(),
    is_mandated=st.booleans(),
    person=st.integers(0, 2**26 - 1),
)
TRADES = st.builds(
    Trade,
    buy_id=st.integers(0, 2**40 - 1),
    sell_id=st.integers(0, 2**40 - 1),
    buyer=ACCOUNTS,
    seller=ACCOUNTS,
    device=st.integers(0, 2**32 - 1),
    offered_wh=st.integers(0, 2**64 - 1),
    energy_wh=st.integers(0, 2**64 - 1),
    price_upoints_per_kwh=st.integers(0, 2**32 - 1),
    reserved_upoints=st.integers(0, 2**88 - 1),
    buyer_dual_ppm=st.integers(0, 2**32 - 1),
    seller_dual_ppm=st.integers(0, 2**32 - 1),
    sold_before_wh=st.integers(0, 2**48 - 1),
    seller_filled_before_wh=st.integers(0, 2**48 - 1),
    buyer_filled_before_wh=st.integers(0, 2**64 - 1),
    bought_before_wh=st.integers(0, 2**32 - 1),
    wanted_wh=st.integers(0, 2**32 - 1),
    meter=st.integers(0, 2**32 - 1),
)


@given(ORDERS)
def test_packing_loses_nothing(order):
    packed = order.pack()
    assert Order.unpack(packed) == order
    assert all(0 <= word < 2**256 for word in packed)
    assert packed.terms >> 230 == order.person


def test_each_field_lies_where_the_contract_reads_it():
    trader = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
    levels, classes = (4, 0, 0, 0, 0, 0, 0, 5), bytes([9] + [0] * 7)
    order = Order(
        Side.SELL, trader, 2, 3, levels, (6,) * 8, (7,) * 8, 8, classes, 10, 11, 12, 13, True, person=2**26 - 1
    )
    packed = order.pack()
    assert packed.head == int(trader, 16) * 2**96 + 2 * 2**32 + 3
    assert packed.terms >> 229 == (2**26 - 1) << 1
    assert (
        packed.terms % 2**230 == 2**228 + 13 * 2**208 + 2**200 + 8 * 2**168 + 9 * 2**160 + 10 * 2**72 + 11 * 2**40 + 12
    )
    assert packed.levels == 4 + 5 * 2**224


@given(TRADES)
def test_packing_loses_nothing_of_a_trade(trade):
    packed = trade.pack()
    assert Trade.unpack(packed) == trade
    assert all(0 <= word < 2**256 for word in packed)
    assert packed.terms < 2**232


@given(st.tuples(*[st.integers(0, 2**256 - 1)] * 2, st.integers(0, 2**232 - 1), st.integers(0, 2**256 - 1)))
def test_all_words_of_a_trade_mean_something(words):
    """No two packed trades have the same fields: nothing is left over that a relayer could fill."""
    assert Trade.unpack(words).pack() == words


def test_each_field_of_a_trade_lies_where_the_contract_reads_it():
    buyer, seller = "0x90F79bf6EB2c4f870365E785982E1f101E93b906", "0x15d34AAf54267DB7D7c367839AAf71A00a2C6A65"
    packed = Trade(1, 2, buyer, seller, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15).pack()
    assert packed.purchase == int(buyer, 16) * 2**96 + 4 * 2**32 + 8
    assert packed.sale == int(seller, 16) * 2**96 + 5 * 2**32 + 9
    assert packed.terms == 1 * 2**192 + 2 * 2**152 + 3 * 2**120 + 6 * 2**88 + 7
    assert packed.context == 10 * 2**208 + 11 * 2**160 + 13 * 2**128 + 14 * 2**96 + 12 * 2**32 + 15


@given(TRADES, st.binary(min_size=32, max_size=32), ACCOUNTS)
def test_the_id_of_a_trade_depends_on_its_orders_alone(trade, market, agent):
    other = trade._replace(energy_wh=trade.energy_wh ^ 1, price_upoints_per_kwh=trade.price_upoints_per_kwh ^ 1)
    assert trade_id(market, agent, trade) == trade_id(market, agent, other)
    for changed in (trade._replace(buy_id=trade.buy_id ^ 1), trade._replace(sell_id=trade.sell_id ^ 1)):
        assert trade_id(market, agent, trade) != trade_id(market, agent, changed)


@given(st.lists(TRADES, min_size=1, max_size=5))
def test_leaves_of_a_chunk_are_the_numbered_words_of_its_trades(trades):
    leaves = [keccak(encode(["uint256"] * 5, [index, *trade.pack()])) for index, trade in enumerate(trades)]
    assert trade_tree(trades).root == MerkleTree.over(leaves).root


READINGS = st.builds(
    Reading,
    device=st.integers(0, 2**32 - 1),
    start_at=st.integers(0, 2**40 - 1),
    length_s=st.integers(0, 2**32 - 1),
    previous_start_at=st.integers(0, 2**40 - 1),
    exported_wh=st.integers(0, 2**64 - 1),
    imported_wh=st.integers(0, 2**64 - 1),
    export_counter_wh=st.integers(0, 2**64 - 1),
    import_counter_wh=st.integers(0, 2**64 - 1),
    quality=st.integers(0, 2**8 - 1),
    version=st.integers(0, 2**16 - 1),
    gap_after=st.none(),
)


@given(READINGS)
def test_packing_loses_nothing_of_a_reading(reading):
    packed = reading.pack()
    assert Reading.unpack(packed) == reading
    assert packed.head < 2**168
    assert packed.flows < 2**256


def test_each_field_of_a_reading_lies_where_the_contract_reads_it():
    packed = Reading(1, 2, 3, 4, 5, 6, 7, 8, 9, 10).pack()
    assert packed.head == 10 * 2**152 + 9 * 2**144 + 3 * 2**112 + 4 * 2**72 + 1 * 2**40 + 2
    assert packed.flows == 5 * 2**192 + 6 * 2**128 + 7 * 2**64 + 8


@given(st.lists(READINGS, min_size=1, max_size=5))
def test_leaves_of_a_batch_of_readings_are_their_numbered_words(readings):
    words = [reading.pack() for reading in readings]
    leaves = [
        keccak(encode(["uint256"] * 3, [index, *pair])) if any(pair) else bytes(32) for index, pair in enumerate(words)
    ]
    assert reading_tree(readings).root == MerkleTree.over(leaves).root


def test_a_refused_reading_has_no_leaf():
    assert reading_tree([Reading.unpack((0, 0))]).root == bytes(32)


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
