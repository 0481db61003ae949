"""Records of charging stations: signatures, readings, clocks and faults."""

import base64
import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from powerpact.series.errors import BadMeterFile
from powerpact.series.meters.intervals import Flow, Quality, Source
from powerpact.series.meters.ocmf import is_ocmf, read_ocmf
from powerpact.series.meters.settling import measured
from testkit.meter_messages import KEBA, KEBA_KEY

PRIVATE = ec.generate_private_key(ec.SECP256R1())
DER = PRIVATE.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
START_S = 1_719_828_000  # 2024-07-01T12:00+02:00


def reading(clock, value, **more):
    given = {"TM": f"2024-07-01T{clock},000+0200 S", "TX": "C", "RV": value, "RI": "1-b:1.8.0", "RU": "kWh", "ST": "G"}
    return {name: text for name, text in {**given, **more}.items() if text is not ...}


def record(*readings, private=PRIVATE, algorithm=None, encoding=None, indent=None, **more):
    payload = json.dumps({"FV": "1.0", "MS": "M1", "RD": readings, **more}, indent=indent)
    signature = private.sign(payload.encode(), ec.ECDSA(hashes.SHA256()))
    said = {"SA": algorithm, "SE": encoding}
    said["SD"] = base64.b64encode(signature).decode() if encoding == "base64" else signature.hex()
    return f"OCMF|{payload}|{json.dumps({name: text for name, text in said.items() if text})}\n".encode()


def read(data, key=DER):
    return read_ocmf(Source("charge.ocmf", data, key=key))


def energies(*files):
    intervals, _ = measured(read(data) for data in files)
    return [(one.start_s - START_S, one.end_s - one.start_s, one.imported_wh, one.exported_wh) for one in intervals]


def test_a_published_record_and_its_key():
    assert is_ocmf(KEBA)
    data = read(KEBA, KEBA_KEY)
    assert [(one.meter, one.flow, one.time_s, one.total_wh) for one in data.counts] == [
        ("17619300", Flow.IMPORT, 1_565_690_595, 260),
        ("17619300", Flow.IMPORT, 1_565_690_616, 260),
    ]
    assert [(note.code, note.count) for note in data.notes] == [("clock", 1)]


@pytest.mark.parametrize("changed", [KEBA.replace(b"0.2597", b"9.2597"), KEBA.replace(b'"B","EF"', b'"B", "EF"')])
def test_a_changed_record_is_refused(changed):
    with pytest.raises(BadMeterFile, match="record 1, line 1: the signature is not valid") as caught:
        read(changed, KEBA_KEY)
    assert "--key" in caught.value.remedy


def test_no_record_is_taken_without_a_key_or_beside_a_forged_one():
    with pytest.raises(BadMeterFile, match="cannot be verified without the meter's public key"):
        read(KEBA, None)
    good = record(reading("12:00:00", 1))
    with pytest.raises(BadMeterFile, match="record 2, line 2: the signature is not valid"):
        read(good + good.replace(b'"RV": 1', b'"RV": 2'))


@pytest.mark.parametrize(
    ("curve", "algorithm"),
    [
        (ec.SECP256R1(), None),
        (ec.SECP256R1(), "ECDSA-secp256r1-SHA256"),
        (ec.SECP256K1(), "ECDSA-secp256k1-SHA256"),
        (ec.SECP384R1(), "ECDSA-secp384r1-SHA256"),
        (ec.BrainpoolP256R1(), "ECDSA-brainpool256r1-SHA256"),
        (ec.BrainpoolP384R1(), "ECDSA-brainpool384r1-SHA256"),
    ],
)
@pytest.mark.parametrize("encoding", [None, "hex", "base64"])
def test_curves_and_encodings(curve, algorithm, encoding):
    private = ec.generate_private_key(curve)
    der = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    data = record(reading("12:00:00", 1), private=private, algorithm=algorithm, encoding=encoding)
    assert read(data, der).counts[0].total_wh == 1_000


def test_forms_of_the_key():
    data = record(reading("12:00:00", 1))
    public = PRIVATE.public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    for key in (DER, pem, DER.hex().encode(), base64.b64encode(DER), point.hex().upper().encode() + b"\n", point):
        assert len(read(data, key).counts) == 1


def coded(public_key):
    return public_key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize(
    ("key", "told"),
    [
        (coded(ec.generate_private_key(ec.SECP384R1()).public_key()), "signed on the curve secp256r1, the key is on"),
        (coded(ed25519.Ed25519PrivateKey.generate().public_key()), "the public key is none of an elliptic curve"),
        (b"not a key", "the public key cannot be read"),
        (b"\xff\x00", "the public key cannot be read"),
        (b"-----BEGIN PUBLIC KEY-----", "the public key cannot be read"),
        (b"04" + b"00" * 64, "the public key cannot be read"),
        (b"", "the public key cannot be read"),
    ],
    ids=["curve", "kind", "text", "bytes", "pem", "point", "empty"],
)
def test_keys_that_do_not_fit(key, told):
    with pytest.raises(BadMeterFile, match=told):
        read(record(reading("12:00:00", 1)), key)


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ({"SA": "ECDSA-secp192k1-SHA256", "SD": "00"}, "signature algorithm 'ECDSA-secp192k1-SHA256' is not known"),
        ({"SA": "RSA", "SD": "00"}, "signature algorithm 'RSA' is not known"),
        ({"SE": "base32", "SD": "00"}, "encoding 'base32'"),
        ({"SD": "xyz"}, "the signature SD 'xyz' is not in hex"),
        ({}, "the signature SD 'None' is not in hex"),
        ({"SD": "00"}, "the signature is not valid"),
    ],
)
def test_signatures_that_cannot_be_verified(said, told):
    with pytest.raises(BadMeterFile, match=told):
        read(record(reading("12:00:00", 1)).split(b"}|")[0] + b"}|" + json.dumps(said).encode())


