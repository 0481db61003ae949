"""What it costs a bridge to verify readings and to have them on the disk."""

import time

import pytest

from benchmarks.readings import DOMAIN, LENGTH_S, Everyone, signed
from powerpact.codec.readingfile import format_reading
from powerpact.devices.bridge import Checker
from powerpact.devices.broker import topic_of
from powerpact.store import Journal, Readings
from testkit.gateways import past_starts

DEVICES, INTERVALS, GROUP = 200, 5, 500
MOST_US = 250
"""Processor time of a reading, user and system: 0.12 ms on the machine of the record, times two."""


@pytest.fixture(scope="module")
def messages():
    starts = past_starts(INTERVALS, int(time.time()), LENGTH_S)
    readings = [signed(device, start, 10 * (k + 1)) for k, start in enumerate(starts) for device in range(1, DEVICES)]
    return [(topic_of(one.reading.device), format_reading(one.reading, one.signature).encode()) for one in readings]


def test_a_reading_is_verified_and_kept_in_a_quarter_of_a_millisecond(tmp_path, messages):
    checker = Checker(DOMAIN, LENGTH_S, Everyone(DEVICES))

    def taken_us(folder):
        folder.mkdir()
        readings = Readings(Journal(folder, bytes(32)))
        begun = time.process_time()
        for first in range(0, len(messages), GROUP):
            found = [(checker.check(topic, payload), topic) for topic, payload in messages[first : first + GROUP]]
            readings.keep(found)
        used = time.process_time() - begun
        assert readings.counts() == {"stored": len(messages)}
        return 1e6 * used / len(messages)

    assert min(taken_us(tmp_path / name) for name in "abc") < MOST_US
