"""Payment channels on the chain: what there is of them, and the calls that open, change and end them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, Final

from eth_typing import ChecksumAddress

from powerpact.chain.client import Chain
from powerpact.chain.errors import NotOnChain
from powerpact.chain.transactions import Call
from powerpact.codec.abi import Event
from powerpact.codec.channelfile import Signed, SignedVoucher
from powerpact.codec.eip712 import is_by, signature_words
from powerpact.codec.packing import metered_id, mutual_id
from powerpact.market.channels import NO_VOUCHER, ChannelChange, ChannelState, MeteredTerms, MutualTerms

CONTRACT: Final = "PaymentChannels"

ID_DIGITS: Final = 64
"""Hexadecimal digits of an id."""


class Stage(IntEnum):
    """Of a metered channel, in the contract's numbers."""

    NONE = 0
    OPEN = 1
    CLOSED = 2


@dataclass(frozen=True, slots=True)
class MeteredChannel:
    """A metered channel as it is on the chain.

    Attributes
    ----------
    id : bytes
        32 bytes.
    terms : MeteredTerms
        What it is.
    locked_upoints : int
        All that was locked since it was opened.
    paid_upoints : int
        Of it, what was paid; all of it once the channel is closed.
    ends_at : int
        When the payer can have the rest back, Unix seconds; 0 if it gave no notice.
    is_open : bool
        Whether it was not closed.
    opened_at : int
        When it was opened, Unix seconds: earlier readings are not paid for in it.
    """

    id: bytes
    terms: MeteredTerms
    locked_upoints: int
    paid_upoints: int
    ends_at: int
    is_open: bool
    opened_at: int

    @property
    def parties(self) -> tuple[ChecksumAddress, ChecksumAddress]:
        """Payer and receiver."""
        return self.terms.payer, self.terms.receiver


@dataclass(frozen=True, slots=True)
class MutualChannel:
    """A mutual channel as it is on the chain.

    Attributes
    ----------
    id : bytes
        32 bytes.
    terms : MutualTerms
        What it is.
    locked_one_upoints, locked_other_upoints : int
        What is locked for each.
    base : int
        States of higher versions count.
    to_one_upoints : int
        What `one` gets by the newest state that was shown.
    version : int
        The version of that state.
    closes_at : int
        When the channel can end, Unix seconds; 0 if nobody asked for it.
    is_open : bool
        Whether it was not closed.
    """

    id: bytes
    terms: MutualTerms
    locked_one_upoints: int
    locked_other_upoints: int
    base: int
    to_one_upoints: int
    version: int
    closes_at: int
    is_open: bool

    @property
    def parties(self) -> tuple[ChecksumAddress, ChecksumAddress]:
        """`one` and `other`."""
        return self.terms.one, self.terms.other

    @property
    def locked_upoints(self) -> int:
        """All that is locked."""
        return self.locked_one_upoints + self.locked_other_upoints


Channel = MeteredChannel | MutualChannel

_CLOSED = (1 << 64) - 1


def channels_of(chain: Chain, who: ChecksumAddress | None = None) -> list[Channel]:
    """All channels, or those of which an account is a party, as they were opened."""
    if who is None:
        return _as_they_are(chain, chain.events(CONTRACT, "MeteredOpened", "MutualOpened"))
    asked: list[tuple[str, str]] = [
        ("MeteredOpened", "payer"),
        ("MeteredOpened", "receiver"),
        ("MutualOpened", "one"),
        ("MutualOpened", "other"),
    ]
    found = [event for name, side in asked for event in _opened(chain, name, {side: who})]
    return _as_they_are(chain, sorted(found, key=lambda event: (event.block, event.position)))


def channel(chain: Chain, id_: str) -> Channel:
    """The channel of this id, or of its first hexadecimal digits.

    Raises
    ------
    NotOnChain
        If there is none, or more than one.
    """
    digits = id_.removeprefix("0x").lower()
    try:
        whole: dict[str, Any] = {"channel": bytes.fromhex(digits)} if len(digits) == ID_DIGITS else {}
    except ValueError:
        whole = {}
    events = [
        event
        for event in _opened(chain, "MeteredOpened", whole) + _opened(chain, "MutualOpened", whole)
        if digits and event.arguments["channel"].hex().startswith(digits)
    ]
    if len(events) != 1:
        raise NotOnChain(f"single channel {id_}", remedy="List them with `powerpact channel list`.")
    return _as_they_are(chain, events)[0]


