"""A run replaces its own rows and no others, and only rows of one run are compared or fitted."""

import pytest

from benchmarks.comparison import comparisons, growth, merged, require_agreement
from powerpact.market.rules import Mode


def row(contender, orders=10, cpu_seconds=1.0, run="monday", mode=Mode.ONE_TO_ONE, family="mid", objective=7):
    return {
        "mode": mode.value,
        "family": family,
        "orders": orders,
        "contender": contender,
        "run": run,
        "seconds": 2 * cpu_seconds,
        "cpu_seconds": cpu_seconds,
        "objective": objective,
        "peak_mb": 50,
    }


def stopped(contender, orders=10, run="monday"):
    kept = {name: row(contender, orders)[name] for name in ("mode", "family", "orders", "contender")}
    return {**kept, "run": run, "stopped": "time", "after_seconds": 60}


def test_a_run_replaces_exactly_the_rows_that_it_measured():
    old = [
        row("PowerPact"),
        row("SciPy"),
        row("SciPy", orders=20),
        row("SciPy", family="dense"),
        row("PowerPact", mode=Mode.DIVISIBLE),
    ]
    new = [row("SciPy", run="tuesday", cpu_seconds=3), row("OR-tools flow", run="tuesday")]
    assert merged(old, new) == [old[0], new[0], new[1], old[2], old[3], old[4]]


def test_who_was_stopped_replaces_its_own_row_alone():
    old = [row("PowerPact"), row("SciPy")]
    assert merged(old, [stopped("SciPy", run="tuesday")]) == [old[0], stopped("SciPy", run="tuesday")]


def test_ratios_and_shares():
    rows = [row("PowerPact", cpu_seconds=0.5), row("SciPy", cpu_seconds=2), row("greedy", objective=6)]
    (found,) = comparisons(rows)
    assert found["times_processor_time"] == {"SciPy": 4}
    assert found["share_of_optimum"] == {"greedy": 0.8571}
    assert found["run"] == "monday"


def test_no_ratio_is_taken_across_runs():
    monday = [row("PowerPact"), row("SciPy", cpu_seconds=8), row("greedy", objective=6)]
    own_again = merged(monday, [row("PowerPact", run="tuesday", cpu_seconds=0.1)])
    assert comparisons(own_again) == []
    both_again = merged(own_again, [row(name, run="wednesday", cpu_seconds=3) for name in ("PowerPact", "SciPy")])
    (found,) = comparisons(both_again)
    assert (found["run"], found["times_processor_time"], found["share_of_optimum"]) == ("wednesday", {"SciPy": 1}, {})


def test_who_was_stopped_has_no_ratio():
    assert comparisons([row("PowerPact"), stopped("SciPy")]) == []
    assert comparisons([stopped("PowerPact"), row("SciPy")]) == []


def test_optima_must_agree():
    require_agreement(
        [row("PowerPact"), row("SciPy"), row("greedy", objective=6), row("SciPy", orders=20, objective=8)]
    )
    with pytest.raises(RuntimeError, match="mid, 10 orders: the optima differ"):
        require_agreement([row("PowerPact"), row("SciPy", objective=8)])


def test_growth_leaves_small_sizes_out():
    rows = [row("SciPy", n, n**2.5 if n > 100 else 7e9) for n in (100, 1_000, 10_000)]
    (fit,) = growth(rows)
    assert (fit["exponent"], fit["from_sizes"], fit["run"]) == (2.5, [1_000, 10_000], "monday")


def test_growth_is_fitted_within_one_run():
    monday = [row("SciPy", n, n**2) for n in (1_000, 2_000)]
    tuesday = row("SciPy", 10_000, 1, run="tuesday")
    (fit,) = growth([*monday, tuesday])
    assert (fit["exponent"], fit["from_sizes"], fit["run"]) == (2, [1_000, 2_000], "monday")
    assert growth([monday[0], tuesday]) == []


def test_growth_takes_the_run_that_went_furthest():
    rows = [row("SciPy", n, n**2, run="monday") for n in (1_000, 8_000)]
    rows += [row("SciPy", n, n**3, run="tuesday") for n in (500, 2_000)]
    (fit,) = growth(rows)
    assert (fit["exponent"], fit["run"]) == (2, "monday")
