"""The failure catalogue of orders: one valid order of each side, one mutation for each way to be invalid.

Each mutated order is signed anew by its trader, so that nothing but the mutation is wrong with it; what happens to an
order that is changed after it was signed is at the end.
"""

from dataclasses import replace

import pytest

from powerpact.codec.eip712 import sign
from powerpact.market.orders import Side
from testkit.chains import EvmChain
from testkit.market import ASK, DECLARED, SLOT_LENGTH_S, Community
from testkit.orders import FOREVER, buy, codes, lanes, sell
from testkit.refusals import refused

UNFIT_CARRIER = 1
SCHEMA = {"sources": [ASK, DECLARED], "income": [False, True], "category_count": 2, "source_category": 1}
LEAST = {"least_energy_wh": 20, "least_reservation_upoints": 1_500}


@pytest.fixture(scope="module")
def setting():
    """A market with a cost attribute (the ask), an income attribute (declared), and two classes, one the source's.

    Orders have at least 20 Wh, and buyers reserve at least 1 500 micro-points.
    """
    community = Community(EvmChain(), traders=2)
    for trader in community.traders:
        community.endow(trader, 10**9)
    return community, community.open_market(**SCHEMA, **LEAST, subnet=1)


@pytest.fixture(autouse=True)
def isolate(setting):
    """Every case starts from the same chain and the same books."""
    community, market = setting
    point = community.chain.snapshot()
    yield
    community.chain.revert(point)
    market.batches.clear()
    market.closed.clear()


@pytest.fixture(autouse=True, scope="module")
def isolate_module():
    """The chain of these tests is their own."""


@pytest.fixture
def alice(setting):
    return setting[0].traders[0]


@pytest.fixture
def carol(setting):
    return setting[0].traders[1]


def valid_buy(alice):
    return buy(
        alice,
        levels=lanes(90_000, 900_000),
        limits=lanes(120_000, 500_000),
        weights_ppm=lanes(600_000, 400_000),
        classes=codes(1, 0),
    )


def valid_sell(carol):
    return sell(carol, levels=lanes(0, 870_000), classes=codes(0, 9))


def test_the_valid_orders_are_taken(setting, alice, carol):
    _, market = setting
    market.post([valid_buy(alice), valid_sell(carol)], [alice, carol])


BUY_FAULTS = {
    "no energy": ({"energy_wh": 0}, "Order_BelowLeastEnergy", 0, 0, 20),
    "less than the least energy": ({"energy_wh": 19}, "Order_BelowLeastEnergy", 0, 19, 20),
    "less than the least reservation": (
        {"energy_wh": 20, "price_upoints_per_kwh": 74_999},
        "Order_BelowLeastReservation",
        0,
        1_499,
        1_500,
    ),
    "no price": ({"price_upoints_per_kwh": 0}, "Order_ZeroPrice", 0),
    "a minimum": ({"min_upoints_per_kwh": 1}, "Order_UnusedFieldSet", 0),
    "a meter": ({"device": 1}, "Order_MeterNotZero", 0, 1),
    "a least fill above one": ({"min_fill_ppm": 1_000_001}, "Order_MinFillAboveOne", 0, 1_000_001),
    "the largest least fill": ({"min_fill_ppm": 2**20 - 1}, "Order_MinFillAboveOne", 0, 2**20 - 1),
    "acceptance in advance": ({"accept": True}, "Order_AcceptedInAdvance", 0),
    "a class too many": ({"classes": codes(1, 0, 1)}, "Order_UnusedFieldSet", 0),
    "the last class": ({"classes": codes(1, 0, 0, 0, 0, 0, 0, 1)}, "Order_UnusedFieldSet", 0),
    "an expectation too many": ({"levels": lanes(90_000, 900_000, 1)}, "Order_UnusedFieldSet", 0),
    "a limit too many": (
        {"limits": lanes(120_000, 500_000, 0, 0, 0, 0, 0, 1)},
        "Order_UnusedFieldSet",
        0,
    ),
    "a weight too many": ({"weights_ppm": lanes(600_000, 400_000, 1)}, "Order_UnusedFieldSet", 0),
    "weights below one": ({"weights_ppm": lanes(600_000, 399_999)}, "Order_WeightsSum", 0, 999_999),
    "weights above one": ({"weights_ppm": lanes(600_000, 400_001)}, "Order_WeightsSum", 0, 1_000_001),
    "no weights": ({"weights_ppm": lanes()}, "Order_WeightsSum", 0, 0),
    "weights that wrap": (
        {"weights_ppm": lanes(2**32 - 1, 1_000_001)},
        "Order_WeightsSum",
        0,
        2**32 + 1_000_000,
    ),
    "a cost expected above its limit": ({"levels": lanes(120_001, 900_000)}, "Order_LimitBeyondExpectation", 0, 0),
    "an income expected below its limit": ({"levels": lanes(90_000, 499_999)}, "Order_LimitBeyondExpectation", 0, 1),
    "expired": ({"expiry": 1}, "Order_ExpiresEarly", 0, 1, "gate"),
    "more than the wallet": (
        {"energy_wh": 10_000_010},
        "Accounts_InsufficientBalance",
        "trader",
        10**9,
        1_000_001_000,
    ),
    "more than anybody has": (
        {"energy_wh": 2**64 - 1, "price_upoints_per_kwh": 2**32 - 1},
        "Accounts_InsufficientBalance",
        "trader",
        10**9,
        (2**64 - 1) * (2**32 - 1) // 1_000,
    ),
}

