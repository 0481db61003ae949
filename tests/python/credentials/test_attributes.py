"""Attribute sets: what each field may be, which contradict each other, and how files state them."""

import json

import pytest
from eth_account import Account

from powerpact.credentials.attributefile import attributes_for, parse_attributes
from powerpact.credentials.attributes import FIELD_NAMES, LAST_S, attribute_set
from powerpact.credentials.errors import BadAttribute, BadAttributeFile
from testkit.credentials import ALICE, ATTRIBUTES, FROM_S, UNTIL_S

VALUES = ATTRIBUTES.values()

FILE = """
fullName = "Alice Example"
country = "AT"
nationalId = "1234 010190"
userType = "prosumer"
mayBuy = true
maySell = true
electricity = true
mostEnergyWh = 50_000
grade = "A"
credibilityPpm = 900_000
validFrom = 2026-11-21T12:00:00Z
validUntil = "2027-11-21T13:00:00+01:00"
"""


def refused(name, value):
    with pytest.raises(BadAttribute) as caught:
        attribute_set(VALUES | {name: value})
    assert caught.value.value == value
    assert caught.value.remedy
    return caught.value.field


def test_the_values_make_the_set():
    assert attribute_set(VALUES) == ATTRIBUTES
    assert tuple(VALUES) == FIELD_NAMES


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("fullName", " "),
        ("fullName", 7),
        ("fullName", "x" * 201),
        ("fullName", "\ud800"),
        ("nationalId", ""),
        ("nationalId", "-/-"),
        ("country", "at"),
        ("country", "AUT"),
        ("country", "ÖS"),
        ("userType", "robot"),
        ("grade", "E"),
        ("mayBuy", 1),
        ("heat", "true"),
        ("mostEnergyWh", 0),
        ("mostEnergyWh", -1),
        ("mostEnergyWh", 1 << 64),
        ("mostEnergyWh", 1.5),
        ("mostEnergyWh", True),
        ("credibilityPpm", 1_000_001),
        ("wallet", ALICE.address.lower()),
        ("wallet", None),
        ("validUntil", FROM_S),
        ("validUntil", LAST_S + 1),
        ("validUntil", 1 << 64),
        ("shoeSize", 44),
    ],
)
def test_what_no_field_can_be_is_refused(name, value):
    assert refused(name, value) == name


def test_bounds_are_taken():
    for name, value in {"mostEnergyWh": (1 << 64) - 1, "credibilityPpm": 1_000_000, "validUntil": LAST_S}.items():
        assert attribute_set(VALUES | {name: value}).values()[name] == value
    assert attribute_set(VALUES | {"credibilityPpm": 0}).credibility_ppm == 0


@pytest.mark.parametrize(("user_type", "excluded"), [("consumer", "maySell"), ("producer", "mayBuy")])
def test_a_type_of_one_side_has_one_side(user_type, excluded):
    with pytest.raises(BadAttribute) as caught:
        attribute_set(VALUES | {"userType": user_type})
    assert caught.value.field == excluded
    assert attribute_set(VALUES | {"userType": user_type, excluded: False}).user_type == user_type


def test_permissions_must_leave_something_to_do():
    with pytest.raises(BadAttribute, match="nothing to do"):
        attribute_set(VALUES | {"mayBuy": False, "maySell": False})
    with pytest.raises(BadAttribute, match="nothing to trade"):
        attribute_set(VALUES | {"electricity": False})


@pytest.mark.parametrize("name", [name for name in FIELD_NAMES if name not in ("electricity", "heat", "cold", "gas")])
def test_only_carriers_may_be_left_out(name):
    with pytest.raises(BadAttribute, match="missing") as caught:
        attribute_set({key: value for key, value in VALUES.items() if key != name})
    assert caught.value.field == name


def test_permissions_have_a_bit_each():
    assert ATTRIBUTES.permissions == 1 + 2 + 4
    assert attribute_set(VALUES | {"electricity": False, "gas": True}).permissions == 1 + 2 + 32


def test_a_file_states_a_set():
    values = parse_attributes("file", FILE)
    assert (values["validFrom"], values["validUntil"]) == (FROM_S, UNTIL_S)
    assert attributes_for(values, ALICE.address) == ATTRIBUTES


def test_json_says_the_same():
    assert attributes_for(parse_attributes("file", json.dumps(VALUES).encode()), None) == ATTRIBUTES


def test_a_file_and_the_command_name_one_wallet():
    assert attributes_for(VALUES, ALICE.address) == ATTRIBUTES
    with pytest.raises(BadAttribute) as caught:
        attributes_for(VALUES, Account.from_key(b"\x01" * 32).address)
    assert "Leave one" in caught.value.remedy
    with pytest.raises(BadAttribute, match="missing"):
        attributes_for({key: value for key, value in VALUES.items() if key != "wallet"}, None)


@pytest.mark.parametrize("text", ["fullName", "{", "a = 1\na = 2", b"\xff", "[" * 100_000])
def test_a_file_that_is_neither_toml_nor_json_is_refused(text):
    with pytest.raises(BadAttributeFile):
        parse_attributes("file", text)


@pytest.mark.parametrize("time", ['"2026-11-21"', '"2026-11-21T12:00:00"', "2026-11-21", "1.5", "true", '"soon"'])
def test_a_time_without_an_offset_is_refused(time):
    with pytest.raises(BadAttribute, match="no time") as caught:
        parse_attributes("file", f"validUntil = {time}")
    assert caught.value.field == "validUntil"
