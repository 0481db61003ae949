"""Samples share a budget of time; what runs out of it is no error unless nothing was measured."""

import time
from dataclasses import replace

import pytest

from testkit.campaigns import MEASURE
from toolchain import campaign, results
from toolchain.places import SetupError

ENDLESS = "while :; do sleep 0.02; done"


def sampled(trial, monkeypatch, seconds, *parts, least=0.0):
    monkeypatch.setattr(campaign, "SAMPLES_S", seconds)
    monkeypatch.setattr(campaign, "LEAST_S", least)
    begin = time.monotonic()
    code = campaign.samples([replace(trial.campaign, parts=parts)], trial.project)
    passed = time.monotonic() - begin
    states = [results.load(trial.file(f"samples/{part.name}")).state for part in parts]
    return code, states, passed


def test_samples_share_their_time(trial, monkeypatch):
    """What has measured something is stopped without an error, and its time is not taken from the others."""
    long, short = f"{MEASURE}; {ENDLESS}", MEASURE
    parts = [trial.part(name, "false", sample) for name, sample in (("a", short), ("b", long), ("c", long))]
    code, states, passed = sampled(trial, monkeypatch, 4, *parts)
    assert (code, states) == (0, ["done", "stopped", "stopped"])
    assert passed < 15
    times = [results.load(trial.file(f"samples/{part.name}")).seconds for part in parts]
    assert times[1] >= 1.5
    assert times[2] >= 0.5
    assert trial.result("a") is None
    assert trial.recorded() == []


def test_a_sample_that_measures_late_gets_the_time_that_is_left(trial, monkeypatch):
    late = f"sleep 1.6; {MEASURE}; {ENDLESS}"
    parts = [trial.part(name, "false", sample) for name, sample in (("a", late), ("b", MEASURE), ("c", MEASURE))]
    code, states, _ = sampled(trial, monkeypatch, 4, *parts)
    assert (code, states) == (0, ["stopped", "done", "done"])


def test_a_sample_that_measures_nothing_in_all_the_time_fails(trial, monkeypatch):
    parts = [trial.part("a", "false", MEASURE), trial.part("b", "false", ENDLESS)]
    code, states, passed = sampled(trial, monkeypatch, 2, *parts)
    assert (code, states) == (1, ["done", "failed"])
    assert passed < 15


def test_the_last_samples_have_time_on_a_busy_machine(trial, monkeypatch):
    parts = [trial.part("a", "false", f"{MEASURE}; sleep 2"), trial.part("b", "false", f"sleep 1; {MEASURE}")]
    assert sampled(trial, monkeypatch, 1, *parts)[:2] == (1, ["stopped", "failed"])
    assert sampled(trial, monkeypatch, 1, *parts, least=20.0)[:2] == (0, ["done", "done"])


def test_a_sample_that_errs_fails(trial, monkeypatch):
    parts = [trial.part("a", "false", f"{MEASURE}; exit 1"), trial.part("b", "false", MEASURE)]
    assert sampled(trial, monkeypatch, 20, *parts)[:2] == (1, ["failed", "done"])


def test_the_sample_of_one_part(trial):
    parts = (trial.part("a", "false", MEASURE), trial.part("b", "false", MEASURE), trial.part("c"))
    assert trial.run("--sample", "--part", "b", parts=parts) == 0
    assert trial.ran() == ["b"]
    with pytest.raises(SetupError, match="sample"):
        trial.run("--sample", "--part", "c", parts=parts)
