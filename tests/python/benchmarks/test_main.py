"""The commands of the campaign: what they print is measured, and becomes the records."""

import json
from dataclasses import replace

import pytest

from benchmarks import __main__ as main
from benchmarks import cow, gas, large_round, page, solver
from benchmarks.families import FAMILIES
from powerpact.market.rules import Mode
from testkit.campaigns import result
from toolchain import results
from toolchain.campaigns import CAMPAIGNS
from toolchain.places import ROOT

BENCH = CAMPAIGNS["bench"]
COMMANDS = [command for part in BENCH.parts for command in (part.command, part.sample) if command]
GAS = [step for steps in gas.DRAWN.values() for step in steps]


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_part_is_a_command(command):
    assert command[:3] == ("python", "-m", "benchmarks")
    assert main.parser().parse_args(command[3:]).part in main.RECORDS


def test_the_campaign_has_every_round_and_every_record():
    named = {part.name for part in BENCH.parts}
    assert {name for name in named if name.startswith("solver")} == {
        f"solver-{mode}-{family}" for mode in Mode for family in FAMILIES
    }
    assert {part.command[3] for part in BENCH.parts} == main.RECORDS.keys()
    assert BENCH.renew == ("python", "-m", "benchmarks", "record")
    assert all((ROOT / path).exists() for path in BENCH.records)


def test_words_of_a_part_come_after_its_own():
    command = (*BENCH.named(["solver-divisible-sat"])[0].command, "300", "--limit", "5")
    chosen = main.parser().parse_args(command[3:])
    assert (chosen.orders, chosen.mode, chosen.family, chosen.limit) == ([300], "divisible", "sat", 5)
    with pytest.raises(SystemExit):
        main.parser().parse_args(["solver", "one-to-one", "nothing"])


def test_a_measurement_is_a_line(monkeypatch, capsys):
    monkeypatch.setattr(solver, "measure", lambda *_: {"seconds": 0.5, "cpu_seconds": 0.5, "objective": 7})
    main.main(["solver", "one-to-one", "mid", "5", "9", "--contender", "greedy"])
    printed = capsys.readouterr()
    lines = [json.loads(line) for line in printed.out.splitlines()]
    assert [(line["contender"], line["orders"]) for line in lines] == [("greedy", 5), ("greedy", 9)]
    assert "mid, 5 + 5 orders: greedy … 0.5" in printed.err


def test_records_are_renewed_from_results(tmp_path, monkeypatch, capsys):
    for part in (solver, gas, cow, large_round):
        monkeypatch.setattr(part, "RECORD", tmp_path / part.RECORD.name)
    for part in (solver, gas):
        monkeypatch.setattr(part, "PICTURE", tmp_path / part.PICTURE.name)
    monkeypatch.setattr(page, "RESULTS", tmp_path)
    row = {"mode": "one-to-one", "family": "mid", "orders": 9, "contender": "PowerPact", "objective": 1}
    row.update({"seconds": 0.1, "cpu_seconds": 0.1, "peak_mb": 9})
    steps = [{"step": "seal", "seconds": 0.1}]
    measured = {
        "solver": [row],
        "gas": [{"size": size, "gas": dict.fromkeys(GAS, 10 + size)} for size in (3, 5)],
        "cow": [{"pairs": 2, "CoW": 7}],
        "large-round": [{"orders": 4, "steps": [], "challenges": {"a": 1}}, {"orders": 8, "steps": steps}],
    }
    measured["large-round"][1]["challenges"] = {"a": 2}
    paths = []
    for part, measurements in measured.items():
        paths.append(tmp_path / f"result-{part}.json")
        command = ("python", "-m", "benchmarks", part)
        results.save(paths[-1], replace(result(measurements), part=part, command=command))
    main.main(["record", *map(str, paths)])
    record = json.loads(large_round.RECORD.read_text())
    assert (record["orders"], record["steps"], record["challenges"]) == (8, steps, {"4": {"a": 1}, "8": {"a": 2}})
    assert json.loads(gas.RECORD.read_text())["rounds"]["5"] == dict.fromkeys(GAS, 15)
    written = (tmp_path / "README.md").read_text()
    assert all(grid.markdown() in written for grid in page.grids())
    assert "abc1234" in written
    assert str(main.RESULTS) in capsys.readouterr().out
