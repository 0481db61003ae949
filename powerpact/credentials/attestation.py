"""EAS off-chain attestations, version 2, which outside tools verify (eas-sdk ``src/offchain/offchain.ts``).

What is signed is the typed data ``Attest`` in the domain "EAS Attestation". The UID leaves the attester out, so that
several auditors sign one and the same UID. ``time`` is from when the credential holds and ``expirationTime`` until
when; nothing proves when it was signed. ``refUID`` is zero, since it cannot point at an off-chain attestation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, cast

from eth_abi.abi import decode, encode
from eth_abi.exceptions import DecodingError
from eth_abi.packed import encode_packed
from eth_account import Account
from eth_account.messages import encode_typed_data
from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress
from eth_utils import keccak

from powerpact.codec.eip712 import Domain, expand
from powerpact.codec.eip712.errors import MessageMismatch
from powerpact.codec.eip712.typeddata import DOMAIN_MEMBERS
from powerpact.credentials.attributes import GRADES, AttributeSet
from powerpact.market.candidates import USER_TYPES

VERSION: Final = 2
"""Version of the off-chain format."""

DOMAIN_NAME: Final = "EAS Attestation"
EAS_VERSION: Final = "1.3.0"
"""Version of EAS that a committee's domain states unless told otherwise."""

PRIMARY_TYPE: Final = "Attest"
MEMBERS: Final = (
    ("version", "uint16"),
    ("schema", "bytes32"),
    ("recipient", "address"),
    ("time", "uint64"),
    ("expirationTime", "uint64"),
    ("revocable", "bool"),
    ("refUID", "bytes32"),
    ("data", "bytes"),
    ("salt", "bytes32"),
)
"""The members of what is signed: name and Solidity type."""

SCHEMA_TEXT: Final = (
    "uint8 userType,uint16 permissions,uint64 mostEnergyWh,uint8 grade,uint32 credibilityPpm,"
    "bytes32 personTag,bytes32 privateData"
)
"""What ``data`` holds: public codes, the person tag, and the root over all fields of the attribute set."""

NOBODY: Final = "0x" + "00" * 20
NO_REFERENCE: Final = bytes(32)

_CODES: Final = tuple(part.split()[0] for part in SCHEMA_TEXT.split(","))
_HALF_ORDER: Final = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141 // 2


def schema_id(text: str = SCHEMA_TEXT, resolver: str = NOBODY, *, revocable: bool = True) -> bytes:
    """Id of an EAS schema, ``keccak256(packed(text, resolver, revocable))``, 32 bytes.

    Examples
    --------
    >>> schema_id("bool isFriend").hex()[:8]
    '27d06e36'
    """
    return keccak(encode_packed(["string", "address", "bool"], [text, resolver, revocable]))


SCHEMA_ID: Final = schema_id()


@dataclass(frozen=True, slots=True)
class PublicCodes:
    """What ``data`` of an attestation holds.

    Attributes
    ----------
    user_type : int
        Code of the type of user (`USER_TYPES`).
    permissions : int
        Buy 1, sell 2, electricity 4, heat 8, cold 16, gas 32.
    most_energy_wh : int
        Most energy of one order, Wh.
    grade : int
        Code of the credit grade (`GRADES`).
    credibility_ppm : int
        Credibility, ppm.
    person_tag : bytes
        Keyed hash of the person, 32 bytes.
    root : bytes
        Root over the fields of the attribute set, 32 bytes.
    """

    user_type: int
    permissions: int
    most_energy_wh: int
    grade: int
    credibility_ppm: int
    person_tag: bytes
    root: bytes

    @classmethod
    def of(cls, attributes: AttributeSet, person_tag: bytes, root: bytes) -> PublicCodes:
        """The codes of an attribute set."""
        return cls(
            user_type=USER_TYPES[attributes.user_type],
            permissions=attributes.permissions,
            most_energy_wh=attributes.most_energy_wh,
            grade=GRADES[attributes.grade],
            credibility_ppm=attributes.credibility_ppm,
            person_tag=person_tag,
            root=root,
        )

    @classmethod
    def decode(cls, data: bytes) -> PublicCodes | None:
        """The codes in ``data``; None if it holds something else."""
        try:
            codes = cls(*decode(_CODES, data))
        except DecodingError:
            return None
        return codes if codes.encode() == data else None

    def encode(self) -> bytes:
        """The codes as ``data``, ABI encoded."""
        values = (self.user_type, self.permissions, self.most_energy_wh, self.grade, self.credibility_ppm)
        return encode(_CODES, (*values, self.person_tag, self.root))


