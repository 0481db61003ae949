"""Motions: what auditors announce, and how members stop it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress

from powerpact.chain.client import Chain
from powerpact.chain.deployment import MembershipRules
from powerpact.chain.transactions import Call
from powerpact.codec.abi import Event
from powerpact.codec.eip712 import compact, sign
from powerpact.codec.packing import candidate_tree
from powerpact.market.candidates import ApprovalReason, Candidate

MOTIONS = "Motions"


@dataclass(frozen=True, slots=True)
class Motion:
    """A motion to admit candidates.

    Attributes
    ----------
    number : int
        From 1.
    announced_at, ends_at : int
        When members may object, Unix seconds.
    members, quorum : int
        Members at the announcement, and how many objections refuse a candidate.
    candidates : tuple of Candidate
        Who, in their order.
    objections : tuple of int
        To each of them.
    """

    number: int
    announced_at: int
    ends_at: int
    members: int
    quorum: int
    candidates: tuple[Candidate, ...]
    objections: tuple[int, ...]

    def index_of(self, account: ChecksumAddress) -> int | None:
        """The index of the candidate with this account."""
        return next((i for i, candidate in enumerate(self.candidates) if candidate.account == account), None)


@dataclass(frozen=True, slots=True)
class Nomination:
    """Candidates that the auditors are voting on.

    Attributes
    ----------
    root : bytes
        Merkle root of the candidates, 32 bytes.
    candidates : tuple of Candidate
        Who.
    auditors : tuple of ChecksumAddress
        Who voted for them, in that order.
    """

    root: bytes
    candidates: tuple[Candidate, ...]
    auditors: tuple[ChecksumAddress, ...]


@dataclass(frozen=True, slots=True)
class Change:
    """A change of the committee by one auditor.

    Attributes
    ----------
    auditor : ChecksumAddress
        Who joins or leaves it.
    is_appointed : bool
        Whether it joins.
    threshold : int
        Votes that decide afterwards.
    """

    auditor: ChecksumAddress
    is_appointed: bool
    threshold: int

    def pack(self) -> tuple[ChecksumAddress, bool, int]:
        """As the contract takes it."""
        return self.auditor, self.is_appointed, self.threshold


@dataclass(frozen=True, slots=True)
class CommitteeMotion:
    """A motion on the committee.

    Attributes
    ----------
    number : int
        From 1.
    announced_at, ends_at : int
        When members may object, Unix seconds.
    members, quorum, objections : int
        Members at the announcement, how many objections refuse it, and how many there are.
    is_by_members, is_enacted : bool
        Who announced it, and whether it came true.
    change : Change
        What changes.
    """

    number: int
    announced_at: int
    ends_at: int
    members: int
    quorum: int
    objections: int
    is_by_members: bool
    is_enacted: bool
    change: Change


def nominate(chain: Chain, candidates: Sequence[Candidate], reason: ApprovalReason) -> Call:
    """Put up candidates, as an auditor, and vote for them."""
    packed = [candidate.pack() for candidate in candidates]
    return chain.call("put up", MOTIONS, "nominate", packed, reason, items=len(packed))


def approve(chain: Chain, root: bytes, reason: ApprovalReason) -> Call:
    """Vote, as an auditor, for candidates that another one put up."""
    return chain.call("announce", MOTIONS, "approve", root, reason)


def object_to(chain: Chain, motion: int, candidate: int) -> Call:
    """Object, as a member, to a candidate of a motion."""
    return chain.call("object", MOTIONS, "object", motion, candidate)


def sign_objection(chain: Chain, member: LocalAccount, motion: int, candidate: int) -> bytes:
    """A member's objection to a candidate, which anybody can bring to the chain."""
    return sign(member, chain.domain(MOTIONS), "Objection", {"motion": motion, "candidate": candidate})


def object_signed(chain: Chain, motion: int, candidate: int, signatures: Sequence[bytes]) -> Call:
    """Bring signed objections to a candidate."""
    words = [compact(signature) for signature in signatures]
    return chain.call("object", MOTIONS, "objectSigned", motion, candidate, words, items=len(words))


def object_to_exit(chain: Chain, leaver: ChecksumAddress) -> Call:
    """Object, as a member, to an exit."""
    return chain.call("object", MOTIONS, "objectToExit", leaver)


def admit(chain: Chain, motion: Motion, indices: Sequence[int]) -> Call:
    """Admit candidates of a motion whose window is over; anyone may."""
    outcomes = _outcomes(motion, indices)
    return chain.call("admit", "ParticipantRegistry", "admit", motion.number, outcomes, items=len(outcomes))


