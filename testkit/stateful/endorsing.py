"""Endorsements as they come with a seal: enough of them, or tampered with; and what the ghost makes of them."""

from __future__ import annotations

from typing import Any, NamedTuple

from eth_abi.abi import encode
from eth_account.signers.local import LocalAccount
from eth_utils import keccak

from powerpact.codec.packing import trade_tree
from testkit.market import key
from testkit.stateful.ghostmarket import GhostMarket, GhostProposal

ENDORSERS = tuple(key(f"endorser {seat}") for seat in range(3))
"""The endorsers of every market that asks for endorsements."""
ENDORSERS_HASH = keccak(encode(["address[]"], [[endorser.address for endorser in ENDORSERS]]))
OUTSIDERS = tuple(key(f"outsider {seat}") for seat in range(3))


class Endorsement(NamedTuple):
    """A signature: the seat that it is given for, whose it is, and of what."""

    seat: int
    signer: LocalAccount
    message: dict[str, Any]


class Support(NamedTuple):
    """What comes with a seal: the list of endorsers, and endorsements."""

    endorsers: tuple[LocalAccount, ...]
    endorsements: tuple[Endorsement, ...]


def message(market: GhostMarket, proposal: GhostProposal) -> dict[str, Any]:
    """What the endorsers of a proposal sign."""
    return {
        "market": market.market.id,
        "agent": proposal.agent.address,
        "trades": keccak(b"".join(trade_tree(chunk).root for chunk in proposal.chunks)),
        "objective": proposal.claimed.objective,
    }


def all_endorsements(market: GhostMarket, proposal: GhostProposal) -> list[Endorsement]:
    """What each endorser can give for a proposal, by seat."""
    signed = message(market, proposal)
    return [Endorsement(seat, endorser, signed) for seat, endorser in enumerate(ENDORSERS)]


def support(market: GhostMarket, proposal: GhostProposal) -> Support:
    """As many endorsements as the market asks for, for every second proposal one more; the endorsers take turns."""
    turn, is_more = divmod(proposal.id - 1, 2)
    seats = sorted((turn + k) % len(ENDORSERS) for k in range(market.rules.endorsements + is_more))
    everyone = all_endorsements(market, proposal)
    return Support(ENDORSERS, tuple(everyone[seat] for seat in seats))


def support_error(market: GhostMarket, proposal: GhostProposal, given: Support) -> str | None:
    """Why a proposal is not endorsed, None if it is or need not be."""
    if not market.rules.endorsements:
        return None
    if given.endorsers != ENDORSERS:
        return "Clearing_WrongEndorsers"
    seats = [endorsement.seat for endorsement in given.endorsements]
    good = all_endorsements(market, proposal)
    if seats != sorted(set(seats)) or any(endorsement not in good for endorsement in given.endorsements):
        return "Clearing_BadEndorsement"
    return "Clearing_TooFewEndorsements" if len(seats) < market.rules.endorsements else None


def false_support(market: GhostMarket, proposal: GhostProposal) -> dict[str, Support]:
    """Support that does not do, by what is wrong with it."""
    endorsers, good = support(market, proposal)
    *others, last = good
    signed = last.message
    messages = {
        "another market": signed | {"market": keccak(signed["market"])},
        "another agent": signed | {"agent": OUTSIDERS[0].address},
        "other trades": signed | {"trades": keccak(signed["trades"])},
        "another objective": signed | {"objective": signed["objective"] + 1},
    }
    for rival in market.proposals:
        if (of_rival := message(market, rival)) != signed:
            messages["another proposal"] = of_rival
    lasts = {what: last._replace(message=other) for what, other in messages.items()} | {
        "an outsider": last._replace(signer=OUTSIDERS[0]),
        "the next seat": last._replace(signer=ENDORSERS[(last.seat + 1) % len(ENDORSERS)]),
        "no seat": last._replace(seat=len(ENDORSERS)),
    }
    strangers = [Endorsement(seat, outsider, signed) for seat, outsider in enumerate(OUTSIDERS)]
    return {what: Support(endorsers, (*others, wrong)) for what, wrong in lasts.items()} | {
        "too few": Support(endorsers, good[: market.rules.endorsements - 1]),
        "the same one twice": Support(endorsers, (last,) * max(2, market.rules.endorsements)),
        "falling seats": Support(endorsers, tuple(reversed(all_endorsements(market, proposal)))),
        "a list of outsiders": Support(OUTSIDERS, tuple(strangers)),
        "a list reordered": Support(endorsers[::-1], good),
    }
