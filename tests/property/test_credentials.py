"""Credentials of any person: what is issued is verified, what is shown is proven, what is changed is refused."""

import json
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from powerpact.credentials.attestation import PublicCodes
from powerpact.credentials.attributes import FIELD_NAMES, GRADES, LAST_S, PERMISSIONS, USER_TYPES, AttributeSet
from powerpact.credentials.credential import disclose, issue, public_values, sign
from powerpact.credentials.errors import BadCredentialFile
from powerpact.credentials.files import format_credential, format_disclosure, parse_credential, parse_shown
from powerpact.credentials.person import normal, person_tag
from powerpact.credentials.tree import SaltedField, is_proven, prove, root_of
from powerpact.credentials.verification import verify
from testkit.credentials import ANN, BEN, COMMITTEE, NOW_S, TAG_KEY, credential_by

WORDS = st.text(st.characters(blacklist_categories=("Cs",)), max_size=30)
BITS = st.integers(0, (1 << len(PERMISSIONS)) - 1).filter(lambda bits: bits & 3 and bits >> 2)
BYTES32 = st.binary(min_size=32, max_size=32)


@st.composite
def people(draw):
    bits, start = draw(BITS), draw(st.integers(0, LAST_S - 1))
    kinds = [kind for kind in USER_TYPES if bits & 3 == 3 or kind not in ("consumer", "producer")]
    permitted = {name: bool(bits >> bit & 1) for bit, name in enumerate(PERMISSIONS)}
    if permitted["may_buy"] and permitted["may_sell"]:
        kinds = [kind for kind in kinds if kind not in ("consumer", "producer")]
    return AttributeSet(
        full_name=f"x{draw(WORDS)}",
        country=draw(st.sampled_from(["AT", "DE", "IN"])),
        national_id=f"1{draw(WORDS)}",
        user_type=draw(st.sampled_from(kinds)),
        **permitted,
        most_energy_wh=draw(st.integers(1, 2**64 - 1)),
        grade=draw(st.sampled_from(list(GRADES))),
        credibility_ppm=draw(st.integers(0, 1_000_000)),
        wallet=draw(st.sampled_from([ANN.address, BEN.address])),
        valid_from_s=start,
        valid_until_s=draw(st.integers(start + 1, LAST_S)),
    )


@settings(max_examples=25, deadline=None)
@given(people(), st.lists(st.sampled_from(FIELD_NAMES), min_size=1, unique=True), BYTES32, st.data())
def test_what_is_issued_is_verified_and_what_is_changed_is_not(person, names, salt, data):
    tag = person_tag(TAG_KEY, person.country, person.national_id)
    salts = {name: bytes([i]) * 32 for i, name in enumerate(FIELD_NAMES)}
    credential = sign(sign(issue(COMMITTEE, person, tag, salts, salt), ANN), BEN)
    assert parse_credential("file", format_credential(credential)) == credential
    disclosure = disclose(credential, names)
    assert parse_shown("file", format_disclosure(disclosure))[1] == disclosure
    now_s = data.draw(st.integers(person.valid_from_s, person.valid_until_s - 1))
    assert not verify(credential, COMMITTEE, now_s).faults
    assert not verify(disclosure, COMMITTEE, now_s).faults
    codes = PublicCodes.decode(credential.attestation.data)
    assert public_values(credential.attestation, codes).items() <= person.values().items()
    at = data.draw(st.integers(0, len(credential.attestation.data) - 1))
    altered = bytearray(credential.attestation.data)
    altered[at] ^= data.draw(st.integers(1, 255))
    attestation = replace(credential.attestation, data=bytes(altered))
    assert verify(replace(credential, attestation=attestation), COMMITTEE, now_s).faults
    assert verify(replace(disclosure, attestation=attestation), COMMITTEE, now_s).faults


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 20), st.data())
def test_a_multiproof_shows_what_is_in_the_tree_and_nothing_else(count, data):
    fields = [SaltedField("uint64", f"f{i}", i, bytes([i + 1]) * 32) for i in range(count)]
    some = data.draw(st.lists(st.sampled_from(fields), min_size=1, unique_by=lambda field: field.name))
    shown, root = prove(fields, [field.name for field in some]), root_of(fields)
    assert set(shown.fields) == set(some)
    assert is_proven(root, shown)
    at = data.draw(st.integers(0, len(some) - 1))
    lied = list(shown.fields)
    lied[at] = replace(lied[at], value=lied[at].value + 1)
    assert not is_proven(root, replace(shown, fields=tuple(lied)))
    if shown.flags:
        turned = list(shown.flags)
        turned[data.draw(st.integers(0, len(turned) - 1))] ^= True
        assert not is_proven(root, replace(shown, flags=tuple(turned)))
    assert not is_proven(root, replace(shown, proof=(*shown.proof, root)))


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-1, 2**70)
    | st.floats()
    | st.sampled_from(["", "0x", "0x" + "00" * 32, "1"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["value", "name"]), inner, max_size=2),
    max_leaves=5,
)
SIGNED = credential_by(ANN, BEN)
TEXTS = (format_credential(SIGNED), format_disclosure(disclose(SIGNED, ["grade", "mostEnergyWh", "wallet"])))


def places(value, way=()):
    """The way to each value inside a JSON value."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [way] * bool(way) + [place for key, item in inside for place in places(item, (*way, key))]


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(TEXTS), JSON, st.data())
def test_a_changed_file_is_refused_or_has_a_fault(text, value, data):
    changed = json.loads(text)
    *way, last = data.draw(st.sampled_from(places(changed)))
    holder = changed
    for step in way:
        holder = holder[step]
    before, holder[last] = holder[last], value
    try:
        uid, shown = parse_shown("file", json.dumps(changed))
    except BadCredentialFile:
        return
    is_same = value == before or str(value) == str(before)
    assert is_same or verify(shown, COMMITTEE, NOW_S, stated_uid=uid).faults


@given(WORDS)
def test_normal_form_is_reached_once(text):
    assert normal(normal(text)) == normal(text)