SELL_FAULTS = {
    "no energy": ({"energy_wh": 0}, "Order_BelowLeastEnergy", 0, 0, 20),
    "less than the least energy": ({"energy_wh": 19}, "Order_BelowLeastEnergy", 0, 19, 20),
    "no price": ({"price_upoints_per_kwh": 0, "min_upoints_per_kwh": 0}, "Order_ZeroPrice", 0),
    "a minimum above the ask": ({"min_upoints_per_kwh": 100_001}, "Order_MinAboveAsk", 0, 100_001, 100_000),
    "an attested attribute": ({"levels": lanes(100_000, 870_000)}, "Order_UnusedFieldSet", 0),
    "an attribute too many": ({"levels": lanes(0, 870_000, 1)}, "Order_UnusedFieldSet", 0),
    "a class too many": ({"classes": codes(0, 9, 9)}, "Order_UnusedFieldSet", 0),
    "no class": ({"classes": codes(0, 0)}, "Order_ClassMissing", 0, 1),
    "the attested class": ({"classes": codes(1, 9)}, "Order_UnusedFieldSet", 0),
    "a least fill above one": ({"min_fill_ppm": 1_000_001}, "Order_MinFillAboveOne", 0, 1_000_001),
    "acceptance in advance": ({"accept": True}, "Order_AcceptedInAdvance", 0),
    "no device": ({"device": 0}, "Order_DeviceNotOwned", 0, 0, "trader"),
    "the device of another": ({"device": 1}, "Order_DeviceNotOwned", 0, 1, "trader"),
    "an unknown device": ({"device": 2**32 - 1}, "Order_DeviceNotOwned", 0, 2**32 - 1, "trader"),
    "expired": ({"expiry": 1}, "Order_ExpiresEarly", 0, 1, "gate"),
}


def filled_in(market, trader, arguments):
    """The arguments of an error, with the trader's address and the gate's closure in the place of their names."""
    known = {"trader": trader.address, "gate": market.rules.closes_at}
    return [known.get(argument, argument) for argument in arguments]


@pytest.mark.parametrize("fault", BUY_FAULTS)
def test_a_buy_order_fails_with(setting, alice, fault):
    changes, error, *arguments = BUY_FAULTS[fault]
    with refused(error, *filled_in(setting[1], alice, arguments)):
        setting[1].post([replace(valid_buy(alice), **changes)], [alice])


@pytest.mark.parametrize("fault", SELL_FAULTS)
def test_a_sell_order_fails_with(setting, carol, fault):
    changes, error, *arguments = SELL_FAULTS[fault]
    with refused(error, *filled_in(setting[1], carol, arguments)):
        setting[1].post([replace(valid_sell(carol), **changes)], [carol])


@pytest.mark.parametrize("side", ["buy", "sell"])
@pytest.mark.parametrize("early_s", [1, 60])
def test_an_order_that_expires_before_the_gate(setting, alice, carol, side, early_s):
    """By a second or by a minute, on either side."""
    _, market = setting
    trader, order = (alice, valid_buy(alice)) if side == "buy" else (carol, valid_sell(carol))
    expiry = market.rules.closes_at - early_s
    with refused("Order_ExpiresEarly", 0, expiry, market.rules.closes_at):
        market.post([replace(order, expiry=expiry)], [trader])


