"""The table of signed types against the interfaces and against eth-account's own implementation."""

import re
from pathlib import Path

import pytest
from eth_account import Account
from eth_account.messages import _hash_eip191_message, encode_typed_data

from powerpact.codec.eip712 import TYPES, Domain, encode_type, recover, sign, signing_hash
from powerpact.codec.eip712.errors import MessageMismatch, UnknownSignedType
from powerpact.codec.eip712.types import structs_in

ROOT = Path(__file__).parents[3]
DOMAIN = Domain(31_337, "0x1111111111111111111111111111111111111111")
SIGNER = Account.from_key(b"\x07" * 32)
VALUES = {
    "bytes32": b"\x05" * 32,
    "bytes8": b"\x01\x02\x00\x00\x00\x00\x00\xff",
    "address": "0x2222222222222222222222222222222222222222",
    "bool": True,
    "uint8": 255,
    "uint16": 2**16 - 1,
    "uint32": 2**32 - 1,
    "uint40": 2**40 - 1,
    "uint64": 2**64 - 1,
    "uint96": 2**96 - 1,
    "uint128": 2**128 - 1,
    "uint256": 2**256 - 1,
    "uint32[8]": [0, 1, 2, 3, 4, 5, 6, 2**32 - 1],
}


def message_of(primary_type):
    return {
        member.name: message_of(member.type) if member.type in TYPES else VALUES[member.type]
        for member in TYPES[primary_type]
    }


@pytest.mark.parametrize("primary_type", TYPES)
def test_digest_is_that_of_an_independent_implementation(primary_type):
    message = message_of(primary_type)
    signable = encode_typed_data(
        {
            "name": DOMAIN.name,
            "version": DOMAIN.version,
            "chainId": DOMAIN.chain_id,
            "verifyingContract": DOMAIN.contract,
        },
        {name: [member._asdict() for member in TYPES[name]] for name in (primary_type, *structs_in(primary_type))},
        message,
    )
    assert signing_hash(DOMAIN, primary_type, message) == bytes(_hash_eip191_message(signable))


@pytest.mark.parametrize("primary_type", [name for name in TYPES if name != "Permit"])
def test_type_string_stands_in_an_interface(primary_type):
    texts = [path.read_text() for path in (ROOT / "interfaces").rglob("*.sol")]
    squeezed = [re.sub(r"\s*///\s*|\n", "", text) for text in texts]
    own, _, _ = encode_type(primary_type).partition(")")
    assert any(f"{own})" in text for text in squeezed)


@pytest.mark.parametrize("primary_type", TYPES)
def test_signer_is_recovered_from_65_and_from_64_bytes(primary_type):
    message = message_of(primary_type)
    signature = sign(SIGNER, DOMAIN, primary_type, message)
    parity = signature[64] - 27
    s = int.from_bytes(signature[32:64], "big") | parity << 255
    short = signature[:32] + s.to_bytes(32, "big")
    assert len(signature) == 65
    assert recover(DOMAIN, primary_type, message, signature) == SIGNER.address
    assert recover(DOMAIN, primary_type, message, short) == SIGNER.address


def test_a_signature_counts_for_one_domain_only():
    message = message_of("Agreement")
    signature = sign(SIGNER, DOMAIN, "Agreement", message)
    other = Domain(DOMAIN.chain_id + 1, DOMAIN.contract)
    assert recover(other, "Agreement", message, signature) != SIGNER.address


@pytest.mark.parametrize(
    "change",
    [
        lambda message: message.pop("toSeller"),
        lambda message: message.update(extra=1),
        lambda message: message.update(toSeller=2**128),
        lambda message: message.update(toSeller=-1),
        lambda message: message.update(tradeId=b"\x01" * 33),
    ],
    ids=["missing", "unknown", "too large", "negative", "too long"],
)
def test_a_message_that_does_not_fit_is_refused(change):
    message = message_of("Agreement")
    change(message)
    with pytest.raises(MessageMismatch):
        signing_hash(DOMAIN, "Agreement", message)


def test_an_unknown_type_is_refused():
    with pytest.raises(UnknownSignedType) as refusal:
        encode_type("Nothing")
    assert refusal.value.known == tuple(TYPES)


@pytest.mark.parametrize("signature", [b"", b"\x01" * 63, b"\x00" * 65])
def test_a_bad_signature_is_refused(signature):
    with pytest.raises(MessageMismatch):
        recover(DOMAIN, "Agreement", message_of("Agreement"), signature)
