"""The table of a market's rules: the struct of the contract, the file, and what is not a rule."""

import json
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerpact.chain.artifacts import artifact
from powerpact.codec.abi import decode, encode
from powerpact.codec.rulesfile import format_rules, parse_rules
from powerpact.errors import MalformedInput
from powerpact.market.errors import BadRules
from powerpact.market.rules import (
    ROWS,
    RULES_TYPE,
    AttributeSource,
    Carrier,
    DeliveryRule,
    Kind,
    MarketAttribute,
    MarketMechanism,
    Mode,
    PriceRule,
    Rules,
    RulesStruct,
)

ARBITER = "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
NAMES = st.text(st.characters(whitelist_categories=("L", "Nd", "Sm")), min_size=1, max_size=12).filter(str.isprintable)
ATTRIBUTES = st.lists(
    st.builds(MarketAttribute, NAMES, st.sampled_from(Kind), st.sampled_from(AttributeSource)),
    max_size=8,
    unique_by=lambda entry: entry.name,
)


@st.composite
def rules(draw):
    categories = tuple(draw(st.lists(NAMES, max_size=8, unique=True)))
    return Rules(
        arbiter=ARBITER,
        slot_start=draw(st.integers(0, 2**40 - 1)),
        closes_at=draw(st.integers(0, 2**40 - 1)),
        final_by=draw(st.integers(0, 2**40 - 1)),
        refund_from=draw(st.integers(0, 2**40 - 1)),
        attributes=tuple(draw(ATTRIBUTES)),
        categories=categories,
        source_category=draw(st.sampled_from([None, *categories])),
        carrier=draw(st.sampled_from(Carrier)),
        price_rule=draw(st.sampled_from(PriceRule)),
        subnet=draw(st.integers(0, 2**32 - 1)),
        tolerance_ppm=draw(st.integers(0, 10**6)),
        penalty_ppm=draw(st.integers(0, 10**6)),
        mechanism=draw(st.sampled_from(MarketMechanism)),
        k_ppm=draw(st.integers(0, 10**6)),
        zone=draw(st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=24)),
        mode=draw(st.sampled_from(Mode)),
        challenge_window_s=draw(st.integers(0, 2**32 - 1)),
        bond_upoints=draw(st.integers(0, 2**64 - 1)),
        endorsements=draw(st.integers(0, 255)),
        endorsers=draw(st.binary(min_size=32, max_size=32)),
    )


PLAIN = Rules(
    arbiter=ARBITER,
    slot_start=7_200,
    closes_at=6_900,
    final_by=7_200,
    refund_from=14_400,
    attributes=(MarketAttribute("price", Kind.COST, AttributeSource.ASK),),
    categories=("source", "grade"),
    source_category="source",
    zone="orchard lane",
)


def test_the_table_is_the_struct_of_the_contract():
    entry = next(entry for entry in artifact("Markets").abi if entry.get("name") == "openMarket")
    members = [(component["name"], component["type"]) for component in entry["inputs"][0]["components"]]
    assert [(row.member, row.type) for row in ROWS.values() if row.member] == members


def test_every_attribute_is_a_row_and_every_row_is_told():
    assert {entry.name for entry in fields(Rules)} <= set(ROWS)
    assert all(row.meaning.endswith(".") for row in ROWS.values())
    assert all(row.option is not None for name, row in ROWS.items() if name in {e.name for e in fields(Rules)})


@given(rules())
def test_the_struct_keeps_everything(some):
    encoded = encode([RULES_TYPE, "string[]", "string[]"], some.arguments())
    struct, attributes, categories = decode([RULES_TYPE, "string[]", "string[]"], encoded)
    with_checksum = RulesStruct(*struct)._replace(arbiter=ARBITER)
    assert Rules.of(with_checksum, attributes, categories) == some


@given(rules())
def test_the_file_keeps_everything(some):
    assert parse_rules(format_rules(some)) == some


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("zone", {"zone": "ä"}),
        ("zone", {"zone": "x" * 25}),
        ("zone", {"zone": "a\tb"}),
        ("tolerance_ppm", {"tolerance_ppm": 2**32}),
        ("tolerance_ppm", {"tolerance_ppm": -1}),
        ("subnet", {"subnet": True}),
        ("arbiter", {"arbiter": ARBITER.lower()}),
        ("endorsers", {"endorsers": b"\x01"}),
        ("carrier", {"carrier": 9}),
        ("mode", {"mode": "in-parts"}),
        ("source_category", {"source_category": "colour"}),
        ("categories", {"categories": tuple("abcdefghi"), "source_category": None}),
        ("categories[1]", {"categories": ("source", "source")}),
        ("categories[0]", {"categories": ("",), "source_category": None}),
        ("attributes[0]", {"attributes": (MarketAttribute("a\x1b[2J", Kind.COST, AttributeSource.ASK),)}),
    ],
)
def test_what_cannot_be_a_rule_is_told_by_its_name(field, change):
    with pytest.raises(BadRules) as refusal:
        replace(PLAIN, **change)
    assert refusal.value.field == field


