"""`openMarket`: rules are checked once, hashed into the id, and never change."""

import pytest
from eth_abi import encode
from eth_utils import keccak

from testkit.market import SLOT_LENGTH_S
from testkit.market_fixtures import POINT, by
from testkit.reverts import reverts_with

ZERO_ADDRESS = "0x" + "00" * 20
DAY_S = 86_400
ENDORSERS = keccak(text="the endorsers")
CONTEST = {"challenge_window_s": 600, "bond_upoints": 10 * POINT}
"""A challenge window with its bond."""
RULES_TYPE = (
    "(address,uint40,uint40,uint8,uint8,uint40,uint40,uint32,uint32,uint32,uint8,uint8,uint8,uint8,bytes8,bytes24,"
    "uint8,uint8,uint32,uint128,bytes32)"
)


@pytest.fixture
def rules(community):
    """Rules of a market that may open, for a slot that no market has yet."""
    return community.open_market().rules._replace(zone=b"elm street".ljust(24, b"\0"))


def names(count, kind):
    return [f"{kind} {i}" for i in range(count)]


def stored_rules(book, market):
    """The rules that the book keeps of a market."""
    words = book.rulesOf(market)
    return tuple(bytes(word) if isinstance(word, bytes) else word for word in words)


def test_refuses_an_opener_who_is_not_active(book, rules, stranger):
    with reverts_with("Market_OpenerNotActive", stranger):
        book.openMarket(rules, [], [], {"from": stranger})


@pytest.mark.parametrize(
    "shift",
    [
        {"closes_at": lambda r, now: now},
        {"closes_at": lambda r, now: r.slot_start + 1},
        {"final_by": lambda r, now: r.closes_at},
        {"refund_from": lambda r, now: r.final_by, "final_by": lambda r, now: r.refund_from},
        {"refund_from": lambda r, now: r.slot_start + 2 * SLOT_LENGTH_S - 1},
        {"refund_from": lambda r, now: r.slot_start + 2 * SLOT_LENGTH_S + 30 * DAY_S + 1},
        {"slot_start": lambda r, now: r.slot_start + 1},
    ],
    ids=[
        "gate closed already",
        "gate closes within the slot",
        "final before the gate closes",
        "refund before final",
        "refund before a seller had a slot's time to be paid",
        "refund too late",
        "slot not aligned",
    ],
)
def test_refuses_times_out_of_order(book, community, rules, alice, shift):
    bad = rules._replace(**{field: time(rules, community.chain.now() + 1) for field, time in shift.items()})
    with reverts_with("Market_BadTimes", bad.closes_at, bad.final_by, bad.slot_start, bad.refund_from):
        book.openMarket(bad, [], [], by(alice))


def test_the_refund_time_counts_the_challenge_window(book, rules, alice):
    """A round can be final a whole window after the time for proposals; then sellers need a slot to be paid."""
    contest = rules._replace(**CONTEST, final_by=rules.slot_start + SLOT_LENGTH_S - 600)
    window_ends_late = contest._replace(challenge_window_s=601)
    for late in (
        window_ends_late._replace(refund_from=rules.slot_start + 2 * SLOT_LENGTH_S),
        window_ends_late._replace(refund_from=rules.slot_start + 2 * SLOT_LENGTH_S + 30 * DAY_S + 2),
    ):
        with reverts_with("Market_BadTimes", late.closes_at, late.final_by, late.slot_start, late.refund_from):
            book.openMarket(late, [], [], by(alice))
    book.openMarket(contest._replace(refund_from=rules.slot_start + 2 * SLOT_LENGTH_S), [], [], by(alice))
    for delay in (1, 30 * DAY_S + 1):
        refund_from = rules.slot_start + 2 * SLOT_LENGTH_S + delay
        book.openMarket(window_ends_late._replace(refund_from=refund_from), [], [], by(alice))


@pytest.mark.parametrize(
    "changes",
    [
        {"challenge_window_s": 600},
        {"bond_upoints": 1},
        {"challenge_window_s": 7 * DAY_S + 1, "bond_upoints": 1},
        {"challenge_window_s": 600, "bond_upoints": 2**96},
        {**CONTEST, "endorsements": 1},
        {**CONTEST, "endorsers": ENDORSERS},
        {**CONTEST, "endorsements": 33, "endorsers": ENDORSERS},
        {"endorsements": 1, "endorsers": ENDORSERS},
    ],
    ids=[
        "a window without a bond",
        "a bond without a window",
        "a window longer than a week",
        "a bond larger than all wallets",
        "endorsements without endorsers",
        "endorsers without endorsements",
        "too many endorsements",
        "endorsements without a window",
    ],
)
def test_refuses_a_contest(book, rules, alice, changes):
    bad = rules._replace(refund_from=rules.slot_start + 9 * DAY_S, **changes)
    contest = (bad.challenge_window_s, bad.bond_upoints, bad.endorsements, bad.endorsers)
    with reverts_with("Market_BadContest", *contest):
        book.openMarket(bad, [], [], by(alice))


