"""Who signed what in a channel: a key, or a contract account that the chain asks (ERC-1271)."""

from __future__ import annotations

from typing import Any, Final

from eth_abi.abi import encode
from eth_typing import ChecksumAddress
from eth_utils import keccak, to_canonical_address

from powerpact.chain.client import Chain
from powerpact.chain.errors import ContractError
from powerpact.codec.eip712 import Domain, signing_hash
from powerpact.codec.eip712.errors import MessageMismatch
from powerpact.codec.readingfile import normal_signature, signer_of

MAGIC: Final = keccak(text="isValidSignature(bytes32,bytes)")[:4]
"""What a contract account answers, and the selector of the question."""


def is_signed(
    chain: Chain, domain: Domain, signer: ChecksumAddress, type_: str, message: dict[str, Any], signature: bytes
) -> bool:
    """Whether an account signed a message for the contract of payment channels.

    Parameters
    ----------
    chain : Chain
        The deployment.
    domain : Domain
        The contract's.
    signer : ChecksumAddress
        Whose signature it is said to be.
    type_, message : str, dict
        The signed type and its members.
    signature : bytes
        64 or 65 bytes of a key, or whatever the contract account takes.
    """
    digest = signing_hash(domain, type_, message)
    try:
        if signer_of(digest, normal_signature(signature)) == to_canonical_address(signer):
            return True
    except MessageMismatch:
        pass
    data = MAGIC + encode(["bytes32", "bytes"], [digest, signature])
    try:
        answer = chain.ask("whether a contract account signed", signer, data)
    except ContractError:
        return False
    return answer == MAGIC.ljust(32, b"\0")
