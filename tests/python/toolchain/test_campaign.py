"""Campaigns are resumed, whatever ended them, and never take one code's result for another's."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from testkit.campaigns import MEASURE, RESULT, git
from toolchain import campaign, launcher, results
from toolchain.campaigns import CAMPAIGNS
from toolchain.places import ROOT, SetupError


def wait_for(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_result_says_what_when_where_and_of_which_code(trial, capfd):
    before = datetime.now(UTC) - timedelta(seconds=1)
    script = f"echo talk; {MEASURE}; echo '[2]'; echo '{{\"half\": '"
    assert trial.run(parts=(trial.part("one", script),)) == 0
    found = trial.result("one")
    assert (found.campaign, found.part, found.state, found.exit_code) == ("trial", "one", "done", 0)
    assert found.measurements == [{"n": 1}]
    assert found.code == results.Code(git(trial.project, "rev-parse", "HEAD"), None)
    assert before < datetime.fromisoformat(found.started) <= datetime.fromisoformat(found.ended) <= datetime.now(UTC)
    assert 0 <= found.seconds < 20
    assert (found.machine.cores, bool(found.machine.processor)) == (os.cpu_count(), True)
    assert found.versions == {"python": sys.version.split()[0], "pytest": pytest.__version__}
    out = capfd.readouterr().out
    assert "talk\n[2]\n" in out
    assert "1 of 1 parts measured, 0 failed" in out


def test_what_has_a_result_is_not_run_again_unless_asked(trial):
    assert trial.run("--part", "two") == 0
    assert trial.run() == 0
    assert trial.ran() == ["two", "one", "three"]
    assert trial.run() == 0
    assert trial.ran() == []
    assert trial.recorded() == ["one", "two", "three"]
    assert trial.run("--again", "--part", "one", "three") == 0
    assert trial.ran() == ["one", "three"]


def test_parts_are_named_by_their_beginning_too(trial):
    parts = tuple(map(trial.part, ("solver-a", "solver-b", "solverless")))
    parts += (replace(trial.part("long"), only_by_name=True),)
    named = replace(trial.campaign, parts=parts)
    assert [part.name for part in named.named(["solver"])] == ["solver-a", "solver-b"]
    assert [part.name for part in named.named(["long", "solver-b"])] == ["solver-b", "long"]
    assert [part.name for part in named.named([])] == ["solver-a", "solver-b", "solverless"]
    with pytest.raises(SetupError, match="trial has no part 'sol'"):
        named.named(["sol"])


def test_other_words_are_another_measurement(trial):
    script = 'echo "{\\"n\\": $1}"'
    parts = (trial.part("one", script),)
    for words, ran in ((["--", "3"], True), (["--", "3"], False), (["--", "--again"], True), (["--", "4"], True)):
        trial.run(*words, parts=parts)
        assert trial.ran() == ["one"] * ran
    assert trial.result("one").measurements == [{"n": 4}]
    with pytest.raises(SystemExit):
        trial.run("--sample", "--", "3", parts=parts)


@pytest.mark.parametrize("script", [f"{MEASURE}; exit 3", "true", f"{MEASURE}; kill -9 $$"])
def test_a_failure_fails_but_not_the_rest(trial, script):
    parts = (trial.part("one"), trial.part("two", script), trial.part("three"))
    assert trial.run(parts=parts) == 1
    assert trial.result("two").state == "failed"
    assert trial.recorded() == ["one", "three"]
    trial.ran()
    assert trial.run() == 0  # mended
    assert trial.ran() == ["two"]
    assert trial.recorded() == ["one", "two", "three"]


def test_a_record_that_fails_fails(trial):
    assert trial.run(renew=("false",)) == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: "[]",
        lambda text: text.replace("campaign-result/1", "campaign-result/0"),
        lambda text: text.replace('"ended"', '"then"'),
        lambda text: text.replace('"commit"', '"then"'),
        lambda text: text.replace('"command": [', '"command": 7, "x": ['),
    ],
)
def test_a_spoilt_result_is_none(trial, spoil):
    trial.run()
    trial.ran()
    text = trial.file("two").read_text()
    assert spoil(text) != text
    trial.file("two").write_text(spoil(text))
    assert trial.run() == 0
    assert trial.ran() == ["two"]
    assert trial.result("two").state == "done"


def test_a_result_that_could_not_be_written_whole_is_none(trial, monkeypatch):
    """As after a crash between the draft and its renaming."""
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("no space")))
        with pytest.raises(OSError, match="no space"):
            trial.run()
    assert trial.result("one") is None
    trial.ran()
    assert trial.run() == 0
    assert trial.ran() == ["one", "two", "three"]


def test_another_commit_is_measured_again(trial):
    trial.run()
    trial.ran()
    (trial.project / "code").write_text("2\n")
    git(trial.project, "commit", "--quiet", "-am", "Change")
    assert trial.run("--part", "one") == 0
    assert trial.ran() == ["one"]
    assert trial.recorded() == ["one"]  # the others are of the first commit


@pytest.mark.parametrize("name", ["code", "new file"])
def test_changes_belong_to_the_code(trial, name):
    trial.run("--part", "one")
    clean = trial.result("one").code
    for text, ran in (("2\n", True), ("2\n", False), ("3\n", True)):
        (trial.project / name).write_text(text)
        trial.ran()
        assert trial.run("--part", "one") == 0
        assert trial.ran() == ["one"] * ran
        code = trial.result("one").code
        assert code.commit == clean.commit
        assert code.changes
        assert clean.changes is None


def test_what_the_campaign_records_is_no_change(trial):
    trial.run("--part", "one")
    (trial.project / "kept/other").write_text("record\n")
    assert git(trial.project, "status", "--porcelain")
    trial.ran()
    assert trial.run() == 0
    assert trial.ran() == ["two", "three"]
    assert {trial.result(part).code.changes for part in ("one", "two", "three")} == {None}


def test_code_that_changes_meanwhile_has_no_result(trial):
    parts = (trial.part("one", f"{MEASURE}; echo 2 > code"), trial.part("two"))
    assert trial.run(parts=parts) == 1
    assert [trial.result(part).state for part in ("one", "two")] == ["failed", "done"]
    assert trial.result("two").code.changes


def test_outside_of_git_nothing_is_known_again(trial):
    git(trial.project, "config", "core.bare", "true")  # no work tree
    for _ in range(2):
        assert trial.run("--part", "one") == 0
        assert trial.ran() == ["one"]
    assert trial.result("one").code == results.Code(None, None)


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_an_end_inside_a_part_loses_that_part_alone(trial, signum):
    pid = trial.notes.with_name("pid")
    waiting = trial.part("two", f"{MEASURE}; sleep 60 & echo $! > {pid}; wait")
    whole = trial.campaign
    trial.campaign = replace(whole, parts=(whole.parts[0], waiting, whole.parts[2]))
    with trial.started() as process:
        wait_for(lambda: pid.exists() and pid.read_text())
        process.send_signal(signum)
        assert process.wait(20) == (130 if signum == signal.SIGINT else -signum)
    wait_for(lambda: not alive(int(pid.read_text())))
    assert trial.ran() == ["one", "two"]
    assert trial.result("one").state == "done"
    assert trial.result("two") is None
    assert trial.recorded() == (["one"] if signum == signal.SIGINT else [])
    trial.campaign = replace(whole, parts=(whole.parts[0], replace(waiting, command=whole.parts[1].command)))
    assert trial.run() == 0
    assert trial.ran() == ["two"]
    assert trial.recorded() == ["one", "two"]


def alive(pid):
    """Whether a process runs; one that has ended may still have to be buried."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return state[:1] not in ("", "Z")