@pytest.mark.parametrize(
    "changes",
    [
        CONTEST,
        {"challenge_window_s": 7 * DAY_S, "bond_upoints": 2**96 - 1, "endorsements": 32, "endorsers": ENDORSERS},
        {"mode": 1},
    ],
    ids=["a window and a bond", "the largest of all", "divisible"],
)
def test_opens_with_a_contest(book, rules, alice, changes):
    rules = rules._replace(refund_from=rules.slot_start + 9 * DAY_S, **changes)
    market = book.openMarket(rules, [], [], by(alice)).return_value
    assert stored_rules(book, market) == rules


@pytest.mark.parametrize(
    ("attributes", "classes", "changes"),
    [
        (9, 0, {"attribute_count": 9}),
        (0, 9, {"category_count": 9}),
        (2, 0, {"attribute_count": 3}),
        (0, 2, {"category_count": 1}),
        (0, 2, {"category_count": 2, "source_category": 3}),
        (2, 0, {"attribute_count": 2, "income_mask": 0b100}),
    ],
)
def test_refuses_a_schema_that_does_not_fit_its_names(book, rules, alice, attributes, classes, changes):
    with reverts_with("Market_BadSchema", attributes, classes):
        book.openMarket(rules._replace(**changes), names(attributes, "attribute"), names(classes, "class"), by(alice))


@pytest.mark.parametrize(("sources", "at"), [(b"\x00\x05", 1), (b"\x00\x00\x01", 2)], ids=["unknown", "too many"])
def test_refuses_a_source(book, rules, alice, sources, at):
    bad = rules._replace(attribute_count=2, sources=sources.ljust(8, b"\0"))
    with reverts_with("Market_BadSource", at):
        book.openMarket(bad, names(2, "attribute"), [], by(alice))


def test_refuses_a_market_without_arbiter(book, rules, alice):
    with reverts_with("Market_NoArbiter"):
        book.openMarket(rules._replace(arbiter=ZERO_ADDRESS), [], [], by(alice))


@pytest.mark.parametrize("rate", ["tolerance_ppm", "penalty_ppm"])
def test_refuses_a_rate_above_one(book, rules, alice, rate):
    with reverts_with("Market_RateAboveOne", 1_000_001):
        book.openMarket(rules._replace(**{rate: 1_000_001}), [], [], by(alice))


def test_refuses_to_open_twice(book, rules, alice, bob):
    market = book.openMarket(rules, [], [], by(alice)).return_value
    with reverts_with("Market_AlreadyOpen", bytes(market)):
        book.openMarket(rules, [], [], by(bob))


@pytest.mark.parametrize("count", [0, 1, 8])
def test_opens_with_any_number_of_attributes_and_categories(book, rules, alice, count):
    full = rules._replace(
        attribute_count=count,
        income_mask=(1 << count) - 1,
        category_count=count,
        source_category=count,
        sources=bytes(range(5))[:count].ljust(8, b"\0"),
        tolerance_ppm=1_000_000,
        penalty_ppm=1_000_000,
    )
    attributes, categories = names(count, "attribute"), names(count, "category")
    tx = book.openMarket(full, attributes, categories, by(alice))
    opened = tx.events["MarketOpened"]
    assert bytes(opened["market"]) == bytes(tx.return_value)
    assert opened["opener"] == alice.address
    assert list(opened["attributes"]) == attributes
    assert list(opened["categories"]) == categories
    assert stored_rules(book, tx.return_value) == full


def test_the_id_is_the_hash_of_chain_contract_rules_and_names(book, community, rules, alice):
    rules = rules._replace(attribute_count=1, category_count=1)
    expected = keccak(
        encode(
            ["uint256", "address", RULES_TYPE, "string[]", "string[]"],
            [community.chain.chain_id, book.address, rules, ["price"], ["source"]],
        )
    )
    assert bytes(book.marketId(rules, ["price"], ["source"])) == expected
    assert bytes(book.openMarket(rules, ["price"], ["source"], by(alice)).return_value) == expected
    assert bytes(book.marketId(rules, ["price"], ["grade"])) != expected
    assert bytes(book.marketId(rules._replace(penalty_ppm=1), ["price"], ["source"])) != expected


def test_an_unknown_market_has_no_rules(book):
    unknown = keccak(text="no market")
    with reverts_with("Market_Unknown", unknown):
        book.rulesOf(unknown)
