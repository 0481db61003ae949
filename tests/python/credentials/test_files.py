"""Files of credentials, disclosures and committees: what they keep, and what is wrong with one that is none."""

import json

import pytest
from eth_account import Account
from eth_account.messages import encode_typed_data

from powerpact.credentials.credential import Committee, disclose
from powerpact.credentials.errors import BadCommittee, BadCredentialFile, UnknownField
from powerpact.credentials.files import (
    format_committee,
    format_credential,
    format_disclosure,
    parse_committee,
    parse_credential,
    parse_shown,
)
from testkit.credentials import ANN, BEN, COMMITTEE, credential_by

CREDENTIAL = credential_by(ANN, BEN, most_energy_wh=(1 << 64) - 1)
DISCLOSURE = disclose(CREDENTIAL, ["grade", "mostEnergyWh", "wallet"])
TEXTS = {"credential": format_credential(CREDENTIAL), "disclosure": format_disclosure(DISCLOSURE)}


def changed(kind, path, value):
    """The file with another value at a path; None: without it."""
    data = json.loads(TEXTS[kind])
    *way, last = path.split(".")
    place = data
    for step in way:
        place = place[int(step) if step.isdecimal() else step]
    if value is None:
        del place[last]
    else:
        place[int(last) if last.isdecimal() else last] = value
    return json.dumps(data)


def test_a_file_keeps_everything():
    assert parse_credential("file", TEXTS["credential"]) == CREDENTIAL
    assert parse_shown("file", TEXTS["credential"]) == (CREDENTIAL.attestation.uid, CREDENTIAL)
    assert parse_shown("file", TEXTS["disclosure"].encode()) == (CREDENTIAL.attestation.uid, DISCLOSURE)
    assert parse_committee("file", format_committee(COMMITTEE)) == COMMITTEE


def test_a_wallet_signs_the_file():
    data = json.loads(TEXTS["credential"])
    told = {name: data[name] for name in ("types", "primaryType", "domain", "message")}
    signature = Account.sign_message(encode_typed_data(full_message=told), ANN.key).signature
    assert signature == CREDENTIAL.signatures[0].signature


def test_large_numbers_are_text():
    assert json.loads(TEXTS["credential"])["attributes"]["mostEnergyWh"] == "18446744073709551615"


BAD = [
    ("schema", "powerpact/credential/2"),
    ("uid", "0x12"),
    ("uid", None),
    ("types", {}),
    ("types.Attest.0.type", "uint8"),
    ("primaryType", "Attestation"),
    ("domain.chainId", -1),
    ("domain.chainId", "9" * 5_000),
    ("domain.verifyingContract", "0x12"),
    ("domain.name", 7),
    ("domain.salt", "0x"),
    ("message.version", 1),
    ("message.version", True),
    ("message.revocable", 1),
    ("message.revocable", False),
    ("message.refUID", "0x" + "01" * 32),
    ("message.time", 1.5),
    ("message.expirationTime", 1 << 64),
    ("message.data", "0xabc"),
    ("message.data", "0x" + "00" * 40_000),
    ("message.salt", "0x"),
    ("message.recipient", "0x7e5F4552091A69125d5DfCb7b8C2659029395Bdf"),
    ("signatures", {}),
    ("signatures.0.signature", "0x00"),
    ("signatures.0.signer", None),
    ("signatures", [{"signer": ANN.address, "signature": "0x" + "00" * 65}] * 65),
]
BAD_CREDENTIAL = [
    ("attributes.grade", "Z"),
    ("attributes.grade", None),
    ("attributes.mostEnergyWh", "0x10"),
    ("attributes.shoeSize", 44),
    ("attributes", []),
    ("salts.grade", "0x00"),
    ("salts.grade", None),
]
BAD_DISCLOSURE = [
    ("shown.leaves", 1),
    ("shown.leaves.0.type", "uint256"),
    ("shown.leaves.0.type", {}),
    ("shown.leaves.0.name", []),
    ("shown.leaves.0.name", "shoeSize"),
    ("shown.leaves.0.value", {}),
    ("shown.leaves.0.salt", 5),
    ("shown.proof.0", "0x00"),
    ("shown.proofFlags.0", 1),
    ("shown.proofFlags", None),
]


@pytest.mark.parametrize("kind", TEXTS)
@pytest.mark.parametrize(("path", "value"), BAD, ids=lambda value: str(value)[:40])
def test_what_is_no_such_file_is_refused(kind, path, value):
    with pytest.raises(BadCredentialFile) as caught:
        parse_shown("file", changed(kind, path, value))
    assert caught.value.file == "file"
    assert caught.value.path.startswith(f"$.{path.split('.')[0]}")
    assert "order buy" not in caught.value.remedy


@pytest.mark.parametrize(
    ("kind", "path", "value"),
    [("credential", *bad) for bad in BAD_CREDENTIAL] + [("disclosure", *bad) for bad in BAD_DISCLOSURE],
    ids=lambda value: str(value)[:40],
)
def test_what_is_shown_has_its_form(kind, path, value):
    with pytest.raises(BadCredentialFile):
        parse_shown("file", changed(kind, path, value))


@pytest.mark.parametrize("text", ["", "[]", "{", b"\xff", '{"schema": 1, "schema": 2}', "[" * 100_000])
def test_what_is_no_json_is_refused(text):
    with pytest.raises(BadCredentialFile):
        parse_shown("file", text)


def test_a_field_is_shown_once():
    leaves = json.loads(TEXTS["disclosure"])["shown"]["leaves"]
    with pytest.raises(BadCredentialFile, match="twice"):
        parse_shown("file", changed("disclosure", "shown.leaves", [*leaves, leaves[0]]))


def test_a_credential_is_expected():
    with pytest.raises(BadCredentialFile, match="expected powerpact/credential/1"):
        parse_credential("file", TEXTS["disclosure"])
    with pytest.raises(BadCredentialFile, match="uid"):
        parse_credential("file", changed("credential", "message.time", 7))


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("threshold", "two"),
        ("auditors", "ann"),
        ("easSchemaId", "0x00"),
        ("easSchema", ""),
        ("schema", ""),
        ("extra", 1),
    ],
)
def test_a_committee_file_has_its_form(member, value):
    data = json.loads(format_committee(COMMITTEE))
    with pytest.raises(BadCredentialFile):
        parse_committee("file", json.dumps(data | {member: value}))


@pytest.mark.parametrize(("auditors", "threshold"), [(0, 1), (3, 0), (3, 4), (33, 1)])
def test_a_committee_can_reach_its_threshold(auditors, threshold):
    addresses = tuple(Account.from_key((i + 1).to_bytes(32, "big")).address for i in range(auditors))
    with pytest.raises(BadCommittee):
        Committee(1, ANN.address, addresses, threshold, bytes(8), "1.3.0")


def test_a_committee_names_nobody_twice():
    with pytest.raises(BadCommittee, match="twice"):
        Committee(1, ANN.address, (ANN.address, ANN.address), 1, bytes(8), "1.3.0")


@pytest.mark.parametrize("names", [[], ["shoeSize"], ["grade", "full_name"]])
def test_what_a_credential_does_not_have_is_not_disclosed(names):
    with pytest.raises(UnknownField) as caught:
        disclose(CREDENTIAL, names)
    assert "grade" in caught.value.remedy
