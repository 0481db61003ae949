"""The words of the power table: who calls, what changes, and how everybody else is refused."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Role(Enum):
    """Who calls a function, or signs what it carries."""

    ANYONE = "anyone"
    HOLDER = "holder"
    APPROVED = "approved account"
    TRADER = "trader"
    PARTICIPANT = "participant"
    MEMBER = "member"
    OWNER = "device owner"
    METER = "device key"
    DELEGATE = "delegate"
    AGENT = "agent"
    WATCHER = "watcher"
    ENDORSER = "endorser"
    ARBITER = "arbiter"
    AUDITOR = "auditor"
    UTILITY = "utility"
    DEPLOYER = "deployer"
    CONTRACT = "contract"


(ANYONE, HOLDER, APPROVED, TRADER, PARTICIPANT, MEMBER, OWNER, METER, DELEGATE) = [(role,) for role in Role][:9]
(AGENT, WATCHER, ENDORSER, ARBITER, AUDITOR, UTILITY, DEPLOYER, CONTRACT) = [(role,) for role in Role][9:]

MEANINGS = {
    Role.ANYONE: "any account, admitted or not",
    Role.HOLDER: "any account, over what is its own",
    Role.APPROVED: "an account that a holder approved, within what it approved",
    Role.TRADER: "an active participant: admitted, not leaving, not suspended; for itself",
    Role.PARTICIPANT: "the participant whose own thing it is, suspended or not",
    Role.MEMBER: "a person's first account, admitted before the announcement, suspended or not",
    Role.OWNER: "the owner of the device",
    Role.METER: "the key of a device; it signs and sends nothing",
    Role.DELEGATE: "whom a trader's mandate names",
    Role.AGENT: "the account that began the proposal; any account can begin one",
    Role.WATCHER: "any account that shows the orders which refute a proposal",
    Role.ENDORSER: "k of n keys that the market's rules name; they sign and send nothing",
    Role.ARBITER: "the third key of a market; it signs and sends nothing",
    Role.AUDITOR: "one vote; k of n decide, whatever changes something",
    Role.UTILITY: "the account that issues points, fixed at deployment",
    Role.DEPLOYER: "the account that deployed the contracts",
    Role.CONTRACT: "one of the contracts of the deployment, fixed when it was made",
}

OPEN = frozenset({Role.ANYONE, Role.HOLDER, Role.WATCHER})
"""Roles that any account can take."""


class State(Enum):
    """What a function changes."""

    POINTS = "points"
    APPROVALS = "approvals"
    ORDERS = "orders"
    MANDATES = "mandates"
    MARKETS = "markets"
    PROPOSALS = "proposals"
    TRADES = "trades"
    READINGS = "readings"
    CERTIFICATES = "certificates"
    DEVICES = "devices"
    ADMISSIONS = "admissions"
    MOTIONS = "motions"
    CREDENTIALS = "credentials"
    ROOTS = "roots"
    CHANNELS = "channels"
    SUBNETS = "subnets"
    HOLDS = "holds"


(POINTS, APPROVALS, ORDERS, MANDATES, MARKETS, PROPOSALS) = [(state,) for state in State][:6]
(TRADES, READINGS, CERTIFICATES, DEVICES, ADMISSIONS, MOTIONS) = [(state,) for state in State][6:12]
(CREDENTIALS, ROOTS, CHANNELS, SUBNETS, HOLDS) = [(state,) for state in State][12:]

CONTENTS = {
    State.POINTS: "outside, free and held; deposits that count as used",
    State.APPROVALS: "allowances for points, operators for certificates",
    State.ORDERS: "batches, cancellations, nonces; what a device promised of a slot, and the length of its slots",
    State.MANDATES: "registered, used, revoked",
    State.MARKETS: "their rules",
    State.PROPOSALS: "drafts, active and refuted ones, and who is rewarded for a refutation",
    State.TRADES: "the final round of a market, how each trade ended, track records",
    State.READINGS: "counters of the devices, roots of the batches",
    State.CERTIFICATES: "holdings, what is retired, which surplus is issued",
    State.DEVICES: "owner, offers, key and description; certified, distrusted, stopped",
    State.ADMISSIONS: "applications, admissions, credibility, suspensions, accounts of a person",
    State.CREDENTIALS: "which signatures under credentials are revoked",
    State.ROOTS: "batches of readings that routers committed to, which count nothing",
    State.CHANNELS: "payment channels: what is locked, paid and asked for in them",
    State.SUBNETS: "their tree, exchanges and tolerances",
    State.HOLDS: "flagged slots, and lots of certificates that are not moved for a time",
    State.MOTIONS: "who audits, what is announced, what members object to and propose, announced exits",
}


@dataclass(frozen=True, slots=True)
class Power:
    """Who can call a function with effect.

    Attributes
    ----------
    by : tuple of Role
        Who calls it.
    changes : tuple of State
        What it changes.
    limit : str
        What limits it.
    signed : tuple of Role
        Whose signatures the call carries, whoever sends it.
    refused : str
        The error for everybody else; empty if there is nobody else.
    forged : str
        The error for what is invented: a signature, a proof, or a claim that does not hold.
    contracts : tuple of str
        The contracts that may call it, if it is for contracts.
    """

    by: tuple[Role, ...]
    changes: tuple[State, ...]
    limit: str
    signed: tuple[Role, ...] = ()
    refused: str = ""
    forged: str = ""
    contracts: tuple[str, ...] = ()

    @property
    def is_open(self) -> bool:
        """Whether any account may call it, over what is its own or with a proof."""
        return not OPEN.isdisjoint(self.by)


def inner(contracts: str, changes: tuple[State, ...], refused: str, limit: str) -> Power:
    """The power of a function that is for other contracts of the deployment."""
    return Power(CONTRACT, changes, limit, refused=refused, contracts=tuple(contracts.split()))
