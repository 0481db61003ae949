"""The measurements: limits are shown, a run renews its own part of the record, tables and picture show whose."""

import json
from itertools import chain

import pytest

from benchmarks import solver
from benchmarks.__main__ import parser
from benchmarks.measurement import Task, measure
from benchmarks.runs import this_run
from powerpact.market.rules import Mode


def row(orders, contender, cpu_seconds, mode=Mode.ONE_TO_ONE):
    named = {"mode": mode, "family": "mid", "orders": orders, "contender": contender, "run": "monday"}
    return {**named, "seconds": 2 * cpu_seconds, "cpu_seconds": cpu_seconds}


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
    run = this_run()
    record = solver.record_of([run], [], [{**row, "run": run["recorded"]} for row in chain.from_iterable(rows)])
    assert [ask for ask in asked if ask[1] == "SciPy"] == [(Mode.ONE_TO_ONE, "SciPy", n) for n in (10, 100)]
    assert len([ask for ask in asked if ask[1] == "PowerPact"]) == 6
    assert [found["times_processor_time"] for found in record["comparisons"]] == [{"SciPy": 1}]
    told = [line[7] for line in solver.times(record).rows[:3]]  # SciPy's column
    assert told == ["0.5 (1×)", "> 60", ""]


def test_a_time_limit_stops():
    assert measure(Task("SciPy", "mid", 3_000), 0.5, 8) == {"stopped": "time", "after_seconds": 0.5}


def test_a_memory_limit_stops():
    assert measure(Task("SciPy", "mid", 9_000), 60, 0.6) == {"stopped": "memory", "at_gb": 0.6}


@pytest.fixture
def files(tmp_path, monkeypatch):
    """An empty record, and contenders that take as long as `seconds` says."""
    monkeypatch.setattr(solver, "RESULTS", tmp_path)
    monkeypatch.setattr(solver, "RECORD", tmp_path / "solver.json")
    monkeypatch.setattr(solver, "PICTURE", tmp_path / "solver.svg")
    seconds = {"PowerPact": 1.0, "SciPy": 4.0, "OR-tools flow": 2.0}

    def fake(task, limit_s, memory_gb):
        return {"seconds": 2.0, "cpu_seconds": seconds.get(task.contender, 1.0), "objective": 7, "peak_mb": 50}

    monkeypatch.setattr(solver, "measure", fake)
    monkeypatch.setattr(solver, "first_call_seconds", lambda mode: 20.0)
    times = iter(("2026-01-01T10:00:00+00:00", "2026-01-02T10:00:00+00:00", "2026-01-03T10:00:00+00:00"))
    monkeypatch.setattr(solver, "this_run", lambda: {"recorded": next(times)})
    return seconds


def read():
    return json.loads(solver.RECORD.read_text())


def asked(*contenders):
    return solver.Asked([1_000], ["one-to-one"], ["mid"], contenders)


def test_a_run_of_one_contender_leaves_the_others_as_they_were(files):
    solver.main(asked("PowerPact", "SciPy", "OR-tools flow"))
    first = read()
    files["SciPy"] = 3.0
    solver.main(asked("SciPy"))
    again = read()
    kept, changed = ([row for row in again["rows"] if (row["contender"] == "SciPy") is new] for new in (False, True))
    assert kept == [row for row in first["rows"] if row["contender"] != "SciPy"]
    assert [(row["cpu_seconds"], row["run"]) for row in changed] == [(3.0, "2026-01-02T10:00:00+00:00")]
    assert [run["recorded"][:10] for run in again["runs"]] == ["2026-01-01", "2026-01-02"]
    assert first["comparisons"][0]["times_processor_time"] == {"SciPy": 4, "OR-tools flow": 2}
    assert again["comparisons"][0]["times_processor_time"] == {"OR-tools flow": 2}
    assert again["first_calls"] == first["first_calls"]


def test_the_tables_name_the_run_of_what_was_measured_apart(files):
    solver.main(asked("PowerPact", "SciPy", "OR-tools flow"))
    files["SciPy"] = 3.0
    solver.main(asked("SciPy"))
    (line,) = solver.times(read()).rows
    assert line == ["one-to-one", "mid", "1 000", "1", "2", "1", "", "3 [run 2]", "", "2 (2×)"]
    assert solver.memory(read()).rows[0][3:] == ["1", "50", "", "50 [run 2]", "", "50"]
    assert solver.PICTURE.read_text().count('class="apart"') == 1


def test_an_interrupted_run_keeps_what_it_measured(files, monkeypatch):
    solver.main(asked("PowerPact", "SciPy"))
    files["SciPy"] = 3.0
    fake = solver.measure

    def interrupted(task, limit_s, memory_gb):
        if task.orders > 1_000:
            raise KeyboardInterrupt
        return fake(task, limit_s, memory_gb)

    monkeypatch.setattr(solver, "measure", interrupted)
    with pytest.raises(KeyboardInterrupt):
        solver.main(solver.Asked([1_000, 2_000], ["one-to-one"], ["mid", "dense"], ["SciPy"]))
    measured = [(row["contender"], row["orders"], row["cpu_seconds"], row["run"][:10]) for row in read()["rows"]]
    assert measured == [("PowerPact", 1_000, 1, "2026-01-01"), ("SciPy", 1_000, 3, "2026-01-02")]


def test_a_run_of_which_nothing_is_left_is_forgotten(files):
    for _ in range(2):
        solver.main(asked("PowerPact", "SciPy"))
    assert [run["recorded"][:10] for run in read()["runs"]] == ["2026-01-02"]


def test_the_picture_has_a_panel_for_each_family_and_mode():
    rows = [row(10, "PowerPact", 1), row(10, "SciPy", 2), row(100, "PowerPact", 2)]
    rows += [row(10, "PowerPact", 3, Mode.DIVISIBLE)]
    drawn = solver.picture(rows)
    assert ">mid<" in drawn
    assert ">mid, divisible<" in drawn
    assert drawn.count("<polyline") == 3


def test_the_command_line_names_what_it_can_do():
    chosen = parser().parse_args(["300", "--family", "sat", "--limit", "5"])
    assert (chosen.orders, chosen.family, chosen.limit) == ([300], ["sat"], 5)
    with pytest.raises(SystemExit):
        parser().parse_args(["--part", "nothing"])
