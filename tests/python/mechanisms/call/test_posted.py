"""Call auctions as a chain records them: public prices in one word, dual prices, and what refutes."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from powerpact.market.orders import Side, parse_id
from powerpact.mechanisms.call import spec
from powerpact.mechanisms.call.posted import PriceWord
from powerpact.mechanisms.call.round import Certificate, Round
from powerpact.mechanisms.claims import Claims
from powerpact.mechanisms.registry import CALL
from testkit.auctions import FEW, auctions, fills_of


def on_chain(round_):
    """The same round with ids of a chain, sellers after buyers in each batch of three."""
    sides = [[], []]
    for at, (side, order) in enumerate((of, order) for of in Side for order in round_.orders(of)):
        sides[side].append(order._replace(id=f"{at // 3}:{at % 3}"))
    return Round(round_.k_ppm, *sides)


@settings(max_examples=200, deadline=None)
@given(auctions().map(on_chain))
def test_what_a_proposal_states_is_the_solution(round_):
    solution = CALL.solve(round_, lambda _: None)
    claims = CALL.claims_of(round_, solution)
    assert len(claims.prices) == 32
    read = CALL.solution_of(round_, claims)
    assert read.trades == solution.trades
    assert CALL.verify(round_, read, lambda _: None) is None
    assert CALL.refuting(round_, claims) is None
    assert CALL.claims_of(round_, read) == claims
    assert len(CALL.completing(solution)) == (2 if solution.trades else 0)


@settings(max_examples=200, deadline=None)
@given(auctions().map(on_chain))
def test_dual_prices_prove_the_objective(round_):
    claims = CALL.claims_of(round_, CALL.solve(round_, lambda _: None))
    energies = [dict(zip(orders.ids, orders.energies_wh, strict=True)) for orders in (round_.buyers, round_.sellers)]
    duals = {(0, claim.buyer): claim.buyer_dual for claim in claims.trades}
    duals |= {(1, claim.seller): claim.seller_dual for claim in claims.trades}
    bound = sum(dual * energies[side][id_] for (side, id_), dual in duals.items())
    worth = CALL.worth_of(round_, [(claim.buyer, claim.seller) for claim in claims.trades])
    assert all(gain == claim.buyer_dual + claim.seller_dual for gain, claim in zip(worth, claims.trades, strict=True))
    gains = sum(gain * claim.energy_wh for gain, claim in zip(worth, claims.trades, strict=True))
    assert bound == gains == claims.objective


@settings(max_examples=400, deadline=None)
@given(auctions(energies=FEW, most=5).map(on_chain), st.data())
def test_the_order_that_refutes_a_false_word_is_one_that_the_rule_refutes(round_, data):
    right = CALL.solve(round_, lambda _: None)
    claims = CALL.claims_of(round_, right)
    word = int.from_bytes(claims.prices)
    shift = data.draw(st.sampled_from((0, 40, 112, 144)))
    changed = word + data.draw(st.sampled_from((1, -1))) * (1 << shift)
    if changed < 0:
        return
    stated = Claims(claims.objective, claims.trades, changed.to_bytes(32))
    shown = CALL.refuting(round_, stated)
    refuting = {
        (side, order.id)
        for side in Side
        for order, fill in zip(round_.orders(side), fills_of(round_, right)[side], strict=True)
        if is_refuted(side, order, fill, PriceWord.decode(stated.prices), bool(claims.trades))
    }
    assert (shown is None) == (not refuting)
    if shown is not None:
        assert tuple(shown[0]) in refuting


def is_refuted(side, order, fill, word, has_trades):
    """The contract's rule: places are ids, and without trades the level is a threshold."""
    if not has_trades:
        reaches = order.price_upoints_per_kwh >= word.level_wh
        return order.energy_wh > 0 and reaches == (side is Side.BUY)
    certificate = spec_certificate(word)
    return spec.order_refutes(side, order, parse_id(order.id), fill, certificate, word.until - 1)


def spec_certificate(word):
    """A certificate of these public prices, with ids as places."""
    prices = word.price_upoints_per_kwh, word.low_upoints_per_kwh, word.high_upoints_per_kwh
    return Certificate(*prices, side=word.side, level_wh=word.level_wh)


@pytest.mark.parametrize(
    "word",
    [
        PriceWord(95_000, 90_000, 100_000, None, 0, 0),
        PriceWord(1, 1, 1, Side.BUY, 2**64 - 1, 2**40 - 1),
        PriceWord(2**32 - 1, 0, 2**32 - 1, Side.SELL, 0, 1),
        PriceWord(0, 0, 0, None, 2**32, 0),
    ],
)
def test_a_word_is_read_as_it_was_written(word):
    assert PriceWord.decode(word.encode()) == word


def test_the_word_lies_as_the_contract_reads_it():
    word = int.from_bytes(PriceWord(5, 4, 9, Side.SELL, 7, 3).encode())
    assert word == 5 << 176 | 4 << 144 | 9 << 112 | 2 << 104 | 7 << 40 | 3
