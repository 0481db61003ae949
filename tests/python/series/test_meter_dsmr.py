"""Telegrams of the P1 port: versions, CRC, clock, and energy between counters."""

import pytest

from powerpact.series.errors import BadMeterFile
from powerpact.series.meters.checksums import crc16_arc
from powerpact.series.meters.dsmr import read_dsmr
from powerpact.series.meters.intervals import Flow, Source
from powerpact.series.meters.settling import measured
from powerpact.series.zones import zone_named
from testkit.meter_messages import telegram

EXAMPLE = "\r\n".join(
    [
        "/KFM5KAIFA-METER",
        "",
        "1-3:0.2.8(40)",
        "0-0:1.0.0(150117185916W)",
        "0-0:96.1.1(0000000000000000000000000000000000)",
        "1-0:1.8.1(000671.578*kWh)",
        "1-0:1.8.2(000842.472*kWh)",
        "1-0:2.8.1(000000.000*kWh)",
        "1-0:2.8.2(000000.000*kWh)",
        "0-0:96.14.0(0001)",
        "1-0:1.7.0(00.333*kW)",
        "1-0:2.7.0(00.000*kW)",
        "0-0:17.0.0(999.9*kW)",
        "0-0:96.3.10(1)",
        "0-0:96.7.21(00008)",
        "0-0:96.7.9(00007)",
        "1-0:99.97.0(1)(0-0:96.7.19)(000101000001W)(2147483647*s)",
        "1-0:32.32.0(00000)",
        "1-0:32.36.0(00000)",
        "0-0:96.13.1()",
        "0-0:96.13.0()",
        "1-0:31.7.0(001*A)",
        "1-0:21.7.0(00.332*kW)",
        "1-0:22.7.0(00.000*kW)",
        "0-1:24.1.0(003)",
        "0-1:96.1.0(0000000000000000000000000000000000)",
        "0-1:24.2.1(150117180000W)(00473.789*m3)",
        "0-1:24.4.0(1)",
        "!6F4A",
        "",
    ]
).encode()
"""A telegram of version 4 that a meter sent; its CRC is the meter's."""

NOON_S = 1_719_828_000  # 2024-07-01T12:00+02:00


def read(data, **said):
    return read_dsmr(Source("p1.log", data, **said))


def energies(*files):
    intervals, _ = measured(read(data) for data in files)
    return [(one.start_s, one.end_s - one.start_s, one.imported_wh, one.exported_wh) for one in intervals]


def test_a_telegram_that_a_meter_sent():
    found = read(EXAMPLE).counts
    assert [(one.flow, one.total_wh, one.meter) for one in found] == [
        (Flow.IMPORT, 671_578 + 842_472, "KAIFA-METER"),
        (Flow.EXPORT, 0, "KAIFA-METER"),
    ]
    assert {one.time_s for one in found} == {1_421_517_556}  # 2015-01-17T18:59:16+01:00
    assert str(found[0].place) == "p1.log: line 1"


def test_ends_of_lines_that_a_logger_changed_are_understood():
    assert read(EXAMPLE.replace(b"\r\n", b"\n")).counts == read(EXAMPLE).counts


@pytest.mark.parametrize("version", [4, 5])
def test_energy_is_the_difference_of_counters(version):
    log = b"".join(telegram(NOON_S + 10 * step, 1_000 + 3 * step, 500 + step, version=version) for step in range(3))
    assert energies(log) == [(NOON_S, 10, 3, 1), (NOON_S + 10, 10, 3, 1)]


def test_no_energy_is_lost_between_two_files_in_any_order():
    first, second = telegram(NOON_S, 1_000), telegram(NOON_S + 900, 1_250)
    assert energies(second, first) == [(NOON_S, 900, 250, 0)]


def test_version_2_has_its_time_in_the_line_before():
    log = telegram(0, 1_000, version=2, said="2024-07-01T12:00:00+02:00")
    log += telegram(0, 1_200, version=2, said="2024-07-01 12:15:00")
    assert energies(log) == [(NOON_S, 900, 200, 0)]
    with pytest.raises(BadMeterFile, match=r"p1\.log: line 1: the telegram has no time 0-0:1\.0\.0") as caught:
        read(telegram(0, 1_000, version=2))
    assert "Log the time in a line before each telegram" in caught.value.remedy


