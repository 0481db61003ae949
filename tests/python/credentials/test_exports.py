"""Credentials in the formats of others: what they say is what was signed, and outside libraries take them."""

import base64
import hashlib
import json
from datetime import datetime

import pytest
from eth_utils import keccak, to_checksum_address
from jwcrypto.common import JWException
from jwcrypto.jwk import JWK
from sd_jwt.holder import SDJWTHolder
from sd_jwt.verifier import SDJWTVerifier

from powerpact.credentials.attributes import FIELD_NAMES
from powerpact.credentials.errors import NotSigned, UnknownField
from powerpact.credentials.exports import eas_attestation, verifiable_credential
from powerpact.credentials.sdjwt import SD_FIELDS, public_jwk, sd_jwt
from testkit.credentials import ALICE, ANN, BEN, CARL, COMMITTEE, FROM_S, UNTIL_S, credential_by

CREDENTIAL = credential_by(ANN, BEN, full_name="Überlandwerk 電力", most_energy_wh=(1 << 64) - 1)
VALUES = CREDENTIAL.attributes.values() | {"mostEnergyWh": str((1 << 64) - 1)}
UID = f"0x{CREDENTIAL.attestation.uid.hex()}"


def verified(text, keys=(ANN,)):
    """What the reference library of SD-JWT reads, with the key of the issuer that the header names."""
    known = {key.address: JWK(**public_jwk(key)) for key in keys}

    def key_of(issuer, header):
        return known[issuer.rpartition(":")[2]]

    return SDJWTVerifier(text, key_of).get_verified_payload()


def header_of(text):
    part = text.split(".")[0]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


def test_the_reference_library_verifies_it():
    payload = verified(sd_jwt(CREDENTIAL, ANN))
    assert {name: payload[name] for name in SD_FIELDS} == {name: VALUES[name] for name in SD_FIELDS}
    assert (payload["nbf"], payload["exp"], payload["uid"]) == (FROM_S, UNTIL_S, UID)
    assert payload["sub"] == payload["cnf"]["kid"] == f"did:pkh:eip155:31337:{ALICE.address}"
    assert payload["registry"] == f"eip155:31337:{COMMITTEE.registry}"


def test_every_field_is_in_it():
    assert {*SD_FIELDS, "wallet", "validFrom", "validUntil"} == set(FIELD_NAMES)


def test_only_named_fields_are_disclosed():
    text = sd_jwt(CREDENTIAL, ANN, ["grade", "userType"])
    assert verified(text).keys() & set(SD_FIELDS) == {"grade", "userType"}
    assert text.count("~") == 3
    assert text.split("~")[0] == sd_jwt(CREDENTIAL, ANN).split("~")[0]


def test_its_holder_chooses_with_the_reference_library():
    holder = SDJWTHolder(sd_jwt(CREDENTIAL, ANN))
    holder.create_presentation({"grade": True})
    assert verified(holder.sd_jwt_presentation).keys() & set(SD_FIELDS) == {"grade"}


def test_the_key_in_its_header_is_the_auditors():
    jwk = header_of(sd_jwt(CREDENTIAL, BEN))["jwk"]
    point = b"".join(base64.urlsafe_b64decode(jwk[axis] + "=") for axis in "xy")
    assert to_checksum_address(keccak(point)[12:]) == BEN.address
    header = header_of(sd_jwt(CREDENTIAL, BEN))
    assert (header["alg"], header["typ"]) == ("ES256K", "dc+sd-jwt")


def test_a_signature_of_another_key_is_refused():
    jwt = sd_jwt(CREDENTIAL, ANN)
    with pytest.raises(JWException):
        SDJWTVerifier(jwt, lambda *_: JWK(**public_jwk(BEN)))


def test_an_altered_disclosure_is_not_read():
    jwt, *disclosures, _ = sd_jwt(CREDENTIAL, ANN, ["grade"]).split("~")
    salt, name, _ = json.loads(base64.urlsafe_b64decode(disclosures[0] + "=="))
    forged = base64.urlsafe_b64encode(json.dumps([salt, name, "D"]).encode()).rstrip(b"=").decode()
    assert "grade" not in verified(f"{jwt}~{forged}~")


def test_an_altered_payload_is_refused():
    header, payload, rest = sd_jwt(CREDENTIAL, ANN).split(".")
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))) | {"exp": UNTIL_S + 1}
    forged = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    with pytest.raises(JWException):
        verified(f"{header}.{forged}.{rest}")


def test_hidden_fields_cannot_be_guessed():
    """A digest of a field without its salt is not among those that are signed."""
    payload = sd_jwt(CREDENTIAL, ANN, []).split(".")[1]
    claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert len(claims["_sd"]) == len(SD_FIELDS)
    assert claims["_sd"] == sorted(claims["_sd"])
    for content in (["grade", "A"], ["", "grade", "A"]):
        part = base64.urlsafe_b64encode(json.dumps(content).encode()).rstrip(b"=")
        assert base64.urlsafe_b64encode(hashlib.sha256(part).digest()).rstrip(b"=").decode() not in claims["_sd"]
    assert not set(claims) & set(SD_FIELDS)


def test_only_an_auditor_who_signed_exports():
    for export in (sd_jwt, lambda credential, key: eas_attestation(credential, key.address)):
        with pytest.raises(NotSigned, match=CARL.address):
            export(CREDENTIAL, CARL)
    for export in (eas_attestation, verifiable_credential):
        with pytest.raises(NotSigned, match=r"^not signed$"):
            export(credential_by())


@pytest.mark.parametrize("name", ["wallet", "shoeSize"])
def test_what_cannot_be_disclosed_is_refused(name):
    with pytest.raises(UnknownField):
        sd_jwt(CREDENTIAL, ANN, [name])


def test_a_verifiable_credential_has_what_its_data_model_asks_for():
    data = verifiable_credential(CREDENTIAL)
    assert data["@context"][0] == "https://www.w3.org/ns/credentials/v2"
    assert data["type"][0] == "VerifiableCredential"
    assert data["issuer"] == f"did:pkh:eip155:31337:{ANN.address}"
    assert verifiable_credential(CREDENTIAL, BEN.address)["issuer"].endswith(BEN.address)
    for name, time_s in (("validFrom", FROM_S), ("validUntil", UNTIL_S)):
        assert datetime.fromisoformat(data[name]).timestamp() == time_s
    (evidence,) = data["evidence"]
    assert (evidence["uid"], len(evidence["signatures"])) == (UID, 2)
    assert "proof" not in data


def test_a_verifiable_credential_has_every_field():
    data = verifiable_credential(CREDENTIAL)
    subject = data["credentialSubject"]
    assert subject["id"].endswith(ALICE.address)
    assert subject["customerDetails"]["fullName"] == CREDENTIAL.attributes.full_name
    assert subject["enrollmentDate"] == data["validFrom"]
    named_otherwise = {"fullName", "wallet", "validFrom", "validUntil"}
    assert {name: subject[name] for name in FIELD_NAMES if name not in named_otherwise} == {
        name: value for name, value in VALUES.items() if name not in named_otherwise
    }
    assert json.loads(json.dumps(data)) == data
