"""What the EAS SDK and OpenZeppelin's merkle-tree made (tools/credential_vectors.mjs) is what Python makes."""

import json

import pytest
from eth_account import Account

from powerpact.credentials.attestation import SCHEMA_ID, SCHEMA_TEXT, PublicCodes, eas_domain, signer_of
from powerpact.credentials.attributes import FIELD_NAMES, attribute_set
from powerpact.credentials.credential import Committee, disclose, issue, public_values, sign
from powerpact.credentials.tree import Multiproof, SaltedField, is_proven, prove, root_of
from testkit.vectors import VECTORS

FILE = json.loads((VECTORS / "credentials.json").read_text())
KEYS = [Account.from_key(key) for key in FILE["keys"]]
DOMAIN = FILE["domain"]
COMMITTEE = Committee(DOMAIN["chainId"], DOMAIN["address"], tuple(key.address for key in KEYS), 2, bytes(8), "1.3.0")


def octets(text):
    return bytes.fromhex(text[2:])


def attributes_of(case):
    values = case["attributes"] | {"mostEnergyWh": int(case["attributes"]["mostEnergyWh"])}
    return attribute_set(values)


def credential_of(case):
    salts = {name: octets(salt) for name, salt in case["salts"].items()}
    made = issue(COMMITTEE, attributes_of(case), octets(case["personTag"]), salts, octets(case["salt"]))
    for key in KEYS:
        made = sign(made, key)
    return made


def test_the_schema_is_the_same():
    assert FILE["schema"] == SCHEMA_TEXT
    assert octets(FILE["schemaId"]) == SCHEMA_ID


def test_the_fields_are_the_same():
    assert all(tuple(case["attributes"]) == FIELD_NAMES for case in FILE["credentials"])


@pytest.mark.parametrize("case", FILE["credentials"], ids=["alice", "utility"])
def test_a_credential_is_the_same_to_the_byte(case):
    made = credential_of(case)
    assert root_of(made.fields) == octets(case["root"])
    assert made.attestation.data == octets(case["data"])
    assert made.attestation.uid == octets(case["uid"])
    assert [(by, signature) for by, signature in made.signatures] == [
        (one["signer"], octets(one["signature"])) for one in case["signatures"]
    ]
    domain = eas_domain(DOMAIN["chainId"], DOMAIN["address"], DOMAIN["version"])
    assert [signer_of(domain, made.attestation, signature) for _, signature in made.signatures] == [
        key.address for key in KEYS
    ]


@pytest.mark.parametrize("case", FILE["credentials"], ids=["alice", "utility"])
def test_a_disclosure_is_the_same_to_the_byte(case):
    made = credential_of(case)
    for expected in case["proofs"]:
        shown = disclose(made, expected["names"]).shown
        assert [field.name for field in shown.fields] == expected["names"]
        assert shown.proof == tuple(map(octets, expected["proof"]))
        assert shown.flags == tuple(expected["proofFlags"])
        assert is_proven(octets(case["root"]), shown)


@pytest.mark.parametrize("case", FILE["credentials"], ids=["alice", "utility"])
def test_the_public_codes_say_what_the_fields_say(case):
    made = credential_of(case)
    codes = PublicCodes.decode(octets(case["data"]))
    values = made.attributes.values()
    assert public_values(made.attestation, codes).items() <= values.items()
    assert codes.person_tag == octets(case["personTag"])


@pytest.mark.parametrize("case", FILE["trees"], ids=lambda case: f"{len(case['salts'])} leaves")
def test_trees_of_every_shape_are_the_same(case):
    fields = [SaltedField("uint64", f"field {i}", i, octets(salt)) for i, salt in enumerate(case["salts"])]
    assert root_of(fields) == octets(case["root"])
    shown = prove(fields, [f"field {i}" for i in case["shown"]])
    expected = Multiproof(
        tuple(fields[i] for i in case["shown"]), tuple(map(octets, case["proof"])), tuple(case["proofFlags"])
    )
    assert shown == expected
    assert is_proven(octets(case["root"]), shown)
