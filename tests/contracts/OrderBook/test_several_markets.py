"""Several markets at once: a device sells a slot once, money is reserved once, nothing moves between markets."""

from powerpact.market.orders import Side
from testkit.market import SLOT_LENGTH_S
from testkit.market_fixtures import by
from testkit.orders import buy, sell
from testkit.reverts import reverts_with


def test_a_device_sells_a_slot_in_one_market_only(book, community, market, carol):
    rival = community.open_market(price_rule=1)
    assert rival.rules.slot_start == market.rules.slot_start
    market.place(carol, sell(carol))
    with reverts_with("Device_Undecided", 0, carol.device, Side.SELL, rival.slot.pack()):
        book.place(rival.id, sell(carol, nonce=2).pack(), by(carol))


def test_a_device_sells_different_slots_in_different_markets(devices, community, market, carol):
    later = community.open_market(slot_start=market.rules.slot_start + SLOT_LENGTH_S)
    market.place(carol, sell(carol))
    later.place(carol, sell(carol, nonce=2))
    assert devices.promisedOf(carol.device, Side.SELL, market.slot.pack())[0]
    assert devices.promisedOf(carol.device, Side.SELL, later.slot.pack())[0]


def test_a_device_moves_to_another_market_when_its_order_is_cancelled(devices, releases, community, market, carol):
    rival = community.open_market(price_rule=1)
    market.place(carol, sell(carol))
    market.cancel(carol, 0)
    rival.place(carol, sell(carol, nonce=2))
    # The cancelled order cannot come back, nor free the device once more.
    community.chain.warp(market.rules.final_by + 1)
    with reverts_with("Order_AlreadyClosed", market.id, 0):
        releases.release(*market.untraded([0]), by(carol))
    assert devices.promisedOf(carol.device, Side.SELL, market.slot.pack())[0]


def test_a_decided_order_frees_the_device_once(devices, releases, community, market, traded, alice, carol):
    """Trade, agree, decide, sell again: nothing that is left of the first trade frees the second sale."""
    slot = market.rules.slot_start
    rival = community.open_market(price_rule=1, slot_start=slot, closes_at=slot)
    traded.settle_agreed((0, 0), 0, [alice.account, carol.account])
    traded.decide([(0, 0)])
    rival.place(carol, sell(carol, nonce=2))
    with reverts_with("Order_StillBound", traded.id, 1):
        releases.release(*traded.untraded([1]), by(carol))
    assert devices.promisedOf(carol.device, Side.SELL, market.slot.pack())[0]


def test_two_orders_of_one_batch_cannot_sell_the_same_device(book, market, carol, stranger):
    orders = [sell(carol), sell(carol, nonce=2)]
    signatures = [market.signature(carol, order) for order in orders]
    with reverts_with("Device_Undecided", 1, carol.device, Side.SELL, market.slot.pack()):
        book.placeSigned(*market.batch(orders, signatures), by(stranger))


def test_money_is_reserved_for_each_order(community, custody, market, alice):
    rival = community.open_market(price_rule=1)
    market.place(alice, buy(alice))
    rival.place(alice, buy(alice, nonce=2, energy_wh=500))
    assert custody.heldOf(alice.address) == 150_000
    market.cancel(alice, 0)
    assert custody.heldOf(alice.address) == 50_000


def test_a_round_takes_no_orders_of_another_market(community, clearing, market, alice, carol):
    rival = community.open_market(price_rule=1)
    market.post([buy(alice), sell(carol)], [alice, carol])
    rival.post([buy(alice, nonce=2)], [alice])
    rival.close()
    foreign = [(market.placed(0), 0, False, 0), (market.placed(1), 1_000_000, False, 0)]
    with reverts_with("Order_Unknown", rival.id, 0):
        clearing.propose(rival.id, foreign, [(0, 1, 1_000)], b"", by(community.agent))
