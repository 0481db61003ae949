"""Signatures in channels as the contract takes them: of a key, in its normal form, or of a contract that is trusted.

A wallet may give the upper half of ``s``, or a ``v`` of 0 or 1: the same signature, which the contract refuses as it
is. So what others sign is brought into the one form that counts before anything relies on it.
"""

from __future__ import annotations

from typing import Any, Final

from eth_abi.abi import encode
from eth_typing import ChecksumAddress
from eth_utils import keccak, to_canonical_address

from powerpact.chain.client import Chain
from powerpact.chain.contracts.channels import CONTRACT
from powerpact.chain.errors import ContractError
from powerpact.codec.eip712 import signing_hash
from powerpact.codec.eip712.errors import MessageMismatch
from powerpact.codec.readingfile import normal_signature, signer_of

MAGIC: Final = keccak(text="isValidSignature(bytes32,bytes)")[:4]
"""What a contract account answers, and the selector of the question."""

KEY_BYTES: Final = (64, 65)


def valid_signature(
    chain: Chain,
    signer: ChecksumAddress,
    type_: str,
    message: dict[str, Any],
    signature: bytes,
    *,
    trusts_contracts: bool = False,
) -> bytes | None:
    """A signature of an account as the contract of channels takes it; None if it is no signature of the account.

    Parameters
    ----------
    chain : Chain
        The deployment.
    signer : ChecksumAddress
        Whose signature it is said to be.
    type_, message : str, dict
        The signed type and its members.
    signature : bytes
        64 or 65 bytes of a key, or whatever the contract account takes.
    trusts_contracts : bool
        Whether a contract account may have signed (ERC-1271). It can change its mind, and what it signed is void then.
    """
    digest = signing_hash(chain.domain(CONTRACT), type_, message)
    if len(signature) in KEY_BYTES:
        try:
            normal = normal_signature(signature)
        except MessageMismatch:
            normal = b""
        if normal and signer_of(digest, normal) == to_canonical_address(signer):
            return normal
    if not trusts_contracts:
        return None
    data = MAGIC + encode(["bytes32", "bytes"], [digest, signature])
    try:
        answer = chain.ask("whether a contract account signed", signer, data)
    except ContractError:
        return None
    return signature if answer == MAGIC.ljust(32, b"\0") else None