@pytest.mark.parametrize("changes", [{"min_fill_ppm": 1}, {"min_fill_ppm": 500_000}, {"min_fill_ppm": 1_000_000}])
def test_a_least_fill_belongs_to_one_to_one_markets(setting, alice, carol, changes):
    community, market = setting
    orders = [replace(valid_buy(alice), **changes), replace(valid_sell(carol), **changes)]
    divisible = community.open_market(**SCHEMA, **LEAST, mode=1)
    for order, trader in zip(orders, (alice, carol), strict=True):
        with refused("Order_MinFillNotZero", 0, changes["min_fill_ppm"]):
            divisible.post([order], [trader])
    divisible.post([valid_buy(alice)], [alice])
    market.post([replace(orders[0], nonce=2), orders[1]], [alice, carol])


@pytest.mark.parametrize("word", ["limits", "weights"])
def test_a_sell_order_has_no_terms_of_a_buyer(setting, carol, word):
    """These words are not in the seller's signature, so the carrier could fill them."""
    community, market = setting
    market_id, (packed,), *signatures = market.batch([valid_sell(carol)], [market.signature(carol, valid_sell(carol))])
    changed = packed._replace(**{word: 1})
    with refused("Order_UnusedFieldSet", 0):
        community.send(community.agent, "OrderBook", "placeSigned", market_id, [changed], *signatures)


@pytest.mark.parametrize("bit", [201, 207, 229, 255])
@pytest.mark.parametrize("side", ["buy", "sell"])
def test_nothing_stands_between_or_above_the_fields(setting, alice, carol, side, bit):
    """The bits of the side above its lowest, and those above the fields, are not signed either."""
    community, market = setting
    trader, order = (alice, valid_buy(alice)) if side == "buy" else (carol, valid_sell(carol))
    market_id, (packed,), *signatures = market.batch([order], [market.signature(trader, order)])
    changed = packed._replace(terms=packed.terms | 1 << bit)
    with refused("Order_UnusedFieldSet", 0):
        community.send(community.agent, "OrderBook", "placeSigned", market_id, [changed], *signatures)


def test_a_fault_is_told_before_a_false_signature(setting, alice, carol):
    _, market = setting
    order = replace(valid_buy(alice), energy_wh=0)
    with refused("Order_BelowLeastEnergy", 0, 0, 20):
        market.post_signed([order], [market.signature(carol, order)])


def test_the_nonce_of_a_buy_order_is_used(setting, alice):
    _, market = setting
    market.post([valid_buy(alice)], [alice])
    with refused("Accounts_NonceUsed", alice.address, Side.BUY, 1):
        market.post([replace(valid_buy(alice), energy_wh=20)], [alice])


def test_the_nonce_of_a_sell_order_is_cancelled_with_it(setting, carol):
    _, market = setting
    market.post([valid_sell(carol)], [carol])
    market.cancel(carol, 0)
    with refused("Accounts_NonceUsed", carol.address, Side.SELL, 1):
        market.post([replace(valid_sell(carol), energy_wh=20)], [carol])


@pytest.mark.parametrize("valid", [valid_buy, valid_sell])
def test_the_nonce_is_cancelled(setting, alice, valid):
    community, market = setting
    order = valid(alice)
    community.send(alice.account, "OrderBook", "cancelNonces", order.side, 0, 0b10)
    with refused("Accounts_NonceUsed", alice.address, order.side, 1):
        market.post([order], [alice])


@pytest.mark.parametrize("valid", [valid_buy, valid_sell])
@pytest.mark.parametrize("nonce", [1_025 * 32, 2**32 - 1])
def test_the_nonce_is_far_ahead(setting, alice, valid, nonce):
    _, market = setting
    order = replace(valid(alice), nonce=nonce)
    with refused("Accounts_NonceFar", alice.address, order.side, nonce, 1_025 * 32 - 1):
        market.post([order], [alice])


@pytest.mark.parametrize("valid", [valid_buy, valid_sell])
def test_the_page_of_the_nonce_is_closed(setting, alice, valid):
    community, market = setting
    order = replace(valid(alice), nonce=31)
    community.send(alice.account, "OrderBook", "cancelNonces", order.side, 1, 0)
    with refused("Accounts_NonceUsed", alice.address, order.side, 31):
        market.post([order], [alice])
    market.post([replace(order, nonce=32)], [alice])