def hostile(**changes):
    """The struct of a market that anyone can open, with members that the library would not write."""
    return PLAIN.struct()._replace(**changes)


@pytest.mark.parametrize(
    ("field", "changes"),
    [
        ("zone", {"zone": b"\xff".ljust(24, b"\0")}),
        ("zone", {"zone": b"a\0b".ljust(24, b"\0")}),
        ("zone", {"zone": b"\x1b[2J".ljust(24, b"\0")}),
        ("carrier", {"carrier": 200}),
        ("mode", {"mode": 2}),
        ("sources", {"sources": b"\x09".ljust(8, b"\0")}),
        ("source_category", {"source_category": 3}),
    ],
)
def test_a_hostile_struct_is_told_and_does_not_crash(field, changes):
    with pytest.raises(BadRules) as refusal:
        Rules.of(hostile(**changes), ["price"], ["source", "grade"])
    assert refusal.value.field == field


def test_a_name_that_is_no_text_is_told_and_does_not_crash():
    encoded = encode(["string[]"], [["AAAA"]]).replace(b"AAAA", b"\xff\xfe\xfd\xfc")
    (names,) = decode(["string[]"], encoded)
    with pytest.raises(BadRules) as refusal:
        Rules.of(PLAIN.struct(), names, ["source", "grade"])
    assert refusal.value.field == "attributes[0]"
    assert "\\xff" in str(refusal.value)


@given(st.binary(max_size=24), st.lists(st.text(max_size=8), max_size=9), st.lists(st.text(max_size=8), max_size=9))
def test_a_market_has_rules_or_is_told(zone, attributes, categories):
    try:
        found = Rules.of(hostile(zone=zone.ljust(24, b"\0")), attributes, categories)
    except BadRules:
        return
    assert [entry.name for entry in found.attributes] == attributes


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("$", lambda data: data.clear() or data.update(a=1)),
        ("$.schema", lambda data: data.update(schema="powerpact/rules/2")),
        ("$.rules", lambda data: data.update(rules=[])),
        ("$.rules.zone", lambda data: data["rules"].pop("zone")),
        ("$.rules.colour", lambda data: data["rules"].update(colour=1)),
        ("$.rules.mode", lambda data: data["rules"].update(mode="In Parts")),
        ("$.rules.penalty_ppm", lambda data: data["rules"].update(penalty_ppm="1")),
        ("$.rules.endorsers", lambda data: data["rules"].update(endorsers="0x12")),
        ("$.rules.endorsers", lambda data: data["rules"].update(endorsers=None)),
        ("$.rules.attributes", lambda data: data["rules"].update(attributes={})),
        ("$.rules.attributes[0].kind", lambda data: data["rules"]["attributes"][0].update(kind="profit")),
        ("$.rules.attributes[0].source", lambda data: data["rules"]["attributes"][0].pop("source")),
        ("$.rules.attributes[0].name", lambda data: data["rules"]["attributes"][0].update(name=1)),
        ("$.rules.categories", lambda data: data["rules"].update(categories=[1])),
        ("$.rules.source_category", lambda data: data["rules"].update(source_category=1)),
    ],
)
def test_a_malformed_file_is_refused_by_its_field(path, change):
    data = json.loads(format_rules(PLAIN))
    change(data)
    with pytest.raises(MalformedInput) as refusal:
        parse_rules(json.dumps(data))
    assert refusal.value.path.startswith(path)


def test_a_file_that_is_no_json_is_refused():
    with pytest.raises(MalformedInput, match="JSON"):
        parse_rules(b"\xff")


def test_where_the_import_counts_refunds_wait_for_the_seller():
    times = {"slot_start": 36_000, "closes_at": 35_000, "final_by": 36_000, "refund_from": 50_000}
    export = Rules(arbiter=ARBITER, attributes=(), categories=(), slot_length_s=900, **times)
    both = replace(export, delivery=DeliveryRule.BOTH_SIDES)
    assert (export.refunded_by, both.import_until, both.refunded_by) == (50_000, 50_900, 51_800)
