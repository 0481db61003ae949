"""What was measured of a slot, from the readings that there are of it."""

import pytest

from powerpact.market.readings import Reading
from powerpact.market.slots import Slot
from testkit.constants import SLOT_LENGTH_S
from testkit.reverts import reverts_with

EXPORT = 1

MISSING = [
    ((4, 6, 7), (6, 7), 1_400),
    ((4, 5, 7), (5, 7), 1_400),
    ((4, 8), (8,), 0),
    ((5, 9), (5, 9), 700),
]
"""What is reported, what of it is shown, and the energy, Wh."""


@pytest.fixture
def three(slot):
    """The slots 5 to 7 as one of three intervals; the registry does not know it, but readings have it."""
    return Slot(slot(5), 3 * SLOT_LENGTH_S).pack()


@pytest.fixture
def chained(report, slot):
    """Report intervals of the roof one after another, 700 Wh out of each; the proven readings by their numbers."""

    def _chained(*numbers):
        proven, previous = {}, 0
        for k, number in enumerate(numbers):
            reading = Reading.measured(
                1,
                slot(number),
                SLOT_LENGTH_S,
                exported_wh=700,
                imported_wh=20,
                export_counter_wh=10_000 + 700 * (k + 1),
                import_counter_wh=5_000 + 20 * (k + 1),
                previous_start_at=previous,
            )
            (proof,) = report(reading)
            proven[number], previous = (reading.pack(), proof), slot(number)
        return proven

    return _chained


def energy(metering, slot, proven, *numbers):
    found, is_whole, is_corrected = metering.energyOf(1, slot, EXPORT, False, [proven[number] for number in numbers])
    assert is_whole == (tuple(numbers) == (5, 6, 7))
    assert not is_corrected
    return found


def test_sums_the_intervals_of_a_slot(metering, chained, three):
    assert energy(metering, three, chained(4, 5, 6, 7, 8), 5, 6, 7) == 2_100


@pytest.mark.parametrize(("reported", "shown", "wh"), MISSING)
def test_what_is_missing_is_shown_by_the_reading_after_it(metering, chained, three, reported, shown, wh):
    assert energy(metering, three, chained(*reported), *shown) == wh


@pytest.mark.parametrize("shown", [(5, 7), (6, 7), (7,)])
def test_reverts_where_a_reading_that_there_is_is_left_out(metering, chained, slot, three, shown):
    proven = chained(4, 5, 6, 7)
    first = next(number for number, before in zip(shown, (4, *shown), strict=False) if number != before + 1)
    with reverts_with("Metering_WrongReading", 1, three, 1, slot(first)):
        energy(metering, three, proven, *shown)


@pytest.mark.parametrize("shown", [(), (5,), (5, 6)])
def test_reverts_where_the_end_is_not_known(metering, chained, slot, three, shown):
    proven = chained(5, 6)
    with reverts_with("Metering_NotWhole", 1, three, slot(5 + len(shown))):
        energy(metering, three, proven, *shown)


@pytest.mark.parametrize("shown", [(4, 5, 6, 7), (5, 5, 6, 7), (5, 6, 7, 8)])
def test_reverts_for_readings_of_other_slots(metering, chained, slot, three, shown):
    proven = chained(4, 5, 6, 7, 8)
    wrong = {4: 4, 5: 5, 8: 8}[shown[0] if shown[0] == 4 else 5 if shown[1] == 5 else 8]
    with reverts_with("Metering_WrongReading", 1, three, 1, slot(wrong)):
        energy(metering, three, proven, *shown)
