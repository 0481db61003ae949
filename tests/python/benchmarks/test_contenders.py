"""All exact contenders find the optimum of the specification; the others at most that."""

from dataclasses import replace

import pytest

from benchmarks.contenders import CONTENDERS, DIVISIBLE, EXACT, HEURISTIC
from benchmarks.families import FAMILIES, make
from powerpact.market.rules import Mode
from powerpact.mechanisms.satisfaction.spec import match


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", EXACT)
def test_exact_one_to_one(name, family):
    round_ = make(family, 20)
    assert CONTENDERS[name](round_)() == match(round_).objective


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", DIVISIBLE)
def test_exact_divisible(name, family):
    round_ = make(family, 12, Mode.DIVISIBLE)
    small = replace(
        round_,
        buyers=tuple(replace(order, energy_wh=order.energy_wh // 200) for order in round_.buyers),
        sellers=tuple(replace(order, energy_wh=order.energy_wh // 200) for order in round_.sellers),
    )
    assert CONTENDERS[name](small)() == match(small).objective


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("name", HEURISTIC)
def test_heuristics_stay_below(name, family):
    round_ = make(family, 30)
    objective = CONTENDERS[name](round_)()
    assert match(round_).objective // 2 < objective <= match(round_).objective


def test_a_run_can_be_repeated():
    for contender in CONTENDERS.values():
        run = contender(make("mid", 20))
        assert run() == run()


def test_stable_matching_has_no_blocking_pair():
    """Of two buyers who want the same seller, the better one for the seller gets it."""
    round_ = make("dense", 2)
    alike = replace(
        round_,
        buyers=tuple(
            replace(round_.buyers[0], id=f"b{i}", bid_upoints_per_kwh=bid) for i, bid in enumerate((100_000, 110_000))
        ),
        sellers=(
            replace(round_.sellers[0], min_upoints_per_kwh=80_000, ask_upoints_per_kwh=120_000),
            replace(round_.sellers[0], id="s1", min_upoints_per_kwh=120_000, ask_upoints_per_kwh=120_000),
        ),
    )
    alone = replace(alike, buyers=alike.buyers[1:], sellers=alike.sellers[:1])
    assert CONTENDERS["Gale-Shapley"](alike)() == CONTENDERS["Gale-Shapley"](alone)()
