"""The record of the first demo counts the clone's run, all of its processes and the steps of its day."""

import json
import subprocess

import pytest

from benchmarks import first_demo
from benchmarks.runs import run_of
from testkit.campaigns import result

REPORT = {"times": [{"step": "deploy", "seconds": 1.25}, {"step": "audit", "seconds": 2.5}]}
SCRIPT = """#!/bin/sh
[ "$1" = demo ] && [ "$2" = --json ] || exit 1
python3 -c 'import time; end = time.process_time() + 0.3
while time.process_time() < end: pass'
sleep 0.2
cat report.json
"""


@pytest.fixture
def project(tmp_path):
    """A repository whose demo works for 0.3 s and sleeps for 0.2 s."""
    (tmp_path / "run").write_text(SCRIPT)
    (tmp_path / "run").chmod(0o755)
    (tmp_path / "report.json").write_text(json.dumps(REPORT))
    git = ["git", "-C", str(tmp_path), "-c", "user.name=t", "-c", "user.email=t@example.org"]
    for words in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "-m", "A demo"]):
        subprocess.run([*git, *words], check=True)
    (tmp_path / "run").write_text("#!/bin/sh\nexit 1\n")  # what is not committed is not measured
    return tmp_path


def test_what_is_counted(project):
    found = first_demo.measure(project)
    assert found["steps"] == {"deploy": 1.2, "audit": 2.5}
    assert found["day_seconds"] == 3.7
    assert found["seconds"] >= 0.5
    assert found["processor_seconds"] >= 0.3
    assert found["load_before"] >= 0


def test_a_demo_that_fails_is_no_record(project):
    with pytest.raises(subprocess.CalledProcessError):
        first_demo.measure(project, ("./run", "other"))


def test_the_record_names_its_run(project, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(first_demo, "RECORD", tmp_path / "record.json")
    found = first_demo.measure(project)
    first_demo.renew(result([found]))
    written = json.loads(first_demo.RECORD.read_text())
    assert written == {**found, "run": run_of(result([]))}
    assert f"{written['seconds']} s" in capsys.readouterr().out