@dataclass(frozen=True, slots=True)
class Attestation:
    """What auditors sign.

    Attributes
    ----------
    schema : bytes
        Id of the schema, 32 bytes.
    recipient : ChecksumAddress
        Whose credential it is.
    time_s, expiration_s : int
        From when and until when it holds, Unix seconds.
    data : bytes
        The public codes.
    salt : bytes
        32 random bytes: tells apart two credentials that say the same.
    """

    schema: bytes
    recipient: ChecksumAddress
    time_s: int
    expiration_s: int
    data: bytes
    salt: bytes

    def message(self) -> dict[str, Any]:
        """The members of what is signed; bytes in hexadecimal, as JSON has them."""
        return {
            "version": VERSION,
            "schema": f"0x{self.schema.hex()}",
            "recipient": self.recipient,
            "time": self.time_s,
            "expirationTime": self.expiration_s,
            "revocable": True,
            "refUID": f"0x{NO_REFERENCE.hex()}",
            "data": f"0x{self.data.hex()}",
            "salt": f"0x{self.salt.hex()}",
        }

    @property
    def uid(self) -> bytes:
        """Its UID, 32 bytes: the same whoever signs, and the same in every domain."""
        types = ["uint16", "bytes", "address", "address", "uint64", "uint64", "bool", "bytes32", "bytes", "bytes32"]
        schema = f"0x{self.schema.hex()}".encode()
        values = (VERSION, schema, self.recipient, NOBODY, self.time_s, self.expiration_s, True, NO_REFERENCE)
        return keccak(encode_packed([*types, "uint32"], [*values, self.data, self.salt, 0]))


def eas_domain(chain_id: int, registry: str, version: str = EAS_VERSION) -> Domain:
    """The domain of attestations: EAS itself, or the registry that takes its place, on a chain."""
    return Domain(chain_id, registry, DOMAIN_NAME, version)


def typed_data(domain: Domain, attestation: Attestation) -> dict[str, Any]:
    """What a wallet signs (``eth_signTypedData_v4``), as JSON."""
    members = {"EIP712Domain": DOMAIN_MEMBERS, PRIMARY_TYPE: MEMBERS}
    return {
        "types": {name: [{"name": member, "type": type_} for member, type_ in its] for name, its in members.items()},
        "primaryType": PRIMARY_TYPE,
        "domain": {
            "name": domain.name,
            "version": domain.version,
            "chainId": domain.chain_id,
            "verifyingContract": domain.contract,
        },
        "message": attestation.message(),
    }


def sign_attestation(account: LocalAccount, domain: Domain, attestation: Attestation) -> bytes:
    """Sign with the account's key: ``r ‖ s ‖ v``, 65 bytes, deterministic (RFC 6979)."""
    return bytes(account.sign_message(encode_typed_data(full_message=typed_data(domain, attestation))).signature)


def signer_of(domain: Domain, attestation: Attestation, signature: bytes) -> ChecksumAddress | None:
    """The account whose key signed; None if no key can have, or with the higher s, which outside tools refuse.

    A contract account (ERC-1271) judges its signatures itself, on its chain; here it is None.
    """
    try:
        full = expand(signature)
    except MessageMismatch:
        return None
    if int.from_bytes(full[32:64], "big") > _HALF_ORDER:
        return None
    signable = encode_typed_data(full_message=typed_data(domain, attestation))
    try:
        return cast(ChecksumAddress, Account.recover_message(signable, signature=full))
    except Exception:  # eth-keys and coincurve raise errors of many kinds for what no key can have made
        return None
