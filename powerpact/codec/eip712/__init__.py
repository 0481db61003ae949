"""What is signed in PowerPact: one table of EIP-712 types, and hashing, signing and recovering with it."""

from powerpact.codec.eip712.signing import (
    Domain,
    compact,
    domain_separator,
    expand,
    is_by,
    recover,
    sign,
    signature_words,
    signing_hash,
    struct_hash,
)
from powerpact.codec.eip712.types import TYPES, Member, encode_type, type_hash

__all__ = [
    "TYPES",
    "Domain",
    "Member",
    "compact",
    "domain_separator",
    "encode_type",
    "expand",
    "is_by",
    "recover",
    "sign",
    "signature_words",
    "signing_hash",
    "struct_hash",
    "type_hash",
]
