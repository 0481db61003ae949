"""From one valid credential, one mutation per way to be invalid, each with its error."""

import json
from dataclasses import replace

import pytest

from powerpact.codec.eip712 import Domain
from powerpact.credentials import errors
from powerpact.credentials.attestation import schema_id
from powerpact.credentials.credential import Signed, disclose, sign
from powerpact.credentials.files import format_credential, format_disclosure, parse_shown
from powerpact.credentials.verification import check_tag, content_faults, verify
from testkit.credentials import ANN, BEN, CARL, COMMITTEE, FROM_S, MALLORY, NOW_S, TAG_KEY, UNTIL_S, credential_by

VALID = credential_by(ANN, BEN)
SHOWN = disclose(VALID, ["grade", "userType"])


def with_attestation(**changes):
    return replace(VALID, attestation=replace(VALID.attestation, **changes))


def in_domain(**changes):
    return credential_by(ANN, BEN, committee=replace(COMMITTEE, **changes))


def flipped(signed):
    return Signed(signed.signer, bytes([signed.signature[0] ^ 1]) + signed.signature[1:])


@pytest.mark.parametrize("shown", [VALID, SHOWN], ids=["credential", "disclosure"])
def test_a_valid_one_is_taken(shown):
    report = verify(shown, COMMITTEE, NOW_S)
    assert (report.signers, report.faults) == ((ANN.address, BEN.address), ())
    report.require()


ALTERED = {
    "attributes": (replace(VALID, attributes=replace(VALID.attributes, grade="B")), "fields"),
    "a salt": (replace(VALID, salts=dict(VALID.salts) | {"grade": bytes(32)}), "fields"),
    "the salt of the attestation": (with_attestation(salt=bytes(32)), "signature"),
    "the wallet": (with_attestation(recipient=MALLORY.address), "wallet"),
    "the end": (with_attestation(expiration_s=UNTIL_S + 1), "validUntil"),
    "the codes": (with_attestation(data=VALID.attestation.data[:-33] + b"\x01" + VALID.attestation.data[-32:]), "sig"),
    "data that is too short": (with_attestation(data=VALID.attestation.data[:-1]), "data"),
    "a longer type of user": (with_attestation(data=b"\x01" + VALID.attestation.data[1:]), "data"),
    "a signature": (replace(VALID, signatures=tuple(map(flipped, VALID.signatures))), "signature"),
    "who is said to have signed": (
        replace(VALID, signatures=(Signed(CARL.address, VALID.signatures[0].signature), VALID.signatures[1])),
        "signature",
    ),
    "a shown value": (
        replace(
            SHOWN,
            shown=replace(SHOWN.shown, fields=tuple(replace(field, value="utility") for field in SHOWN.shown.fields)),
        ),
        "fields",
    ),
    "a proof": (replace(SHOWN, shown=replace(SHOWN.shown, proof=(bytes(32), *SHOWN.shown.proof[1:]))), "fields"),
    "a proof that is too short": (replace(SHOWN, shown=replace(SHOWN.shown, proof=SHOWN.shown.proof[1:])), "fields"),
    "a proof of nothing": (
        replace(SHOWN, shown=replace(SHOWN.shown, fields=(), proof=(VALID.attestation.data[-32:],), flags=())),
        "fields",
    ),
}


@pytest.mark.parametrize(("shown", "field"), ALTERED.values(), ids=ALTERED)
def test_what_was_altered_is_refused(shown, field):
    faults = verify(shown, COMMITTEE, NOW_S).faults
    assert all(isinstance(fault, errors.CredentialAltered | errors.TooFewSignatures) for fault in faults)
    assert any(isinstance(fault, errors.CredentialAltered) and fault.field.startswith(field) for fault in faults)


def test_a_uid_that_is_not_its_own_is_refused():
    (fault,) = verify(VALID, COMMITTEE, NOW_S, stated_uid=bytes(32)).faults
    assert (type(fault), fault.field) == (errors.CredentialAltered, "uid")


@pytest.mark.parametrize("letter", ["0", "f"])
def test_no_nibble_of_what_is_signed_can_be_changed(letter):
    text = format_credential(VALID)
    data = json.loads(text)["message"]["data"]
    for at in range(2, len(data), 7):
        if data[at] == letter:
            continue
        altered = text.replace(data, data[:at] + letter + data[at + 1 :])
        uid, shown = parse_shown("file", altered)
        assert {type(fault) for fault in verify(shown, COMMITTEE, NOW_S, stated_uid=uid).faults} >= {
            errors.CredentialAltered,
            errors.TooFewSignatures,
        }


REFUSED = {
    "expired": (VALID, UNTIL_S, errors.CredentialExpired(UNTIL_S, UNTIL_S)),
    "not yet valid": (VALID, FROM_S - 1, errors.CredentialNotYetValid(FROM_S, FROM_S - 1)),
    "another chain": (in_domain(chain_id=1), NOW_S, errors.OtherChain(1, 31_337)),
    "another registry": (
        in_domain(registry=ANN.address),
        NOW_S,
        errors.OtherRegistry(f"{ANN.address} (EAS Attestation 1.3.0)", f"{COMMITTEE.registry} (EAS Attestation 1.3.0)"),
    ),
    "another version": (
        in_domain(version="0.26"),
        NOW_S,
        errors.OtherRegistry(
            f"{COMMITTEE.registry} (EAS Attestation 0.26)", f"{COMMITTEE.registry} (EAS Attestation 1.3.0)"
        ),
    ),
    "k-1 auditors": (credential_by(ANN), NOW_S, errors.TooFewSignatures(1, 2)),
    "nobody": (credential_by(), NOW_S, errors.TooFewSignatures(0, 2)),
    "an outsider besides": (credential_by(ANN, BEN, MALLORY), NOW_S, errors.OutsideSigner(MALLORY.address)),
    "an auditor twice": (credential_by(ANN, BEN, ANN), NOW_S, errors.SignedTwice(ANN.address)),
}


