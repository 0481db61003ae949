"""The moments after the slot: readings, payments, certificates and refunds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from eth_abi.abi import encode
from eth_account.signers.local import LocalAccount
from eth_utils import keccak

from powerpact.codec.eip712 import sign
from powerpact.market.readings import Reading
from testkit.market import TestMarket, Trader, key
from testkit.meters import packed
from testkit.powers.cast import Stage
from testkit.powers.contest import awarded
from testkit.powers.scenes import Scene, invented, same, unknown
from testkit.routers import BATCHES, RouterBatch

EXPORTED_WH, IMPORTED_WH = 1_500, 1_000
"""What each device reports of the slot: sellers export more than they sold, the first buyer uses all it bought."""


def delivery(stage: Stage) -> Iterator[list[Scene]]:
    """The first market's slot, until everything has ended."""
    market = stage.markets[0]
    stage.community.chain.warp(market.slot_end)
    yield _reporting(stage, market)
    flows = {trader.device: EXPORTED_WH for trader in (stage.carol, stage.eve, stage.frank)}
    draws = {trader.device: IMPORTED_WH for trader in (stage.alice, stage.bob)}
    market.report(flows, imported_wh=draws)
    yield [*_ending(stage, market), *_deciding(market), _correcting(stage, market)]
    market.decide([(0, 0), (0, 1)])
    yield [_issuing(market, stage.carol), _issuing(market, stage.frank, sender=stage.frank.account)]
    market.settle_late([(0, 1)])
    yield _certificates(stage, market)
    yield from _holding(stage, market)
    stage.community.chain.warp(market.rules.refund_from + 2 * market.rules.slot_length_s)
    yield [_refunding(stage, market), *_releasing(stage, market)]
    market.refund([(0, 0)])
    yield [_certifying(stage, market)]
    stage.community.chain.warp(stage.community.chain.now() + 86_400)
    yield [awarded(stage)]


def _reporting(stage: Stage, market: TestMarket) -> list[Scene]:
    community, carol = stage.community, stage.carol
    reading = Reading.measured(
        carol.device,
        market.rules.slot_start,
        community.base_interval_s,
        exported_wh=EXPORTED_WH,
        imported_wh=0,
        export_counter_wh=EXPORTED_WH,
        import_counter_wh=0,
    )

    def signed_by(who: LocalAccount) -> tuple[Any, ...]:
        return packed([reading]), [sign(who, community.domain("Metering"), "Reading", reading.message())]

    batch, following = (RouterBatch(stage.router, turn, [reading]) for turn in range(2))
    domain = community.domain(BATCHES)

    def committed(batch: RouterBatch, who: LocalAccount) -> tuple[Any, ...]:
        return batch.head, batch.root, batch.signature(who, domain)

    def proved(who: LocalAccount) -> tuple[Any, ...]:
        return batch.proved([0], signed_by(who)[1])

    community.send(community.agent, BATCHES, "commit", *committed(batch, key("a router")))
    touched = (carol.address,)
    return [
        Scene("Metering", "report", same(*signed_by(carol.meter)), touches=touched, forged=signed_by),
        Scene(
            BATCHES,
            "commit",
            same(*committed(following, key("a router"))),
            forged=lambda who: committed(following, who),
        ),
        Scene(BATCHES, "prove", same(*proved(carol.meter)), touches=touched, forged=proved),
    ]


def _correcting(stage: Stage, market: TestMarket) -> Scene:
    """Carol's meter says again what it measured: as much, by a second version."""
    words, proof = market.measured[stage.carol.device][0]
    again = Reading.unpack(words)._replace(version=2)

    def signed_by(who: LocalAccount) -> tuple[Any, ...]:
        signature = sign(who, stage.community.domain("Metering"), "Reading", again.message())
        return again.pack(), signature, (words, proof), []

    touched = (stage.carol.address,)
    return Scene("Metering", "correct", same(*signed_by(stage.carol.meter)), touches=touched, forged=signed_by)


def _ending(stage: Stage, market: TestMarket) -> list[Scene]:
    trades = [trade.pack() for trade in market.chunks[0]]
    both, first = stage.parties(market, 0, 1), stage.parties(market, 0)
    late = market.delivery(0, 0)
    return [
        Scene(
            "Settlement",
            "settle",
            same(market.id, 0, trades),
            touches=both,
            forged=same(market.id, 0, [invented(trades[0]), trades[1]]),
        ),
        Scene(
            "Settlement",
            "settleLate",
            same(market.id, [late]),
            touches=first,
            forged=same(market.id, [_with_invented_reading(late)]),
        ),
        _agreeing(stage, market, first),
    ]


def _with_invented_reading(delivery: Any) -> Any:
    """A trade's delivery of which a reading says more than the meter did."""
    traded, (((reading, proof), *others), imported) = delivery
    return traded, ([(reading._replace(flows=reading.flows + 1), proof), *others], imported)


