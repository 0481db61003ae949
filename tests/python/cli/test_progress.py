"""Long work says what it is at, also where there is no terminal."""

import time

import pytest

from powerpact.cli import output
from powerpact.cli.output import progress


@pytest.fixture
def hurried(monkeypatch):
    monkeypatch.setattr(output, "QUIET_SECONDS", 0.05)
    monkeypatch.setattr(output, "LINE_SECONDS", 0.1)


def wait_for(capfd, text, seen=""):
    """What was printed on standard error so far, once it has the text."""
    deadline = time.monotonic() + 20
    while text not in seen:
        assert time.monotonic() < deadline, seen
        time.sleep(0.01)
        seen += capfd.readouterr().err
    return seen


def test_lines_come_now_and_then_with_the_step(hurried, capfd):
    with progress("settling") as step:
        seen = wait_for(capfd, "settling …\n")
        step("paying")
        seen = wait_for(capfd, "settling: paying … 0 s\n", seen)
        wait_for(capfd, "settling: paying … 1 s\n", seen)
    time.sleep(0.3)
    assert capfd.readouterr().err == ""


def test_short_work_is_quiet(capfd):
    with progress("solving") as step:
        step("reading")
    assert capfd.readouterr() == ("", "")


def test_an_error_ends_it(hurried, capfd):
    with pytest.raises(ValueError, match="why"), progress("solving"):
        raise ValueError("why")
    time.sleep(0.2)
    assert capfd.readouterr().err == ""