@pytest.mark.parametrize(("shown", "now_s", "error"), REFUSED.values(), ids=REFUSED)
def test_each_reason_has_its_own_error(shown, now_s, error):
    report = verify(shown, COMMITTEE, now_s)
    assert [(type(fault), str(fault), vars(fault)) for fault in report.faults] == [
        (type(error), str(error), vars(error))
    ]
    assert report.faults[0].remedy
    with pytest.raises(type(error)):
        report.require()
    disclosed = verify(disclose(shown, ["grade"]), COMMITTEE, now_s)
    assert [type(fault) for fault in disclosed.faults] == [type(error)]


def test_another_schema_is_refused():
    other = with_attestation(schema=schema_id("bool isFriend"))
    other = sign(sign(replace(other, signatures=()), ANN), BEN)
    (fault,) = verify(other, COMMITTEE, NOW_S).faults
    assert (type(fault), fault.have) == (errors.OtherSchema, schema_id("bool isFriend"))


def test_the_same_auditor_twice_does_not_make_two():
    faults = verify(credential_by(ANN, ANN), COMMITTEE, NOW_S).faults
    assert [type(fault) for fault in faults] == [errors.SignedTwice, errors.TooFewSignatures]


def test_an_outsider_does_not_make_two():
    faults = verify(credential_by(ANN, MALLORY), COMMITTEE, NOW_S).faults
    assert [type(fault) for fault in faults] == [errors.OutsideSigner, errors.TooFewSignatures]


def test_it_is_dead_once_fewer_than_k_signatures_are_unrevoked():
    three = credential_by(ANN, BEN, CARL)
    assert not verify(three, COMMITTEE, NOW_S, {ANN.address: NOW_S}).faults
    report = verify(three, COMMITTEE, NOW_S, {ANN.address: NOW_S, CARL.address: NOW_S})
    (fault,) = report.faults
    assert (type(fault), fault.issuers, fault.left, fault.needed) == (
        errors.CredentialRevoked,
        (ANN.address, CARL.address),
        1,
        2,
    )
    assert report.revoked_by == (ANN.address, CARL.address)


def test_what_others_revoked_does_not_count():
    assert not verify(VALID, COMMITTEE, NOW_S, {MALLORY.address: NOW_S, CARL.address: NOW_S}).faults


def test_every_fault_is_said():
    shown = replace(in_domain(chain_id=1, registry=ANN.address), attributes=replace(VALID.attributes, grade="C"))
    faults = verify(replace(shown, signatures=shown.signatures[:1]), COMMITTEE, UNTIL_S).faults
    assert [type(fault) for fault in faults] == [
        errors.OtherChain,
        errors.OtherRegistry,
        errors.CredentialAltered,
        errors.CredentialAltered,
        errors.CredentialExpired,
        errors.TooFewSignatures,
    ]


def test_an_auditor_can_tell_what_not_to_sign():
    assert not content_faults(VALID)
    assert content_faults(replace(VALID, attributes=replace(VALID.attributes, credibility_ppm=1)))


def test_an_auditor_can_tell_another_persons_tag():
    check_tag(VALID, TAG_KEY)
    for wrong in (
        replace(VALID, attributes=replace(VALID.attributes, national_id="1234 010191")),
        replace(VALID, attributes=replace(VALID.attributes, country="DE")),
        with_attestation(data=VALID.attestation.data[:-1]),
    ):
        with pytest.raises(errors.CredentialAltered) as caught:
            check_tag(wrong, TAG_KEY)
        assert caught.value.field == "personTag"
    with pytest.raises(errors.CredentialAltered):
        check_tag(VALID, bytes(32))


def test_a_signature_with_the_higher_s_is_nobodys():
    order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
    signer, signature = VALID.signatures[0]
    s = order - int.from_bytes(signature[32:64], "big")
    high = signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])
    faults = verify(replace(VALID, signatures=(Signed(signer, high), VALID.signatures[1])), COMMITTEE, NOW_S).faults
    assert [type(fault) for fault in faults] == [errors.CredentialAltered, errors.TooFewSignatures]


def test_the_uid_is_the_same_in_every_domain_and_the_signature_is_not():
    other = credential_by(ANN, BEN, committee=replace(COMMITTEE, chain_id=1))
    assert other.attestation.uid == VALID.attestation.uid
    assert isinstance(other.domain, Domain)
    assert other.signatures != VALID.signatures


def test_a_disclosure_holds_nothing_of_what_is_hidden():
    text = format_disclosure(SHOWN)
    for name, salt in VALID.salts.items():
        assert (salt.hex() in text) == (name in ("grade", "userType"))
    for hidden in (VALID.attributes.full_name, VALID.attributes.national_id, "nationalId"):
        assert hidden not in text
