"""Candidates: ranges, and their two words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from powerpact.errors import BadChoice
from powerpact.market.candidates import (
    LATEST_EXPIRY,
    USER_TYPES,
    Candidate,
    Permission,
    most_energy_code,
    most_energy_wh,
)

SOMEBODY = "0x" + "00" * 19 + "0A"
TAG = bytes(31) + b"\1"


@given(
    st.integers(1, 2**24 - 1),
    st.integers(0, 1_000_000),
    st.sampled_from([Permission.BUY, Permission.SELL, Permission.BUY | Permission.SELL]),
    st.sampled_from(sorted(USER_TYPES.values())),
    st.integers(0, 15),
    st.integers(1, LATEST_EXPIRY),
    st.integers(0, 63),
)
def test_two_words_hold_everything(application, credibility_ppm, permissions, user_type, grade, expiry, most):
    someone = Candidate(SOMEBODY, application, TAG, credibility_ppm, permissions, user_type, grade, expiry, most)
    head, tag = someone.pack()
    assert head < 2**256
    assert Candidate.unpack((head, tag)) == someone


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("application", 0),
        ("application", 2**24),
        ("most_energy", 64),
        ("credibility_ppm", -1),
        ("credibility_ppm", 1_000_001),
        ("permissions", Permission(0)),
        ("user_type", 7),
        ("grade", 16),
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


@given(st.integers(1, 2**64))
def test_the_most_energy_is_never_rounded_up(most_wh):
    permitted_wh = most_energy_wh(most_energy_code(most_wh))
    if permitted_wh is None:
        assert most_wh >= 2**64 - 1
    else:
        assert permitted_wh <= most_wh < 2 * permitted_wh + 1 or permitted_wh == 2**63 - 1


def test_a_bound_that_permits_no_order_is_refused():
    with pytest.raises(BadChoice, match="permits no order"):
        most_energy_code(0)
