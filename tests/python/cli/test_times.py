"""Moments on the command line: with an offset, with a named zone, and never by a silent guess."""

import pytest

from powerpact.cli.session import parse_time
from powerpact.errors import BadChoice

NOON = 1_795_262_400  # 2026-11-21T12:00Z


@pytest.fixture(autouse=True)
def no_zone(monkeypatch):
    monkeypatch.delenv("POWERPACT_ZONE", raising=False)


@pytest.mark.parametrize(
    "text",
    [
        "1795262400",
        "2026-11-21T12:00Z",
        "2026-11-21T13:00+01:00",
        "2026-11-21T13:00[Europe/Berlin]",
        "2026-11-21 17:30 [Asia/Kolkata]",
    ],
)
def test_moments(text):
    assert parse_time(text) == NOON


def test_the_zone_may_be_named_once(monkeypatch):
    monkeypatch.setenv("POWERPACT_ZONE", "Europe/Berlin")
    assert parse_time("2026-11-21T13:00") == NOON
    assert parse_time("2026-11-21T12:00Z") == NOON
    assert parse_time("2026-11-21T17:30[Asia/Kolkata]") == NOON


@pytest.mark.parametrize(
    ("text", "problem", "remedy"),
    [
        ("noon", "is not a time", "2026-11-21T12:00Z"),
        ("2026-11-21T12:00", "says neither its offset from UTC nor its zone", "2026-11-21T12:00[Europe/Berlin]"),
        ("2026-11-21T12:00[Europe/Berlyn]", "is no time zone", "Europe/Berlin"),
        (
            "2026-10-25T02:30[Europe/Berlin]",
            "comes twice in Europe/Berlin",
            "2026-10-25T02:30+02:00 or 2026-10-25T02:30+01:00",
        ),
        ("2026-03-29T02:30[Europe/Berlin]", "is skipped by the clock of Europe/Berlin", "another time"),
    ],
)
def test_what_is_no_moment_or_two_is_refused(text, problem, remedy):
    with pytest.raises(BadChoice) as caught:
        parse_time(text)
    assert problem in str(caught.value)
    assert remedy in caught.value.remedy