def refuse(chain: Chain, motion: Motion, index: int) -> Call:
    """Reject a candidate whom members refused; anyone may."""
    return chain.call("reject", "ParticipantRegistry", "refuse", motion.number, _outcomes(motion, [index])[0])


def vote_change(chain: Chain, change: Change) -> Call:
    """Vote, as an auditor, for a change of the committee."""
    return chain.call("change committee", MOTIONS, "voteChange", change.pack())


def propose_change(chain: Chain, change: Change) -> Call:
    """Propose, as a member, a change of the committee."""
    return chain.call("change committee", MOTIONS, "proposeChange", change.pack())


def support_change(chain: Chain, proposal: int) -> Call:
    """Support, as a member, a proposal to change the committee."""
    return chain.call("change committee", MOTIONS, "supportChange", proposal)


def announce_change(chain: Chain, proposal: int) -> Call:
    """Announce a proposal that enough members support; anyone may."""
    return chain.call("change committee", MOTIONS, "announceChange", proposal)


def object_to_change(chain: Chain, motion: int) -> Call:
    """Object, as a member, to a change of the committee."""
    return chain.call("object", MOTIONS, "objectToChange", motion)


def enact_change(chain: Chain, motion: int) -> Call:
    """Enact a change of the committee whose window is over; anyone may."""
    return chain.call("change committee", MOTIONS, "enactChange", motion)


def root_of(candidates: Sequence[Candidate]) -> bytes:
    """What auditors vote on: the Merkle root of the candidates, 32 bytes."""
    return candidate_tree(candidates).root


def rules_of(chain: Chain) -> MembershipRules:
    """Windows and quorums."""
    return MembershipRules(*chain.read(MOTIONS, "rules"))


def motions(chain: Chain) -> list[Motion]:
    """All motions to admit candidates, the oldest first."""
    return _motions(chain, chain.events(MOTIONS, "MotionAnnounced"))


def motion(chain: Chain, number: int) -> Motion | None:
    """A motion to admit candidates; None if there is none."""
    return next(iter(_motions(chain, chain.events(MOTIONS, "MotionAnnounced", motion=number))), None)


def nominations(chain: Chain) -> list[Nomination]:
    """Candidates on whom the auditors have not decided, the oldest first."""
    announced = {bytes(event.arguments["root"]) for event in chain.events(MOTIONS, "MotionAnnounced")}
    votes: dict[bytes, list[ChecksumAddress]] = {}
    for event in chain.events(MOTIONS, "Nominated", "CandidatesApproved"):
        votes.setdefault(bytes(event.arguments["root"]), []).append(event.arguments["auditor"])
    return [
        Nomination(root, candidates, tuple(votes[root]))
        for root, candidates in _candidates_by_root(chain).items()
        if root not in announced
    ]


def committee_motions(chain: Chain) -> list[CommitteeMotion]:
    """All motions on the committee, the oldest first."""
    count = int(chain.read(MOTIONS, "changeCount"))
    found = chain.read_all([(MOTIONS, "changeOf", [number]) for number in range(1, count + 1)]) if count else []
    return [
        CommitteeMotion(number, at, ends_at, members, quorum, objections, by_members, enacted, Change(*change))
        for number, (at, ends_at, members, quorum, objections, by_members, enacted, change) in enumerate(found, start=1)
    ]


def _motions(chain: Chain, announced: Sequence[Event]) -> list[Motion]:
    """The motions that were announced so, with the objections to each candidate."""
    put_up = _candidates_by_root(chain)
    states = chain.read_all([(MOTIONS, "motionOf", [event.arguments["motion"]]) for event in announced])
    listed = [
        (event.arguments["motion"], state, put_up[bytes(event.arguments["root"])])
        for event, state in zip(announced, states, strict=True)
    ]
    asked = [(MOTIONS, "objectionsTo", [number, i]) for number, _, those in listed for i in range(len(those))]
    counts = iter(chain.read_all(asked))
    return [
        Motion(number, at, ends_at, members, quorum, those, tuple(int(next(counts)) for _ in those))
        for number, (at, ends_at, members, quorum, _, _), those in listed
    ]


def _candidates_by_root(chain: Chain) -> dict[bytes, tuple[Candidate, ...]]:
    return {
        bytes(event.arguments["root"]): tuple(map(Candidate.unpack, event.arguments["candidates"]))
        for event in chain.events(MOTIONS, "Nominated")
    }


def _outcomes(motion: Motion, indices: Sequence[int]) -> list[tuple[int, tuple[int, bytes], list[bytes]]]:
    """Candidates with their proofs, as the contract takes them."""
    tree = candidate_tree(motion.candidates)
    return [(index, motion.candidates[index].pack(), tree.proof(index)) for index in indices]
