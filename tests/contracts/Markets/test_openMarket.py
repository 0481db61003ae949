"""`openMarket`: rules are checked once, hashed into the id, and never change."""

import pytest
from eth_abi import encode
from eth_utils import keccak

from testkit.market import SLOT_LENGTH_S
from testkit.market_fixtures import POINT, by
from testkit.reverts import reverts_with
from testkit.rules import names, stored_rules

ZERO_ADDRESS = "0x" + "00" * 20
DAY_S = 86_400
ENDORSERS = keccak(text="the endorsers")
CONTEST = {"challenge_window_s": 600, "bond_upoints": 10 * POINT, "challenge_cost_upoints": POINT // 2}
"""A challenge window with its bond, and what a challenge costs."""
WINDOWS = 5
"""Challenge windows from the last moment for a proposal until a round is final, two refutations late in it included."""
READINGS_WAIT_S = 2 * SLOT_LENGTH_S
"""From the end of a slot until its readings are final, and one longest slot more."""
RULES_TYPE = (
    "(uint8,uint8,uint8,uint8,uint8,uint8,uint40,uint40,uint32,uint32,uint64,"
    "uint40,uint40,uint32,uint8,uint8,uint8,bytes8,uint32,uint8,uint8,address,uint32,uint32,uint32,bytes24,bytes32,"
    "uint64,uint64,uint64)"
)


def fitting(rules, **changes):
    """The rules with changes, and a refund time after all challenge windows."""
    changed = rules._replace(**changes)
    final = max(changed.final_by + WINDOWS * changed.challenge_window_s, changed.slot_start + changed.slot_length_s)
    read = changed.slot_start + changed.slot_length_s + READINGS_WAIT_S
    return changed._replace(refund_from=max(final + changed.slot_length_s, read))


def test_refuses_an_opener_who_is_not_active(markets, rules, stranger):
    with reverts_with("Market_OpenerNotActive", stranger):
        markets.openMarket(rules, [], [], {"from": stranger})


@pytest.mark.parametrize(
    "changes",
    [{"slot_start": 1}, {"slot_length_s": -1}, {"slot_length_s": SLOT_LENGTH_S}, {"slot_length_s": -SLOT_LENGTH_S}],
    ids=["slot not aligned", "no multiple of the base interval", "longer than the longest slot", "no length"],
)
def test_refuses_a_slot_that_the_deployment_does_not_have(markets, rules, alice, changes):
    bad = rules._replace(**{field: getattr(rules, field) + change for field, change in changes.items()})
    with reverts_with("Market_BadSlot", bad.slot_start, bad.slot_length_s, SLOT_LENGTH_S, SLOT_LENGTH_S):
        markets.openMarket(bad, [], [], by(alice))


@pytest.mark.parametrize(("delivery", "underuse_ppm"), [(0, 999_999), (0, 1_000_001), (1, 1_000_001)])
def test_refuses_a_rate_of_under_use_that_makes_no_sense(markets, rules, alice, delivery, underuse_ppm):
    bad = rules._replace(delivery=delivery, underuse_ppm=underuse_ppm)
    with reverts_with("Market_BadUnderuse", delivery, underuse_ppm):
        markets.openMarket(bad, [], [], by(alice))


@pytest.mark.parametrize(
    "shift",
    [
        {"closes_at": lambda r, now: now},
        {"closes_at": lambda r, now: r.slot_start + 1},
        {"final_by": lambda r, now: r.closes_at},
        {"refund_from": lambda r, now: r.final_by, "final_by": lambda r, now: r.refund_from},
        {"refund_from": lambda r, now: r.slot_start + 3 * SLOT_LENGTH_S - 1},
        {"refund_from": lambda r, now: r.slot_start + 3 * SLOT_LENGTH_S + 30 * DAY_S + 1},
        {
            "final_by": lambda r, now: r.closes_at + 30 * DAY_S + 1,
            "refund_from": lambda r, now: r.closes_at + 30 * DAY_S + 1 + SLOT_LENGTH_S,
        },
        {
            "final_by": lambda r, now: r.closes_at + 100 * 365 * DAY_S,
            "refund_from": lambda r, now: r.closes_at + 100 * 365 * DAY_S + SLOT_LENGTH_S,
        },
    ],
    ids=[
        "gate closed already",
        "gate closes within the slot",
        "final before the gate closes",
        "refund before final",
        "refund before the readings are final and a slot is over",
        "refund too late",
        "final a second too late",
        "final in a century",
    ],
)
def test_refuses_times_out_of_order(markets, community, rules, alice, shift):
    bad = rules._replace(**{field: time(rules, community.chain.now() + 1) for field, time in shift.items()})
    with reverts_with("Market_BadTimes", bad.closes_at, bad.final_by, bad.slot_start, bad.refund_from):
        markets.openMarket(bad, [], [], by(alice))


def test_reservations_are_bound_a_month_at_most(markets, rules, alice):
    """Until then a proposal may come; whoever opens a market cannot lock others' money for longer."""
    final_by = rules.closes_at + 30 * DAY_S
    markets.openMarket(rules._replace(final_by=final_by, refund_from=final_by + SLOT_LENGTH_S), [], [], by(alice))


def test_the_refund_time_counts_the_challenge_windows(markets, rules, alice):
    """A round can be final five windows after the time for proposals; then sellers need a slot to be paid."""
    contest = rules._replace(**CONTEST, final_by=rules.slot_start + 2 * SLOT_LENGTH_S - WINDOWS * 600)
    window_ends_late = contest._replace(challenge_window_s=601)
    for late in (
        window_ends_late._replace(refund_from=rules.slot_start + 3 * SLOT_LENGTH_S + WINDOWS - 1),
        window_ends_late._replace(refund_from=rules.slot_start + 3 * SLOT_LENGTH_S + 30 * DAY_S + WINDOWS + 1),
    ):
        with reverts_with("Market_BadTimes", late.closes_at, late.final_by, late.slot_start, late.refund_from):
            markets.openMarket(late, [], [], by(alice))
    markets.openMarket(contest._replace(refund_from=rules.slot_start + 3 * SLOT_LENGTH_S), [], [], by(alice))
    for delay in (WINDOWS, 30 * DAY_S + WINDOWS):
        refund_from = rules.slot_start + 3 * SLOT_LENGTH_S + delay
        markets.openMarket(window_ends_late._replace(refund_from=refund_from), [], [], by(alice))


@pytest.mark.parametrize(
    "changes",
    [
        {"challenge_window_s": 600},
        {"bond_upoints": 1},
        {**CONTEST, "challenge_window_s": 7 * DAY_S + 1},
        {**CONTEST, "endorsements": 1},
        {**CONTEST, "endorsers": ENDORSERS},
        {**CONTEST, "endorsements": 33, "endorsers": ENDORSERS},
        {"endorsements": 1, "endorsers": ENDORSERS},
    ],
    ids=[
        "a window without a bond",
        "a bond without a window",
        "a window longer than a week",
        "endorsements without endorsers",
        "endorsers without endorsements",
        "too many endorsements",
        "endorsements without a window",
    ],
)
def test_refuses_a_contest(markets, rules, alice, changes):
    bad = fitting(rules, **changes)
    contest = (bad.challenge_window_s, bad.bond_upoints, bad.endorsements, bad.endorsers)
    with reverts_with("Market_BadContest", *contest):
        markets.openMarket(bad, [], [], by(alice))


@pytest.mark.parametrize(
    ("bond", "cost"),
    [(15, 1), (10 * POINT - 1, 10 * POINT // 16), (10 * POINT, 0), (2**64 - 1, 2**60), (1, 2**64 - 1)],
    ids=["a micro-point less", "a little less", "no cost stated", "the largest bond", "the largest cost"],
)
def test_refuses_a_bond_that_does_not_pay_a_challenge_twice(markets, rules, alice, bond, cost):
    """Nobody challenges at a loss: an eighth of the bond is at least twice the cost."""
    bad = fitting(rules, challenge_window_s=600, bond_upoints=bond, challenge_cost_upoints=cost)
    with reverts_with("Market_BondTooLow", bond, cost):
        markets.openMarket(bad, [], [], by(alice))


def test_refuses_a_cost_of_challenges_where_there_are_none(markets, rules, alice):
    with reverts_with("Market_BondTooLow", 0, 1):
        markets.openMarket(rules._replace(challenge_cost_upoints=1), [], [], by(alice))


@pytest.mark.parametrize(("energy_wh", "reservation_upoints"), [(0, 1), (1, 0), (0, 0), (0, 2**64 - 1)])
def test_refuses_orders_of_nothing(markets, rules, alice, energy_wh, reservation_upoints):
    bad = rules._replace(least_energy_wh=energy_wh, least_reservation_upoints=reservation_upoints)
    with reverts_with("Market_BadLeast", energy_wh, reservation_upoints):
        markets.openMarket(bad, [], [], by(alice))


@pytest.mark.parametrize(
    "changes",
    [
        CONTEST,
        {
            "challenge_window_s": 7 * DAY_S,
            "bond_upoints": 2**64 - 1,
            "challenge_cost_upoints": 2**60 - 1,
            "endorsements": 32,
            "endorsers": ENDORSERS,
        },
        {"challenge_window_s": 1, "bond_upoints": 16, "challenge_cost_upoints": 1},
        {"mode": 1},
        {"least_energy_wh": 2**64 - 1, "least_reservation_upoints": 2**64 - 1},
    ],
    ids=["a window and a bond", "the largest of all", "the least", "divisible", "no order is large enough"],
)
def test_opens_with_a_contest(markets, rules, alice, changes):
    rules = fitting(rules, **changes)
    market = markets.openMarket(rules, [], [], by(alice)).return_value
    assert stored_rules(markets, market) == rules


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
def test_refuses_a_schema_that_does_not_fit_its_names(markets, rules, alice, attributes, classes, changes):
    with reverts_with("Market_BadSchema", attributes, classes):
        markets.openMarket(
            rules._replace(**changes), names(attributes, "attribute"), names(classes, "class"), by(alice)
        )


@pytest.mark.parametrize(("sources", "at"), [(b"\x00\x05", 1), (b"\x00\x00\x01", 2)], ids=["unknown", "too many"])
def test_refuses_a_source(markets, rules, alice, sources, at):
    bad = rules._replace(attribute_count=2, sources=sources.ljust(8, b"\0"))
    with reverts_with("Market_BadSource", at):
        markets.openMarket(bad, names(2, "attribute"), [], by(alice))


def test_refuses_a_market_without_arbiter(markets, rules, alice):
    with reverts_with("Market_NoArbiter"):
        markets.openMarket(rules._replace(arbiter=ZERO_ADDRESS), [], [], by(alice))


@pytest.mark.parametrize("rate", ["tolerance_ppm", "penalty_ppm"])
def test_refuses_a_rate_above_one(markets, rules, alice, rate):
    with reverts_with("Market_RateAboveOne", 1_000_001):
        markets.openMarket(rules._replace(**{rate: 1_000_001}), [], [], by(alice))


def test_refuses_to_open_twice(markets, rules, alice, bob):
    market = markets.openMarket(rules, [], [], by(alice)).return_value
    with reverts_with("Market_AlreadyOpen", bytes(market)):
        markets.openMarket(rules, [], [], by(bob))


@pytest.mark.parametrize("count", [0, 1, 8])
def test_opens_with_any_number_of_attributes_and_categories(markets, rules, alice, count):
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
    tx = markets.openMarket(full, attributes, categories, by(alice))
    opened = tx.events["MarketOpened"]
    assert bytes(opened["market"]) == bytes(tx.return_value)
    assert opened["opener"] == alice.address
    assert list(opened["attributes"]) == attributes
    assert list(opened["categories"]) == categories
    assert stored_rules(markets, tx.return_value) == full


def test_the_id_is_the_hash_of_chain_contract_rules_and_names(markets, community, rules, alice):
    rules = rules._replace(attribute_count=1, category_count=1)
    expected = keccak(
        encode(
            ["uint256", "address", RULES_TYPE, "string[]", "string[]"],
            [community.chain.chain_id, markets.address, rules, ["price"], ["source"]],
        )
    )
    assert bytes(markets.marketId(rules, ["price"], ["source"])) == expected
    assert bytes(markets.openMarket(rules, ["price"], ["source"], by(alice)).return_value) == expected
    assert bytes(markets.marketId(rules, ["price"], ["grade"])) != expected
    assert bytes(markets.marketId(rules._replace(penalty_ppm=1), ["price"], ["source"])) != expected


def test_an_unknown_market_has_no_rules(markets):
    unknown = keccak(text="no market")
    with reverts_with("Market_Unknown", unknown):
        markets.rulesOf(unknown)


CALL_RULES = {"mechanism": 1, "mode": 1, "k_ppm": 500_000}
"""A call auction at the middle of the interval."""


@pytest.mark.parametrize(
    ("changes", "attributes", "categories"),
    [
        ({"k_ppm": 1}, 0, 0),
        ({**CALL_RULES, "mode": 0}, 0, 0),
        ({**CALL_RULES, "price_rule": 1}, 0, 0),
        (CALL_RULES, 1, 0),
        (CALL_RULES, 0, 1),
    ],
    ids=["k without an auction", "one-to-one", "a price rule", "an attribute", "a category"],
)
def test_refuses_what_the_mechanism_does_not_know(markets, rules, alice, changes, attributes, categories):
    bad = rules._replace(**changes, attribute_count=attributes, category_count=categories)
    with reverts_with("Market_UnfitForMechanism", bad.mechanism):
        markets.openMarket(bad, names(attributes, "attribute"), names(categories, "category"), by(alice))


@pytest.mark.parametrize("mechanism", [2, 255])
def test_refuses_an_unknown_mechanism(markets, rules, alice, mechanism):
    with reverts_with("Market_UnknownMechanism", mechanism):
        markets.openMarket(rules._replace(mechanism=mechanism), [], [], by(alice))


def test_refuses_a_k_above_one(markets, rules, alice):
    with reverts_with("Market_RateAboveOne", 1_000_001):
        markets.openMarket(rules._replace(**CALL_RULES | {"k_ppm": 1_000_001}), [], [], by(alice))


@pytest.mark.parametrize("k_ppm", [0, 1_000_000])
def test_opens_a_call_auction(markets, rules, alice, k_ppm):
    auction = rules._replace(**CALL_RULES | {"k_ppm": k_ppm})
    market = markets.openMarket(auction, [], [], by(alice)).return_value
    assert stored_rules(markets, market) == auction


def test_only_the_order_book_numbers_batches(markets, market, alice, stranger):
    for caller in (alice, stranger):
        with reverts_with("Market_NotOrderBook", caller):
            markets.takeBatch(market.id, by(caller))
    assert markets.batchCount(market.id) == 0


def test_the_terms_are_words_of_the_rules(community, markets):
    """The contest, the book and the settlement read one, two or three words in place of the struct."""
    settled = {"delivery": 1, "sharing": 1, "tolerance_ppm": 3, "penalty_ppm": 4, "underuse_ppm": 5}
    rules = community.open_market(
        [1, 0, 4],
        [True, False, True],
        category_count=2,
        source_category=2,
        challenge_window_s=600,
        bond_upoints=77,
        challenge_cost_upoints=4,
        **settled,
    )
    contest, orders = markets.orderTermsOf(rules.id)
    assert contest == markets.contestTermsOf(rules.id)
    words = rules.rules
    fields = [
        (words.mechanism, 8), (words.mode, 8), (words.price_rule, 8), (words.attribute_count, 8),
        (words.income_mask, 8), (words.endorsements, 8), (words.closes_at, 40), (words.final_by, 40),
        (words.challenge_window_s, 32), (words.k_ppm, 32), (words.bond_upoints, 64),
    ]  # fmt: skip
    assert contest == _packed(fields)
    fields = [
        (words.slot_start, 40), (words.refund_from, 40), (words.subnet, 32), (words.carrier, 8),
        (words.category_count, 8), (words.source_category, 8), (int.from_bytes(words.sources, "big"), 64),
        (words.slot_length_s, 32), (words.delivery, 8), (words.sharing, 8),
    ]  # fmt: skip
    assert orders == _packed(fields)
    fields = [
        (int(words.arbiter, 16), 160), (words.tolerance_ppm, 32), (words.penalty_ppm, 32), (words.underuse_ppm, 32),
    ]  # fmt: skip
    assert tuple(markets.settlementTermsOf(rules.id)) == (contest, orders, _packed(fields))


def test_there_are_no_terms_of_an_unknown_market(markets):
    unknown = keccak(text="no market")
    for ask in (markets.contestTermsOf, markets.orderTermsOf, markets.settlementTermsOf, markets.rulesOf):
        with reverts_with("Market_Unknown", unknown):
            ask(unknown)


def _packed(fields):
    word = shift = 0
    for value, bits in fields:
        word |= int(value) << shift
        shift += bits
    return word
