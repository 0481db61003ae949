"""The comparison: limits are told, sizes are fitted, records are merged, disagreement is an error."""

import pytest

from benchmarks import solver
from benchmarks.__main__ import parser
from benchmarks.measurement import Task, measure
from powerpact.types import Mode


def row(orders, mode=Mode.ONE_TO_ONE, family="mid", **seconds):
    measured = {name: {"seconds": 2 * value, "cpu_seconds": value, "objective": 7} for name, value in seconds.items()}
    return {"mode": mode, "family": family, "orders": orders, "measured": measured}


def test_a_measurement():
    measured = measure(Task("SciPy", "mid", 30), 60, 4)
    assert 0 < measured["least_seconds"] <= measured["seconds"] < 1
    assert measured["repeats"] == 5
    assert 20 < measured["peak_mb"] < 1_000


def test_who_needs_too_long_is_not_asked_again(monkeypatch):
    asked = []

    def fake(task, limit_s, memory_gb):
        asked.append((task.mode, task.contender, task.orders))
        if task.contender == "SciPy" and task.orders > 10:
            return {"stopped": "time", "after_seconds": limit_s}
        return {"seconds": 0.5, "cpu_seconds": 0.5, "objective": 7, "peak_mb": 1}

    monkeypatch.setattr(solver, "measure", fake)
    rows = solver.run(solver.Asked([1_000, 10, 100], families=["mid"], contenders=["PowerPact", "SciPy"]))
    assert [ask for ask in asked if ask[1] == "SciPy"] == [(Mode.ONE_TO_ONE, "SciPy", n) for n in (10, 100)]
    assert len([ask for ask in asked if ask[1] == "PowerPact"]) == 6
    assert [row["times_processor_time"] for row in rows[:3]] == [{"SciPy": 1}, {}, {}]
    told = [line[6] for line in solver.times(rows).rows[:3]]  # SciPy's column
    assert told == ["0.5 (1×)", "> 60", ""]


def test_a_time_limit_stops():
    assert measure(Task("SciPy", "mid", 3_000), 0.5, 8) == {"stopped": "time", "after_seconds": 0.5}


def test_a_memory_limit_stops():
    assert measure(Task("SciPy", "mid", 9_000), 60, 0.6) == {"stopped": "memory", "at_gb": 0.6}


def test_optima_must_agree():
    differing = row(10, PowerPact=1, SciPy=2)
    differing["measured"]["SciPy"]["objective"] = 8
    with pytest.raises(RuntimeError, match="optima differ"):
        solver.compared(differing)


def test_ratios_and_shares():
    both = row(10, PowerPact=0.5, SciPy=2, greedy=1)
    both["measured"]["greedy"]["objective"] = 6
    done = solver.compared(both)
    assert done["times_processor_time"] == {"SciPy": 4}
    assert done["share_of_optimum"] == {"greedy": 0.8571}


def test_growth_leaves_small_sizes_out():
    rows = [row(n, SciPy=n**2.5 if n > 100 else 7e9) for n in (100, 1_000, 10_000)]
    assert solver.growth(rows) == [
        {"mode": "one-to-one", "family": "mid", "contender": "SciPy", "exponent": 2.5, "from_sizes": [1_000, 10_000]}
    ]


def test_rounds_are_replaced_whole():
    old = [row(10, SciPy=1), row(20, SciPy=1), row(10, Mode.DIVISIBLE, PowerPact=3)]
    new = [row(10, PowerPact=2), row(10, family="dense", PowerPact=2)]
    merged = solver.merged(old, new)
    assert merged == [new[0], old[1], new[1], old[2]]


def test_the_picture_has_a_panel_for_each_family_and_mode():
    rows = [row(10, PowerPact=1, SciPy=2), row(100, PowerPact=2), row(10, Mode.DIVISIBLE, PowerPact=3)]
    drawn = solver.picture(rows)
    assert ">mid<" in drawn
    assert ">mid, divisible<" in drawn
    assert drawn.count("<polyline") == 3


def test_the_command_line_names_what_it_can_do():
    chosen = parser().parse_args(["300", "--family", "sat", "--limit", "5"])
    assert (chosen.orders, chosen.family, chosen.limit) == ([300], ["sat"], 5)
    with pytest.raises(SystemExit):
        parser().parse_args(["--part", "nothing"])
