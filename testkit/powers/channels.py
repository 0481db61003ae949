"""A moment between the markets: Alice pays Bob in channels that are open, about to close and over."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from eth_account.signers.local import LocalAccount

from powerpact.market.channels import ChannelChange, ChannelState
from testkit.paying.channels import CHANNELS, WINDOW_S, Metered, Mutual
from testkit.powers.cast import Stage
from testkit.powers.scenes import Scene, same

LOCKED_UPOINTS = 1_000
NEW = 9
"""The serial number of a channel that somebody opens."""


def channels(stage: Stage) -> Iterator[list[Scene]]:
    """Two channels of each kind, of which the second ones can end."""
    alice, bob = stage.alice.account, stage.bob.account
    domain = stage.community.domain(CHANNELS)
    paying = [Metered(alice, bob, domain, serial) for serial in range(2)]
    mutual = [Mutual(alice, bob, domain, serial) for serial in range(3)]
    for metered in paying:
        _send(stage, alice, "openMetered", metered.terms, LOCKED_UPOINTS)
    for shared in mutual:
        _send(stage, alice, "openMutual", shared.terms, LOCKED_UPOINTS)
    opened = Metered(stage.stranger, alice, domain, NEW), Mutual(stage.stranger, alice, domain, NEW)
    stage.channels = [channel.id for channel in (*paying, *mutual, *opened)]
    _send(stage, alice, "giveNotice", paying[1].terms)
    _send(stage, alice, "beginClose", mutual[1].terms, *mutual[1].by_both(_state(1)))
    stage.community.chain.warp(stage.community.chain.now() + WINDOW_S)
    _send(stage, bob, "beginClose", mutual[2].terms, *mutual[2].by_both(_state(2)))
    yield [*_metered(stage, *paying), *_mutual(stage, *mutual)]


def _send(stage: Stage, sender: LocalAccount, function: str, *arguments: object) -> None:
    stage.community.send(sender, CHANNELS, function, *arguments)


def _state(version: int) -> ChannelState:
    return ChannelState(version, 400, 600, LOCKED_UPOINTS, 0)


def _metered(stage: Stage, open_: Metered, over: Metered) -> list[Scene]:
    alice, bob = stage.alice.account, stage.bob.account
    parties = alice.address, bob.address

    def mine(who: LocalAccount) -> tuple[Any, ...]:
        receiver = bob if who.address == alice.address else alice
        return open_.terms._replace(payer=who.address, receiver=receiver.address, serial=NEW), LOCKED_UPOINTS

    def of_another(who: LocalAccount) -> tuple[Any, ...]:
        terms, points = mine(who)
        return terms._replace(payer=stage.carol.address), points

    paid = open_.terms, *open_.signed(600)
    invented = open_.terms, *open_.signed(600, altered={"total": 599})
    return [
        Scene(CHANNELS, "openMetered", mine, forged=of_another),
        Scene(CHANNELS, "fundMetered", same(open_.terms, 1), sender=alice),
        Scene(CHANNELS, "claim", same(*paid), touches=parties, forged=same(*invented)),
        Scene(CHANNELS, "closeMetered", same(*paid), sender=bob, touches=parties, forged=same(*invented)),
        Scene(CHANNELS, "giveNotice", same(open_.terms), sender=alice),
        Scene(CHANNELS, "finishMetered", same(over.terms), touches=parties, forged=same(open_.terms)),
    ]


def _mutual(stage: Stage, open_: Mutual, over: Mutual, closing: Mutual) -> list[Scene]:
    alice, bob = stage.alice.account, stage.bob.account
    parties = alice.address, bob.address

    def mine(who: LocalAccount) -> tuple[Any, ...]:
        other = bob if who.address == alice.address else alice
        return open_.terms._replace(one=who.address, other=other.address, serial=NEW), LOCKED_UPOINTS

    def of_another(who: LocalAccount) -> tuple[Any, ...]:
        return open_.terms._replace(one=stage.carol.address, other=stage.dan.address, serial=NEW), LOCKED_UPOINTS

    out = ChannelChange(2, 0, 0, 400, 600, stage.community.chain.now() + WINDOW_S)

    def forged(mutual: Mutual, said: ChannelState | ChannelChange) -> tuple[Any, ...]:
        _, *signatures = mutual.by_both(said)
        return mutual.terms, said._replace(version=said.version + 1), *signatures

    return [
        Scene(CHANNELS, "openMutual", mine, forged=of_another),
        Scene(CHANNELS, "fundMutual", same(open_.terms, 1), sender=alice),
        Scene(
            CHANNELS,
            "changeMutual",
            same(open_.terms, *open_.by_both(out)),
            touches=parties,
            forged=same(*forged(open_, out)),
        ),
        Scene(
            CHANNELS,
            "beginClose",
            same(open_.terms, *open_.by_both(_state(2))),
            sender=alice,
            forged=same(*forged(open_, _state(2))),
        ),
        Scene(
            CHANNELS,
            "showState",
            same(closing.terms, *closing.by_both(_state(3))),
            forged=same(*forged(closing, _state(3))),
        ),
        Scene(CHANNELS, "finishMutual", same(over.terms), touches=parties, forged=same(open_.terms)),
    ]
