"""Readings with their neutral values. How they are packed: tests/python/codec/test_packing.py."""

from hypothesis import given
from hypothesis import strategies as st

from powerpact.codec.eip712 import TYPES
from powerpact.market.readings import Quality, Reading

TIMES = st.integers(1, 2**32)


@given(TIMES, st.integers(1, 100), st.integers(0, 10**6), st.integers(0, 10**6))
def test_a_measured_reading_is_the_first_version(length_s, number, exported_wh, imported_wh):
    reading = Reading.measured(
        7,
        number * length_s,
        length_s,
        exported_wh=exported_wh,
        imported_wh=imported_wh,
        export_counter_wh=exported_wh + 5,
        import_counter_wh=imported_wh + 9,
    )
    assert (reading.previous_start_at, reading.length_s, reading.gap_after) == (0, length_s, None)
    assert (reading.quality, reading.version) == (Quality.MEASURED, 1)
    assert (reading.exported_wh, reading.imported_wh) == (exported_wh, imported_wh)
    assert (reading.export_counter_wh, reading.import_counter_wh) == (exported_wh + 5, imported_wh + 9)


def test_the_message_has_the_members_of_the_signed_type():
    reading = Reading(*range(1, 11))
    message = reading.message()
    assert list(message) == [member.name for member in TYPES["Reading"]]
    assert sorted(message.values()) == list(range(1, 11))


@given(st.integers(0, 2**40 - 1))
def test_a_gap_is_written_above_what_the_device_signs(last_start):
    reading = Reading(*range(1, 11))
    taken = reading._replace(gap_after=last_start)
    assert Reading.unpack(taken.pack()) == taken
    assert taken.pack().head & (1 << 168) - 1 == reading.pack().head
    assert taken.message() == reading.message()
    assert (taken.last_start, reading.last_start) == (last_start, reading.previous_start_at)
    assert taken.signed == reading
