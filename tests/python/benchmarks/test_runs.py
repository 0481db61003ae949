"""A run says when, where and with what."""

from datetime import UTC, datetime, timedelta
from importlib.metadata import version

import numpy as np

from benchmarks import runs


def test_this_run():
    run = runs.this_run()
    age = datetime.now(UTC) - datetime.fromisoformat(run["recorded"])
    assert timedelta(0) <= age < timedelta(minutes=1)
    assert run["machine"]["cores"] >= 1
    assert run["machine"]["processor"]
    assert run["versions"]["numpy"] == np.__version__
    assert run["versions"]["powerpact"]


def test_the_code_is_named_by_its_commit(monkeypatch):
    answers = {"rev-parse": "abc1234", "status": ""}
    monkeypatch.setattr(runs, "_git", lambda command, *_: answers[command])
    assert runs.this_run()["versions"]["powerpact"] == "abc1234"
    answers["status"] = " M powerpact/units.py"
    assert runs.this_run()["versions"]["powerpact"] == "abc1234 with changes"
    answers.update({"rev-parse": "", "status": ""})
    assert runs.this_run()["versions"]["powerpact"] == version("powerpact")