@pytest.mark.parametrize("signum", [signal.SIGINT, signal.SIGKILL])
def test_an_end_between_parts_loses_nothing(trial, signum):
    """The record, which is renewed when no part runs, ends its own campaign."""
    renew = f"kill -s {signum.name[3:]} $PPID; sleep 0.2"
    whole = trial.campaign
    trial.campaign = replace(whole, renew=("sh", "-c", renew))
    with trial.started() as process:
        assert process.wait(20) != 0
    assert trial.ran() == ["one", "two", "three"]
    trial.campaign = whole
    assert trial.run() == 0
    assert trial.ran() == []
    assert trial.recorded() == ["one", "two", "three"]


def test_an_interruption_between_two_parts(trial, monkeypatch, capsys):
    save = results.save

    def interrupted(*arguments):
        save(*arguments)
        raise KeyboardInterrupt

    monkeypatch.setattr(results, "save", interrupted)
    assert trial.run() == 130
    assert trial.recorded() == ["one"]
    assert "interrupted; the same command" in capsys.readouterr().out
    monkeypatch.setattr(results, "save", save)
    assert trial.run() == 0
    assert trial.ran() == ["one", "two", "three"]


def test_two_at_once_would_disturb_each_other(trial):
    with campaign.one_at_a_time(trial.project), pytest.raises(SetupError, match="already"):
        trial.run()
    assert trial.ran() == []
    assert trial.run() == 0


def test_a_result_is_read_as_it_was_written(tmp_path):
    results.save(tmp_path / "new folder" / "result.json", RESULT)
    assert results.load(tmp_path / "new folder" / "result.json") == RESULT


def test_one_entry_in_the_table_is_a_campaign(trial, monkeypatch):
    """Its command, its samples and its listing follow."""
    monkeypatch.setitem(CAMPAIGNS, "trial", trial.campaign)
    monkeypatch.setattr(campaign.run, "__defaults__", (trial.project,))
    assert launcher.execute("trial", ["--part", "two"]) == 0
    assert trial.ran() == ["two"]
    listed = campaign.listing(CAMPAIGNS.values(), trial.project).splitlines()
    assert "./run trial: a trial" in listed
    place = listed.index("./run trial: a trial")
    assert listed[place + 1 : place + 4] == ["  one", f"  {'two':36}done {trial.result('two').ended}", "  three"]


def test_the_table_is_sound():
    lone = {"setup", "demo", "test", "lint", "compile", "artifacts", "lock", "docs", "steps", "samples", "campaigns"}
    assert not lone & CAMPAIGNS.keys()
    for name, each in CAMPAIGNS.items():
        assert each.name == name
        assert len({part.name for part in each.parts}) == len(each.parts)
        assert any(part.sample for part in each.parts), "continuous integration runs a sample of each campaign"
        assert all((ROOT / path).exists() for path in each.records)
    ci = (ROOT / ".ci/run").read_text()
    assert "./run samples" in ci
    assert "./run test" in ci
