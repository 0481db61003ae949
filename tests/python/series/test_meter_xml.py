"""Green Button feeds and EDA records: directions, units, qualities, clocks, and XML that is not to be trusted."""

from datetime import datetime

import pytest

from powerpact.series.errors import BadMeterFile
from powerpact.series.meters.eda import read_eda
from powerpact.series.meters.greenbutton import read_green_button
from powerpact.series.meters.intervals import Flow, Quality, Source
from powerpact.series.meters.slots import slots_of
from powerpact.series.meters.xmltree import MAX_DEPTH, read_xml, root_name
from powerpact.series.zones import zone_named
from testkit.meter_messages import consumption_record, green_button

NOON_S = 1_719_828_000  # 2024-07-01T12:00+02:00
VIENNA = zone_named("Europe/Vienna")


def green(data):
    return read_green_button(Source("green.xml", data))


def eda(data, zone=None):
    return read_eda(Source("eda.xml", data, zone=zone))


def energies(data):
    return [(one.start_s - NOON_S, one.imported_wh, one.exported_wh, one.quality) for one in data.intervals]


def notes(data):
    return {note.code: note.count for note in data.notes}


def test_green_button_stamps_are_starts_in_utc():
    data = green(green_button([("1", [(NOON_S, 900, 120), (NOON_S + 900, 900, 80)])]))
    assert energies(data) == [(0, 120, None, Quality.MEASURED), (900, 80, None, Quality.MEASURED)]
    assert data.intervals[0].meter == "5446AF3F"
    assert str(data.intervals[1].place) == "green.xml: line 13"
    assert data.zone.utcoffset(None).total_seconds() == -28_800


def test_green_button_directions():
    feed = green_button([("1", [(NOON_S, 900, 120)]), ("19", [(NOON_S, 900, 30)])])
    assert energies(green(feed)) == [(0, 120, None, Quality.MEASURED), (0, None, 30, Quality.MEASURED)]
    net = green(green_button([("4", [(NOON_S, 900, 5), (NOON_S + 900, 900, -7), (NOON_S + 1_800, 900, None)])]))
    slots = slots_of(net.intervals)
    assert list(slots.values_wh.values()) == [[5, 0], [0, 7]]
    undirected = green(green_button([("", [(NOON_S, 900, 5)])]))
    assert energies(undirected) == [(0, 5, None, Quality.MEASURED)]
    assert notes(undirected)["direction"] == 1


@pytest.mark.parametrize(("power", "value", "energy_wh"), [(0, 120, 120), (3, 2, 2_000), (-3, 1_499, 1), (-1, 15, 2)])
def test_green_button_powers_of_ten(power, value, energy_wh):
    assert green(green_button([("1", [(NOON_S, 900, value)])], power=power)).intervals[0].imported_wh == energy_wh


def test_green_button_milliwatt_hours_lose_nothing():
    feed = green_button([("1", [(NOON_S + 900 * place, 900, 400) for place in range(10)])], power=-3)
    assert sum(one.imported_wh for one in green(feed).intervals) == 4


@pytest.mark.parametrize(
    ("codes", "quality"),
    [
        ((), "measured"),
        ((0,), "measured"),
        ((17,), "measured"),
        ((7,), "substituted"),
        ((8,), "estimated"),
        ((19, 10), "estimated"),
    ],
)
def test_green_button_qualities(codes, quality):
    assert energies(green(green_button([("1", [(NOON_S, 900, 1, *codes)])])))[0][3] == quality


def test_green_button_a_reading_without_a_value_is_missing():
    data = green(green_button([("1", [(NOON_S, 900, 1), (NOON_S + 900, 900, None), (NOON_S + 1_800, 900, 3)])]))
    assert energies(data)[1] == (900, None, None, Quality.MISSING)
    assert slots_of(data.intervals).values_wh["5446AF3F", "load"] == [1, None, 3]
    assert notes(data)["missing"] == 1


def test_green_button_other_units_are_passed_over():
    with pytest.raises(BadMeterFile, match="there are no intervals of electricity in Wh"):
        green(green_button([("1", [(NOON_S, 900, 1)])], uom=169))
    feed = green_button([("1", [(NOON_S, 900, 1)]), ("20", [(NOON_S, 900, 9)])])
    assert notes(green(feed))["skipped"] == 1


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("<value>1</value>", "<value>one</value>", "line 12: value 'one' is not a number"),
        ("<value>1</value>", "<value>-1</value>", "line 12: value -1 is negative"),
        ("<value>1</value>", "<value>2000000000</value>", "value 2000000000 is above 1000000000 Wh"),
        ("<duration>900<", "<duration>0<", "duration '0' are no seconds"),
        ("<duration>900<", "<duration>x<", "duration 'x' are no seconds"),
        ("<duration>900</duration>", "", "timePeriod has no duration"),
        ("timePeriod", "period", "IntervalReading has no timePeriod"),
        (f"<start>{NOON_S}<", "<start>9719828000<", "time 9719828000 is not within 1970 and 2100"),
        ("<powerOfTenMultiplier>0<", "<powerOfTenMultiplier>99<", "powerOfTenMultiplier '99' is not within"),
        ("ReadingType xmlns", "Other xmlns", "mismatched tag"),
    ],
)
def test_green_button_bad_readings_are_named(old, new, told):
    with pytest.raises(BadMeterFile, match=told):
        green(green_button([("1", [(NOON_S, 900, 1)])]).replace(old.encode(), new.encode()))


def positions(*amounts, start_s=NOON_S, method="L1"):
    return [(start_s + 900 * place, amount, method) for place, amount in enumerate(amounts)]


