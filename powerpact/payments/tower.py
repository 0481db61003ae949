"""Watching over mutual channels: whoever closes with an old state is answered with the newest one.

A watchtower needs the newest state of a channel alone, and a key of its own that can move nothing but its own ether.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from powerpact.chain.client import Chain
from powerpact.chain.contracts.channels import CONTRACT, MutualChannel, channels_of
from powerpact.codec.channelfile import Signed
from powerpact.market.channels import ChannelState
from powerpact.payments.errors import ChannelRefused
from powerpact.payments.signatures import is_signed
from powerpact.store.channels import ChannelBook


class OldClose(NamedTuple):
    """A channel that is about to close by an older state than the newest one.

    Attributes
    ----------
    channel : MutualChannel
        The channel.
    newest : Signed
        The newest state, which both signed.
    """

    channel: MutualChannel
    newest: Signed[ChannelState]


def guard(chain: Chain, book: ChannelBook, found: MutualChannel, state: Signed[ChannelState]) -> None:
    """Keep a state of a channel that one watches over, in the place of an older one.

    Raises
    ------
    ChannelRefused
        If it is of another channel, not newer, or one of both did not sign it.
    """
    if state.channel != found.id:
        raise ChannelRefused(found.id, "the state is of another channel")
    kept = book.newest_state(found.id, is_whole=True)
    if kept is not None and kept.said.version >= state.said.version:
        raise ChannelRefused(found.id, f"version {kept.said.version} is kept, which is newer or the same")
    domain, message = chain.domain(CONTRACT), state.said.message(found.id)
    for party, signature in zip(found.parties, (state.of_one, state.of_other), strict=True):
        if not is_signed(chain, domain, party, "ChannelState", message, signature):
            raise ChannelRefused(found.id, f"{party} did not sign this")
    book.keep([state])


def old_closes(chain: Chain, book: ChannelBook) -> Iterator[OldClose]:
    """The channels of the book that are about to close by a state older than the newest in it, and can be answered."""
    kept = set(book.channels())
    now = chain.now()
    for found in channels_of(chain):
        if found.id not in kept or not isinstance(found, MutualChannel) or not found.is_open:
            continue
        newest = book.newest_state(found.id, is_whole=True)
        if newest is not None and now < found.closes_at and newest.said.version > found.version:
            yield OldClose(found, newest)
