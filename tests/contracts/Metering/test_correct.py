"""A device says again what it measured, inside the window, by a higher version; both versions are kept."""

import pytest

from powerpact.market.readings import Quality, Reading
from testkit.constants import CAPACITY_WH, SLOT_LENGTH_S
from testkit.meters import KEYS
from testkit.reverts import reverts_with

WINDOW_S = 2 * SLOT_LENGTH_S


@pytest.fixture
def old(reading, slot):
    """The roof's tenth slot: 700 Wh out and 20 Wh in, counters 10 700 Wh and 5 020 Wh."""
    return reading(start_at=slot(10), previous_start_at=0)


@pytest.fixture
def proven(old, report, slot, warp):
    """It is reported, with its proof, and can be corrected."""
    warp(slot(11))
    (proof,) = report(old)
    return old.pack(), proof


@pytest.fixture
def correct(metering, signed, proven, stranger):
    """Correct the tenth slot."""

    def _correct(reading, reported=proven, neighbours=(), signature=None):
        (own,) = signed(reading)
        return metering.correct(reading.pack(), signature or own, reported, list(neighbours), {"from": stranger})

    return _correct


def test_reverts_for_a_reading_that_was_not_reported(correct, old, proven):
    with reverts_with("Metering_UnknownReading", 0, 0):
        correct(old._replace(version=2), reported=(old._replace(version=3).pack(), proven[1]))


@pytest.mark.parametrize("change", [{"device": 2}, {"start_at": -1}])
def test_reverts_for_another_interval(correct, old, slot, change):
    start_at = slot(10) + SLOT_LENGTH_S * change.pop("start_at", 0)
    other = old._replace(version=2, start_at=start_at, **change)
    with reverts_with("Correction_OtherInterval", other.device, start_at, 1, slot(10)):
        correct(other)


def test_reverts_for_another_predecessor(correct, old, slot):
    with reverts_with("Correction_OtherPredecessor", 1, slot(10), slot(9), 0):
        correct(old._replace(version=2, previous_start_at=slot(9)))


@pytest.mark.parametrize("version", [0, 1])
def test_reverts_for_a_version_that_is_not_higher(correct, old, slot, version):
    with reverts_with("Correction_VersionNotHigher", 1, slot(10), version, 1):
        correct(old._replace(version=version))


def test_reverts_for_a_version_twice(correct, old, slot):
    correct(old._replace(version=7))
    with reverts_with("Correction_VersionNotHigher", 1, slot(10), 7, 7):
        correct(old._replace(version=7))


def test_reverts_once_the_reading_is_final(metering, correct, old, proven, signed, slot, warp, stranger):
    corrected = old._replace(version=2)
    words = corrected.pack(), *signed(corrected), proven, []
    warp(slot(11) + WINDOW_S - 1)
    metering.correct.call(*words, {"from": stranger})
    warp(slot(11) + WINDOW_S)
    with reverts_with("Correction_TooLate", 1, slot(10), slot(11) + WINDOW_S):
        metering.correct(*words, {"from": stranger})


def test_reverts_for_a_forged_signature(correct, old, signed):
    corrected = old._replace(version=2)
    with reverts_with("Metering_BadSignature", 0, 1, KEYS[2].address):
        correct(corrected, signature=signed(corrected, key=KEYS[2])[0])


def test_reverts_for_what_no_reading_may_say(correct, old, slot):
    with reverts_with("Metering_AboveCapacity", 0, 1, CAPACITY_WH + 1, CAPACITY_WH):
        correct(old._replace(version=2, exported_wh=CAPACITY_WH + 1, export_counter_wh=99_999))
    with reverts_with("Metering_UnknownQuality", 0, 1, 4):
        correct(old._replace(version=2, quality=4))
    with reverts_with("Metering_CounterBelowEnergy", 0, 1, 5, 6):
        correct(old._replace(version=2, imported_wh=6, import_counter_wh=5))


@pytest.mark.parametrize("flow", ["export", "import"])
def test_reverts_for_counters_that_overlap_what_was_before(correct, old, flow):
    """Without the predecessor the opening of the last version is the bound."""
    opening, energy = getattr(old, f"{flow}_counter_wh") - getattr(old, f"{flow}ed_wh"), getattr(old, f"{flow}ed_wh")
    with reverts_with("Metering_CounterFell", 0, 1, opening - 1, opening):
        correct(old._replace(version=2, **{f"{flow}ed_wh": energy + 1}))


