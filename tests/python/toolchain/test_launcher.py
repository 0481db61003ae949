"""The launcher: what it says, what it counts, and that every kind of fault makes it fail."""

import importlib.machinery
import importlib.util
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from toolchain import brownie_home, commands, steps
from toolchain.places import ROOT, SetupError
from toolchain.steps import Step

RUN = ROOT / "run"


def run(*arguments: str, **options) -> subprocess.CompletedProcess:
    return subprocess.run([RUN, *arguments], capture_output=True, text=True, timeout=120, **options)


def load_run():
    loader = importlib.machinery.SourceFileLoader("run_script", str(RUN))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("run_script", loader))
    loader.exec_module(module)
    return module


@pytest.mark.parametrize("version", [(3, 10, 13), (3, 14, 0)])
def test_an_unfit_python_is_told_what_is_needed(version, monkeypatch, tmp_path):
    script = load_run()
    monkeypatch.setattr(sys, "version_info", version)
    monkeypatch.setattr(sys, "argv", ["run", "setup"])
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SystemExit, match=rf"3\.11, 3\.12 and 3\.13.* is Python 3\.{version[1]}"):
        script.main()


def test_an_unfit_python_hands_over_to_a_fit_one(monkeypatch, tmp_path):
    script, started = load_run(), []
    for name, code in (("python3.12", "exit 1"), ("python3.11", "exit 0")):  # the first one does not run
        (tmp_path / name).write_text(f"#!/bin/sh\n{code}\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(sys, "version_info", (3, 10, 13))
    monkeypatch.setattr(sys, "argv", ["run", "setup"])
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(os, "execv", lambda program, words: started.append((program, words)) or sys.exit(0))
    with pytest.raises(SystemExit):
        script.main()
    assert started == [(str(tmp_path / "python3.11"), [str(tmp_path / "python3.11"), "run", "setup"])]


def test_alone_it_lists_the_commands():
    done = run()
    assert done.returncode == 0
    for command in (
        "setup",
        "demo",
        "test",
        "lint",
        "compile",
        "artifacts",
        "bench",
        "samples",
        "campaigns",
        "docs",
        "lock",
    ):
        assert f"\n  {command} " in done.stdout


def test_unknown_command_is_refused():
    done = run("no-such-command")
    assert done.returncode == 2
    assert "no-such-command" in done.stderr
    assert "lists what there is" in done.stderr


def test_unknown_step_is_refused_with_the_list():
    done = run("test", "no such step")
    assert done.returncode == 2
    assert "ruff, ruff format, forge fmt" in done.stderr


def test_exit_code_and_folder_of_a_command_are_its_own(tmp_path):
    done = run("python", "-c", "import os, sys; print(os.getcwd()); sys.exit(7)", cwd=tmp_path)
    assert done.returncode == 7
    assert done.stdout.strip() == str(tmp_path)


def test_commands_stay_inside_the_project():
    script = (
        "import os; print(*(os.environ[name] for name in ('HOME', 'npm_config_cache', 'PIP_CACHE_DIR')), sep='\\n')"
    )
    places = run("python", "-c", script).stdout.splitlines()
    assert len(places) == 3
    assert all(Path(place).is_relative_to(ROOT) for place in places)


@pytest.mark.parametrize("inherited", [signal.SIG_DFL, signal.SIG_IGN], ids=["in front", "as a background job"])
def test_a_terminated_launcher_ends_its_command(inherited):
    script = "import os, signal, time; print(os.getpid(), flush=True); time.sleep(60)"
    launcher = subprocess.Popen(
        [RUN, "python", "-c", script],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, inherited),  # noqa: PLW1509 - one thread, one call
    )
    pid = int(launcher.stdout.readline())
    launcher.send_signal(signal.SIGTERM)
    assert launcher.wait(10) != 0
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize(
    ("line", "counts"),
    [
        ("===== 3 passed in 0.12s =====", (3, 0)),
        ("== 2 failed, 7 passed, 1 skipped, 4 warnings, 1 error in 61.20s (0:01:01) ==", (7, 3)),
        ("1 failed, 12 passed, 2 xfailed, 3 errors in 2.03s", (12, 4)),
        ("no tests ran in 0.01s", (0, 0)),
        ("test_a.py::test_x PASSED in a sentence", (0, 0)),
    ],
)
def test_pytest_counts(line, counts):
    assert steps.count_pytest(f"3 passed in a comment\n{line}\nTerminating local RPC client...\n") == counts


def test_forge_counts():
    output = "Suite result: ok. 5 passed; 0 failed; 0 skipped\n\nRan 2 test suites: 9 tests passed, 2 failed, 0 skipped"
    assert steps.count_forge(output) == (9, 2)


def test_a_good_step_counts_as_one():
    assert steps.run_together([Step("good", ("true",))])[0][0] == (1, 0)


def test_a_failing_command_without_counts_fails():
    assert steps.run_together([Step("bad", ("false",))])[0][0] == (0, 1)


def test_a_crash_after_good_counts_fails():
    crash = ("sh", "-c", "echo '3 passed in 0.1s'; exit 3")
    assert steps.run_together([Step("crash", crash, steps.count_pytest)])[0][0] == (3, 1)


