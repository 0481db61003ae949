"""A reading is lost: what comes after it is proved, reported and traced all the same."""

import pytest

from powerpact.chain.contracts import meters
from powerpact.cli.session import open_chain
from powerpact.devices.log import read_log

HOUR_S = 3_600
LOST = 2


@pytest.fixture(scope="module")
def router(shell, admitted):
    shell.json("account", "new", "router-key")
    words = ("--key", "router-key", "--capacity-wh", 20_000, "--kind", "router")
    device = shell.json("device", "add", "-a", "bob", *words)["device"]
    for auditor in ("ann", "ben"):
        shell.ok("device", "certify", device, "-a", auditor)
    return device


@pytest.fixture(scope="module")
def day(shell, admitted, router):
    """Five hours around noon, proved from a router's batch that lacks the third: the file, and the first hour."""
    start = (shell.now() // (24 * HOUR_S) + 1) * 24 * HOUR_S + 10 * HOUR_S  # of a drawn day, which exports then
    file = shell.folder / "day.jsonl"
    shell.ok("meter", "simulate", "--key", "bob-meter", "--slot", start, "--slots", 5, "-o", file)
    lines = file.read_text().splitlines(keepends=True)
    file.write_text("".join(lines[:LOST] + lines[LOST + 1 :]))
    shell.warp(start + 5 * HOUR_S)
    number = shell.json("router", "commit", file, "--key", "router-key", "-a", "agent")["batch"]
    proved = shell.json("router", "prove", file, "--batch", number, "-a", "alice")
    assert proved["places"] == [0, 1, 2, 3]
    return file, number, start


def test_a_router_proves_what_comes_after_a_gap(shell, admitted, day):
    file, number, start = day
    checked = shell.json("router", "check", file, "--batch", number)
    assert checked == {"batch": number, "is_root": True, "taken": [0, 1, 2, 3], "differing": []}
    found = {}
    for event in open_chain(shell.folder / "deployment.json").events("Metering", "ReadingsReported"):
        found |= {reading.start_at: reading.gap_after for reading in meters.taken_in(event)}
    hours = [start + k * HOUR_S for k in range(5)]
    assert found == {hours[0]: None, hours[1]: None, hours[LOST + 1]: hours[LOST - 1], hours[4]: None}


def test_a_certificate_of_an_hour_after_the_gap_is_traced(shell, admitted, day):
    """Its hour alone counts, not the gap before it; the lost hour has no certificate."""
    file, _, start = day
    after = next(one.reading for one in read_log(file) if one.reading.start_at == start + (LOST + 1) * HOUR_S)
    assert after.exported_wh > 0
    id_ = shell.json("certificates", "issue", admitted, "--slot", after.start_at, "-a", "bob")["certificate"]
    traced = shell.json("certificates", "trace", id_)
    assert (traced["device"], traced["slot_start"]) == (admitted, after.start_at)
    assert (traced["exported_wh"], len(traced["readings"])) == (after.exported_wh, 1)
    assert [transfer["energy_wh"] for transfer in traced["transfers"]] == [after.exported_wh]
    assert f"exported {after.exported_wh} Wh, signed reading " in shell.ok("certificates", "trace", id_).stdout
    lost = start + LOST * HOUR_S
    shell.run("certificates", "issue", admitted, "--slot", lost, "-a", "bob")
    assert lost not in {row["slot_start"] for row in shell.json("certificates", "list", "bob")}


def test_a_direct_report_goes_on_after_the_gap(shell, admitted, day):
    file, _, start = day
    last = read_log(file)[-1].reading
    shell.warp(start + 6 * HOUR_S)
    words = ("--key", "bob-meter", "--slot", start + 5 * HOUR_S, "--exported-wh", 100)
    reported = shell.json("meter", "report", "-a", "alice", *words)["reading"]
    assert reported["previousStartAt"] == last.start_at
    assert reported["exportCounterWh"] == last.export_counter_wh + 100
    lost = ("--key", "bob-meter", "--slot", start + LOST * HOUR_S, "--exported-wh", 1)
    assert "Metering_SlotNotAfterLast" in shell.refused("meter", "report", "-a", "alice", *lost).stderr
