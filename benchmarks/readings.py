"""How many readings a bridge verifies and keeps in a second, and the memory that it needs.

``python -m benchmarks.readings [DEVICES INTERVALS]`` lets other processes sign readings, and publish them to a real
broker. A bridge's intake takes them here: parse, verify the signature, write to the disk, acknowledge. Nothing goes to
a chain. It prints a line of JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache, partial
from itertools import islice
from pathlib import Path
from typing import Any

from coincurve import PrivateKey
from eth_account.signers.local import LocalAccount

from benchmarks.measurement import peak_mb
from powerpact.chain.contracts.meters import SignedReading
from powerpact.codec.eip712 import Domain
from powerpact.codec.readingfile import format_reading, normal_signature, parse_reading, reading_digest
from powerpact.devices.bridge import Checker, Intake
from powerpact.devices.bridge.checking import Known, Registry
from powerpact.devices.broker import Broker, Publisher
from powerpact.market.readings import Reading
from powerpact.store import Journal, Readings
from powerpact.store.journal import FILE
from testkit.broker import BrokerProcess
from testkit.gateways import past_starts
from testkit.meters import device_key

SIZE = (1_000, 24)
"""Devices and intervals, by default."""

LENGTH_S = 900
CAPACITY_WH = 5_000
DOMAIN = Domain(1, "0x5FbDB2315678afecb367f032d93F642f64180aa3")
PATIENCE_S = 60.0
"""Without a reading."""

PIECE = 10_000
"""Readings that are published in one go; up to two pieces wait in the broker, so that the bridge alone is measured."""

LOG = "readings.jsonl"
Measured = dict[str, Any]


@cache
def _signer(device: int) -> PrivateKey:
    return PrivateKey(bytes(_key(device).key))


def _key(device: int) -> LocalAccount:
    return device_key(f"bench {device}")


def signed(device: int, start: int, counter_wh: int) -> SignedReading:
    """A device's reading of an interval in which it exported 10 Wh."""
    reading = Reading.measured(
        device, start, LENGTH_S, exported_wh=10, imported_wh=0, export_counter_wh=counter_wh, import_counter_wh=0
    )
    made = _signer(device).sign_recoverable(reading_digest(DOMAIN, reading), hasher=None)
    return SignedReading(reading, normal_signature(made))


class Everyone(Registry):
    """Devices of which no chain is asked."""

    def __init__(self, devices: int) -> None:
        super().__init__()
        self._known = {
            device: Known(((0, bytes.fromhex(_key(device).address[2:])),), CAPACITY_WH)
            for device in range(1, devices + 1)
        }


def measure(devices: int, intervals: int) -> Measured:
    """Publish, take, and say how fast.

    Returns
    -------
    dict
        Readings; seconds from the first to the last acknowledgement; readings a second; processor seconds of the
        intake, user and system, and microseconds of them per reading; readings in a group; the journal's size in MB;
        peak memory of this process in MB, and what it had before; load of the machine.
    """
    with tempfile.TemporaryDirectory(prefix="powerpact-readings-") as scratch:
        folder = Path(scratch)
        with _helper("sign", scratch, str(devices), str(intervals)) as signer:
            signer.wait()
        before_mb = peak_mb()
        with BrokerProcess(folder) as broker:
            where = Broker.parse(broker.address, tls=False)
            kept = Readings(Journal(folder, bytes(32)))
            intake = Intake(where, "bench", Checker(DOMAIN, LENGTH_S, Everyone(devices)), kept)
            stop = threading.Event()
            thread = threading.Thread(target=intake.run, args=(stop,), daemon=True)
            thread.start()
            while intake.last_at == float("inf"):
                time.sleep(0.01)
            with _helper("publish", scratch, broker.address) as publisher:
                measured = _taken(intake, devices * intervals, publisher)
            stop.set()
            thread.join()
            assert signer.returncode == publisher.returncode == 0
            assert kept.counts() == {"stored": devices * intervals}
        journal = sum(path.stat().st_size for path in folder.glob(f"{FILE}*"))
    memory = {"peak_mb": round(peak_mb()), "before_mb": round(before_mb)}
    return {**measured, **memory, "journal_mb": round(journal / 1024**2), "load": os.getloadavg()[0]}


def _helper(*words: str) -> subprocess.Popen[bytes]:
    """Another process of this program, whose memory is not measured."""
    return subprocess.Popen([sys.executable, "-m", "benchmarks.readings", *words], stdin=subprocess.PIPE)


def _taken(intake: Intake, wanted: int, publisher: subprocess.Popen[bytes]) -> Measured:
    """Let the next piece be published as another one is taken, until all is there."""
    begun, used, first = 0.0, 0.0, 0
    new, changed, pieces = 0, time.monotonic(), 0
    assert publisher.stdin is not None
    while intake.counts.new < wanted:
        if not begun and intake.counts.received:
            begun, used, first = time.monotonic(), time.process_time(), intake.counts.received
        if intake.counts.new > new:
            new, changed = intake.counts.new, time.monotonic()
        elif time.monotonic() > changed + PATIENCE_S:
            raise RuntimeError(f"{new} of {wanted} readings came, and none for {PATIENCE_S:g} s")
        while pieces * PIECE < min(wanted, new + 2 * PIECE):
            publisher.stdin.write(b"\n")
            publisher.stdin.flush()
            pieces += 1
        time.sleep(0.005)
    seconds, cpu = time.monotonic() - begun, time.process_time() - used
    taken = wanted - first
    return {
        "readings": wanted,
        "seconds": round(seconds, 2),
        "a_second": round(taken / seconds),
        "cpu_seconds": round(cpu, 2),
        "cpu_us_each": round(1e6 * cpu / taken, 1),
        "in_a_group": round(wanted / intake.counts.groups, 1),
    }


def sign_all(folder: Path, devices: int, intervals: int) -> None:
    """Write the readings of all devices into the folder, interval after interval."""
    starts = past_starts(intervals, int(time.time()), LENGTH_S)
    with ProcessPoolExecutor() as pool, (folder / LOG).open("w") as file:
        file.writelines(pool.map(partial(_lines, devices), range(intervals), starts))


def _lines(devices: int, k: int, start: int) -> str:
    every = (signed(device, start, 10 * (k + 1)) for device in range(1, devices + 1))
    return "".join(f"{format_reading(one.reading, one.signature)}\n" for one in every)


def publish(folder: Path, address: str) -> None:
    """Publish what is in the folder, a piece for each line of standard input."""
    publisher, readings = Publisher(Broker.parse(address, tls=False)), _read(folder / LOG)
    while sys.stdin.readline() and publisher.publish(islice(readings, PIECE)) == PIECE:
        pass


def _read(path: Path) -> Iterator[SignedReading]:
    with path.open("rb") as file:
        for line in file:
            yield SignedReading(*parse_reading(str(path), line))


def main(words: Sequence[str]) -> None:
    """Measure, or help to."""
    match words:
        case ["sign", folder, devices, intervals]:
            sign_all(Path(folder), int(devices), int(intervals))
        case ["publish", folder, address]:
            publish(Path(folder), address)
        case _:
            print(json.dumps(measure(*(map(int, words) if words else SIZE))))


if __name__ == "__main__":
    main(sys.argv[1:])
