"""The failure catalogue of deliveries: one valid delivery, one mutation for each way to be invalid."""

import pytest

from powerpact.market.readings import Reading
from powerpact.market.trades import Trade
from testkit.chains import EvmChain
from testkit.market import Claims, Community
from testkit.orders import buy, sell
from testkit.refusals import refused


@pytest.fixture(scope="module")
def markets():
    """Two markets of consecutive slots. In the first Alice buys of Carol (trade 0) and Bob of Dan (trade 1).

    Carol's meter has reported both slots, Dan's the first.
    """
    community = Community(EvmChain(), traders=4)
    alice, bob, carol, dan = community.traders
    for trader in community.traders:
        community.endow(trader, 10**9)
    first = community.open_market()
    later = community.open_market(slot_start=first.slot_end)
    first.post([buy(alice), buy(bob), sell(carol), sell(dan)], [alice, bob, carol, dan])
    first.close()
    first.propose(Claims([(first.placed(id_), 500_000, False) for id_ in range(4)], [(0, 2, 1_000), (1, 3, 1_000)]))
    first.prove()
    first.report({carol.device: 900, dan.device: 800})
    later.report({carol.device: 1_000})
    return first, later


@pytest.fixture
def market(markets):
    return markets[0]


@pytest.fixture(autouse=True)
def isolate(markets):
    """Every case starts from the same chain."""
    chain = markets[0].community.chain
    point = chain.snapshot()
    yield
    chain.revert(point)


@pytest.fixture(autouse=True, scope="module")
def isolate_module():
    """The chain of these tests is their own."""


def settle(market, *deliveries):
    return market.community.send(market.community.agent, "Settlement", "settleLate", market.id, list(deliveries))


def first(market):
    return market.delivery(0, 0)


def with_trade(delivery, **changes):
    (trade, position, siblings), measured = delivery
    return (Trade.unpack(trade)._replace(**changes).pack(), position, siblings), measured


def with_reading(delivery, **changes):
    proof, ([(reading, place)], imported) = delivery
    return proof, ([(Reading.unpack(reading)._replace(**changes).pack(), place)], imported)


TRADE_FAULTS = {
    "another buyer": {"buyer": "0x" + "11" * 20},
    "another seller": {"seller": "0x" + "11" * 20},
    "another buy order": {"buy_id": 1},
    "another sell order": {"sell_id": 3},
    "another device": {"device": 4},
    "more energy": {"energy_wh": 1_001},
    "more energy offered": {"offered_wh": 1_001},
    "another price": {"price_upoints_per_kwh": 100_001},
    "a larger reservation": {"reserved_upoints": 100_001},
    "another dual price of the buyer": {"buyer_dual_ppm": 7},
    "another dual price of the seller": {"seller_dual_ppm": 7},
}

READING_FAULTS = {
    "more exported": {"exported_wh": 1_000},
    "more imported": {"imported_wh": 1},
    "another export counter": {"export_counter_wh": 10_000},
    "another import counter": {"import_counter_wh": 10_000},
}


def test_the_valid_delivery_is_taken(market):
    assert settle(market, first(market)).logs


@pytest.mark.parametrize("fault", TRADE_FAULTS)
def test_a_trade_fails_with(market, fault):
    with refused("Settlement_UnknownTrade", market.id, 0, 0):
        settle(market, with_trade(first(market), **TRADE_FAULTS[fault]))


@pytest.mark.parametrize("position", [(0, 1), (1, 0), (2**32 - 1, 255)])
def test_a_trade_fails_at_another_position(market, position):
    (trade, _, siblings), measured = first(market)
    with refused("Settlement_UnknownTrade", market.id, *position):
        settle(market, ((trade, position, siblings), measured))


@pytest.mark.parametrize("siblings", [[], [b"\1" * 32], [b"\0" * 32] * 3], ids=["none", "another", "too many"])
def test_a_trade_fails_with_siblings(market, siblings):
    (trade, position, _), measured = first(market)
    with refused("Settlement_UnknownTrade", market.id, *position):
        settle(market, ((trade, position, siblings), measured))


