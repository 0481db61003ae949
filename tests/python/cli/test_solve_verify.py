"""`powerpact solve` and `powerpact verify`, as a user runs them."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from powerpact.cli import app
from powerpact.mechanisms.satisfaction.roundfile import format_round
from powerpact.mechanisms.satisfaction.solver import multiscale
from testkit.roundfiles import ROUND, changed, parse_round
from testkit.rounds import large_round

VECTORS = Path(__file__).parents[2] / "vectors" / "rounds"


def powerpact(*arguments, text=None):
    """Run the command in this process; its exit code, output and complaints."""
    done = CliRunner().invoke(app, [str(argument) for argument in arguments], input=text)
    talk = [line for line in done.stderr.splitlines(keepends=True) if not line.endswith("…\n")]  # progress, if slow
    return done.exit_code, done.stdout, "".join(talk)


@pytest.fixture
def worked(tmp_path):
    """The worked example of the format, as a file."""
    path = tmp_path / "round.json"
    path.write_text(json.dumps(json.loads((VECTORS / "worked.json").read_text())["round"]))
    return path


@pytest.fixture
def solution(worked):
    """Its solution, as a file."""
    path = worked.with_name("solution.json")
    code, _, err = powerpact("solve", worked, "-o", path)
    assert code == 0, err
    return path


def test_solve_writes_the_solution_and_verify_accepts_it(worked, solution):
    written = json.loads(solution.read_text())
    assert written["objective"] == 1_769_999
    assert written["trades"] == [{"buyer": "b0", "seller": "s0", "score": 1_769_999, "energy": 1200}]
    assert powerpact("verify", worked, solution)[:2] == (0, "optimal: 1 trade, objective 1769999\n")
    assert sorted(path.name for path in worked.parent.iterdir()) == ["round.json", "solution.json"]


def test_solve_reads_standard_input_and_writes_standard_output(worked, solution):
    code, out, err = powerpact("solve", "-", text=worked.read_text())
    assert (code, out) == (0, solution.read_text())
    assert "1 trade," in err
    assert powerpact("verify", worked, "-", text=out)[0] == 0
    assert powerpact("verify", "-", solution, text=worked.read_text())[0] == 0


def test_solve_reports_as_json(worked, tmp_path):
    code, out, err = powerpact("solve", worked, "--json", "-o", tmp_path / "s.json")
    assert (code, err) == (0, "")
    report = json.loads(out)
    assert (report["objective"], report["trades"]) == (1_769_999, 1)


@pytest.mark.parametrize("name", ["divisible_partial", "no_eligible_pair", "largest_numbers"])
def test_vectors_pass_through_the_commands(name, tmp_path):
    vector = json.loads((VECTORS / f"{name}.json").read_text())
    round_file, solution_file = tmp_path / "r.json", tmp_path / "s.json"
    round_file.write_text(json.dumps(vector["round"]))
    assert powerpact("solve", round_file, "-o", solution_file)[0] == 0
    assert json.loads(solution_file.read_text())["objective"] == vector["objective"]
    assert powerpact("verify", round_file, solution_file)[0] == 0


def test_verify_names_the_fault(worked, solution):
    solution.write_text(solution.read_text().replace('"objective": 1769999', '"objective": 1770000'))
    code, out, err = powerpact("verify", worked, solution)
    assert (code, out) == (1, "")
    assert err == "wrong objective: the trades are worth 1769999, not 1770000\n"
    code, out, err = powerpact("verify", worked, solution, "--json")
    assert code == 1
    report = json.loads(out)
    assert report["valid"] is False
    assert report["fault"]["kind"] == "wrong objective"


def test_verify_refutes_a_solution_without_trades(worked, tmp_path):
    empty = tmp_path / "empty.json"
    solution = {"schema": "powerpact/solution/1", "objective": 0, "trades": [], "duals": {"buyers": {}, "sellers": {}}}
    empty.write_text(json.dumps(solution))
    code, _, err = powerpact("verify", worked, empty)
    assert code == 1
    assert err.startswith("uncovered pair: b0 and s0 score 1769999")


@pytest.mark.parametrize("command", [["solve"], ["verify", "-"]])
def test_malformed_input_exits_2_with_the_path(command, worked, solution):
    bad = json.dumps(changed(ROUND, ("sellers", 0, "min", 100_001)))
    arguments = ["solve", "-"] if command == ["solve"] else ["verify", "-", solution]
    code, out, err = powerpact(*arguments, text=bad)
    assert (code, out) == (2, "")
    assert err.startswith("error: $.sellers[0].min: 100001 is above the ask 100000")


def test_malformed_solution_exits_2_with_the_path(worked, solution):
    bad = solution.read_text().replace('"seller": "s0"', '"seller": "s9"')
    code, _, err = powerpact("verify", worked, "-", text=bad)
    assert code == 2
    assert err.startswith("error: $.trades[0].seller: ")


def test_two_inputs_cannot_be_standard_input():
    assert powerpact("verify", "-", "-", text="{}")[0] == 2


def test_a_missing_file_exits_2_with_a_remedy(tmp_path):
    code, _, err = powerpact("solve", tmp_path / "nothing.json")
    assert code == 2
    assert "No such file" in err
    assert "Check the path" in err


def test_an_unwritable_place_leaves_nothing(worked):
    place = worked.parent / "missing" / "solution.json"
    code, _, err = powerpact("solve", worked, "-o", place)
    assert code == 2
    assert "No such file" in err
    assert [path.name for path in worked.parent.iterdir()] == ["round.json"]


def test_an_older_solution_stays_if_the_round_is_malformed(worked, solution):
    before = solution.read_text()
    worked.write_text("{}")
    assert powerpact("solve", worked, "-o", solution)[0] == 2
    assert solution.read_text() == before


def test_output_can_go_to_a_device(worked):
    assert powerpact("solve", worked, "-o", os.devnull)[0] == 0


@pytest.mark.parametrize("command", ["solve", "verify"])
def test_help_has_an_example(command):
    code, out, _ = powerpact(command, "--help")
    assert code == 0
    assert f"powerpact {command} round.json" in out


def test_commands_solve_rounds_beyond_the_direct_size(tmp_path):
    from powerpact.market.rules import Mode

    round_ = large_round(Mode.ONE_TO_ONE, 350, 350, seed=1, ties=False)
    assert len(round_.buyers) * len(round_.sellers) > multiscale.DIRECT
    round_file, solution_file = tmp_path / "r.json", tmp_path / "s.json"
    round_file.write_text(format_round(round_))
    assert parse_round(round_file.read_text()) == round_
    assert powerpact("solve", round_file, "-o", solution_file)[0] == 0
    assert powerpact("verify", round_file, solution_file)[0] == 0


def test_the_command_as_a_process(worked, solution):
    """What only a process shows: the exit code, the streams, and an interrupt that leaves no debris."""
    command = [sys.executable, "-c", "from powerpact.cli import main; main()"]
    fault = subprocess.run([*command, "verify", "-", str(solution)], input="{}", capture_output=True, text=True)
    assert (fault.returncode, fault.stdout) == (2, "")
    assert fault.stderr.startswith("error: $.schema: is missing")
    process = subprocess.Popen(
        [*command, "solve", "-", "-o", "late.json"], cwd=worked.parent, stdin=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stderr.readline().decode() == "solving: reading …\n"
    process.send_signal(signal.SIGINT)
    _, talk = process.communicate()
    assert process.returncode == 130
    assert talk.decode() == "stopped\n"
    assert sorted(path.name for path in worked.parent.iterdir()) == ["round.json", "solution.json"]
