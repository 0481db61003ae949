"""Hash, sign and recover the structs of the table in `powerpact.codec.eip712.types`.

``digest = keccak256(0x1901 ‖ domainSeparator ‖ hashStruct(message))`` (EIP-712). A member of the table is a value type,
an array of them or another struct; an array enters as the hash of its elements, padded to words, a struct as its hash.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, cast

from eth_abi.abi import encode
from eth_abi.exceptions import EncodingError
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress, Hash32
from eth_utils import keccak

from powerpact.codec.eip712.errors import MessageMismatch
from powerpact.codec.eip712.types import TYPES, members_of, type_hash

DOMAIN_NAME: Final = "PowerPact"
"""Domain name of every signing contract, the token's permit included unless it says otherwise."""

DOMAIN_VERSION: Final = "1"

CURVE_ORDER: Final = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141
"""Order of the curve secp256k1."""

_FIRST_V: Final = 27
_DOMAIN_TYPE: Final = "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"


@dataclass(frozen=True, slots=True)
class Domain:
    """Where a signature counts: one contract on one chain.

    Attributes
    ----------
    chain_id : int
        Id of the chain.
    contract : str
        Address of the contract that checks the signature.
    name, version : str
        The contract's EIP-712 name and version.
    """

    chain_id: int
    contract: str
    name: str = DOMAIN_NAME
    version: str = DOMAIN_VERSION


@lru_cache(maxsize=64)
def domain_separator(domain: Domain) -> bytes:
    """``hashStruct(EIP712Domain)``, 32 bytes."""
    return keccak(
        encode(
            ["bytes32", "bytes32", "bytes32", "uint256", "address"],
            [
                keccak(text=_DOMAIN_TYPE),
                keccak(text=domain.name),
                keccak(text=domain.version),
                domain.chain_id,
                domain.contract,
            ],
        )
    )


def struct_hash(primary_type: str, message: Mapping[str, Any]) -> bytes:
    """``hashStruct(message) = keccak256(typeHash ‖ encodeData(message))``, 32 bytes.

    Parameters
    ----------
    primary_type : str
        A name in the table of types.
    message : mapping of str to value
        A value for each member and nothing else.

    Raises
    ------
    UnknownSignedType
        If the table has no such type.
    MessageMismatch
        If members are missing or unknown, or a value is out of its type's range.
    """
    members = members_of(primary_type)
    odd = {member.name for member in members} ^ set(message)
    if odd:
        raise MessageMismatch(primary_type, f"missing or unknown members {sorted(odd)}")
    types, values = ["bytes32"], [type_hash(primary_type)]
    try:
        for member in members:
            value = message[member.name]
            if member.type in TYPES:
                types.append("bytes32")
                values.append(struct_hash(member.type, value))
            elif member.type.endswith("]"):
                types.append("bytes32")
                values.append(keccak(encode([member.type], [value])))
            else:
                types.append(member.type)
                values.append(value)
        return keccak(encode(types, values))
    except EncodingError as error:
        raise MessageMismatch(primary_type, str(error)) from error


def signing_hash(domain: Domain, primary_type: str, message: Mapping[str, Any]) -> bytes:
    """The digest that is signed, 32 bytes."""
    return keccak(b"\x19\x01" + domain_separator(domain) + struct_hash(primary_type, message))


def sign(account: LocalAccount, domain: Domain, primary_type: str, message: Mapping[str, Any]) -> bytes:
    """Sign with the account's key: ``r ‖ s ‖ v``, 65 bytes, deterministic (RFC 6979)."""
    digest = signing_hash(domain, primary_type, message)
    return bytes(account.unsafe_sign_hash(Hash32(digest)).signature)


def recover(domain: Domain, primary_type: str, message: Mapping[str, Any], signature: bytes) -> ChecksumAddress:
    """The account whose key signed, from a signature of 65 bytes, or of 64 (EIP-2098).

    Raises
    ------
    MessageMismatch
        If the signature is not 64 or 65 bytes or no key can have made it.
    """
    digest = signing_hash(domain, primary_type, message)
    try:
        return cast(ChecksumAddress, Account._recover_hash(digest, signature=expand(signature)))
    except Exception as error:
        raise MessageMismatch(primary_type, f"bad signature: {error}") from error


def is_by(signer: str, domain: Domain, primary_type: str, message: Mapping[str, Any], signature: bytes) -> bool:
    """Whether the key of this account signed; a signature that no key can have made is nobody's."""
    try:
        return recover(domain, primary_type, message, signature) == signer
    except MessageMismatch:
        return False


def compact(signature: bytes) -> tuple[bytes, bytes]:
    """The two words of EIP-2098, ``r`` and parity with ``s``, of a signature of 65 or 64 bytes.

    Raises
    ------
    MessageMismatch
        If ``v`` is neither 27 or 28, as usual, nor 0 or 1, as some hardware wallets give it.
    """
    if len(signature) == 64:
        return signature[:32], signature[32:]
    full = expand(signature)
    s, parity = int.from_bytes(full[32:64], "big"), full[64] - _FIRST_V
    if CURVE_ORDER // 2 < s < CURVE_ORDER:  # the other half is the same signature, and the only one that contracts take
        s, parity = CURVE_ORDER - s, 1 - parity
    return full[:32], (parity << 255 | s).to_bytes(32, "big")


def expand(signature: bytes) -> bytes:
    """A key's signature as ``r ‖ s ‖ v``, 65 bytes with ``v`` 27 or 28, from one with ``v`` 0 or 1, or of 64 bytes.

    Raises
    ------
    MessageMismatch
        If it is none.
    """
    if len(signature) == 64:
        packed = int.from_bytes(signature[32:], "big")
        parity, s = packed >> 255, packed & ((1 << 255) - 1)
        return signature[:32] + s.to_bytes(32, "big") + bytes([_FIRST_V + parity])
    if len(signature) != 65:
        raise MessageMismatch("signature", f"{len(signature)} bytes instead of 65 or 64")
    v = signature[64]
    if v not in (0, 1, _FIRST_V, _FIRST_V + 1):
        raise MessageMismatch("signature", f"v is {v}, neither 27 or 28 nor 0 or 1")
    return signature[:64] + bytes([v if v >= _FIRST_V else v + _FIRST_V])


def signature_words(signatures: Sequence[tuple[bytes, bool]]) -> tuple[list[tuple[bytes, bytes]], list[bytes]]:
    """Signatures as contracts take several of them: two words for each, and those of contract accounts apart.

    Parameters
    ----------
    signatures : sequence of (bytes, bool)
        Each with whether a key made it. One that no key made is for the signer's contract to judge (ERC-1271): its
        first word is zero, and its second its place in the list.
    """
    words: list[tuple[bytes, bytes]] = []
    of_contracts: list[bytes] = []
    for signature, is_of_key in signatures:
        if is_of_key:
            words.append(compact(signature))
        else:
            words.append((bytes(32), len(of_contracts).to_bytes(32, "big")))
            of_contracts.append(signature)
    return words, of_contracts
