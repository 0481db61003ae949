"""`OrderBook.placeMandated`: an order inside its mandate, and each way to be outside."""

from dataclasses import replace

import pytest

from powerpact.codec.eip712 import compact, sign
from powerpact.codec.eip712.signing import struct_hash
from powerpact.market.mandates import mandated_message
from powerpact.market.orders import Order, Side
from testkit.mandates import Gateway, mandate_for
from testkit.market import key
from testkit.orders import buy, codes, lanes, sell
from testkit.refusals import refused


def hash_of(mandate):
    return struct_hash(*mandate.message())


# Who may


def test_only_the_order_book_counts_orders(community, gateway, alice):
    slot, order = gateway.market.slot.pack(), gateway.buy()
    for arguments in (
        ("admit", gateway.market.id, [order.pack()], [gateway.mandate.pack()], [(bytes(32), bytes(32))]),
        ("giveBack", gateway.market.id, slot, gateway.number, Side.BUY, 0),
    ):
        with refused("Mandate_NotOrderBook", alice.address):
            community.send(alice.account, "Mandates", *arguments)


def test_only_the_delegate_signs(gateway, alice):
    for signer in (alice.account, key("a thief")):
        with refused("Mandate_NotDelegate", 0, gateway.delegate.address, 0):
            gateway.post(gateway.buy(), signer=signer)


def test_a_signature_counts_for_one_turn(gateway, alice):
    gateway.post(gateway.buy())
    gateway.market.cancel(alice, 0)
    with refused("Mandate_NotDelegate", 0, gateway.delegate.address, 1):
        gateway.post(gateway.buy(), turn=0)
    gateway.post(gateway.buy(), turn=1)


def test_a_signature_counts_in_one_market(community, gateway):
    other = community.open_market(slot_start=gateway.market.rules.slot_start + 3_600)
    order = gateway.buy()
    signature = sign(gateway.delegate, community.domain("Mandates"), *mandated_message(gateway.market.id, order, 0))
    with refused("Mandate_NotDelegate", 0, gateway.delegate.address, 0):
        other.post_mandated([order], [gateway.mandate], [compact(signature)])


def test_a_plain_order_is_not_mandated(gateway, alice):
    with refused("Order_NotMandated", 0):
        gateway.post(replace(gateway.buy(), is_mandated=False))
    with refused("Order_UnusedFieldSet", 0):
        gateway.market.post([gateway.buy()], [alice])
    with refused("Order_UnusedFieldSet", 0):
        gateway.market.place(alice, gateway.buy())


def test_lists_are_of_one_length(gateway):
    order, mandate = gateway.buy(), gateway.mandate
    with refused("Mandate_LengthMismatch", 1, 2, 1):
        gateway.market.post_mandated([order], [mandate, mandate], [(bytes(32), bytes(32))])
    with refused("Mandate_LengthMismatch", 1, 1, 0):
        gateway.market.post_mandated([order], [mandate], [])
    with refused("Order_EmptyBatch"):
        gateway.market.post_mandated([], [], [])


# Inside what


def test_another_mandate_has_another_number(gateway):
    with refused("Mandate_WrongNumber", 0, gateway.number + 1, gateway.number):
        gateway.post(gateway.buy(nonce=gateway.number + 1))
    other = replace(gateway.mandate, most_wh=10**9)
    with refused("Mandate_WrongNumber", 0, gateway.number, 0):
        gateway.post(gateway.buy(), mandate=other)


def test_in_the_name_of_its_trader_alone(gateway, bob):
    with refused("Mandate_OtherTrader", 0, bob.address, gateway.trader.address):
        gateway.post(replace(gateway.buy(), trader=bob.address))


def gateway_with(gateway, **changes):
    """The gateway with a second mandate."""
    other = Gateway(
        gateway.market,
        gateway.trader,
        gateway.delegate,
        replace(gateway.mandate, serial=gateway.mandate.serial + 1, **changes),
    )
    other.register()
    return other


RULES = (
    {"tolerance_ppm": 1},
    {"penalty_ppm": 1},
    {"zone": b"another lane".ljust(24, b"\0")},
    {"least_energy_wh": 2},
    {"price_rule": 1},
    {"challenge_window_s": 600, "bond_upoints": 16},
    {"arbiter": "0x" + 40 * "5"},
)


