"""Watching over channels: who closes by an old state is answered with the newest one, and what is owed is claimed.

A watchtower needs the newest state of a channel alone, and a key of its own that can move nothing but its own ether.
"""

from __future__ import annotations

from typing import NamedTuple

from eth_typing import ChecksumAddress

from powerpact.chain.client import Chain
from powerpact.chain.contracts.channels import MeteredChannel, MutualChannel, channel, channels_of
from powerpact.codec.channelfile import Signed, SignedVoucher
from powerpact.market.channels import MOST_VERSION, ChannelState
from powerpact.payments.errors import ChannelRefused
from powerpact.payments.mutual import counts
from powerpact.payments.signatures import valid_signature
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
        If it is of another channel or not newer, the chain would not take it, or one of both keys did not sign it.
    """
    if state.channel != found.id:
        raise ChannelRefused(found.id, "the state is of another channel")
    said = state.said
    kept = book.newest_state(found.id, is_whole=True)
    if kept is not None and kept.said.version >= said.version:
        raise ChannelRefused(found.id, f"version {kept.said.version} is kept, which is newer or the same")
    is_sound = (
        found.base < said.version <= MOST_VERSION
        and counts(said, found)
        and said.to_one_upoints + said.to_other_upoints == said.from_one_upoints + said.from_other_upoints
    )
    if not is_sound:
        raise ChannelRefused(found.id, "the chain would not take the state")
    signatures = [
        valid_signature(chain, party, "ChannelState", said.message(found.id), signature)
        for party, signature in zip(found.parties, (state.of_one, state.of_other), strict=True)
    ]
    for party, valid in zip(found.parties, signatures, strict=True):
        if valid is None:
            raise ChannelRefused(found.id, f"{party} did not sign this")
    book.keep(Signed(found.id, said, *[valid for valid in signatures if valid is not None]))


def old_closes(chain: Chain, book: ChannelBook) -> list[OldClose]:
    """The channels of the book that are about to close by a state older than the newest in it, most urgent first."""
    now, found = chain.now(), []
    for id_ in book.channels():
        newest, one = book.newest_state(id_, is_whole=True), channel(chain, id_.hex())
        if newest is None or not isinstance(one, MutualChannel) or not one.is_open:
            continue
        if now < one.closes_at and newest.said.version > one.version:
            found.append(OldClose(one, newest))
    return sorted(found, key=lambda old: old.channel.closes_at)


def owed_in(chain: Chain, book: ChannelBook, receiver: ChecksumAddress) -> list[tuple[MeteredChannel, SignedVoucher]]:
    """Of metered channels whose payer gave notice: the last voucher, if more is owed by it than was paid."""
    found = []
    for one in channels_of(chain, receiver):
        if not isinstance(one, MeteredChannel) or not one.is_open or not one.ends_at or one.terms.receiver != receiver:
            continue
        last = book.last_voucher(one.id)
        if last is not None and last.signed.voucher.total_upoints > one.paid_upoints < one.locked_upoints:
            found.append((one, last.signed))
    return found
