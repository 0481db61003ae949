"""The measurements: limits are shown, a run renews its own part of the record, tables and picture show whose."""

import json

import pytest

from benchmarks import solver
from benchmarks.measurement import Task, measure
from benchmarks.runs import run_of
from powerpact.market.rules import Mode
from testkit.campaigns import result


def row(orders, contender, cpu_seconds, mode=Mode.ONE_TO_ONE):
    named = {"mode": mode, "family": "mid", "orders": orders, "contender": contender, "run": "monday"}
    return {**named, "seconds": 2 * cpu_seconds, "cpu_seconds": cpu_seconds}


def test_a_measurement():
    measured = measure(Task("SciPy", "mid", 30), 60, 4)
    assert 0 < measured["least_seconds"] <= measured["seconds"] < 1
    assert measured["repeats"] == 5
    assert 20 < measured["peak_mb"] < 1_000


def test_who_needs_too_long_is_not_asked_again(monkeypatch):
    tasks = []

    def fake(task, limit_s, memory_gb):
        tasks.append((task.contender, task.orders))
        if task.contender == "SciPy" and task.orders > 10:
            return {"stopped": "time", "after_seconds": limit_s}
        return {"seconds": 0.5, "cpu_seconds": 0.5, "objective": 7, "peak_mb": 1}

    monkeypatch.setattr(solver, "measure", fake)
    rows = solver.run(solver.Asked("one-to-one", "mid", [1_000, 10, 100], ["PowerPact", "SciPy"]))
    run = run_of(result([]))
    record = solver.record_of([run], [], [{**row, "run": run["recorded"]} for row in rows])
    both = ("PowerPact", "SciPy")
    assert tasks[0] == ("PowerPact verifier", 1)  # compiles
    assert tasks[1:] == [*((name, n) for n in (10, 100) for name in both), ("PowerPact", 1_000)]
    assert [found["times_processor_time"] for found in record["comparisons"]] == [{"SciPy": 1}]
    told = [line[7] for line in solver.times(record).rows[:3]]  # SciPy's column
    assert told == ["0.5 (1×)", "> 60", ""]


def test_a_divisible_round_is_for_those_who_can(monkeypatch):
    monkeypatch.setattr(solver, "measure", lambda *_: {"seconds": 0.5, "cpu_seconds": 0.5, "objective": 7})
    rows = list(solver.run(solver.Asked("divisible", "mid", [10])))
    assert {row["contender"] for row in rows} == set(solver.DIVISIBLE)


def test_rows_are_told_before_they_are_compared(monkeypatch):
    """What is stopped has measured something; who disagrees is found all the same."""
    objectives = iter((7, 8))
    monkeypatch.setattr(
        solver, "measure", lambda *_: {"seconds": 0.5, "cpu_seconds": 0.5, "objective": next(objectives)}
    )
    rows = solver.run(solver.Asked("one-to-one", "mid", [10], ["SciPy", "OR-tools flow"]))
    assert [next(rows)["objective"], next(rows)["objective"]] == [7, 8]
    with pytest.raises(RuntimeError, match="the optima differ"):
        next(rows)


def test_a_time_limit_stops():
    assert measure(Task("SciPy", "mid", 3_000), 0.5, 8) == {"stopped": "time", "after_seconds": 0.5}


def test_a_memory_limit_stops():
    assert measure(Task("SciPy", "mid", 9_000), 60, 0.6) == {"stopped": "memory", "at_gb": 0.6}


@pytest.fixture
def renew(tmp_path, monkeypatch):
    """Renew an empty record with what contenders take on a day of January."""
    monkeypatch.setattr(solver, "RECORD", tmp_path / "solver.json")
    monkeypatch.setattr(solver, "PICTURE", tmp_path / "solver.svg")

    def _renew(day, **seconds):
        rows = [row(1_000, name.replace("_", " "), cpu) for name, cpu in seconds.items()]
        for each in rows:
            del each["run"]
            each.update(seconds=2.0, objective=7, peak_mb=50)
        solver.renew(result(rows, ended=f"2026-01-0{day}T10:00:00.000+00:00"))

    return _renew


def read():
    return json.loads(solver.RECORD.read_text())


ALL = {"PowerPact": 1.0, "SciPy": 4.0, "OR-tools_flow": 2.0}


def test_a_run_of_one_contender_leaves_the_others_as_they_were(renew):
    renew(1, **ALL)
    first = read()
    renew(2, SciPy=3.0)
    again = read()
    kept, changed = ([row for row in again["rows"] if (row["contender"] == "SciPy") is new] for new in (False, True))
    assert kept == [row for row in first["rows"] if row["contender"] != "SciPy"]
    assert [(row["cpu_seconds"], row["run"][:10]) for row in changed] == [(3.0, "2026-01-02")]
    assert [run["recorded"][:10] for run in again["runs"]] == ["2026-01-01", "2026-01-02"]
    assert first["comparisons"][0]["times_processor_time"] == {"SciPy": 4, "OR-tools flow": 2}
    assert again["comparisons"][0]["times_processor_time"] == {"OR-tools flow": 2}


def test_first_calls_are_kept_by_mode(renew):
    renew(1, **ALL)
    both = [{"mode": mode, "cpu_seconds": 20.0} for mode in Mode]
    solver.renew(result(both, ended="2026-01-02T10:00:00.000+00:00"))
    solver.renew(result(both[:1], ended="2026-01-03T10:00:00.000+00:00"))
    renew(4, SciPy=3.0)
    assert [call["run"][:10] for call in read()["first_calls"]] == ["2026-01-03", "2026-01-02"]
    assert len(read()["rows"]) == 3
    assert len(solver.compilation(read()).rows) == 2


def test_the_same_result_twice_is_one_run(renew):
    renew(1, **ALL)
    first = read()
    renew(1, **ALL)
    assert read() == first


def test_the_tables_name_the_run_of_what_was_measured_apart(renew):
    renew(1, **ALL)
    renew(2, SciPy=3.0)
    (line,) = solver.times(read()).rows
    assert line == ["one-to-one", "mid", "1 000", "1", "2", "1", "", "3 [run 2]", "", "2 (2×)"]
    assert solver.memory(read()).rows[0][3:] == ["1", "50", "", "50 [run 2]", "", "50"]
    assert solver.PICTURE.read_text().count('class="apart"') == 1


def test_a_run_of_which_nothing_is_left_is_forgotten(renew):
    renew(1, **ALL)
    renew(2, **ALL)
    assert [run["recorded"][:10] for run in read()["runs"]] == ["2026-01-02"]


def test_the_picture_has_a_panel_for_each_family_and_mode():
    rows = [row(10, "PowerPact", 1), row(10, "SciPy", 2), row(100, "PowerPact", 2)]
    rows += [row(10, "PowerPact", 3, Mode.DIVISIBLE)]
    drawn = solver.picture(rows)
    assert ">mid<" in drawn
    assert ">mid, divisible<" in drawn
    assert drawn.count("<polyline") == 3
