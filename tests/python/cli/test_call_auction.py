"""`powerpact solve` and `powerpact verify` with a call auction."""

import json

import pytest
from typer.testing import CliRunner

from powerpact.cli import app
from testkit.roundfiles import changed
from toolchain.places import ROOT

EXAMPLE = ROOT / "docs" / "example-call.json"


def powerpact(*arguments, text=None):
    """Run the command in this process; its exit code, output and complaints."""
    done = CliRunner().invoke(app, [str(argument) for argument in arguments], input=text)
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def solution(tmp_path):
    """The result of the example, as a file."""
    path = tmp_path / "solution.json"
    code, out, err = powerpact("solve", EXAMPLE, "-o", path)
    assert (code, out) == (0, "")
    assert "4 trades at 95000 micro-points per kWh, objective " in err
    return path


def test_the_example_is_solved_and_verified(solution):
    data = json.loads(solution.read_text())
    assert (data["mechanism"], data["price"], data["low"], data["high"]) == ("call", 95_000, 95_000, 95_000)
    assert data["marginal"] == {"side": "buy", "low": {"buyer": "home-4"}, "high": {"buyer": "home-4"}}
    assert (data["level"], data["last"]) == (800, "home-4")
    code, out, _ = powerpact("verify", EXAMPLE, solution)
    assert code == 0
    assert out.startswith("cleared: 4 trades at 95000 micro-points per kWh, objective ")


def test_reports_as_json(solution):
    code, out, _ = powerpact("verify", EXAMPLE, solution, "--json")
    report = json.loads(out)
    assert (code, report["valid"], report["fault"]) == (0, True, None)
    assert (report["mechanism"], report["price"]) == ("call", 95_000)


def test_an_order_that_is_treated_unfairly_is_named(solution):
    data = changed(json.loads(solution.read_text()), ("last", None))
    code, out, err = powerpact("verify", EXAMPLE, "-", text=json.dumps(data))
    assert (code, out) == (1, "")
    assert err.startswith("wrong fill at the price: home-4 at 95000 trades 801 Wh of 1000 Wh")


def test_without_trades_there_is_no_price(tmp_path):
    data = changed(json.loads(EXAMPLE.read_text()), ("buyers", []))
    code, out, err = powerpact("solve", "-", text=json.dumps(data))
    assert code == 0
    assert "0 trades, objective 0" in err
    assert json.loads(out)["price"] is None


def test_a_solution_of_another_mechanism_exits_2(solution):
    other = changed(json.loads(solution.read_text()), ("mechanism", "satisfaction"))
    code, _, err = powerpact("verify", EXAMPLE, "-", text=json.dumps(other))
    assert code == 2
    assert err.startswith('error: $.mechanism: must be "call"')


def test_an_ask_above_the_minimum_exits_2():
    data = changed(json.loads(EXAMPLE.read_text()), ("sellers", 0, "ask", 80_001))
    code, _, err = powerpact("solve", "-", text=json.dumps(data))
    assert code == 2
    assert err.startswith("error: $.sellers[0].ask: 80001 is not the minimum 80000")
