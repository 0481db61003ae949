"""Candidates: ranges, and their two words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerpact.errors import BadChoice
from powerpact.market.candidates import LAST_APPLICATION, LATEST_EXPIRY, USER_TYPES, Candidate
from powerpact.market.permissions import CARRIERS, SIDES, Permission

SOMEBODY = "0x" + "00" * 19 + "0A"
TAG = bytes(31) + b"\1"


@given(
    st.integers(1, LAST_APPLICATION),
    st.integers(0, 1_000_000),
    st.builds(lambda side, carrier: Permission(side | carrier << 2), st.integers(1, 3), st.integers(1, 15)),
    st.sampled_from(sorted(USER_TYPES.values())),
    st.integers(0, 7),
    st.integers(1, LATEST_EXPIRY),
    st.integers(0, 63),
    st.integers(0, 999),
)
def test_two_words_hold_everything(application, credibility_ppm, permissions, user_type, grade, expiry, most, country):
    attested = credibility_ppm, permissions, user_type, grade, expiry, most, country
    someone = Candidate(SOMEBODY, application, TAG, *attested)
    head, tag = someone.pack()
    assert head < 2**256
    assert Candidate.unpack((head, tag)) == someone


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("application", 0),
        ("application", 2**16),
        ("most_energy", 64),
        ("country", -1),
        ("country", 1_000),
        ("credibility_ppm", -1),
        ("credibility_ppm", 1_000_001),
        ("permissions", Permission(0)),
        ("permissions", SIDES),
        ("permissions", CARRIERS),
        ("permissions", 64),
        ("user_type", 7),
        ("grade", 8),
        ("expiry", 0),
        ("expiry", 2**32),
        ("tag", bytes(32)),
        ("tag", b"\1"),
    ],
)
def test_what_is_out_of_its_range_is_refused(name, value):
    terms = {"account": SOMEBODY, "application": 1, "tag": TAG, "credibility_ppm": 1} | {name: value}
    with pytest.raises(BadChoice, match=name) as refusal:
        Candidate(**terms)
    assert refusal.value.remedy