@pytest.mark.parametrize("changes", RULES, ids=lambda changes: next(iter(changes)))
def test_in_markets_of_its_design_alone(community, gateway, changes):
    """A thief of the delegate's key cannot choose arbiter, fees or penalties."""
    other = community.open_market(**changes)
    have = bytes(community.read("Markets", "designOf", other.id))
    with refused("Mandate_OtherDesign", 0, have, gateway.mandate.design):
        gateway.post(gateway.buy(), market=other)


def test_markets_of_a_design_differ_in_their_times_alone(community, gateway):
    rules = gateway.market.rules
    later = community.open_market(slot_start=rules.slot_start + 7_200)
    assert community.read("Markets", "designOf", later.id) == gateway.mandate.design != bytes(32)
    assert community.read("Markets", "designOf", bytes(32)) == bytes(32)
    gateway.post(gateway.buy(), market=later)


def test_within_its_times(community, alice, delegate, market):
    rules = market.rules
    lead, refund = rules.slot_start - rules.closes_at, rules.refund_from - rules.slot_start
    for k, (changes, is_inside) in enumerate(
        (
            ({"from_s": rules.slot_start}, True),
            ({"from_s": rules.slot_start + 1}, False),
            ({"until_s": market.slot_end}, True),
            ({"until_s": market.slot_end - 1}, False),
            ({"shortest_lead_s": lead}, True),
            ({"shortest_lead_s": lead + 1}, False),
            ({"longest_lead_s": lead}, True),
            ({"longest_lead_s": lead - 1}, False),
            ({"shortest_refund_s": refund}, True),
            ({"shortest_refund_s": refund + 1}, False),
            ({"longest_refund_s": refund}, True),
            ({"longest_refund_s": refund - 1}, False),
        )
    ):
        gateway = Gateway(market, alice, delegate, mandate_for(market, alice, delegate, serial=k, **changes))
        gateway.register()
        if is_inside:
            gateway.post(gateway.buy())
            continue
        with refused("Mandate_OtherTimes", 0, rules.closes_at, market.slot.pack(), rules.refund_from):
            gateway.post(gateway.buy())


def test_a_thief_cannot_choose_how_long_a_round_takes(community, gateway):
    """A round that is decided late leaves a seller no time to be paid before the buyer is refunded."""
    other = community.open_market(final_by=gateway.market.rules.final_by + 1)
    have = bytes(community.read("Markets", "designOf", other.id))
    with refused("Mandate_OtherDesign", 0, have, gateway.mandate.design):
        gateway.post(gateway.buy(), market=other)


def test_no_further_ahead_than_the_mandate_says(community, gateway, now):
    """Money is not bound for slots of next year."""
    market = gateway.market
    ahead = market.rules.slot_start - now() - 60
    near = gateway_with(gateway, longest_ahead_s=ahead)
    with refused("Mandate_OtherTimes", 0, market.rules.closes_at, market.slot.pack(), market.rules.refund_from):
        near.post(near.buy())
    community.chain.warp(market.rules.slot_start - ahead)
    near.post(near.buy())


def test_on_its_sides(market, alice, delegate):
    for side, other in ((Side.BUY, Side.SELL), (Side.SELL, Side.BUY)):
        sides = {"buys": side is Side.BUY, "sells": side is Side.SELL}
        gateway = Gateway(market, alice, delegate, mandate_for(market, alice, delegate, **sides))
        gateway.register()
        with refused("Mandate_OtherSide", 0, other):
            gateway.post(gateway.sell() if other is Side.SELL else gateway.buy())
        gateway.post(gateway.buy() if side is Side.BUY else gateway.sell())


def test_with_its_device(gateway, bob):
    with refused("Mandate_OtherDevice", 0, bob.device, gateway.mandate.device):
        gateway.post(gateway.sell(device=bob.device))
    with refused("Mandate_OtherDevice", 0, 0, gateway.mandate.device):
        gateway.post(gateway.sell(device=0))


def test_a_buyer_names_its_meter_where_one_counts(community, alice, bob, delegate):
    market = community.open_market(delivery=1)
    gateway = Gateway(market, alice, delegate, mandate_for(market, alice, delegate))
    gateway.register()
    with refused("Mandate_OtherDevice", 0, bob.device, alice.device):
        gateway.post(gateway.buy(device=bob.device))
    with refused("Order_MeterMissing", 0):
        gateway.post(gateway.buy())
    gateway.post(gateway.buy(device=alice.device))


