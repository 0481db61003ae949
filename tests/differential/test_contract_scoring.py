"""The Solidity library scores as the rules do, to the last digit, and knows exactly which dual prices cover a pair."""

import json

import pytest
from eth_utils import keccak, to_checksum_address
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from powerpact.chain.artifacts import read_artifact
from powerpact.codec.abi import Interface
from powerpact.mechanisms.satisfaction.spec import pair_score_ppm, seller_satisfaction_ppm
from powerpact.units import MAX_SCORE_PPM, PPM
from testkit import strategies
from testkit.chains import EvmChain
from testkit.constants import BROWNIE_BUILD
from testkit.roundfiles import parse_round
from testkit.rounds import income_mask, order_of_buyer, order_of_seller, rounds
from testkit.vectors import ROUNDS, SCORING, round_of

SOMEBODY = "0x" + "11" * 20


@pytest.fixture(scope="module")
def harness():
    """Call the library as a contract."""
    chain, compiled = EvmChain(), read_artifact(BROWNIE_BUILD, "SatisfactionHarness")
    interface = Interface(compiled.abi)
    address = chain.create(SOMEBODY, compiled.bytecode)

    def call(function, *arguments):
        return interface.decode_output(function, chain.read(address, interface.encode_call(function, arguments)))

    return call


def address_of(trader):
    """The account of a trader of a round."""
    return to_checksum_address(keccak(text=trader)[-20:])


def packed(round_):
    """Buy orders, sell orders and schema, as the library takes them."""
    numbers = {}

    def named(order):
        person = numbers.setdefault(order.person, len(numbers) + 1)
        return order, address_of(order.trader or order.id), person

    buys, sells = map(named, round_.buyers), map(named, round_.sellers)
    return (
        [order_of_buyer(round_, buyer, who, person=person).pack() for buyer, who, person in buys],
        [order_of_seller(round_, seller, who, person=person).pack() for seller, who, person in sells],
        (len(round_.attributes), income_mask(round_.attributes)),
    )


def is_on_chain(round_):
    """Orders on chain state an energy: one that takes any is like none of them where somebody asks for a least fill."""
    orders = [*round_.buyers, *round_.sellers]
    return all(order.energy_wh is not None for order in orders) or not any(order.min_fill_ppm for order in orders)


def check_scores(harness, round_):
    eligible, t, g = harness("scores", *packed(round_))
    pairs = [(buyer, seller) for buyer in round_.buyers for seller in round_.sellers]
    expected = [pair_score_ppm(round_, buyer, seller) for buyer, seller in pairs]
    assert [w if ok else None for ok, w in zip(eligible, map(sum, zip(t, g, strict=True)), strict=True)] == expected
    for k, (buyer, seller) in enumerate(pairs):
        if eligible[k]:
            prices = buyer.bid_upoints_per_kwh, seller.min_upoints_per_kwh, seller.ask_upoints_per_kwh
            assert g[k] == seller_satisfaction_ppm(*prices)
        else:
            assert (t[k], g[k]) == (0, 0)


@given(round_=st.one_of(rounds(), strategies.rounds().filter(is_on_chain)))
@settings(max_examples=400, deadline=None, suppress_health_check=list(HealthCheck))
def test_every_pair_scores_as_the_rules_say(harness, round_):
    check_scores(harness, round_)


@given(round_=rounds())
@settings(max_examples=50, deadline=None, suppress_health_check=list(HealthCheck))
def test_no_pair_of_one_person_is_eligible_whatever_its_accounts(harness, round_):
    _, _, schema = packed(round_)
    largest = (1 << 26) - 1
    buys = [order_of_buyer(round_, buyer, address_of(buyer.id), person=largest).pack() for buyer in round_.buyers]
    sells = [order_of_seller(round_, sell, address_of(sell.id), person=largest).pack() for sell in round_.sellers]
    assert not any(harness("scores", buys, sells, schema)[0])
    for bought in buys:
        for sold in sells:
            assert list(harness("covers", bought, sold, schema, [0])) == [True]


@pytest.mark.parametrize("case", SCORING, ids=lambda case: case["name"])
def test_scoring_vector(harness, case):
    eligible, t, g = harness("scores", *packed(round_of(case)))
    found = {"t": t[0], "g": g[0], "score": t[0] + g[0]} if eligible[0] else None
    assert found == case["expected"]


@pytest.mark.parametrize("path", ROUNDS, ids=lambda path: path.stem)
def test_round_vector(harness, path):
    vector = json.loads(path.read_text())
    round_ = parse_round(json.dumps(vector["round"]))
    check_scores(harness, round_)
    eligible, _, _ = harness("scores", *packed(round_))
    assert sum(eligible) == vector["eligible"]


@given(round_=rounds(most=2), anywhere=st.lists(st.integers(0, MAX_SCORE_PPM), max_size=4))
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
def test_dual_prices_cover_a_pair_exactly_from_its_score_on(harness, round_, anywhere):
    buys, sells, schema = packed(round_)
    for i, buyer in enumerate(round_.buyers):
        for j, seller in enumerate(round_.sellers):
            w = pair_score_ppm(round_, buyer, seller)
            edges = [] if w is None else [max(w - 1, 0), w, w + 1]
            duals = [0, 1, PPM - 1, PPM, PPM + 1, MAX_SCORE_PPM - 1, MAX_SCORE_PPM, *edges, *anywhere]
            covered = harness("covers", buys[i], sells[j], schema, duals)
            assert list(covered) == [w is None or dual >= w for dual in duals]
