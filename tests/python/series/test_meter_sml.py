"""Frames of German meters: transport, values, and times of meters that only count seconds."""

import pytest

from powerpact.series.errors import BadMeterFile
from powerpact.series.meters.intervals import Flow, Source
from powerpact.series.meters.settling import measured
from powerpact.series.meters.sml import read_sml
from powerpact.series.meters.sml_frames import frames_of, is_sml
from testkit.meter_messages import ESCAPE, SERVER_ID, coded, frame, framed

ISKRA = bytes.fromhex(
    "1B1B1B1B010101017605006345516200620072630101760101050021171B0B0A0149534B00047A5544726201650021155A620163828E00"
    "760500634552620062007263070177010B0A0149534B00047A5544070100620AFFFF726201650021155A7577070100603201010101010104"
    "49534B0177070100600100FF010101010B0A0149534B00047A55440177070100010800FF650010010401621E52FF65000C13610177070100"
    "020800FF0101621E52FF62000177070100100700FF0101621B5200530860010101638E710076050063455362006200726302017101"
    "63AD55001B1B1B1B1A00D54B"
)
"""What a meter of Iskraemeco sent: its CRC is the meter's."""
EASYMETER = bytes.fromhex(
    "1B1B1B1B010101017605043B66D962006200726500000101760101074553595133420B064553590104C5FA2EF701016338BE007605043B"
    "66DA6200620072650000070177010B064553590104C5FA2EF701726201650B1A82477977078181C78203FF01010101044553590177070100"
    "010800FF0101621E52FC690000001408499D070177070100020800FF0101621E52FC6900000021E2BD91830177070100010801FF0101621E"
    "520165000D20570177070100010802FF0101621E520165000000880177070100020801FF0101621E5201650016348D0177070100020802FF"
    "0101621E520165000000860177070100010700FF0101621B52FE5500002AC80177070100600505FF01010101630180010101635257007605"
    "043B66DB62006200726500000201710163274400001B1B1B1B1A013050"
)
"""What a meter of EasyMeter sent, with tenths of a mWh: its CRC is the meter's."""

NOON_S = 1_719_828_000  # 2024-07-01T12:00+02:00


def read(data, read_at_s=NOON_S):
    return read_sml(Source("edl.bin", data, read_at_s=read_at_s))


def both(imported, exported=0):
    return {"1.8.0": imported, "2.8.0": exported}


def test_frames_that_meters_sent():
    assert is_sml(ISKRA)
    found = [(one.meter, one.flow, one.total_wh) for data in (ISKRA, EASYMETER) for one in read(data).counts]
    assert found == [
        (SERVER_ID, Flow.IMPORT, 79_139),
        (SERVER_ID, Flow.EXPORT, 0),
        ("064553590104C5FA2EF7", Flow.IMPORT, 8_603_839),
        ("064553590104C5FA2EF7", Flow.EXPORT, 14_553_800),
    ]


def test_seconds_of_a_meter_count_back_from_when_the_last_frame_was_read():
    log = b"".join(frame((1, 5_000 + 900 * step), both(10_000 + 2_505 * step)) for step in range(3))
    intervals, _ = measured([read(log)])
    assert [(one.start_s, one.end_s, one.imported_wh) for one in intervals] == [
        (NOON_S - 1_800, NOON_S - 900, 250),
        (NOON_S - 900, NOON_S, 251),
    ]
    assert read(frame(5_000, both(1))).counts[0].time_s == NOON_S
    with pytest.raises(BadMeterFile, match=r"frame 3 at byte \d+: meter \w+ counts seconds \(6800\)") as caught:
        read(log, None)
    assert "--read-at" in caught.value.remedy


@pytest.mark.parametrize("stamp", [(2, NOON_S), (3, (NOON_S, 60, 60))])
def test_a_meter_with_a_clock_needs_nobody_to_tell_the_time(stamp):
    assert {one.time_s for one in read(frame(stamp, both(10)), None).counts} == {NOON_S}


def test_frames_before_a_restart_of_the_seconds_are_refused():
    log = b"".join(frame((1, seconds), both(100 * place)) for place, seconds in enumerate((9_000, 9_900, 10, 910)))
    data = read(log)
    assert sorted({one.time_s for one in data.counts}) == [NOON_S - 900, NOON_S]
    assert [error.place.split(" at")[0] for error in data.refused] == ["frame 1", "frame 2"]


def test_import_that_a_frame_lacks_is_not_zero():
    assert {one.flow for one in read(frame((2, NOON_S), {"2.8.0": 5})).counts} == {Flow.EXPORT}


@pytest.mark.parametrize("scaler", [-4, -1, 0, 3])
def test_scalers(scaler):
    assert read(frame((2, NOON_S), both(20_000), scaler=scaler)).counts[0].total_wh == round(20_000 * 10**scaler)


def test_escape_sequences_in_a_value_are_doubled():
    value = int.from_bytes(ESCAPE, "big")
    data = frame((2, NOON_S), both(value, value))
    assert ESCAPE * 2 in data
    assert [one.total_wh for one in read(data).counts] == [round(value / 10)] * 2


@pytest.mark.parametrize("ending", range(1, 5))
def test_messages_that_end_with_an_escape(ending):
    messages = coded(b"\x07" * (11 - ending) + b"\x1b" * ending)
    (found,) = frames_of(Source("f", framed(messages)))
    assert found.error is None
    assert found.messages == messages


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (ISKRA[:-1], "frame 1 at byte 0: the frame is cut"),
        (ISKRA[:-2] + b"\0\0", "the frame is damaged: its CRC is 4bd5, it says 0000"),
        (ISKRA.replace(b"\x13\x61", b"\x13\x62"), "the frame is damaged"),
        (ISKRA[:40] + ISKRA[:20], "the frame is cut: another one begins in it"),
        (ISKRA[:40] + ESCAPE + b"\x02\0\0\0", "escape sequence 02000000 is not known"),
        (frame((2, NOON_S), both(10), unit=27), r"the import counter has unit 27 and scaler -1, not 30 \(Wh\)"),
        (frame((2, NOON_S), both(10), scaler=90), "scaler 90"),
        (frame((7, NOON_S), both(10)), "the frame's time is not understood"),
        (frame((2, 5_000_000_000), both(10)), "time 5000000000 is not within 1970 and 2100"),
        (frame(None, both(10)), "the frame says neither a time nor a count of seconds"),
        (frame((2, NOON_S), {"1.7.0": 10}), "no frame has a counter of energy"),
        (framed(b"\x7f" * 40), "lists are too deep"),
        (framed(b"\x76\x0f"), "reaches beyond the frame"),
        (framed(b"\x31"), "values of type 3 are not known"),
        (framed(b"\xf0\x80\x80\x80\x80"), "a length at byte 0 of the messages is too long"),
        (b"", "no frame has a counter of energy"),
    ],
)
def test_what_is_damaged_or_unknown_is_refused(data, told):
    with pytest.raises(BadMeterFile, match=told):
        read(data)


def test_a_damaged_frame_among_good_ones_is_told_and_passed_over():
    good = [frame((2, NOON_S + 900 * step), both(1_000 * step)) for step in range(3)]
    data = read(b"noise" + good[0] + good[1][:30] + good[1].replace(b"\x03\xe8", b"\x03\xe9") + good[2])
    assert [error.place.split(" at")[0] for error in data.refused] == ["frame 2", "frame 3"]
    assert [one.imported_wh for one in measured([data])[0]] == [200]
