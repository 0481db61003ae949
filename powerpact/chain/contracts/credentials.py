"""Revocations of credentials, at the registry that a committee names (contracts/registry/Credentials.sol).

It may be another than the deployment's own: committees of several markets may share one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache

from eth_typing import ChecksumAddress

from powerpact.chain.artifacts import artifact
from powerpact.chain.calls import Call
from powerpact.chain.client import Chain
from powerpact.chain.errors import NotOnChain
from powerpact.codec.abi import Interface


@cache
def _interface() -> Interface:
    return Interface(artifact("Credentials").abi)


def revoke(registry: ChecksumAddress, uids: Sequence[bytes]) -> Call:
    """Revoke the sender's signatures under credentials, permanently, all or none."""
    return Call("revoke credentials", registry, _interface().encode_call("revokeAll", [list(uids)]), len(uids))


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
    answer = chain.ask("Credentials.revokedAt", registry, _interface().encode_call("revokedAt", [issuer, uid]))
    if len(answer) != 32:
        remedy = "Use the deployment file of the committee's chain; `powerpact ca init` states its registry."
        raise NotOnChain(f"registry of credentials at {registry}", remedy=remedy)
    return int(_interface().decode_output("revokedAt", answer))
