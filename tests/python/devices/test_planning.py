"""What goes into a batch: in order, and nothing behind a reading that is late."""

import pytest

from powerpact.chain.contracts.meters import SignedReading
from powerpact.devices.bridge.planning import Limits, plan
from powerpact.market.readingrules import LastReading
from powerpact.market.readings import Reading
from powerpact.store.kept import Waiting

HOUR_S = 3_600
NOW_S = 100 * HOUR_S
WINDOW_S = HOUR_S
LIMITS = Limits(most=256, over_by=NOW_S, received_by=NOW_S, window_s=WINDOW_S)
LENGTH_S = 900
LAST_LATE = NOW_S - LENGTH_S - WINDOW_S // 2
"""Start of the last interval that is late: whose window is over within half a window."""


def waiting(device, start, previous=None, version=1, received_at=0):
    reading = Reading.measured(
        device,
        start,
        LENGTH_S,
        exported_wh=0,
        imported_wh=0,
        export_counter_wh=start,
        import_counter_wh=0,
        previous_start_at=start - LENGTH_S if previous is None else previous,
    )
    return Waiting(SignedReading(reading._replace(version=version), b""), received_at)


def lasts(*starts):
    return {device: LastReading(start, start) for device, start in enumerate(starts, 1)}


def in_turn(device, first, count):
    return [waiting(device, first + k * LENGTH_S) for k in range(count)]


def starts(made):
    return [(one.signed.reading.device, one.signed.reading.start_at) for one in made.batch]


def by_interval(readings):
    return sorted(readings, key=lambda one: one.key[1])


def test_what_is_not_late_goes_together_in_order():
    first = LAST_LATE + LENGTH_S
    readings = in_turn(1, first, 2)
    assert starts(plan(readings, lasts(first - LENGTH_S), LIMITS)) == [(1, first), (1, first + LENGTH_S)]


def test_nothing_goes_behind_a_late_reading_until_that_is_on_the_chain():
    readings = in_turn(1, LAST_LATE - LENGTH_S, 4)
    last = LAST_LATE - 2 * LENGTH_S
    for _ in range(2):
        made = plan(readings, lasts(last), LIMITS)
        assert starts(made) == [(1, last + LENGTH_S)]
        last += LENGTH_S
    assert last == LAST_LATE
    assert starts(plan(readings, lasts(last), LIMITS)) == [(1, last + LENGTH_S), (1, last + 2 * LENGTH_S)]


def test_late_readings_of_different_devices_go_together():
    first = NOW_S - 24 * HOUR_S
    readings = by_interval([*in_turn(1, first, 3), *in_turn(2, first, 3), *in_turn(3, first + LENGTH_S, 2)])
    made = plan(readings, lasts(first - LENGTH_S, first - LENGTH_S, first), LIMITS)
    assert starts(made) == [(1, first), (2, first), (3, first + LENGTH_S)]


def test_a_late_reading_after_a_gap_goes_alone_too():
    first = NOW_S - 24 * HOUR_S
    readings = in_turn(1, first, 3)
    assert starts(plan(readings, lasts(0), LIMITS)) == [(1, first)]
    impatient = Limits(256, NOW_S, received_by=-1, window_s=WINDOW_S)
    assert starts(plan(readings, lasts(0), impatient)) == []


def test_where_the_late_one_is_refused_the_next_goes_as_a_gap_and_none_beside_it():
    first = NOW_S - 24 * HOUR_S
    readings = in_turn(1, first, 3)
    made = plan(readings, {1: LastReading(first - LENGTH_S, first + 1)}, LIMITS)
    assert [one.key[1] for one, _ in made.refused] == [first]
    assert starts(made) == [(1, first + LENGTH_S)]


def test_higher_versions_go_after_the_lowest_is_on_the_chain():
    first = LAST_LATE + LENGTH_S
    readings = [waiting(1, first), waiting(1, first, version=2), waiting(1, first + LENGTH_S)]
    made = plan(readings, lasts(first - LENGTH_S), LIMITS)
    assert [one.key for one in made.batch] == [(1, first, 1), (1, first + LENGTH_S, 1)]
    made = plan(readings[1:], lasts(first), LIMITS)
    assert [one.key for one in made.passed] == [(1, first, 2)]
    assert starts(made) == [(1, first + LENGTH_S)]


@pytest.mark.parametrize(("received_at", "goes"), [(NOW_S, True), (NOW_S + 1, False)])
def test_a_higher_version_without_the_first_waits_as_a_gap_does(received_at, goes):
    first = LAST_LATE + LENGTH_S
    readings = [waiting(1, first, version=2, received_at=received_at), waiting(1, first + LENGTH_S)]
    assert bool(plan(readings, lasts(first - LENGTH_S), LIMITS).batch) == goes


def test_no_more_is_read_than_the_batch_needs():
    def endless(first):
        for k in range(1_000):
            yield from (waiting(device, first + k * LENGTH_S) for device in (1, 2, 3))
        pytest.fail("everything was read")

    first = NOW_S - 3_000 * HOUR_S
    assert len(plan(endless(first), lasts(*[first - LENGTH_S] * 3), LIMITS).batch) == 3
    two = Limits(2, NOW_S, NOW_S, WINDOW_S)
    assert len(plan(endless(first), lasts(*[first - LENGTH_S] * 4), two).batch) == 2
