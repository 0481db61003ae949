"""Files of signed orders: what a wallet signs, with its names, and what is wrong with a file that is none."""

import json

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from powerpact.codec.eip712 import Domain, compact, expand, recover, sign
from powerpact.codec.eip712.errors import MessageMismatch
from powerpact.codec.eip712.types import TYPES
from powerpact.codec.errors import BadSignedFile
from powerpact.codec.orderfile import format_order, format_typed_order, parse_order
from powerpact.market.orders import Order, Side, SignedOrder

KEY = Account.from_key(b"\x07" * 32)
MARKET = bytes(range(32))
DOMAIN = Domain(31_337, Account.from_key(b"\x08" * 32).address)
LANES = (90_000, 0, 2**32 - 1, 0, 0, 0, 0, 1)
COMMON = {"trader": KEY.address, "price_upoints_per_kwh": 110_000, "nonce": 37, "expiry": 2_000_000_000, "device": 5}
BUY = Order(
    side=Side.BUY, energy_wh=2**60 + 1, levels=LANES, limits=LANES[::-1], weights_ppm=LANES, classes=bytes(8), **COMMON
)
SELL = Order(side=Side.SELL, energy_wh=1_500, levels=LANES, min_upoints_per_kwh=7, classes=bytes(range(8)), **COMMON)


def signed(order):
    return SignedOrder(order, sign(KEY, DOMAIN, *order.message(MARKET)))


@pytest.mark.parametrize("order", [BUY, SELL], ids=["buy", "sell"])
def test_a_file_keeps_everything(order):
    text = format_order(DOMAIN, MARKET, signed(order))
    assert parse_order("file", text, domain=DOMAIN) == (MARKET, signed(order))


@pytest.mark.parametrize("order", [BUY, SELL], ids=["buy", "sell"])
def test_a_file_is_what_a_wallet_signs_with_the_names_of_the_signed_type(order):
    data = json.loads(format_typed_order(DOMAIN, MARKET, order))
    assert list(data["message"]) == [member.name for member in TYPES[data["primaryType"]]]
    told = {name: data[name] for name in ("types", "primaryType", "domain", "message")}
    by_wallet = Account.sign_message(encode_typed_data(full_message=told), KEY.key).signature
    text = json.dumps(data)
    assert parse_order("file", text, signature=f"0x{by_wallet.hex()}") == (MARKET, signed(order))
    with pytest.raises(BadSignedFile, match="signature is missing"):
        parse_order("file", text)


@pytest.mark.parametrize("seed", range(1, 9))
def test_a_signature_with_v_of_0_or_1_says_the_same(seed):
    key = Account.from_key(seed.to_bytes(32, "big"))
    usual = sign(key, DOMAIN, *BUY.message(MARKET))
    ledger = usual[:64] + bytes([usual[64] - 27])
    assert recover(DOMAIN, *BUY.message(MARKET), ledger) == key.address
    assert compact(ledger) == compact(usual)
    assert expand(ledger) == usual == expand(b"".join(compact(usual)))


@pytest.mark.parametrize("v", [2, 26, 29, 255])
def test_another_v_is_refused(v):
    with pytest.raises(MessageMismatch, match=f"v is {v}"):
        compact(bytes(64) + bytes([v]))


@pytest.mark.parametrize("length", [0, 1, 64, 65, 130, 1_000])
def test_signatures_of_contract_accounts_have_any_length(length):
    one = SignedOrder(BUY, bytes(length))
    assert parse_order("file", format_order(DOMAIN, MARKET, one)) == (MARKET, one)


def test_addresses_may_be_in_lower_case():
    data = json.loads(format_order(DOMAIN, MARKET, signed(BUY)))
    data["message"]["trader"] = data["message"]["trader"].lower()
    data["domain"]["verifyingContract"] = data["domain"]["verifyingContract"].lower()
    assert parse_order("file", json.dumps(data), domain=DOMAIN) == (MARKET, signed(BUY))


def test_numbers_may_be_text():
    data = json.loads(format_order(DOMAIN, MARKET, signed(BUY)))
    assert data["message"]["energyWh"] == str(2**60 + 1)
    data["message"] |= {"bid": "110000", "limits": [str(value) for value in data["message"]["limits"]]}
    data["domain"]["chainId"] = "31337"
    assert parse_order("file", json.dumps(data), domain=DOMAIN) == (MARKET, signed(BUY))