def test_the_device_sells_already(setting, carol):
    _, market = setting
    market.post([valid_sell(carol)], [carol])
    with refused("Device_Undecided", 0, carol.device, Side.SELL, market.slot.pack()):
        market.post([replace(valid_sell(carol), nonce=2)], [carol])


def test_the_device_is_retired(setting, carol):
    community, market = setting
    community.send(carol.account, "DeviceRegistry", "retire", carol.device)
    with refused("Order_DeviceUnfit", 0, carol.device):
        market.post([valid_sell(carol)], [carol])


@pytest.mark.parametrize("rule", [{"subnet": 2}, {"carrier": UNFIT_CARRIER}], ids=["another subnet", "another carrier"])
def test_the_device_is_of(setting, carol, rule):
    community, _ = setting
    market = community.open_market(**SCHEMA, **rule)
    with refused("Order_DeviceUnfit", 0, carol.device):
        market.post([valid_sell(carol)], [carol])


def test_the_device_is_not_certified(setting, carol):
    community, market = setting
    meter = community.auditors[2]  # a key that no device has
    terms = {"owner": carol.address, "kind": 0, "carrier": 0, "source": 1, "subnet": 1, "capacityWh": 1_000}
    signature = sign(meter, community.domain("DeviceRegistry"), "Device", terms)
    community.send(carol.account, "DeviceRegistry", "add", meter.address, 0, 0, 1, 1, 1_000, signature)
    device = community.read("DeviceRegistry", "deviceOf", meter.address)
    with refused("Order_DeviceUnfit", 0, device):
        market.post([replace(valid_sell(carol), device=device)], [carol])


@pytest.mark.parametrize("who", ["leaving", "suspended", "unknown"])
def test_the_trader_is(setting, alice, who):
    community, market = setting
    if who == "leaving":
        community.send(alice.account, "ParticipantRegistry", "requestExit")
    if who == "suspended":
        until = community.chain.now() + SLOT_LENGTH_S
        for auditor in community.auditors[:2]:
            community.send(auditor, "ParticipantRegistry", "suspend", alice.address, until, "under review")
    if who == "unknown":
        community.fund(community.agent, 10**9)
    trader = replace(alice, account=community.agent) if who == "unknown" else alice
    with refused("Order_TraderNotActive", 0, trader.address):
        market.post([valid_buy(trader)], [trader])


TAMPERED_BUY = {
    "energy": {"energy_wh": 999},
    "price": {"price_upoints_per_kwh": 100_001},
    "nonce": {"nonce": 2},
    "expiry": {"expiry": FOREVER - 1},
    "an expectation": {"levels": lanes(90_000, 900_001)},
    "a limit": {"limits": lanes(120_001, 500_000)},
    "the weights": {"weights_ppm": lanes(400_000, 600_000)},
    "the classes": {"classes": codes(1, 1)},
    "the least fill": {"min_fill_ppm": 1},
}


@pytest.mark.parametrize("field", TAMPERED_BUY)
def test_a_carrier_cannot_change_a_buyers(setting, alice, field):
    _, market = setting
    signature = market.signature(alice, valid_buy(alice))
    with refused("Order_BadSignature", 0, alice.address):
        market.post_signed([replace(valid_buy(alice), **TAMPERED_BUY[field])], [signature])


TAMPERED_SELL = {
    "energy": {"energy_wh": 999},
    "ask": {"price_upoints_per_kwh": 99_999},
    "minimum": {"min_upoints_per_kwh": 79_999},
    "device": {"device": 1},
    "nonce": {"nonce": 2},
    "expiry": {"expiry": FOREVER - 1},
    "an attribute": {"levels": lanes(0, 870_001)},
    "the classes": {"classes": codes(0, 8)},
    "the least fill": {"min_fill_ppm": 1},
}


@pytest.mark.parametrize("field", TAMPERED_SELL)
def test_a_carrier_cannot_change_a_sellers(setting, carol, field):
    _, market = setting
    signature = market.signature(carol, valid_sell(carol))
    with refused("Order_BadSignature", 0, carol.address):
        market.post_signed([replace(valid_sell(carol), **TAMPERED_SELL[field])], [signature])


def test_a_carrier_cannot_put_another_trader_in(setting, alice, carol):
    _, market = setting
    signature = market.signature(alice, valid_buy(alice))
    with refused("Order_BadSignature", 0, carol.address):
        market.post_signed([replace(valid_buy(alice), trader=carol.address)], [signature])