@pytest.mark.parametrize("fault", READING_FAULTS)
def test_a_reading_fails_with(market, fault):
    delivery = with_reading(first(market), **READING_FAULTS[fault])
    ((_, place),) = delivery[1][0]
    with refused("Metering_UnknownReading", *place[:2]):
        settle(market, delivery)


@pytest.mark.parametrize("bit", [232, 255])
def test_nothing_stands_above_a_trades_fields(market, bit):
    (trade, position, siblings), measured = first(market)
    with refused("Settlement_UnknownTrade", market.id, *position):
        settle(market, ((trade._replace(terms=trade.terms | 1 << bit), position, siblings), measured))


def test_the_reading_is_of_another_device(market):
    proof, _ = first(market)
    _, measured = market.delivery(0, 1)
    fields = Reading.unpack(measured[0][0][0])
    wrong = market.chunks[0][0].device, market.slot.pack(), fields.device, fields.start_at
    with refused("Metering_WrongReading", *wrong):
        settle(market, (proof, measured))


def test_the_reading_is_of_another_slot(markets):
    market, later = markets
    proof, _ = first(market)
    device = market.chunks[0][0].device
    with refused("Metering_WrongReading", device, market.slot.pack(), device, later.rules.slot_start):
        settle(market, (proof, (later.measured[device], [])))


@pytest.mark.parametrize("place", [(99, 0), (0, 1), (0, 65_535)], ids=["no such batch", "other index", "last index"])
def test_the_reading_stands_elsewhere(market, place):
    proof, ([(reading, (_, _, siblings))], _) = first(market)
    with refused("Metering_UnknownReading", *place):
        settle(market, (proof, ([(reading, (*place, siblings))], [])))


def test_the_reading_has_no_proof(market):
    proof, ([(reading, (batch, index, _))], _) = first(market)
    with refused("Metering_UnknownReading", batch, index):
        settle(market, (proof, ([(reading, (batch, index, []))], [])))


def test_the_market_is_another(market):
    other = market.community.open_market()
    with refused("Clearing_NotFinal", other.id):
        market.community.send(market.community.agent, "Settlement", "settleLate", other.id, [first(market)])


def test_the_delivery_is_settled(market):
    settle(market, first(market))
    with refused("Settlement_NothingLeft", market.id):
        settle(market, first(market))


def settle_chunk(market, chunk, trades):
    """Settle by last readings; only Dan's is of this market's slot."""
    packed = [trade.pack() for trade in trades]
    return market.community.send(market.community.agent, "Settlement", "settle", market.id, chunk, packed)


def test_the_valid_chunk_is_taken(market):
    assert settle_chunk(market, 0, market.chunks[0]).logs


@pytest.mark.parametrize("fault", TRADE_FAULTS)
def test_a_chunk_fails_with_a_trade_of(market, fault):
    first_trade, second_trade = market.chunks[0]
    trades = [first_trade._replace(**TRADE_FAULTS[fault]), second_trade]
    with refused("Settlement_WrongChunk", market.id, 0):
        settle_chunk(market, 0, trades)


CHUNK_FAULTS = {
    "one left out": lambda trades: trades[1:],
    "one too many": lambda trades: [*trades, trades[0]],
    "another order": lambda trades: trades[::-1],
}


@pytest.mark.parametrize("fault", CHUNK_FAULTS)
def test_a_chunk_fails_with(market, fault):
    with refused("Settlement_WrongChunk", market.id, 0):
        settle_chunk(market, 0, CHUNK_FAULTS[fault](market.chunks[0]))


@pytest.mark.parametrize("chunk", [1, 2**32 - 1])
def test_a_chunk_fails_at_another_place(market, chunk):
    with refused("Settlement_WrongChunk", market.id, chunk):
        settle_chunk(market, chunk, market.chunks[0])


def test_the_market_of_a_chunk_is_another(market):
    other = market.community.open_market()
    with refused("Clearing_NotFinal", other.id):
        settle_chunk(other, 0, market.chunks[0])


def test_there_is_nothing_left_to_settle(market):
    settle_chunk(market, 0, market.chunks[0])
    with refused("Settlement_NothingToSettle", market.id, 0):
        settle_chunk(market, 0, market.chunks[0])
    settle(market, first(market))
    with refused("Settlement_NothingToSettle", market.id, 0):
        settle_chunk(market, 0, market.chunks[0])