def _opened(chain: Chain, name: str, indexed: dict[str, Any]) -> list[Event]:
    return chain.events(CONTRACT, name, **indexed)


def terms_id(chain: Chain, terms: MeteredTerms | MutualTerms) -> bytes:
    """The id of a channel of these terms, 32 bytes."""
    domain = chain.domain(CONTRACT)
    return metered_id(domain, terms) if isinstance(terms, MeteredTerms) else mutual_id(domain, terms)


def _as_they_are(chain: Chain, opened: Sequence[Event]) -> list[Channel]:
    views = {"MeteredOpened": "meteredOf", "MutualOpened": "mutualOf"}
    found = chain.read_all([(CONTRACT, views[event.name], [event.arguments["channel"]]) for event in opened])
    return [_channel(chain, event, words) for event, words in zip(opened, found, strict=True)]


def _channel(chain: Chain, opened: Event, words: Sequence[Any]) -> Channel:
    id_, terms = opened.arguments["channel"], opened.arguments["terms"]
    if opened.name == "MeteredOpened":
        locked, paid, ends_at, stage = words
        opened_at = chain.time_of(opened.block)
        return MeteredChannel(id_, MeteredTerms(*terms), locked, paid, ends_at, stage == Stage.OPEN, opened_at)
    (one, other, base), (to_one, version, closes_at, _), _ = words
    return MutualChannel(id_, MutualTerms(*terms), one, other, base, to_one, version, closes_at, base != _CLOSED)


def open_channel(chain: Chain, terms: MeteredTerms | MutualTerms, upoints: int) -> Call:
    """Open a channel and lock points of the sender."""
    function = "openMetered" if isinstance(terms, MeteredTerms) else "openMutual"
    return chain.call("open a channel", CONTRACT, function, terms, upoints)


def fund(chain: Chain, found: Channel, upoints: int) -> Call:
    """Lock more of the sender's points."""
    function = "fundMetered" if isinstance(found, MeteredChannel) else "fundMutual"
    return chain.call("lock points", CONTRACT, function, found.terms, upoints)


def claim(chain: Chain, found: MeteredChannel, signed: SignedVoucher) -> Call:
    """Have a voucher paid."""
    return chain.call("claim", CONTRACT, "claim", found.terms, signed.voucher, signed.signature)


def close_metered(chain: Chain, found: MeteredChannel, signed: SignedVoucher | None) -> Call:
    """Close a metered channel as its receiver, with the last voucher if there is one."""
    voucher, signature = (signed.voucher, signed.signature) if signed else (NO_VOUCHER, b"")
    return chain.call("close a channel", CONTRACT, "closeMetered", found.terms, voucher, signature)


def give_notice(chain: Chain, found: MeteredChannel) -> Call:
    """Ask for what is left, as the payer."""
    return chain.call("give notice", CONTRACT, "giveNotice", found.terms)


def begin_close(chain: Chain, found: MutualChannel, newest: Signed[ChannelState]) -> Call:
    """Ask to close a mutual channel by a state."""
    arguments = found.terms, newest.said, *_signatures(chain, found, newest)
    return chain.call("begin to close", CONTRACT, "beginClose", *arguments)


def show_state(chain: Chain, found: MutualChannel, newest: Signed[ChannelState]) -> Call:
    """Show a newer state of a channel that is about to close."""
    arguments = found.terms, newest.said, *_signatures(chain, found, newest)
    return chain.call("show a state", CONTRACT, "showState", *arguments)


def change(chain: Chain, found: MutualChannel, agreed: Signed[ChannelChange]) -> Call:
    """Change a channel as both signed."""
    arguments = found.terms, agreed.said, *_signatures(chain, found, agreed)
    return chain.call("change a channel", CONTRACT, "changeMutual", *arguments)


def finish(chain: Chain, found: Channel) -> Call:
    """Close a channel whose time to answer is over."""
    function = "finishMetered" if isinstance(found, MeteredChannel) else "finishMutual"
    return chain.call("finish a channel", CONTRACT, function, found.terms)


def _signatures(
    chain: Chain, found: MutualChannel, signed: Signed[ChannelState] | Signed[ChannelChange]
) -> tuple[list[tuple[bytes, bytes]], list[bytes]]:
    """Both signatures as the contract takes them; missing ones are words of zero."""
    domain, type_, message = chain.domain(CONTRACT), type(signed.said).__name__, signed.said.message(found.id)
    both = zip(found.parties, (signed.of_one, signed.of_other), strict=True)
    return signature_words([(one, is_by(party, domain, type_, message, one)) for party, one in both])
