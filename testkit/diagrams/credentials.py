"""The life of a credential: what auditors sign, what they revoke on the chain, and what a reader makes of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from eth_typing import ChecksumAddress

from powerpact.credentials.credential import Committee, Credential, sign
from powerpact.credentials.errors import (
    CredentialExpired,
    CredentialNotYetValid,
    CredentialRevoked,
    SignedTwice,
    TooFewSignatures,
)
from powerpact.credentials.verification import verify
from testkit.chains import EvmChain
from testkit.credentials import COMMITTEE, credential_by
from testkit.diagrams.walk import Life, on_chain
from testkit.market import Community

BEFORE_S, LASTS_S = 1_000, 1_000
"""From the beginning to when it begins to hold, and how long it holds, s."""

_STATES: Final = (
    (CredentialExpired, "Expired"),
    (TooFewSignatures, "Issued"),
    (CredentialRevoked, "Revoked"),
    (CredentialNotYetValid, "Signed"),
)


class CredentialLife:
    """What can happen to a credential of a committee of three, two of whom decide."""

    def __init__(self) -> None:
        self.community = Community(EvmChain(), traders=0)
        self.chain = self.community.chain
        self.auditors = self.community.auditors
        self.committee: Committee = replace(
            COMMITTEE,
            chain_id=self.chain.chain_id,
            registry=self.community.addresses["Credentials"],
            auditors=tuple(auditor.address for auditor in self.auditors),
        )
        self.from_s = self.chain.now() + BEFORE_S
        times = {"valid_from_s": self.from_s, "valid_until_s": self.from_s + LASTS_S}
        self.issued = credential_by(committee=self.committee, **times)
        self.credential: Credential = self.issued

    def state(self) -> str:
        report = verify(self.credential, self.committee, self.chain.now(), self._revoked)
        found = {type(fault) for fault in report.faults}
        return next((state for fault, state in _STATES if fault in found), "Valid")

    def life(self) -> Life:
        one, two = (self.sign,), (self.sign, self.sign)
        begun = (*two, self.begin)
        steps = {
            "nothing": (),
            "one signature": one,
            "signatures": two,
            "signatures that hold": begun,
            "all signatures": (*begun, self.sign),
            "a revocation of three": (*begun, self.sign, self.revoke),
            "a revocation of one": (*one, self.begin, self.revoke),
            "a revocation": (*begun, self.revoke),
            "a revocation before": (*two, self.revoke),
            "the end": (*begun, self.end),
            "the end without signatures": (self.end,),
            "the end after a revocation": (*begun, self.revoke, self.end),
        }
        actions = {"sign": self.sign, "revoke": self.revoke, "validity begins": self.begin, "validity ends": self.end}
        return Life(self.keep, self.state, steps, actions, others=("validity begins", "validity ends"))

    def keep(self) -> Callable[[], None]:
        go_back, credential = on_chain(self.chain)(), self.credential

        def undo() -> None:
            go_back()
            self.credential = credential

        return undo

    def sign(self) -> None:
        """By the next auditor who has not signed; else by the first one again."""
        auditor = next((who for who in self.auditors if who.address not in self._signers), self.auditors[0])
        more = sign(self.credential, auditor)
        for fault in verify(more, self.committee, self.from_s).faults:
            if isinstance(fault, SignedTwice):
                raise fault
        self.credential = more

    def revoke(self) -> None:
        """By the next auditor who has not revoked, first those who signed; else by the first one again."""
        auditors = sorted(self.auditors, key=lambda who: who.address not in self._signers)
        auditor = next((who for who in auditors if who.address not in self._revoked), auditors[0])
        self.community.send(auditor, "Credentials", "revoke", self.credential.attestation.uid)

    def begin(self) -> None:
        self.chain.warp(self.from_s)

    def end(self) -> None:
        self.chain.warp(self.from_s + LASTS_S)

    @property
    def _signers(self) -> list[str]:
        return [claimed for claimed, _ in self.credential.signatures]

    @property
    def _revoked(self) -> dict[ChecksumAddress, int]:
        """Which auditors revoked it, and when, Unix seconds."""
        uid = self.credential.attestation.uid
        asked = {
            who.address: self.community.read("Credentials", "revokedAt", who.address, uid) for who in self.auditors
        }
        return {who: time for who, time in asked.items() if time}