def test_energy_between_readings_of_one_record_and_of_several():
    first = record(reading("12:00:00", 1.5, TX="B"), reading("12:15:00", 2.25), reading("12:30:00", 3.0, TX="E"))
    second = record(reading("12:45:00", 3000, RU="Wh"), reading("13:00:00", 3500, RU="Wh"), indent=2)
    assert energies(first + second) == [
        (0, 900, 750, None),
        (900, 900, 750, None),
        (1_800, 900, 0, None),
        (2_700, 900, 500, None),
    ]
    assert energies(second, first) == energies(first, second)


def test_fields_left_out_are_those_of_the_reading_before():
    later = reading("12:15:00", 2, RI=..., RU=..., ST=..., TX=...)
    assert energies(record(reading("12:00:00", 1), later)) == [(0, 900, 1_000, None)]


def test_export_and_other_registers():
    data = record(
        reading("12:00:00", 0, RI="01-00:B2.08.00*FF"),
        reading("12:00:00", 7, RI="01-00:B0.08.00*FF"),
        reading("12:00:00", 1, RI="1-0:2.8.0"),
        reading("12:00:00", 3, RI="1-0:1.7.0", RU="kW"),
        reading("12:15:00", 8, RI="01-00:B0.08.00*FF"),
        reading("12:15:00", 1.5, RI="1-0:2.8.0"),
    )
    assert energies(data) == [(0, 900, 1_000, 500)]
    assert [(note.code, note.sentence) for note in read(data).notes] == [
        ("register", "1 registers left out: 01-00:B2.08.00*FF")
    ]


def test_a_register_that_begins_at_zero_in_each_transaction():
    code = "01-00:B2.08.00*FF"
    log = record(reading("12:00:00", 0, RI=code), reading("12:15:00", 2, RI=code))
    log += record(reading("13:00:00", 0, RI=code), reading("13:15:00", 1, RI=code))
    assert energies(log) == [(0, 900, 2_000, None), (3_600, 900, 1_000, None)]


@pytest.mark.parametrize(
    "fault", [{"ST": "F"}, {"ST": "X"}, {"EF": "E"}, {"EF": "t"}, {"RV": ...}, {"TX": "X"}], ids=str
)
def test_faulty_readings_are_passed_over_and_told(fault):
    log = record(reading("12:00:00", 1), reading("12:15:00", 99, **fault))
    log += record(reading("12:30:00", 2))
    data = read(log)
    assert [(note.code, note.places) for note in data.notes] == [
        ("faulty", ("charge.ocmf: record 1, line 1, reading 2",))
    ]
    assert energies(log) == [(0, 1_800, 1_000, None)]


def test_after_an_exception_no_reading_of_the_record_counts():
    data = read(record(reading("12:00:00", 1), reading("12:15:00", 2, TX="X"), reading("12:30:00", 9, TX="E")))
    assert [count.total_wh for count in data.counts] == [1_000]


def test_a_substitute_is_marked():
    intervals, _ = measured([read(record(reading("12:00:00", 1), reading("12:15:00", 2, ST="S")))])
    assert intervals[0].quality is Quality.SUBSTITUTED


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (reading("12:00:00", 1, TM="2024-07-01T12:00:00 S"), "reading 1: time TM '2024-07-01T12:00:00 S' is not"),
        (reading("12:00:00", 1, TM="2024-07-01T12:00:00,000+0200"), "is not understood"),
        (reading("25:00:00", 1), r"time '2024-07-01T25:00:00,000\+0200' is not understood"),
        (reading("12:00:00", "x"), "RV 'x' is not a number"),
        (reading("12:00:00", -1), "RV -1 is not within 0"),
        (reading("12:00:00", 1, RU="MWh"), "unit RU 'MWh'"),
        (reading("12:00:00", 1, ST=...), "there is no good reading of energy"),
    ],
)
def test_bad_readings_are_named(wrong, told):
    with pytest.raises(BadMeterFile, match=told):
        read(record(wrong))


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"", "there is no good reading"),
        (b"OCMF|{}", "record 1, line 1: the record is cut"),
        (b"\nOCMF|{|{}", "record 1, line 2: the payload is not JSON"),
        (b'OCMF|{"RD":NaN}|{}', "the payload is not JSON"),
        (b"OCMF|[]|{}", "the payload is not a JSON object"),
        (b"OCMF|" + b"[" * 100_000 + b"|{}", "the payload is not JSON"),
        (b"OCMF|{}|{}|", "the signature is not JSON"),
        (b"x", "is not the begin of a record"),
    ],
)
def test_what_is_no_record_is_refused(data, told):
    with pytest.raises(BadMeterFile, match=told):
        read(data)


def test_a_record_needs_a_meter_and_readings():
    with pytest.raises(BadMeterFile, match="names no meter"):
        read(record(reading("12:00:00", 1), MS=""))
    with pytest.raises(BadMeterFile, match="has no list of readings"):
        read(record(RD=None))
    with pytest.raises(BadMeterFile, match="reading 1: the reading is not a JSON object"):
        read(record(5))
