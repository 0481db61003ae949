"""Lines of signed readings, and the fast check of their signatures beside the general one."""

import pytest
from eth_account import Account

from powerpact.codec.eip712 import Domain, recover, sign, signing_hash
from powerpact.codec.errors import BadSignedFile
from powerpact.codec.readingfile import format_reading, normal_signature, parse_reading, reading_digest, signer_of
from powerpact.market.readings import Reading

DOMAIN = Domain(31_337, "0x5FbDB2315678afecb367f032d93F642f64180aa3")
KEY = Account.from_key(b"\x07" * 32)
READING = Reading(*(2**bits - 1 for bits in (32, 40, 32, 40, 64, 64, 64, 64, 8, 16)))
SIGNATURE = sign(KEY, DOMAIN, "Reading", READING.message())
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


def test_a_signature_that_no_key_can_have_made_is_nobodys():
    assert signer_of(bytes(32), bytes(64) + b"\x1b") is None


def test_a_line_is_read_as_it_was_written():
    line = format_reading(READING, SIGNATURE)
    assert "\n" not in line
    assert len(line) < 600
    assert parse_reading("line", line) == (READING, SIGNATURE)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("{", "", "not JSON"),
        ('"version":65535,', "", "version is missing"),
        ('"version":65535', '"version":65536', "0 to 65535"),
        ('"version":65535', '"version":true', "0 to 65535"),
        ('"version":65535', '"version":1.0', "0 to 65535"),
        ("reading/1", "reading/2", "schema"),
        ("0x", "0xzz", "64 bytes"),
        ('{"schema"', '{"more":1,"schema"', "more is unknown"),
        ('{"schema"', " " * 2_048 + '{"schema"', "more than 2048"),
        ('{"schema"', "[" * 1_500 + '{"schema"', "$"),
    ],
)
def test_the_first_bad_field_is_told(old, new, problem):
    line = format_reading(READING, SIGNATURE).replace(old, new, 1)
    with pytest.raises(BadSignedFile, match=problem.replace("$", r"\$")):
        parse_reading("line", line)