def test_corrects_the_last_interval(metering, correct, old, slot, stranger):
    corrected = old._replace(version=2, exported_wh=900, export_counter_wh=10_900)
    event = correct(corrected).events["ReadingCorrected"]
    assert (event["device"], event["startAt"], event["relayer"]) == (1, slot(10), stranger)
    assert Reading.unpack(event["reading"]) == corrected
    assert tuple(metering.last(1)) == (slot(10), 700, 20, 10_900, 5_020, 2)
    known = metering.correctionOf(1, slot(10))
    assert tuple(known)[:6] == (2, True, 700, 20, 900, 20)
    assert metering.correctionsOf(1) == 1
    correct(corrected._replace(version=3, quality=Quality.ESTIMATED, exported_wh=0, export_counter_wh=10_000))
    assert tuple(metering.correctionOf(1, slot(10)))[:6] == (3, True, 700, 20, 900, 20)
    assert metering.correctionsOf(1) == 1


def test_the_next_reading_counts_on_from_the_correction(correct, report, reading, old, slot, warp):
    correct(old._replace(version=2, exported_wh=100, export_counter_wh=10_100))
    warp(slot(12))
    after = reading(start_at=slot(11), previous_start_at=slot(10), export_counter_wh=10_800, import_counter_wh=5_040)
    report(after)


@pytest.fixture
def after(report, reading, slot, warp):
    """The slot after it is reported, too, whose export counter is 10 800 Wh at its start; its proof."""
    warp(slot(12))
    said = reading(start_at=slot(11), previous_start_at=slot(10), export_counter_wh=11_500, import_counter_wh=5_040)
    (proof,) = report(said)
    return said.pack(), proof


def test_an_interval_before_others_stays_between_them(correct, metering, old, proven, after, slot):
    higher = old._replace(version=2, exported_wh=800, export_counter_wh=10_800)
    with reverts_with("Correction_CounterOverlaps", 1, slot(10), 10_800, 10_700):
        correct(higher)
    above = old._replace(version=2, exported_wh=801, export_counter_wh=10_801)
    with reverts_with("Correction_CounterOverlaps", 1, slot(10), 10_801, 10_800):
        correct(above, neighbours=[after])
    correct(higher, neighbours=[after])
    assert tuple(metering.last(1)) == (slot(11), 700, 20, 11_500, 5_040, 0)


def test_the_bounds_are_those_of_the_last_versions(correct, proven, old, after, slot):
    correct(old._replace(version=2, exported_wh=600, export_counter_wh=10_600))
    lower = Reading.unpack(after[0])._replace(version=2, exported_wh=900)
    with reverts_with("Metering_CounterFell", 0, 1, 10_600, 10_800):
        correct(lower, reported=after)
    with reverts_with("Metering_CounterFell", 0, 1, 10_599, 10_600):
        correct(lower._replace(exported_wh=901), reported=after, neighbours=[proven])
    correct(lower, reported=after, neighbours=[proven])


def test_reverts_for_a_neighbour_that_is_none(correct, proven, old, after, report, reading, slot):
    (proof,) = report(reading(device=2, start_at=slot(11), previous_start_at=0))
    of_barn = reading(device=2, start_at=slot(11), previous_start_at=0).pack(), proof
    for shown, device, number in ((of_barn, 2, 11), (proven, 1, 10)):
        with reverts_with("Correction_NotNeighbour", 1, slot(10), device, slot(number)):
            correct(old._replace(version=2), neighbours=[shown])
    with reverts_with("Metering_UnknownReading", 1, 0):
        correct(old._replace(version=2), neighbours=[(Reading.unpack(after[0])._replace(version=9).pack(), after[1])])


def test_the_first_measured_version_is_the_first_of_money(
    metering, report, reading, signed, slot, hour, warp, stranger
):
    """A substitute counts as nothing, and not before what was measured can come no more."""
    warp(slot(11))
    said = reading(start_at=slot(10), previous_start_at=0, quality=Quality.SUBSTITUTED)
    (proof,) = report(said)
    proven = said.pack(), proof
    until = slot(11) + WINDOW_S
    with reverts_with("Metering_NotMeasured", 1, slot(10), until):
        metering.energyOf(1, hour(10), 1, False, [proven])
    for version, energy in ((2, 300), (3, 200)):
        corrected = said._replace(
            version=version, quality=Quality.MEASURED, exported_wh=energy, export_counter_wh=10_000 + energy
        )
        metering.correct(corrected.pack(), *signed(corrected), proven, [], {"from": stranger})
    assert tuple(metering.energyOf(1, hour(10), 1, False, [proven])) == (300, True, True)
    assert tuple(metering.energyOf(1, hour(10), 1, True, [proven])) == (200, True, True)


def test_a_substitute_counts_as_nothing_in_the_end(metering, report, reading, slot, hour, warp):
    warp(slot(11))
    said = reading(start_at=slot(10), previous_start_at=0, quality=Quality.ESTIMATED)
    (proof,) = report(said)
    warp(slot(11) + WINDOW_S)
    assert tuple(metering.energyOf(1, hour(10), 1, False, [(said.pack(), proof)])) == (0, False, False)
