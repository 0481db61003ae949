"""The moments after the gate: proposals, one round that is proven, and one that is sealed, refuted and sealed again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from eth_abi.abi import encode
from eth_account.signers.local import LocalAccount
from eth_utils import keccak

from powerpact.codec.eip712 import sign
from powerpact.codec.packing import trade_tree
from powerpact.mechanisms.satisfaction.spec import match
from testkit.claims import claim, priced
from testkit.contest import WINDOW_S
from testkit.market import Claims, TestMarket
from testkit.powers.cast import ENDORSERS, Stage
from testkit.powers.scenes import Scene, same, unknown

SALT = keccak(text="salt of who knew first")


def contest(stage: Stage) -> Iterator[list[Scene]]:
    """From the gate to final rounds."""
    proven, sealed, last = stage.markets
    proven.close()
    yield from _proven(stage, proven)
    yield _vetoing(stage, proven)
    sealed.close()
    sealed.propose(sealed.claims(match(sealed.round())))
    yield [_sealing(stage, sealed)]
    yield from _sealed(stage, sealed)
    last.close()
    yield [_outdoing(stage, last)]


def _proven(stage: Stage, market: TestMarket) -> Iterator[list[Scene]]:
    agent = stage.community.agent
    solution = match(market.round())
    best = market.claims(solution)
    market.propose(claim(market, [(0, 2)], {0: 1_000_000}))
    rest = market.told(claim(market, [(1, 3)], {1: 500_000}), market.chunks)
    extended = Scene(
        "Clearing",
        "extend",
        same(market.proposal, *rest, b""),
        sender=agent,
        forged=same(market.proposal, *_invented(rest), b""),
    )
    market.propose(best)
    yield [extended, _proving(stage, market), *_proposing(market, best, market.links(solution))]
    market.prove()


def _vetoing(stage: Stage, market: TestMarket) -> list[Scene]:
    """What auditors say about a trade before its slot."""
    proof, reason = market.proof(0, 0), "the meter stood still"
    right, wrong = same(market.id, proof, reason), same(market.id, unknown(proof), reason)
    return [
        Scene("Settlement", "flag", right, forged=wrong),
        Scene("Settlement", "veto", right, touches=stage.parties(market, 0), forged=wrong),
    ]


def _proving(stage: Stage, market: TestMarket) -> Scene:
    """Prove the latest proposal at once; who forges names other trades."""
    trades = [[trade.pack() for trade in chunk] for chunk in market.chunks]
    part = market.part()

    def proven(part: tuple[bytes, int, int]) -> tuple[Any, ...]:
        return market.proposal, market.batches, trades, part, b""

    agent = stage.community.agent
    return Scene("Clearing", "prove", same(*proven(part)), sender=agent, forged=same(*proven((SALT, *part[1:]))))


def _outdoing(stage: Stage, market: TestMarket) -> Scene:
    """Clear while the agent's false proposal is active: its bond is lost, an eighth of it to who clears."""
    solution = match(market.round())
    market.propose(claim(market, [(1, 2)], {1: 500_000}))
    market.seal()
    better = same(market.id, market.batches, *market.links(solution), b"")
    return Scene("Clearing", "clear", better, touches=(stage.community.agent.address,))


def _proposing(market: TestMarket, best: Claims, links: Claims) -> list[Scene]:
    orders = [list(batch) for batch in market.batches]
    orders[0][0] = orders[0][0]._replace(levels=1)
    poor = priced(claim(market, [(1, 2)], {1: 500_000}))
    told = market.told(best)
    return [
        Scene("Clearing", "propose", same(market.id, *told, b""), forged=same(market.id, *_invented(told), b"")),
        Scene(
            "Clearing",
            "proposeBatches",
            same(market.id, market.batches, *links, b""),
            forged=same(market.id, orders, *links, b""),
        ),
        Scene(
            "Clearing",
            "clear",
            same(market.id, market.batches, *links, b""),
            forged=same(market.id, market.batches, *poor, b""),
        ),
    ]