@pytest.mark.parametrize("version", ["01p21", "01p30", "01p41"])
@pytest.mark.parametrize(
    ("code", "flow"),
    [("1-1:1.9.0 P.01", Flow.IMPORT), ("1-1:2.9.0 G.01", Flow.EXPORT), ("1-1:1.8.0", Flow.IMPORT)],
)
def test_eda_positions(version, code, flow):
    data = eda(consumption_record(code, positions("0.125", "0.250"), version=version))
    assert [one.energy_wh(flow) for one in data.intervals] == [125, 250]
    assert data.intervals[0].start_s == NOON_S
    assert data.intervals[0].meter == "AT0030000000000000000000000123456"


@pytest.mark.parametrize(("day", "count"), [("2024-03-31", 92), ("2024-10-27", 100)])
@pytest.mark.parametrize("has_offsets", [True, False])
def test_eda_days_of_23_and_25_hours(day, count, has_offsets):
    midnight_s = int(datetime.fromisoformat(day).replace(tzinfo=VIENNA).timestamp())
    text = consumption_record("1-1:1.9.0 P.01", positions(*["0.1"] * count, start_s=midnight_s)).decode()
    if not has_offsets:
        text = text.replace("+01:00", "").replace("+02:00", "")
    found = eda(text.encode()).intervals
    assert [one.start_s for one in found] == [midnight_s + 900 * place for place in range(count)]
    assert {one.end_s - one.start_s for one in found} == {900}


def test_eda_methods_are_qualities():
    series = [(NOON_S + 900 * place, "0.1", method) for place, method in enumerate(("L1", "L2", "L3", None))]
    data = eda(consumption_record("1-1:1.9.0 P.01", series))
    assert [one.quality for one in data.intervals] == ["measured", "substituted", "estimated", "estimated"]
    assert notes(data) == {"method": 1}


def test_eda_a_missing_position_ends_nothing():
    data = eda(consumption_record("1-1:1.9.0 P.01", positions("0.1", None, "0.3")))
    assert slots_of(data.intervals, home="a").values_wh["a", "load"] == [100, None, 300]
    assert notes(data) == {"missing": 1}


def test_eda_shares_in_a_community_are_passed_over():
    whole = consumption_record("1-1:1.9.0 P.01", positions("0.1"))
    assert notes(
        eda(whole.replace(b"</ns0:Energy>", b'<ns0:EnergyData MeterCode="1-1:2.9.0 G.03" UOM="KWH"/></ns0:Energy>'))
    )
    with pytest.raises(BadMeterFile, match=r"there is no energy of 1-1:1\.9\.0 or 1-1:2\.9\.0"):
        eda(consumption_record("1-1:2.9.0 G.03", positions("0.1")))


def test_eda_lengths_and_other_names():
    text = consumption_record("1-1:1.9.0 P.01", positions("0.1")).decode()
    begin = text.index("<ns0:DTT>")
    without = text[:begin] + text[text.index("</ns0:DTT>") + 10 :]
    assert eda(without.encode()).intervals[0].end_s == NOON_S + 900
    with pytest.raises(BadMeterFile, match="line 6: the position has no end DTT"):
        eda(without.replace(">QH<", ">V<").encode())
    other = text.replace("ns0:EP", "ns0:EnergyPosition").replace("ns0:DTF", "ns0:From").replace("ns0:DTT", "ns0:To")
    assert eda(other.encode()).intervals == eda(text.encode()).intervals


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("0.125", "0,125", "line 6: BQ '0,125' is not a number"),
        ("0.125", "-0.125", "BQ -0.125 is negative"),
        ("KWH", "KW", "line 5: unit UOM 'KW' is not known"),
        ("2024-07-01T12:15:00", "2024-07-01T11:15:00", "not after its begin"),
        ("2024-07-01T12:00:00+02:00", "2024-03-31T02:30:00", "never shows '2024-03-31T02:30:00'"),
        ("2024-07-01T12:00:00+02:00", "1st July", "time '1st July' is not understood"),
        ("MeteringPoint>", "Point>", "ProcessDirectory has no MeteringPoint"),
        ("<ns0:DTF>2024-07-01T12:00:00+02:00</ns0:DTF>", "", "EP has no DTF or From"),
    ],
)
def test_eda_bad_positions_are_named(old, new, told):
    text = consumption_record("1-1:1.9.0 P.01", positions("0.125")).decode()
    assert old in text
    with pytest.raises(BadMeterFile, match=told):
        eda(text.replace(old, new).encode())


def test_eda_a_test_document_is_told():
    data = consumption_record("1-1:1.9.0 P.01", positions("0.1")).replace(b"PROD", b"SIMU")
    assert notes(eda(data)) == {"simulated": 1}


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b'<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;">]><a>&z;</a>', "line 1: there is a document type"),
        (b'<?xml version="1.0"?>\n<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', "line 2: there is a document type"),
        (b"<a>&x;</a>", "undefined entity"),
        (b"\n\n<a>\n<b></a>", "line 4: this is not XML: mismatched tag"),
        (b"<a>" * (MAX_DEPTH + 2), "elements are nested deeper than 32"),
        (b'<?xml version="1.0" encoding="x"?><a/>', "this is not XML: unknown encoding"),
        (b'<?xml version="1.0" encoding="utf-7"?><a/>', "this is not XML"),
        (b"", "no element found"),
    ],
)
def test_xml_that_is_not_to_be_trusted_is_refused(data, told):
    with pytest.raises(BadMeterFile, match=told):
        read_xml(Source("f.xml", data))
    assert root_name(data) in ("", "a")