FIRST = {
    "schema": "powerpact/order/1",
    "market": "0x" + MARKET.hex(),
    "order": {
        "side": "buy",
        "trader": "0x37a3fd1f41d0eebfb151963a75cd5e201e5a0fcc",
        "energy_wh": 1_200,
        "price_upoints_per_kwh": 110_000,
        "levels": [90_000, 900_000, 0, 0, 0, 0, 0, 0],
        "limits": [120_000, 500_000, 0, 0, 0, 0, 0, 0],
        "weights_ppm": [600_000, 400_000, 0, 0, 0, 0, 0, 0],
        "min_upoints_per_kwh": 0,
        "classes": "0x0100000000000000",
        "device": 0,
        "nonce": 1,
        "expiry": 1_795_902_900,
    },
    "signature": "0x" + "5b" * 130,
}


def test_files_of_the_first_schema_are_read():
    market, found = parse_order("file", json.dumps(FIRST))
    assert (market, len(found.signature)) == (MARKET, 130)
    assert (found.order.energy_wh, found.order.levels[1], found.order.min_fill_ppm) == (1_200, 900_000, 0)


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("$.schema", lambda data: data.update(schema="other")),
        ("$.signature", lambda data: data.pop("signature")),
        ("$.signature", lambda data: data.update(signature="0x1")),
        ("$.signature", lambda data: data.update(signature="0x" + "00" * 40_000)),
        ("$.extra", lambda data: data.update(extra=1)),
        ("$.primaryType", lambda data: data.update(primaryType="Permit")),
        ("$.types", lambda data: data["types"]["BuyOrder"].pop()),
        ("$.domain", lambda data: data.update(domain=[])),
        ("$.domain.chainId", lambda data: data["domain"].update(chainId=1)),
        ("$.domain.verifyingContract", lambda data: data["domain"].update(verifyingContract=KEY.address)),
        ("$.message", lambda data: data.update(message=[])),
        ("$.message.market", lambda data: data["message"].update(market="0x12")),
        ("$.message.market", lambda data: data["message"].update(market=7)),
        ("$.message.trader", lambda data: data["message"].update(trader="alice")),
        ("$.message.trader", lambda data: data["message"].update(trader=KEY.address.swapcase().replace("0X", "0x"))),
        ("$.message.energyWh", lambda data: data["message"].update(energyWh=2**64)),
        ("$.message.energyWh", lambda data: data["message"].update(energyWh=-1)),
        ("$.message.nonce", lambda data: data["message"].update(nonce=True)),
        ("$.message.expiry", lambda data: data["message"].update(expiry="soon")),
        ("$.message.expectations", lambda data: data["message"].update(expectations=[0] * 7)),
        ("$.message.limits[3]", lambda data: data["message"]["limits"].__setitem__(3, 2**32)),
        ("$.message.requires", lambda data: data["message"].update(requires="zz")),
        ("$.message.meter", lambda data: data["message"].pop("meter")),
        ("$.message.accept", lambda data: data["message"].update(accept=0)),
        ("$.message.minFill", lambda data: data["message"].update(minFill=2**32)),
    ],
)
def test_a_malformed_file_is_refused_by_its_field(path, change):
    data = json.loads(format_order(DOMAIN, MARKET, signed(BUY)))
    change(data)
    with pytest.raises(BadSignedFile) as refusal:
        parse_order("file", json.dumps(data), domain=DOMAIN)
    assert refusal.value.path == path


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("$.market", lambda data: data.update(market="0x12")),
        ("$.order", lambda data: data.update(order=[])),
        ("$.order.side", lambda data: data["order"].update(side="hold")),
        ("$.order.trader", lambda data: data["order"].update(trader="alice")),
        ("$.order.nonce", lambda data: data["order"].update(nonce=True)),
        ("$.order.levels", lambda data: data["order"].update(levels=[0] * 7)),
        ("$.order.limits[3]", lambda data: data["order"]["limits"].__setitem__(3, 2**32)),
        ("$.order.classes", lambda data: data["order"].update(classes="zz")),
        ("$.order.device", lambda data: data["order"].pop("device")),
        ("$.order.accept", lambda data: data["order"].update(accept=0)),
        ("$.order.min_fill_ppm", lambda data: data["order"].update(min_fill_ppm=2**20)),
    ],
)
def test_a_malformed_file_of_the_first_schema_is_refused_by_its_field(path, change):
    data = json.loads(json.dumps(FIRST))
    change(data)
    with pytest.raises(BadSignedFile) as refusal:
        parse_order("file", json.dumps(data))
    assert refusal.value.path == path


@pytest.mark.parametrize("text", [b"\xff\xfe", "[]", "7"])
def test_what_is_no_object_is_refused(text):
    with pytest.raises(BadSignedFile):
        parse_order("file", text)