def _agreeing(stage: Stage, market: TestMarket, touches: Sequence[str]) -> Scene:
    """Buyer and arbiter of the first trade sign; who forges signs for the arbiter."""
    community, trade = stage.community, market.chunks[0][0]
    buyer = next(trader.account for trader in community.traders if trader.device == trade.meter)
    id_ = keccak(
        encode(
            ["uint40", "uint40", "address", "bytes32"],
            [trade.sell_id, trade.buy_id, community.agent.address, market.id],
        )
    )
    message, domain = {"tradeId": id_, "toSeller": 5_000}, community.domain("Settlement")
    signers = [buyer.address, community.arbiter.address]

    def signed_by(second: LocalAccount) -> tuple[Any, ...]:
        signatures = [sign(signer, domain, "Agreement", message) for signer in (buyer, second)]
        return market.id, market.proof(0, 0), 5_000, signers, signatures

    return Scene(
        "Settlement", "settleAgreed", same(*signed_by(community.arbiter)), touches=tuple(touches), forged=signed_by
    )


def _deciding(market: TestMarket) -> list[Scene]:
    proof = market.proof(0, 0)
    return [
        Scene("Settlement", function, same(market.id, [proof]), forged=same(market.id, [unknown(proof)]))
        for function in ("decide", "decidePurchases")
    ]


def _issuing(market: TestMarket, owner: Trader, sender: LocalAccount | None = None) -> Scene:
    """What a device exported beyond what it sold. Frank sold nothing, so nobody else says how long its slots are."""
    (reading, proof), slot = market.measured[owner.device][0], market.slot.pack()
    false = reading._replace(flows=reading.flows + 1)
    return Scene(
        "Deliveries",
        "issue",
        same(slot, [(reading, proof)]),
        sender=sender,
        touches=(owner.address,),
        forged=same(slot, [(false, proof)]),
    )


def _certificates(stage: Stage, market: TestMarket) -> list[Scene]:
    """Everyone has some of the second trade's; its buyer makes somebody an operator."""
    community, trade = stage.community, market.chunks[0][1]
    holder = next(trader.account for trader in community.traders if trader.device == trade.meter)
    lot = trade.device << 72 | market.slot.pack()
    contract = "GreenCertificates"
    for account in stage.accounts.values():
        if account != holder:
            community.send(holder, contract, "safeTransferFrom", holder.address, account.address, lot, 10, b"")
    community.send(holder, contract, "setApprovalForAll", stage.approved.address, True)

    return [
        *_moving(stage, holder, "safeTransferFrom", (lot, 3)),
        *_moving(stage, holder, "safeBatchTransferFrom", ([lot], [3])),
        Scene(contract, "retire", lambda who: (lot, 3, who.address, "heating")),
        Scene(contract, "setApprovalForAll", same(stage.approved.address, True)),
    ]


def _holding(stage: Stage, market: TestMarket) -> Iterator[list[Scene]]:
    """The second trade's lot is flagged, then cleared."""
    stage.vote("Subnets", "form", 1, 0, (0, stage.exchange, 20_000, 50))
    flagged = 1, market.slot.pack(), [market.chunks[0][1].device << 72 | market.slot.pack()], keccak(text="evidence")
    unknown_lot = [(1 << 32) - 1 << 72 | market.slot.pack()]
    finding = keccak(text="a finding")
    yield [
        Scene("Subnets", "flag", same(flagged), forged=same((*flagged[:2], unknown_lot, flagged[3]))),
    ]
    stage.vote("Subnets", "flag", flagged)
    yield [
        Scene("Subnets", "clear", same(flagged, finding), forged=same((*flagged[:3], finding), finding)),
    ]
    stage.vote("Subnets", "clear", flagged, finding)


def _moving(stage: Stage, holder: LocalAccount, function: str, what: tuple[Any, Any]) -> list[Scene]:
    """Everyone moves its own certificates, the operator those of the holder."""
    newcomer = stage.newcomer.address

    def own(who: LocalAccount) -> tuple[Any, ...]:
        return who.address, newcomer, *what, b""

    others = same(*own(holder))
    touched = newcomer, holder.address
    return [
        Scene("GreenCertificates", function, own, touches=(newcomer,), forged=others),
        Scene("GreenCertificates", function, others, sender=stage.approved, touches=touched),
    ]


def _refunding(stage: Stage, market: TestMarket) -> Scene:
    proof = market.proof(0, 0)
    return Scene(
        "Settlement",
        "refund",
        same(market.id, [proof]),
        touches=stage.parties(market, 0),
        forged=same(market.id, [unknown(proof)]),
    )


def _releasing(stage: Stage, market: TestMarket) -> list[Scene]:
    """Dan's mandated order did not trade; Alice's did."""
    return [
        Scene(
            "Releases",
            "release",
            same(*market.untraded([256])),
            touches=(stage.dan.address,),
            forged=same(*market.untraded([0])),
        )
    ]


def _certifying(stage: Stage, market: TestMarket) -> Scene:
    delivered = market.delivery(0, 0)
    traded, measured = delivered
    return Scene(
        "Settlement",
        "certify",
        same(market.id, [delivered]),
        touches=stage.parties(market, 0),
        forged=same(market.id, [(unknown(traded), measured)]),
    )
