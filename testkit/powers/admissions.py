"""Moments of the day before the market: who is put up, announced, objected to and admitted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from eth_account.signers.local import LocalAccount
from eth_utils import keccak

from powerpact.codec.eip712 import compact, sign
from powerpact.codec.packing import candidate_tree
from powerpact.market.candidates import Candidate
from testkit.admitting import REASON, candidate, outcomes
from testkit.powers.cast import THRESHOLD, Stage
from testkit.powers.scenes import Scene, same

REGISTRY, MOTIONS = "ParticipantRegistry", "Motions"
PASSED, REFUSED, RUNNING, PUT_UP = range(4)
"""What became of the stage's four candidates, each in a motion of its own."""


@dataclass
class Running:
    """What is under way when everyone tries."""

    candidates: list[Candidate]
    motions: list[int]
    proposal: int


def admissions(stage: Stage) -> Iterator[list[Scene]]:
    """Candidates and changes of the committee at each of their moments."""
    under_way = _begin(stage)
    yield [*_auditing(stage, under_way), *_objecting(stage, under_way), *_ending(stage, under_way)]
    yield from _committee(stage, under_way)


def _begin(stage: Stage) -> Running:
    """One candidate whose window is over, one whom a member refused, one who runs, and one who is put up."""
    community = stage.community
    for account in stage.candidates:
        community.send(account, REGISTRY, "applyFor", keccak(text=account.address))
    candidates = [candidate(account.address) for account in stage.candidates]
    numbers = [_announce(stage, [candidates[PASSED]]), _announce(stage, [candidates[REFUSED]])]
    community.send(stage.bob.account, MOTIONS, "object", numbers[REFUSED], 0)
    community.chain.warp(community.chain.now() + 60)
    numbers.append(_announce(stage, [candidates[RUNNING]]))
    _put_up(stage, candidates[PUT_UP], community.auditors[-1])
    removed = (community.auditors[0].address, False, THRESHOLD - 1)
    community.send(stage.alice.account, MOTIONS, "proposeChange", removed)
    community.send(stage.bob.account, MOTIONS, "supportChange", 1)
    community.send(stage.grace.account, REGISTRY, "link", stage.shop.address, _agreed(stage, stage.grace.account, 1))
    return Running(candidates, numbers, proposal=1)


def _announce(stage: Stage, candidates: Sequence[Candidate]) -> int:
    community = stage.community
    first, *others = community.auditors[:THRESHOLD]
    community.send(first, MOTIONS, "nominate", [someone.pack() for someone in candidates], REASON)
    for auditor in others:
        community.send(auditor, MOTIONS, "approve", candidate_tree(candidates).root, REASON)
    number: int = community.read(MOTIONS, "motionCount")
    return number


def _put_up(stage: Stage, someone: Candidate, by: LocalAccount) -> None:
    stage.community.send(by, MOTIONS, "nominate", [someone.pack()], REASON)


def _auditing(stage: Stage, under_way: Running) -> list[Scene]:
    newcomer = candidate(stage.newcomer.address)
    head, tag = newcomer.pack()
    root = candidate_tree([under_way.candidates[PUT_UP]]).root
    return [
        Scene(MOTIONS, "nominate", same([(head, tag)], REASON), forged=same([(head, bytes(32))], REASON)),
        Scene(MOTIONS, "approve", same(root, REASON), voted=1, forged=same(tag, REASON)),
    ]


def _objecting(stage: Stage, under_way: Running) -> list[Scene]:
    motion = under_way.motions[RUNNING]

    def signed(by: LocalAccount) -> tuple[object, ...]:
        message = {"motion": motion, "candidate": 0}
        return motion, 0, [compact(sign(by, stage.community.domain(MOTIONS), "Objection", message))]

    return [
        Scene(MOTIONS, "object", same(motion, 0)),
        Scene(
            MOTIONS,
            "objectSigned",
            lambda _: signed(stage.alice.account),
            forged=lambda _: signed(stage.stranger),
        ),
        Scene(MOTIONS, "objectToExit", same(stage.frank.address), touches=(stage.frank.address,)),
    ]


def _ending(stage: Stage, under_way: Running) -> list[Scene]:
    passed, refused = under_way.candidates[PASSED], under_way.candidates[REFUSED]
    forged = candidate(passed.account, credibility_ppm=1)
    return [
        Scene(
            REGISTRY,
            "admit",
            same(under_way.motions[PASSED], outcomes([passed])),
            touches=(passed.account,),
            forged=same(under_way.motions[PASSED], outcomes([forged])),
        ),
        Scene(
            REGISTRY,
            "refuse",
            same(under_way.motions[REFUSED], outcomes([refused])[0]),
            touches=(refused.account,),
            forged=same(under_way.motions[REFUSED], outcomes([forged])[0]),
        ),
        Scene(REGISTRY, "stay", same(), sender=stage.frank.account),
        Scene(
            REGISTRY,
            "link",
            lambda who: (stage.other_shop.address, _agreed(stage, who, 1, stage.other_shop)),
            touches=(stage.other_shop.address,),
            forged=lambda who: (stage.other_shop.address, _agreed(stage, who, 2, stage.other_shop)),
        ),
        Scene(
            REGISTRY,
            "unlink",
            same(stage.shop.address),
            sender=stage.grace.account,
            touches=(stage.shop.address,),
        ),
    ]


def _agreed(stage: Stage, member: LocalAccount, application: int, other: LocalAccount | None = None) -> bytes:
    """What a further account of a member signs."""
    account = other or stage.shop
    message = {"member": member.address, "account": account.address, "application": application}
    return sign(account, stage.community.domain(REGISTRY), "Link", message)


def _committee(stage: Stage, under_way: Running) -> Iterator[list[Scene]]:
    """A change that auditors may announce, one that members support; then one that was announced, and one to enact."""
    community, appointed = stage.community, (stage.stranger.address, True, THRESHOLD)
    nobody_decides = (stage.stranger.address, True, 0)
    yield [
        Scene(MOTIONS, "voteChange", same(appointed), forged=same(nobody_decides)),
        Scene(MOTIONS, "proposeChange", same(appointed)),
        Scene(MOTIONS, "supportChange", same(under_way.proposal), forged=same(under_way.proposal + 9)),
        Scene(MOTIONS, "announceChange", same(under_way.proposal), forged=same(under_way.proposal + 9)),
    ]
    point = community.chain.snapshot()
    stage.vote(MOTIONS, "voteChange", appointed)
    yield [Scene(MOTIONS, "objectToChange", same(1))]
    community.chain.warp(community.chain.now() + 600)
    yield [Scene(MOTIONS, "enactChange", same(1), forged=same(9))]
    community.chain.undo(point)
