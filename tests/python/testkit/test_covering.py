"""The record of coverage: sums of folders, and what a part counts."""

import json
from pathlib import Path

import pytest

from testkit import covering
from testkit.campaigns import result
from testkit.covering import page, traced
from toolchain.campaigns import CAMPAIGNS
from toolchain.places import ROOT

LCOV = """TN:
SF:contracts/types/Units.sol
DA:12,5
DA:13,0
BRDA:13,0,0,-
BRDA:13,0,1,3
end_of_record
SF:contracts/types/Slots.sol
DA:4,1
end_of_record
SF:tests/forge/Units.t.sol
DA:9,1
end_of_record
"""


def test_a_report_is_counted_by_file():
    found = traced(LCOV)
    assert list(found) == ["contracts/types/Units.sol", "contracts/types/Slots.sol", "tests/forge/Units.t.sol"]
    assert found["contracts/types/Units.sol"] == {"statements": 2, "ran": 1, "branches": 2, "taken": 1}


@pytest.fixture
def run(monkeypatch):
    """In place of the tests: write the report that they were asked for."""
    calls = []

    def _run(command, **variables):
        calls.append((command, variables))
        if command[0] == "forge":
            file, text = command[-1], LCOV
        else:
            file = next(word for word in command if word.startswith("--cov-report=json:")).partition(":")[2]
            numbers = {"num_statements": 10, "covered_lines": 9, "num_branches": 4, "covered_branches": 2}
            files = ("powerpact/units.py", "powerpact/chain/a.py", "powerpact/chain/contracts/b.py")
            text = json.dumps({"files": {name: {"summary": numbers} for name in files}})
        with open(file, "w", encoding="utf-8") as report:
            report.write(text)

    monkeypatch.setattr(covering, "_run", _run)
    return calls


def test_a_part_prints_the_sums_of_folders(run, capsys):
    assert covering.main(["contracts"]) == 0
    (row,) = map(json.loads, capsys.readouterr().out.splitlines())
    assert row == {"folder": "contracts/types", "statements": 3, "ran": 2, "branches": 2, "taken": 1}
    assert covering.main(["library"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(row["folder"], row["statements"]) for row in rows] == [("powerpact", 10), ("powerpact/chain", 20)]
    assert not Path(run[-1][1]["COVERAGE_FILE"]).is_relative_to(ROOT)


def test_tests_that_fail_measure_nothing(monkeypatch):
    monkeypatch.setattr(covering, "_library", lambda *_: covering._run(("python", "-c", "raise SystemExit(3)")))
    with pytest.raises(SystemExit, match="python ended with 3"):
        covering.main(["library"])


def test_the_page_has_the_shares_of_each_folder():
    rows = [
        {"folder": "powerpact/agent", "statements": 40, "ran": 30, "branches": 0, "taken": 0},
        {"folder": "powerpact/chain", "statements": 60, "ran": 60, "branches": 8, "taken": 4},
    ]
    text = page([result(rows, part="library"), None])
    assert "## Library" in text
    assert "| `powerpact/agent` | 40 | 75.0% | 0 | – |" in text
    assert "| all | 100 | 90.0% | 8 | 50.0% |" in text


def test_the_campaign_has_both_parts():
    assert [part.name for part in CAMPAIGNS["coverage"].parts] == ["library", "contracts"]