def test_within_its_prices(gateway):
    highest, lowest = gateway.mandate.highest_bid_upoints_per_kwh, gateway.mandate.lowest_min_upoints_per_kwh
    with refused("Mandate_OtherPrice", 0, highest + 1, highest):
        gateway.post(gateway.buy(price_upoints_per_kwh=highest + 1))
    with refused("Mandate_OtherPrice", 0, lowest - 1, lowest):
        gateway.post(gateway.sell(min_upoints_per_kwh=lowest - 1))
    gateway.post(gateway.buy(price_upoints_per_kwh=highest))
    gateway.post(gateway.sell(min_upoints_per_kwh=lowest))


def test_by_its_terms(community, alice, delegate):
    """Each term is the mandate's, whatever else is right."""
    market = community.open_market(sources=(0, 0), income=(True, False), category_count=2)
    buys = {
        "levels": lanes(10, 20),
        "limits": lanes(5, 30),
        "weights_ppm": lanes(400_000, 600_000),
        "classes": codes(1, 0),
    }
    sells = {"levels": lanes(12, 18), "classes": codes(1, 2)}
    mandate = mandate_for(
        market,
        alice,
        delegate,
        expectations=buys["levels"],
        limits=buys["limits"],
        weights_ppm=buys["weights_ppm"],
        requires=buys["classes"],
        attributes=sells["levels"],
        classes=sells["classes"],
        min_fill_ppm=500_000,
    )
    gateway = Gateway(market, alice, delegate, mandate)
    gateway.register()
    fill = {"min_fill_ppm": 500_000}
    other = (
        {"levels": lanes(9, 20)},
        {"limits": lanes(5, 31)},
        {"weights_ppm": lanes(600_000, 400_000)},
        {"classes": codes(2, 0)},
        {"min_fill_ppm": 499_999},
    )
    for changes in other:
        with refused("Mandate_OtherTerms", 0):
            gateway.post(gateway.buy(**buys | fill | changes))
    for changes in ({"levels": lanes(12, 17)}, {"classes": codes(1, 3)}, {"min_fill_ppm": 0}):
        with refused("Mandate_OtherTerms", 0):
            gateway.post(gateway.sell(**sells | fill | changes))
    gateway.post(gateway.buy(**buys | fill))
    gateway.post(gateway.sell(**sells | fill))


# How much


def test_one_order_of_a_market_and_side_is_open(gateway, alice):
    gateway.post(gateway.buy(energy_wh=1))
    with refused("Mandate_OrderOpen", 0, hash_of(gateway.mandate), Side.BUY):
        gateway.post(gateway.buy(energy_wh=1))
    gateway.post(gateway.sell(energy_wh=1))
    with refused("Mandate_OrderOpen", 0, hash_of(gateway.mandate), Side.SELL):
        gateway.post(gateway.sell(energy_wh=1))
    gateway.market.cancel(alice, 1 << 8)
    gateway.post(gateway.sell(energy_wh=1))
    assert (gateway.turn(Side.BUY), gateway.turn(Side.SELL)) == (1, 2)


def test_a_batch_counts_one_order_after_the_other(gateway):
    orders = [gateway.buy(energy_wh=1), gateway.buy(energy_wh=1)]
    domain = gateway.market.community.domain("Mandates")
    signed = [
        compact(sign(gateway.delegate, domain, *mandated_message(gateway.market.id, order, turn)))
        for turn, order in enumerate(orders)
    ]
    with refused("Mandate_OrderOpen", 1, hash_of(gateway.mandate), Side.BUY):
        gateway.market.post_mandated(orders, [gateway.mandate] * 2, signed)


def test_a_slot_takes_no_more_than_the_mandate_says(gateway, alice):
    most = gateway.mandate.most_wh_per_slot
    with refused("Mandate_TooMuch", 0, most + 1, most):
        gateway.post(gateway.buy(energy_wh=most + 1))
    gateway.post(gateway.buy(energy_wh=most - 1))
    with refused("Mandate_TooMuch", 0, most + 1, most):
        gateway.post(gateway.sell(energy_wh=2))
    gateway.post(gateway.sell(energy_wh=1))
    assert gateway.used_wh() == (most, most)
    gateway.market.cancel(alice, 0)
    assert gateway.used_wh() == (1, 1)


