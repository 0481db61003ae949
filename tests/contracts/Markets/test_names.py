"""The words of a market: printable characters, for people and programs alike."""

import pytest

from testkit.market_fixtures import by
from testkit.refusals import refused
from testkit.reverts import reverts_with
from testkit.rules import names, stored_rules

PRINTABLE = [bytes(range(0x20, 0x40)), bytes(range(0x40, 0x5C)), bytes(range(0x5D, 0x7D)), b"}~", b" "]
"""All characters that a name may have."""

UNPRINTABLE = ["", "a\0", "line\n", "tab\t", "\x1b[2J", "\x7f", "back\\slash", "é", "電", "\u202e", "x" * 33]
"""Names that hostile markets have: empty, control characters, other scripts, too long."""


@pytest.mark.parametrize("name", UNPRINTABLE, ids=ascii)
@pytest.mark.parametrize("at", [0, 2])
def test_refuses_names_that_are_no_text(markets, rules, alice, name, at):
    """People and programs read them."""
    given = names(3, "name")
    given[at] = name
    with reverts_with("Market_BadAttributeName", at):
        markets.openMarket(rules._replace(attribute_count=3), given, [], by(alice))
    with reverts_with("Market_BadCategoryName", at):
        markets.openMarket(rules._replace(category_count=3), [], given, by(alice))


@pytest.mark.parametrize("byte", [0x00, 0x1F, 0x5C, 0x7F, 0x80, 0xC3, 0xFE, 0xFF])
def test_refuses_a_name_with_a_byte_that_is_no_character(markets, community, rules, alice, byte):
    """Also where it is no UTF-8, so that no library writes it: the call is made by hand."""
    fine = "name *"
    data = community.interfaces["Markets"].encode_call("openMarket", [rules._replace(attribute_count=1), [fine], []])
    with refused("Market_BadAttributeName", 0):
        poisoned = data.replace(fine.encode(), fine.encode()[:-1] + bytes([byte]))
        assert poisoned != data
        community.chain.send(alice.address, markets.address, poisoned)


def test_refuses_a_name_twice(markets, rules, alice):
    given = ["price", "distance", "price"]
    with reverts_with("Market_BadAttributeName", 2):
        markets.openMarket(rules._replace(attribute_count=3), given, [], by(alice))
    with reverts_with("Market_BadCategoryName", 2):
        markets.openMarket(rules._replace(category_count=3), [], given, by(alice))


def test_takes_every_printable_name_of_32_characters(markets, rules, alice):
    """An attribute and a category may have one name."""
    given = [name.decode() for name in PRINTABLE]
    full = rules._replace(attribute_count=len(given), category_count=len(given))
    opened = markets.openMarket(full, given, given, by(alice)).events["MarketOpened"]
    assert (list(opened["attributes"]), list(opened["categories"])) == (given, given)


@pytest.mark.parametrize(
    "zone",
    [b"\xff" * 24, b"z\xc3\xbcrich", b"line\n", b"back\\slash", b"\0after", b"be\0tween", b"\x7f", b"x" * 23 + b"\x1f"],
    ids=ascii,
)
def test_refuses_a_zone_that_is_no_text(markets, rules, alice, zone):
    padded = zone.ljust(24, b"\0")
    with reverts_with("Market_BadZone", padded):
        markets.openMarket(rules._replace(zone=padded), [], [], by(alice))


@pytest.mark.parametrize("zone", [b"", b" ", b"~" * 24, b"elm street 7, [back] {yard}"[:24]], ids=ascii)
def test_takes_a_printable_zone(markets, rules, alice, zone):
    rules = rules._replace(zone=zone.ljust(24, b"\0"))
    assert stored_rules(markets, markets.openMarket(rules, [], [], by(alice)).return_value) == rules
