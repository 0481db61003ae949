"""Revocations of credentials, at the registry that a committee names (contracts/registry/Credentials.sol).

It may be another than the deployment's own: committees of several markets may share one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from eth_typing import ChecksumAddress

from powerpact.chain.calls import Call
from powerpact.chain.client import Chain
from powerpact.chain.errors import NotOnChain
from powerpact.codec.abi import Interface

ABI: Final = (
    {
        "type": "function",
        "name": "revokeAll",
        "inputs": [{"name": "uids", "type": "bytes32[]"}],
        "outputs": [],
    },
    {
        "type": "function",
        "name": "revokedAt",
        "inputs": [{"name": "issuer", "type": "address"}, {"name": "uid", "type": "bytes32"}],
        "outputs": [{"name": "", "type": "uint40"}],
    },
)
"""The part of ICredentials that is called."""

_INTERFACE: Final = Interface(ABI)


def revoke(registry: ChecksumAddress, uids: Sequence[bytes]) -> Call:
    """Revoke the sender's signatures under credentials, permanently, all or none."""
    return Call("revoke credentials", registry, _INTERFACE.encode_call("revokeAll", [list(uids)]), len(uids))


def revoked_at(
    chain: Chain, registry: ChecksumAddress, issuers: Iterable[ChecksumAddress], uid: bytes
) -> dict[ChecksumAddress, int]:
    """By issuer who revoked a credential: when, Unix seconds.

    Raises
    ------
    NotOnChain
        If there is no such registry on this chain.
    """
    times = {issuer: _time(chain, registry, issuer, uid) for issuer in issuers}
    return {issuer: time_s for issuer, time_s in times.items() if time_s}


def _time(chain: Chain, registry: ChecksumAddress, issuer: ChecksumAddress, uid: bytes) -> int:
    answer = chain.ask("Credentials.revokedAt", registry, _INTERFACE.encode_call("revokedAt", [issuer, uid]))
    if len(answer) != 32:
        remedy = "Use the deployment file of the committee's chain; `powerpact ca init` states its registry."
        raise NotOnChain(f"registry of credentials at {registry}", remedy=remedy)
    return int(_INTERFACE.decode_output("revokedAt", answer))
