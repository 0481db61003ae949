"""The rules ahead of the contract refuse what the contract refuses, and take what it takes."""

import pytest

from powerpact.market.readingrules import LastReading, Opening, fault_after, fault_of
from powerpact.market.readings import Reading

GOOD = Reading.measured(
    7,
    7_200,
    3_600,
    exported_wh=500,
    imported_wh=20,
    export_counter_wh=900,
    import_counter_wh=40,
    previous_start_at=3_600,
)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"start_at": 7_201}, "no multiple"),
        ({"start_at": 0}, "at 0"),
        ({"length_s": 900}, "900 s long"),
        ({"previous_start_at": 3_601}, "comes after 3601"),
        ({"quality": 0}, "quality is 0"),
        ({"quality": 4}, "quality is 4"),
        ({"version": 0}, "version 0"),
        ({"exported_wh": 501}, "capacity of 500 Wh"),
        ({"imported_wh": 41}, "import counter, 40 Wh, is below"),
    ],
)
def test_what_is_wrong_is_told_with_its_value(change, words):
    assert fault_of(GOOD, 3_600, 500) is None
    assert words in fault_of(GOOD._replace(**change), 3_600, 500)


def test_counters_only_rise():
    assert fault_after(GOOD, LastReading(3_600, 400, 20)) is None
    assert "export counter fell" in fault_after(GOOD, LastReading(3_600, 401, 20))
    assert "import counter fell" in fault_after(GOOD, LastReading(3_600, 400, 21))
    assert "already" in fault_after(GOOD, LastReading(7_200, 0, 0))


def test_a_reading_comes_after_the_last_one_or_one_that_is_missing():
    assert fault_after(GOOD, LastReading(0, 400, 20)) is None
    assert "comes after 0" in fault_after(GOOD._replace(previous_start_at=0), LastReading(3_600, 400, 20))


@pytest.mark.parametrize(
    ("last_start", "from_at", "is_held_against"),
    [(3_600, 7_200, True), (3_600, 7_201, False), (7_199, 7_200, True), (3_600, 3_600, False)],
)
def test_the_first_reading_after_an_exchange_is_held_against_its_opening(last_start, from_at, is_held_against):
    """Of an interval from the exchange on, where the last one began before it."""
    last = LastReading(last_start, 450, 40, openings=(Opening(1, 8, 8), Opening(from_at, 100, 3)))
    assert last.counters_before(7_200) == ((100, 3) if is_held_against else (450, 40))


def test_counters_that_fall_are_taken_after_an_exchange_alone():
    again = GOOD._replace(exported_wh=500, export_counter_wh=520, import_counter_wh=20, imported_wh=0)
    last = LastReading(3_600, 400, 20)
    assert "export counter fell" in fault_after(again, last)
    exchanged = last._replace(openings=(Opening(GOOD.start_at, 20, 20),))
    assert fault_after(again, exchanged) is None
    assert "export counter fell" in fault_after(again._replace(export_counter_wh=519), exchanged)


def test_an_exchange_counts_once():
    exchanged = LastReading(3_600, 400, 20, openings=(Opening(GOOD.start_at, 0, 0),))
    after = exchanged.then(GOOD)
    assert (after.start_at, after.export_counter_wh, after.openings) == (
        GOOD.start_at,
        GOOD.export_counter_wh,
        exchanged.openings,
    )
    assert after.counters_before(GOOD.start_at + 3_600) == (GOOD.export_counter_wh, GOOD.import_counter_wh)