def _invented(claims: Claims) -> Claims:
    """The claims with an order that is not in the book."""
    ((id_, order, siblings), *said), *others = claims.orders
    return Claims([((id_, order._replace(levels=1), siblings), *said), *others], claims.links)


def _sealing(stage: Stage, market: TestMarket) -> Scene:
    """Seal the latest proposal, which both endorsers signed; who forges signs for one of them."""

    def signed(*signers: LocalAccount) -> tuple[Any, ...]:
        return market.proposal, _support(stage, market, signers), [], b""

    right = same(*signed(*ENDORSERS))
    return Scene("Clearing", "seal", right, sender=stage.community.agent, forged=lambda who: signed(ENDORSERS[0], who))


def _support(stage: Stage, market: TestMarket, signers: tuple[LocalAccount, ...]) -> tuple[Any, ...]:
    """The list of endorsers, and what somebody signs in their names."""
    community = stage.community
    message = {
        "market": market.id,
        "agent": community.agent.address,
        "trades": keccak(b"".join(trade_tree(chunk).root for chunk in market.chunks)),
        "objective": community.read("Clearing", "proposal", market.proposal)[5],
    }
    domain = community.domain("Clearing")
    signatures = [sign(signer, domain, "Endorsement", message) for signer in signers]
    return [endorser.address for endorser in ENDORSERS], list(enumerate(signatures))


def _sealed(stage: Stage, market: TestMarket) -> Iterator[list[Scene]]:
    """A false proposal, which the newcomer knows first and Frank challenges; then the best one."""
    agent, newcomer, frank = stage.community.agent.address, stage.newcomer, stage.frank
    market.propose(claim(market, [(1, 2)], {1: 500_000}))
    _seal(stage, market)
    false, shown = market.proposal, [market.exhibit(0), market.exhibit(2)]
    covered = [market.exhibit(1), market.exhibit(2)]
    stage.community.send(newcomer, "Refutations", "commit", _commitment(stage, false, newcomer))
    yield [
        Scene("Clearing", "challenge", same(false, shown, b""), touches=(agent,), forged=same(false, covered, b"")),
        Scene("Clearing", "finalize", forged=same(false)),
        Scene("Refutations", "commit", same(SALT)),
    ]
    stage.community.send(frank.account, "Clearing", "challenge", false, shown, b"")

    def revealed(who: LocalAccount) -> tuple[Any, ...]:
        return false, shown, b"", who.address, SALT

    yield [
        Scene("Refutations", "reveal", same(*revealed(newcomer)), forged=revealed),
        Scene("Refutations", "award", forged=same(false)),
    ]
    stage.community.send(frank.account, "Refutations", "reveal", *revealed(newcomer))
    market.propose(market.claims(match(market.round())))
    _seal(stage, market)
    yield [_proving(stage, market)]
    stage.community.chain.warp(stage.community.chain.now() + WINDOW_S)
    yield [Scene("Clearing", "finalize", same(market.proposal), touches=(agent,))]
    market.finalize()


def _seal(stage: Stage, market: TestMarket) -> None:
    support = _support(stage, market, tuple(ENDORSERS))
    stage.community.send(stage.community.agent, "Clearing", "seal", market.proposal, support, [], b"")


def _commitment(stage: Stage, proposal: int, by: LocalAccount) -> bytes:
    """The hash that says that orders 0 and 2 refute a proposal, and who knows it."""
    community = stage.community
    types = ["uint256", "address", "uint64", "address", "uint40[]", "bytes32"]
    place = community.chain.chain_id, community.addresses["Refutations"]
    return keccak(encode(types, [*place, proposal, by.address, [0, 2], SALT]))


def awarded(stage: Stage) -> Scene:
    """What waits of the lost bond, a day after the refutation: from Frank to the newcomer."""
    false = stage.markets[1].proposal - 1
    touched = stage.frank.address, stage.newcomer.address
    return Scene("Refutations", "award", same(false), touches=touched)