def test_a_step_without_tests_fails():
    quiet = ("sh", "-c", "echo 'no tests ran in 0.1s'")
    assert steps.run_together([Step("quiet", quiet, steps.count_pytest)])[0][0] == (0, 1)


def test_the_sum_stands_alone_on_the_last_line(capsys):
    three = Step("three", ("sh", "-c", "echo '3 passed in 0.1s'"), steps.count_pytest)
    assert steps.run_steps([three, Step("bad", ("false",))]) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "3 passed, 1 failed"
    assert steps.run_steps([three]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "3 passed, 0 failed"


def test_steps_at_the_same_time_are_shown_one_after_the_other(tmp_path, capsys):
    """Each waits for the file that the other writes, so that neither ends alone."""
    wait = "until [ -e {} ]; do sleep 0.01; done"
    one = f"echo begin; touch {tmp_path}/one; {wait.format(tmp_path / 'two')}; echo '2 passed in 0.1s'"
    two = f"touch {tmp_path}/two; {wait.format(tmp_path / 'one')}; echo '3 passed, 1 failed in 0.1s'; exit 1"
    group = [Step("one", ("sh", "-c", one), steps.count_pytest, beside_next=True)]
    group.append(Step("two", ("sh", "-c", two), steps.count_pytest))
    assert steps.run_steps(group) == 1
    shown = [line for line in capsys.readouterr().out.splitlines() if line and not line.startswith("==>")]
    assert shown[:3] == ["begin", "2 passed in 0.1s", "3 passed, 1 failed in 0.1s"]
    assert shown[-1] == "5 passed, 1 failed"


def test_a_step_alone_is_not_beside_another():
    names = ("first", "second", "third")
    table = [Step(name, ("true",), beside_next=name == "second") for name in names]
    assert [[step.name for step in group] for group in steps.grouped(table)] == [["first"], ["second", "third"]]
    assert [[step.name for step in group] for group in steps.grouped(table[:2])] == [["first"], ["second"]]


@pytest.mark.parametrize(("verdict", "code"), [("True", 0), ("False", 1)])
def test_a_planted_pytest_failure_fails(verdict, code, tmp_path):
    (tmp_path / "test_planted.py").write_text(f"def test_planted():\n    assert {verdict}\n")
    step = Step("planted", ("pytest", "--rootdir", str(tmp_path), str(tmp_path)), steps.count_pytest)
    assert steps.run_steps([step]) == code


@pytest.mark.parametrize(("number", "code"), [(1, 0), (2, 1)])
def test_a_planted_forge_failure_fails(number, code, tmp_path):
    (tmp_path / "foundry.toml").write_text('[profile.default]\nsrc = "src"\ntest = "test"\noffline = true\n')
    (tmp_path / "test").mkdir()
    (tmp_path / "test/Planted.t.sol").write_text(
        "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.0;\n"
        f"contract PlantedTest {{ function test_planted() external pure {{ assert({number} == 1); }} }}\n"
    )
    step = Step("planted", ("forge", "test", "--root", str(tmp_path)), steps.count_forge)
    assert steps.run_steps([step]) == code


@pytest.mark.parametrize(("source", "code"), [('"""Fine."""\n', 0), ('"""Bad."""\nimport os\n', 1)])
def test_a_planted_style_fault_fails(source, code, tmp_path):
    (tmp_path / "planted.py").write_text(source)
    config = str(ROOT / "pyproject.toml")
    assert steps.run_steps([Step("planted", ("ruff", "check", "--config", config, str(tmp_path)))]) == code


@pytest.mark.parametrize(("annotation", "code"), [("int", 0), ("str", 1)])
def test_a_planted_type_fault_fails(annotation, code, tmp_path):
    (tmp_path / "planted.py").write_text(f"number: {annotation} = 1\n")
    config = str(ROOT / "pyproject.toml")
    assert steps.run_steps([Step("planted", ("mypy", "--config-file", config, str(tmp_path)))]) == code


def test_the_brownie_suites_are_run_by_brownie_alone():
    python = next(step for step in steps.TEST if step.name == "python")
    for folder in steps.BROWNIE_SUITES:
        assert f"--ignore={folder}" in python.command
        step = next(step for step in steps.TEST if step.name == folder.removeprefix("tests/"))
        assert step.command[:3] == ("brownie", "test", folder)


def test_nothing_of_a_step_is_left_behind():
    with commands.piped(["sh", "-c", "sleep 60 & echo $!; wait"]) as process:
        child = int(process.stdout.readline())
    time.sleep(0.1)
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(child)], capture_output=True, text=True).stdout.strip()
    assert state[:1] in ("", "Z")


def test_each_run_of_brownie_has_a_port_of_its_own():
    with brownie_home.own_home() as one, brownie_home.own_home() as other:
        networks = [(home / ".brownie/network-config.yaml").read_text() for home in (one, other)]
        assert networks[0] != networks[1]
        assert not any(f"port: {brownie_home.DEFAULT_PORT}" in text for text in networks)
        assert (one / ".brownie/accounts").resolve() == brownie_home.KEPT / "accounts"
    assert not one.exists()
    assert not other.exists()


def test_missing_command_is_a_setup_error():
    with pytest.raises(SetupError, match="no-such-tool"):
        commands.become(["no-such-tool"])
