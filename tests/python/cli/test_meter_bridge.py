"""What meters sign goes into files and to the broker by commands, and a bridge as a command brings it to the chain."""

from itertools import pairwise

import pytest

from powerpact.codec.readingfile import parse_reading
from testkit.broker import BrokerProcess
from testkit.gateways import past_starts


@pytest.fixture
def starts(shell):
    """Starts of the last eight slots, by the chain's clock."""
    return past_starts(8, shell.now())


@pytest.fixture(scope="module")
def broker(tmp_path_factory):
    with BrokerProcess(tmp_path_factory.mktemp("broker")) as running:
        yield running


def lines(text):
    return [parse_reading("line", line) for line in text.splitlines()]


def test_a_seed_gives_the_same_readings_again(shell, admitted, starts):
    words = ("meter", "simulate", "--key", "bob-meter", "--slot", starts[0], "--slots", 3)
    first = shell.ok(*words).stdout
    assert first == shell.ok(*words).stdout != shell.ok(*words, "--seed", 5).stdout
    readings = [reading for reading, _ in lines(first)]
    assert [reading.start_at for reading in readings] == list(starts[:3])
    for before, after in pairwise(readings):
        assert after.export_counter_wh == before.export_counter_wh + after.exported_wh
        assert after.import_counter_wh == before.import_counter_wh + after.imported_wh


def test_series_of_homes_are_measured(shell, admitted, starts):
    series = ["time,home,load_wh,solar_wh"]
    series += [f"{start},Rose Lane,{load},{solar}" for start, load, solar in ((0, 300, 0), (3_600, 100, 900))]
    (shell.folder / "homes.csv").write_text("\n".join(series) + "\n")
    words = ("--slot", starts[0], "--slots", 3, "--profiles", shell.folder / "homes.csv")
    found = lines(shell.ok("meter", "simulate", "--key", "bob-meter", *words).stdout)
    assert [(one.exported_wh, one.imported_wh) for one, _ in found] == [(0, 300), (800, 0), (0, 300)]


def test_a_file_of_readings_is_continued_and_published_until_the_chain_has_it(shell, admitted, broker, starts):
    log = shell.folder / "readings.jsonl"
    simulate = ("meter", "simulate", "--key", "bob-meter", "-o", log)
    shell.ok(*simulate, "--slot", starts[0], "--slots", 2)
    log.write_bytes(log.read_bytes() + b'{"cut off')
    shell.ok(*simulate, "--slot", starts[2])
    readings = [reading for reading, _ in lines(log.read_text())]
    assert [reading.start_at for reading in readings] == list(starts[:3])
    assert readings[2].import_counter_wh == readings[1].import_counter_wh + readings[2].imported_wh

    ways = ("--confirmations", 0, "--patience", 0, "--poll", 0.1, "--until-idle", 1)
    bridge = ("meter", "bridge", "-a", "bob", "--broker", broker.address, *ways)
    shell.ok(*bridge)
    publish = ("meter", "publish", log, "--broker", broker.address)
    assert "published 3 readings" in shell.ok(*publish).stderr
    told = shell.json(*bridge)
    assert told["came"] == {"received": 3, "new": 3, "known": 0, "refused": 0}
    assert told["journal"] == {"final": 3}
    assert "published 0 readings" in shell.ok(*publish).stderr

    payload = log.read_text().splitlines()[0].replace('"exportCounterWh":', '"exportCounterWh":9')
    (shell.folder / "forged.jsonl").write_text(payload + "\n")
    shell.ok("meter", "publish", shell.folder / "forged.jsonl", "--broker", broker.address, "--all")
    shell.ok(*bridge)
    (refused,) = shell.json("meter", "stored", "--refused")
    assert refused["device"] == admitted
    assert refused["payload"] == payload
    assert {row["state"]: row["readings"] for row in shell.json("meter", "stored")} == {"final": 3, "refused": 1}


def test_what_cannot_be_is_told(shell, admitted, broker, starts):
    simulate = ("meter", "simulate", "--key", "bob-meter")
    assert "no multiple" in shell.refused(*simulate, "--slot", starts[0] + 1).stderr
    assert "belongs to no device" in shell.refused(*simulate, "--key", "alice", "--slot", starts[0]).stderr
    bridge = ("meter", "bridge", "-a", "bob", "--broker")
    assert "is used with --tls" in shell.refused(*bridge, "localhost", "--ca", "x.pem").stderr
    assert "HOST:PORT" in shell.refused(*bridge, "mqtt://localhost").stderr
    assert "nothing listens" in shell.refused("meter", "sunspec", "127.0.0.1:1", "--key", "bob-meter").stderr
