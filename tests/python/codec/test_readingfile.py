"""Lines of signed readings, and the fast check of their signatures beside the general one."""

import pytest
from eth_account import Account

from powerpact.codec.devicekeys import P256Key, sign_by_device
from powerpact.codec.eip712 import Domain, recover, sign, signing_hash
from powerpact.codec.eip712.errors import MessageMismatch
from powerpact.codec.errors import BadSignedFile
from powerpact.codec.readingfile import format_reading, normal_signature, parse_reading, reading_digest, signer_of
from powerpact.market.readings import Reading
from testkit.meters import P256_ORDER

DOMAIN = Domain(31_337, "0x5FbDB2315678afecb367f032d93F642f64180aa3")
KEY = Account.from_key(b"\x07" * 32)
READING = Reading(*(2**bits - 1 for bits in (32, 40, 32, 40, 64, 64, 64, 64, 8, 16)))
SIGNATURE = sign(KEY, DOMAIN, "Reading", READING.message())
P256_KEY = P256Key(b"\x07" * 32)
P256_SIGNATURE = sign_by_device(P256_KEY, DOMAIN, "Reading", READING.message())
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def test_digest_and_signer_are_those_of_the_general_code():
    assert reading_digest(DOMAIN, READING) == signing_hash(DOMAIN, "Reading", READING.message())
    signer = signer_of(reading_digest(DOMAIN, READING), SIGNATURE)
    assert signer == bytes.fromhex(recover(DOMAIN, "Reading", READING.message(), SIGNATURE)[2:])
    assert signer == bytes.fromhex(KEY.address[2:])


def test_the_other_half_of_s_is_the_same_signature():
    s = ORDER - int.from_bytes(SIGNATURE[32:64], "big")
    high = SIGNATURE[:32] + s.to_bytes(32, "big") + bytes([55 - SIGNATURE[64]])
    assert normal_signature(high) == SIGNATURE
    assert normal_signature(SIGNATURE[:64] + bytes([SIGNATURE[64] - 27])) == SIGNATURE


def test_the_other_half_of_s_is_the_same_p256_signature():
    """What a secure element gives every other time."""
    s = P256_ORDER - int.from_bytes(P256_SIGNATURE[32:64], "big")
    high = P256_SIGNATURE[:32] + s.to_bytes(32, "big") + P256_SIGNATURE[64:]
    assert normal_signature(high) == normal_signature(P256_SIGNATURE) == P256_SIGNATURE
    signer = signer_of(reading_digest(DOMAIN, READING), P256_SIGNATURE)
    assert signer == bytes.fromhex(P256_KEY.address[2:])
    assert signer_of(bytes(32), P256_SIGNATURE) is None


@pytest.mark.parametrize("start", [0, 32])
@pytest.mark.parametrize("number", [0, P256_ORDER, 2**256 - 1])
def test_a_p256_signature_out_of_range_is_told(start, number):
    wrong = P256_SIGNATURE[:start] + number.to_bytes(32, "big") + P256_SIGNATURE[start + 32 :]
    with pytest.raises(MessageMismatch, match="is not between 1 and the order of the curve P-256"):
        normal_signature(wrong)


def test_every_signature_of_a_p256_key_is_taken_as_it_is():
    """With s in the lower half, whatever is signed."""
    for number in range(64):
        signature = P256_KEY.sign_digest(number.to_bytes(32, "big"))
        assert normal_signature(signature) == signature


def test_a_p256_key_is_not_shown():
    assert "07" * 16 not in repr(P256_KEY)
    assert P256Key.create() != P256Key.create()


def test_a_signature_that_no_key_can_have_made_is_nobodys():
    assert signer_of(bytes(32), bytes(64) + b"\x1b") is None


def test_a_line_is_read_as_it_was_written():
    line = format_reading(READING, SIGNATURE)
    assert "\n" not in line
    assert len(line) < 600
    assert parse_reading("line", line) == (READING, SIGNATURE)


def test_a_line_carries_a_p256_signature():
    line = format_reading(READING, P256_SIGNATURE)
    assert len(line) < 700
    assert parse_reading("line", line) == (READING, P256_SIGNATURE)
    with pytest.raises(BadSignedFile, match="65 or 64 or 128 bytes"):
        parse_reading("line", line.replace('"}', '00"}'))


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("{", "", "not JSON"),
        ('"version":65535,', "", "version is missing"),
        ('"version":65535', '"version":65536', "0 to 65535"),
        ('"version":65535', '"version":true', "0 to 65535"),
        ('"version":65535', '"version":1.0', "0 to 65535"),
        ("reading/1", "reading/2", "schema"),
        ("0x", "0xzz", "128 bytes"),
        ('{"schema"', '{"more":1,"schema"', "more is unknown"),
        ('{"schema"', " " * 2_048 + '{"schema"', "more than 2048"),
        ('{"schema"', "[" * 1_500 + '{"schema"', "$"),
    ],
)
def test_the_first_bad_field_is_told(old, new, problem):
    line = format_reading(READING, SIGNATURE).replace(old, new, 1)
    with pytest.raises(BadSignedFile, match=problem.replace("$", r"\$")):
        parse_reading("line", line)
