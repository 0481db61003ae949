"""Commands about a period or a slot: ``statement``, ``settlement export`` and ``schedule``."""

import re

import pytest


def test_a_statement_is_shown_and_closed(shell, traded):
    start = traded[0]["slot_start"]
    hour = ("--since", start, "--until", start + 3_600)
    shown = shell.json("statement", "show", "bob", *hour)
    (trade,), (line,) = shown["trades"], shown["measured"]
    assert (trade["side"], trade["used_wh"], trade["paid_upoints"]) == ("sell", 1_000, 95)
    assert (line["exported_wh"], line["sold_wh"], line["surplus_wh"]) == (1_300, 1_000, 300)
    said = shell.ok("statement", "show", "bob", *hour, "--page", "bob.html", "--csv", "bob-hour.csv")
    assert re.search(r"1300 Wh +1000 Wh +300 Wh", said.stdout)
    assert "not final: readings of it can be corrected until" in said.stderr
    assert "<h1>Preview of a statement of bob</h1>" in (shell.folder / "bob.html").read_text()
    assert (shell.folder / "bob-hour.csv").read_text().startswith("section,time,")
    assert "cannot be closed yet" in shell.refused("statement", "close", "bob", *hour).stderr
    shell.warp(start + 5 * 3_600)
    assert shell.json("statement", "close", "bob", *hour)["number"] == 1
    (kept,) = shell.json("statement", "list", "bob")
    assert (kept["number"], kept["since"], kept["until"]) == (1, start, start + 3_600)
    assert shell.json("statement", "show", "bob", *hour)["is_final"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        ((), "is no period"),
        (("--month", "2026-13"), "is no month"),
        (("--month", "2026-11", "--since", 1), "is no period"),
        (("--since", 2, "--until", 2), "is not after 2"),
    ],
)
def test_a_period_that_is_none_is_refused(shell, traded, words, why):
    assert why in shell.refused("statement", "show", "bob", *words).stderr


def test_the_utility_gets_what_neighbours_traded(shell, traded):
    start = traded[0]["slot_start"]
    hour = ("--since", start, "--until", start + 3_600)
    (meter,) = shell.json("settlement", "export", *hour)["meters"]
    assert (meter["exported_wh"], meter["sold_wh"], meter["surplus_wh"]) == (1_300, 1_000, 300)
    told = shell.ok("settlement", "export", *hour, "--csv", "hour.csv").stderr
    assert "1000 Wh were bought by accounts that have no meter" in told
    assert "1300,1000,300" in (shell.folder / "hour.csv").read_text()
    assert re.search(r"1300 +1000 +300", shell.ok("settlement", "export", *hour).stdout)


def test_the_schedule_names_devices(shell, traded, admitted):
    start = traded[0]["slot_start"]
    (flow,) = shell.json("schedule", start)["flows"]
    assert (flow["energy_wh"], flow["source"], flow["sink"]) == (1_000, admitted, 0)
    shown = shell.ok("schedule", start)
    assert re.search(rf"bob, device {admitted} +alice +1000 Wh", shown.stdout)
    assert "1000 Wh in the slot" in shown.stderr
    assert shell.json("schedule", start, "--zone", "elsewhere")["flows"] == []