def test_markets_of_one_slot_share_it(community, gateway):
    """Whoever steals the key opens a second market for the slot, and finds the slot used up."""
    rules, most = gateway.market.rules, gateway.mandate.most_wh_per_slot
    other = community.open_market(
        slot_start=rules.slot_start, closes_at=rules.closes_at - 1, final_by=rules.final_by - 1
    )
    gateway = gateway_with(gateway, longest_lead_s=gateway.mandate.longest_lead_s + 1)
    gateway.post(gateway.buy(energy_wh=most))
    with refused("Mandate_TooMuch", 0, most + 1, most):
        gateway.post(gateway.buy(energy_wh=1), market=other)


def test_slots_side_by_side_are_counted_apart(community, gateway):
    """Four of them share a word."""
    start, most = gateway.market.rules.slot_start, gateway.mandate.most_wh
    used = 0
    for k, energy_wh in enumerate((700, 2_000, 299)):
        market = community.open_market(slot_start=start + 3_600 * (k + 1))
        gateway.post(gateway.buy(energy_wh=energy_wh), market=market)
        used += energy_wh
        assert community.read("Mandates", "usedIn", gateway.number, market.slot.pack()) == energy_wh
    with refused("Mandate_TooMuch", 0, most + 1, most):
        gateway.post(gateway.buy(energy_wh=most - used + 1))
    gateway.post(gateway.buy(energy_wh=most - used))
    assert gateway.used_wh() == (most, most - used)


# What becomes of it


def test_uses_no_nonce_of_the_trader(community, custody, gateway, alice):
    """Orders of her own stay as they are, whatever is done under the mandate."""
    before = tuple(custody.walletOf(alice.address))[2], tuple(custody.trackRecordOf(alice.address))[3]
    gateway.post(gateway.buy())
    gateway.post(gateway.sell())
    gateway.market.cancel(alice, 0)
    gateway.market.cancel(alice, 1 << 8)
    after = tuple(custody.walletOf(alice.address))[2], tuple(custody.trackRecordOf(alice.address))[3]
    assert after == before
    gateway.market.post([buy(alice, nonce=gateway.number)], [alice])


def test_reserves_money_and_device_as_any_order(custody, devices, gateway, alice):
    free, held = tuple(custody.walletOf(alice.address))[:2]
    gateway.post(gateway.buy())
    assert tuple(custody.walletOf(alice.address))[:2] == (free - 100_000, held + 100_000)
    gateway.post(gateway.sell())
    with refused("Device_Undecided", 0, alice.device, Side.SELL, gateway.market.slot.pack()):
        gateway.market.post([sell(alice, nonce=9)], [alice])
    assert [Order.unpack(packed).is_mandated for (packed,) in gateway.market.batches] == [True, True]
    assert [Order.unpack(packed).nonce for (packed,) in gateway.market.batches] == [gateway.number] * 2


def test_what_does_not_trade_is_given_back(gateway, bob, carol):
    """In part and in whole: 600 of 1 000 Wh are sold, and nothing is bought."""
    market = gateway.market
    gateway.post(gateway.sell())
    gateway.post(gateway.buy(price_upoints_per_kwh=1))
    market.post([buy(bob, energy_wh=600)], [bob])
    market.close()
    market.clear()
    assert gateway.used_wh() == (2_000, 2_000)
    market.release([0, 1 << 8])
    assert gateway.used_wh() == (600, 600)


def test_the_delegate_cancels(community, gateway, bob):
    """As the trader can; nobody else, and nobody who was a delegate."""
    market = gateway.market
    gateway.post(gateway.buy())
    with refused("Order_NotTrader", gateway.trader.address, bob.address):
        market.cancel(bob, 0)
    market.cancel_by(gateway.delegate, 0)
    assert gateway.used_wh() == (0, 0)
    gateway.post(gateway.buy())
    gateway.revoke()
    with refused("Order_NotTrader", gateway.trader.address, gateway.delegate.address):
        market.cancel_by(gateway.delegate, 1 << 8)


def test_a_delegate_cancels_nothing_else(gateway, alice):
    """An order whose nonce is the number of a mandate is not that mandate's."""
    gateway.market.post([buy(alice, nonce=gateway.number)], [alice])
    with refused("Order_NotTrader", gateway.trader.address, gateway.delegate.address):
        gateway.market.cancel_by(gateway.delegate, 0)
