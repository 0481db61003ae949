"""How many readings a bridge verifies and keeps in a second, and the memory that it needs.

``python -m benchmarks.readings [DEVICES INTERVALS]`` signs readings, publishes them from another process to a real
broker, and lets a bridge's intake take them: parse, verify the signature, write to the disk, acknowledge. Nothing goes
to a chain. It prints a line of JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.measurement import peak_mb
from powerpact.chain.contracts.meters import SignedReading
from powerpact.codec.eip712 import Domain, sign
from powerpact.devices.bridge import Checker, Intake
from powerpact.devices.bridge.checking import Known, Registry
from powerpact.devices.broker import Broker, Publisher
from powerpact.devices.log import append_log, read_log
from powerpact.market.readings import Reading
from powerpact.store import Journal, Readings
from testkit.broker import BrokerProcess
from testkit.gateways import past_starts
from testkit.meters import device_key

SIZE = (1_000, 24)
"""Devices and intervals, by default."""

LENGTH_S = 900
CAPACITY_WH = 5_000
DOMAIN = Domain(1, "0x5FbDB2315678afecb367f032d93F642f64180aa3")
PATIENCE_S = 600.0
Measured = dict[str, Any]


def _signed(device: int, start: int, counter_wh: int) -> SignedReading:
    reading = Reading.measured(
        device, start, LENGTH_S, exported_wh=10, imported_wh=0, export_counter_wh=counter_wh, import_counter_wh=0
    )
    return SignedReading(reading, sign(device_key(f"bench {device}"), DOMAIN, "Reading", reading.message()))


class _Everyone(Registry):
    """Devices of which no chain is asked."""

    def __init__(self, devices: int) -> None:
        super().__init__()
        self._known = {
            device: Known(bytes.fromhex(device_key(f"bench {device}").address[2:]), CAPACITY_WH)
            for device in range(1, devices + 1)
        }


def measure(devices: int, intervals: int) -> Measured:
    """Publish, take, and say how fast.

    Returns
    -------
    dict
        Readings; seconds from the first to the last acknowledgement; readings a second; processor seconds of the
        intake; readings in a group; peak memory of this process in MB, and what it had before.
    """
    with tempfile.TemporaryDirectory(prefix="powerpact-readings-") as scratch:
        folder = Path(scratch)
        starts = past_starts(intervals, int(time.time()), LENGTH_S)
        readings = (
            _signed(device, start, 10 * (k + 1)) for k, start in enumerate(starts) for device in range(1, devices + 1)
        )
        append_log(folder / "readings.jsonl", readings)
        before_mb = peak_mb()
        with BrokerProcess(folder) as broker:
            where = Broker.parse(broker.address, tls=False)
            kept = Readings(Journal(folder, bytes(32)))
            intake = Intake(where, "bench", Checker(DOMAIN, LENGTH_S, _Everyone(devices)), kept)
            stop = threading.Event()
            thread = threading.Thread(target=intake.run, args=(stop,), daemon=True)
            thread.start()
            while intake.last_at == float("inf"):
                time.sleep(0.01)
            command = [sys.executable, "-m", "benchmarks.readings", "publish", broker.address, str(folder)]
            with subprocess.Popen(command, stdout=subprocess.PIPE) as publisher:
                measured = _taken(intake, devices * intervals)
            stop.set()
            thread.join()
            assert publisher.returncode == 0
            assert kept.counts() == {"stored": devices * intervals}
    return {**measured, "peak_mb": round(peak_mb()), "before_mb": round(before_mb), "load": os.getloadavg()[0]}


def _taken(intake: Intake, wanted: int) -> Measured:
    """Wait until all is there."""
    begun, used, deadline = 0.0, 0.0, time.monotonic() + PATIENCE_S
    while intake.counts.new < wanted:
        if not begun and intake.counts.received:
            begun, used, first = time.monotonic(), time.process_time(), intake.counts.received
        if time.monotonic() > deadline:
            raise RuntimeError(f"{intake.counts.new} of {wanted} readings came in {PATIENCE_S:g} s")
        time.sleep(0.005)
    seconds, cpu = time.monotonic() - begun, time.process_time() - used
    taken = wanted - first
    return {
        "readings": wanted,
        "seconds": round(seconds, 2),
        "a_second": round(taken / seconds),
        "cpu_seconds": round(cpu, 2),
        "a_cpu_second": round(taken / cpu),
        "in_a_group": round(wanted / intake.counts.groups, 1),
    }


def publish(address: str, folder: Path) -> None:
    """Publish what is in the folder."""
    readings = read_log(folder / "readings.jsonl")
    Publisher(Broker.parse(address, tls=False)).publish(readings)


def main(words: Sequence[str]) -> None:
    """Measure, or publish."""
    if words[:1] == ["publish"]:
        publish(words[1], Path(words[2]))
        return
    devices, intervals = map(int, words) if words else SIZE
    print(json.dumps(measure(devices, intervals)))


if __name__ == "__main__":
    main(sys.argv[1:])
