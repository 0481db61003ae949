"""Whatever a meter's file holds, it gives series or an error of ours; energy is neither made nor lost on the way."""

import json
from itertools import pairwise

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from powerpact.errors import BadChoice
from powerpact.series.errors import BadMeterFile
from powerpact.series.importing.columns import Kind
from powerpact.series.meters.formats import READERS, read_meter_file
from powerpact.series.meters.intervals import Interval, Place, Quality, Source
from powerpact.series.meters.options import Format
from powerpact.series.meters.report import Report
from powerpact.series.meters.settling import measured
from powerpact.series.meters.slots import format_slots, slots_of
from powerpact.series.zones import zone_named
from testkit.meter_messages import KEBA, KEBA_KEY, consumption_record, frame, framed, green_button, telegram

NOON_S = 1_719_828_000
SAMPLES = {
    Format.DSMR: b"".join(telegram(NOON_S + 900 * place, 1_000 + place, place) for place in range(3))
    + telegram(0, 1_100, version=2, said="2024-07-01T13:00:00"),
    Format.OCMF: KEBA,
    Format.SML: b"".join(frame((1, 10 + 900 * place), {"1.8.0": place, "2.8.0": 7}) for place in range(3)),
    Format.GREEN_BUTTON: green_button([("1", [(NOON_S, 900, 5)]), ("4", [(NOON_S, 900, -3, 8)])]),
    Format.EDA: consumption_record("1-1:1.9.0 P.01", [(NOON_S, "0.1", "L1"), (NOON_S + 900, None, "L3")]),
}
WATT_HOURS = st.integers(0, 10**6)
EXAMPLES = settings(max_examples=150, deadline=None)
PRIVATE = ec.generate_private_key(ec.SECP256R1())
KEY = PRIVATE.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def imported(data: bytes, wanted: Format | None, key: bytes = KEBA_KEY) -> None:
    """All of an import, which ends well or with an error of ours."""
    source = Source("f", data, zone_named("Europe/Berlin"), key, NOON_S)
    refusal: BadMeterFile | BadChoice | None = None
    try:
        found = {"f": read_meter_file(source, wanted)}
        intervals, notes = measured(one for _, one in found.values())
        slots = slots_of(intervals, is_spread=True)
    except (BadMeterFile, BadChoice) as error:
        refusal = error
    if refusal is not None:
        assert refusal.remedy
        return
    report = Report.of(found, intervals, notes, slots, None)
    assert list(report.lines())
    assert format_slots(slots, report.zone).count("\n") == 1 + len(slots.homes) * len(slots.start_s)
    json.dumps(report.data())


@EXAMPLES
@given(st.sampled_from(Format), st.binary(max_size=200))
def test_random_bytes(wanted, data):
    imported(data, wanted)
    imported(data, None)


@EXAMPLES
@given(st.sampled_from(Format), st.data())
def test_files_that_are_cut_or_changed(wanted, data):
    sample = SAMPLES[wanted]
    first, last = sorted(data.draw(st.lists(st.integers(0, len(sample)), min_size=2, max_size=2)))
    between = data.draw(st.binary(max_size=6))
    imported(sample[:first] + between + sample[last:], wanted)
    imported(sample[first:last], None)


@EXAMPLES
@given(st.sampled_from([Format.GREEN_BUTTON, Format.EDA]), st.data())
def test_documents_with_other_texts(wanted, data):
    sample = SAMPLES[wanted].decode()
    words = [
        "900",
        "72",
        "0",
        "KWH",
        "0.1",
        "L1",
        "P.01",
        str(NOON_S),
        "2024-07-01T12:00:00+02:00",
        "IntervalReading",
        "BQ",
    ]
    other = st.one_of(st.text(max_size=8), st.integers().map(str), st.floats().map(str))
    imported(sample.replace(data.draw(st.sampled_from(words)), data.draw(other)).encode("utf-8", "replace"), wanted)


@EXAMPLES
@given(st.binary(max_size=60))
def test_messages_in_a_frame_whose_crc_is_right(messages):
    imported(framed(messages), Format.SML)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5), st.lists, max_leaves=4
)
FIELDS = {
    "TM": st.sampled_from(
        ["2024-07-01T12:00:00,000+0200 S", "9999-12-31T23:59:59,999-2359 U", "0001-01-01T00:00:00Z R"]
    ),
    "TX": st.sampled_from("BCXE"),
    "RV": st.floats() | st.integers(),
    "RI": st.sampled_from(["1-b:1.8.0", "1-0:2.8.0", "01-00:B2.08.00*FF"]),
    "RU": st.sampled_from(["kWh", "Wh"]),
    "ST": st.sampled_from("GSX"),
}
READINGS = st.fixed_dictionaries({}, optional={name: usual | JSON for name, usual in FIELDS.items()})


@EXAMPLES
@given(st.lists(READINGS | JSON, max_size=4), st.fixed_dictionaries({}, optional={"SA": JSON, "SE": JSON, "SM": JSON}))
def test_signed_records_of_any_readings(readings, said):
    payload = json.dumps({"MS": "a", "RD": readings}).replace("|", "").encode()
    signature = PRIVATE.sign(payload, ec.ECDSA(hashes.SHA256())).hex()
    for section in ({"SD": signature}, {"SD": signature, **said}):
        imported(b"OCMF|" + payload + b"|" + json.dumps(section).encode(), Format.OCMF, KEY)


def test_every_format_has_a_sample():
    assert set(SAMPLES) == set(READERS) == set(Format)


@EXAMPLES
@given(st.data())
def test_energy_is_neither_made_nor_lost(data):
    slot_s = data.draw(st.sampled_from([900, 1_800, 3_600]))
    moments = sorted(data.draw(st.sets(st.integers(0, 4 * slot_s), max_size=20)) | {0, 4 * slot_s})
    intervals = [
        Interval("a", NOON_S + start, NOON_S + end, data.draw(WATT_HOURS), None, Quality.MEASURED, Place("f"))
        for start, end in pairwise(moments)
    ]
    slots = slots_of(data.draw(st.permutations(intervals)), slot_s=slot_s, is_spread=True)
    assert slots.total_wh(Kind.LOAD) == sum(one.imported_wh or 0 for one in intervals)
    assert not slots.gaps
