"""Person tags: one person has one tag, however the id is written, and nobody can guess it without the key."""

import hashlib
import hmac

import pytest

from powerpact.credentials.errors import BadTagKey
from powerpact.credentials.person import key_id, normal, person_tag

KEY = bytes(range(32))


def test_it_is_the_keyed_hash_of_country_and_id():
    expected = hmac.new(KEY, b"powerpact/person/1\x00at\x001234010190", hashlib.sha256).digest()
    assert person_tag(KEY, "AT", "1234 010190") == expected


@pytest.mark.parametrize(
    ("country", "national_id"),
    [
        ("at", "1234 010190"),
        ("AT", " 1234\t010190 "),
        ("ＡＴ", "１２３４ 010190"),
        ("AT", "1234-01.01.90"),
        ("AT", "1234010190"),
    ],
)
def test_however_it_is_written_it_is_the_same_person(country, national_id):
    assert person_tag(KEY, country, national_id) == person_tag(KEY, "AT", "1234 010190")


def test_letters_fold():
    assert person_tag(KEY, "DE", "Straße 1ﬁ") == person_tag(KEY, "DE", "STRASSE 1FI")
    assert person_tag(KEY, "DE", "E\u0301") == person_tag(KEY, "DE", "é")


@pytest.mark.parametrize(
    ("country", "national_id"), [("DE", "1234 010190"), ("AT", "1234 010191"), ("AT1", "234 010190")]
)
def test_another_person_has_another_tag(country, national_id):
    assert person_tag(KEY, country, national_id) != person_tag(KEY, "AT", "1234 010190")


def test_another_key_makes_other_tags_and_says_so():
    other = bytes(32)
    assert person_tag(other, "AT", "1") != person_tag(KEY, "AT", "1")
    assert key_id(other) != key_id(KEY)
    assert len(key_id(KEY)) == 8
    assert key_id(KEY) not in (KEY[:8], KEY[-8:])


@pytest.mark.parametrize("size", [0, 31, 33])
def test_a_key_of_another_size_is_refused_and_not_shown(size):
    with pytest.raises(BadTagKey) as caught:
        person_tag(b"\xab" * size, "AT", "1")
    assert "abab" not in f"{caught.value}{caught.value.remedy}"


def test_normal_form_is_reached_once():
    text = " ǅ\u00a0ſtraße\u3000ﬃ "
    assert normal(normal(text)) == normal(text) == "dž strasse ffi"