def test_the_hour_that_comes_twice_has_all_its_telegrams():
    before_s = 1_729_983_600  # 2024-10-27T01:00+02:00
    log = b"".join(telegram(before_s + 900 * step, 1_000 + step) for step in range(13))
    assert [start_s for start_s, *_ in energies(log)] == [before_s + 900 * step for step in range(12)]
    assert b"0-0:1.0.0(241027023000S)" in log
    assert b"0-0:1.0.0(241027023000W)" in log


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b"!6F4A", b"!6F4B", "line 1: the telegram is damaged: its CRC is 6F4A, it says 6F4B"),
        (b"!6F4A", b"!", "line 1: the telegram has no CRC"),
        (b"!6F4A\r\n", b"", "line 1: the telegram is cut"),
        (b"000671.578*kWh", b"000671.579*kWh", "line 1: the telegram is damaged"),
    ],
)
def test_what_is_damaged_is_refused(old, new, told):
    with pytest.raises(BadMeterFile, match=told):
        read(EXAMPLE.replace(old, new, 1))


def damaged(old, new):
    """A telegram of version 2, which nothing protects, with a part replaced."""
    whole = telegram(0, 1_000, 10, version=2, said="2024-07-01T12:00:00+02:00")
    assert old in whole
    return whole.replace(old, new)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b"1-0:1.8.1(000000.333*kWh)\r\n", b"", r"line 5: 1-0:1\.8\.2 is there without the other tariff"),
        (b"000000.333*kWh", b"000000.333*m3", r"line 5: 1-0:1\.8\.1 '000000\.333\*m3' is no energy in kWh"),
        (b"000000.333*kWh", b"..*kWh", r"'\.\.' is not a number"),
        (b"1-0:", b"1-1:", "line 2: the telegram has no counter of energy"),
        (b"2024-07-01T12", b"2024-07-01T25", r"time '2024-07-01T25:00:00\+02:00' is not understood"),
        (b"2024-07-01T12:00:00+02:00", b"2024-03-31 02:30:00", "never shows '2024-03-31 02:30:00'"),
    ],
)
def test_bad_values_are_named(old, new, told):
    with pytest.raises(BadMeterFile, match=told):
        read(damaged(old, new))


def test_a_mark_that_the_clock_does_not_have_is_refused():
    wrong = telegram(NOON_S, 1_000).replace(b"120000S", b"120000W").split(b"!")[0] + b"!"
    with pytest.raises(BadMeterFile, match="has no CRC"):
        read(wrong)
    with pytest.raises(BadMeterFile, match=r"time '240701120000W' is not in standard time of Europe/Amsterdam"):
        read(wrong + b"%04X\r\n" % crc16_arc(wrong))


def test_a_damaged_telegram_among_good_ones_is_told_and_passed_over():
    good = [telegram(NOON_S + 900 * step, 1_000 + 100 * step) for step in range(3)]
    data = read(good[0] + good[1].replace(b"kWh", b"kWx", 1) + b"noise\n" + good[2][:60] + good[2])
    assert [error.place for error in data.refused] == ["line 13", "line 26"]
    intervals, _ = measured([data])
    assert [(one.start_s, one.end_s, one.imported_wh) for one in intervals] == [(NOON_S, NOON_S + 1_800, 200)]


def test_import_that_a_telegram_lacks_is_not_zero():
    whole = telegram(0, 1_000, 10, version=2, said="2024-07-01T12:00:00+02:00")
    later = telegram(0, 1_100, 30, version=2, said="2024-07-01T12:15:00+02:00")
    without = [b"\r\n".join(line for line in one.split(b"\r\n") if b"1-0:1.8" not in line) for one in (whole, later)]
    intervals, _ = measured([read(b"".join(without))])
    assert [(one.imported_wh, one.exported_wh) for one in intervals] == [(None, 20)]


def test_a_counter_that_falls_is_missing_energy():
    log = b"".join(telegram(NOON_S + 900 * step, total) for step, total in enumerate((1_000, 1_100, 5, 25)))
    intervals, notes = measured([read(log)])
    assert [one.imported_wh for one in intervals] == [100, None, 20]
    assert [note.code for note in notes] == ["reset"]


def test_two_counters_at_one_moment_are_refused():
    with pytest.raises(BadMeterFile, match=r"shows 1001 Wh here and 1000 Wh at p1\.log: line 1 for the same moment"):
        measured([read(telegram(NOON_S, 1_000) + telegram(NOON_S, 1_001))])


def test_another_zone_has_its_own_summer():
    helsinki = telegram(NOON_S, 1_000)
    assert read(helsinki, zone=zone_named("Europe/Helsinki")).counts[0].time_s == NOON_S - 3_600
