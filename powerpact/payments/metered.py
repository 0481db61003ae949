"""Paying for readings by vouchers: what the payer checks before it signs, and the receiver before it relies on one.

A voucher is over all that is owed so far, so that any later one makes up for one that was lost. Both sides know the
readings since the channel was opened, both compute the same sums, and a voucher counts for its receiver once it is on
the disk. Of an interval the highest version is paid for, once.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import accumulate
from typing import NamedTuple

from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress

from powerpact.chain.client import Chain
from powerpact.chain.contracts.channels import CONTRACT, MeteredChannel
from powerpact.chain.contracts.meters import SignedReading
from powerpact.codec.channelfile import SignedVoucher
from powerpact.codec.eip712 import is_by, sign, struct_hash
from powerpact.market.channels import LEAST_WINDOW_S, MOST_STEP, Voucher
from powerpact.market.readings import Quality, Reading
from powerpact.payments.errors import ChannelRefused
from powerpact.payments.signatures import valid_signature
from powerpact.store.channels import ChannelBook, PaidReading


class Taken(NamedTuple):
    """What became of vouchers that were handed over.

    Attributes
    ----------
    new : int
        How many are kept.
    known : int
        How many were there before.
    total_upoints : int
        All that was earned in the channel so far.
    """

    new: int
    known: int
    total_upoints: int


def reading_hash(reading: Reading) -> bytes:
    """What a voucher names a reading by: its EIP-712 struct hash, 32 bytes."""
    return struct_hash("Reading", reading.message())


def pay(
    chain: Chain, book: ChannelBook, found: MeteredChannel, payer: LocalAccount, readings: Sequence[SignedReading]
) -> list[SignedVoucher]:
    """Sign a voucher for each reading that is not paid for yet, and write them down.

    Parameters
    ----------
    chain : Chain
        The deployment.
    book : ChannelBook
        What was signed before.
    found : MeteredChannel
        The channel.
    payer : LocalAccount
        Its payer.
    readings : sequence of SignedReading
        Readings of its device; those that are paid for already are passed over.

    Returns
    -------
    list of SignedVoucher
        One for each reading, by rising intervals; they are on the disk.

    Raises
    ------
    ChannelRefused
        If the channel is closed or about to end, the account is not its payer, a reading is of another device, not
        signed by it, or not measured, or more would be owed than is locked.
    """
    if payer.address != found.terms.payer:
        raise ChannelRefused(found.id, f"{payer.address} is not its payer")
    _require_open(found)
    if found.ends_at:
        raise ChannelRefused(found.id, "notice was given", remedy="Open another with `powerpact channel open`.")
    number, total, paid_to = _after(book.last_voucher(found.id), found)
    newest = {signed.reading.start_at: signed for signed in sorted(readings, key=lambda one: one.reading.version)}
    due = [signed for start_at, signed in sorted(newest.items()) if start_at > paid_to]
    _check_readings(chain, found, due)
    domain = chain.domain(CONTRACT)
    vouchers = []
    for signed in due:
        total += found.terms.value_upoints(signed.reading.exported_wh)
        voucher = Voucher(number, total, reading_hash(signed.reading))
        signature = sign(payer, domain, "Voucher", voucher.message(found.id))
        vouchers.append(PaidReading(SignedVoucher(found.id, voucher, signature), signed.reading.start_at))
        number += 1
    if total > found.locked_upoints:
        raise ChannelRefused(
            found.id,
            f"{total} micro-points would be owed, and {found.locked_upoints} were locked",
            remedy="Lock more with `powerpact channel fund`.",
        )
    book.keep_vouchers(vouchers)
    return [paid.signed for paid in vouchers]


def receive(
    chain: Chain,
    book: ChannelBook,
    found: MeteredChannel,
    receiver: ChecksumAddress,
    vouchers: Sequence[SignedVoucher],
    readings: Iterable[Reading],
    *,
    least_window_s: int = LEAST_WINDOW_S,
    trusts_contracts: bool = False,
) -> Taken:
    """Check vouchers and write them down; only then is more energy to be handed over.

    Parameters
    ----------
    chain : Chain
        The deployment.
    book : ChannelBook
        What was taken before.
    found : MeteredChannel
        The channel.
    receiver : ChecksumAddress
        Who takes them.
    vouchers : sequence of SignedVoucher
        By rising numbers; those that were taken before are passed over.
    readings : iterable of Reading
        The receiver's own readings of the channel's device; of one interval the highest version counts.
    least_window_s : int
        The shortest notice that the receiver takes on, s.
    trusts_contracts : bool
        Whether a payer that is a contract account is trusted not to take its signatures back.

    Raises
    ------
    ChannelRefused
        If the channel is closed, another's, or has a shorter notice; at the first voucher that is not worth what its
        readings are, or is not signed by the payer: those before it are kept.
    """
    if receiver != found.terms.receiver:
        raise ChannelRefused(found.id, f"pays {found.terms.receiver}, not {receiver}")
    if found.terms.notice_s < least_window_s:
        raise ChannelRefused(
            found.id,
            f"has a notice of {found.terms.notice_s} s, shorter than {least_window_s} s",
            remedy="Ask for another channel, or look at the chain more often and say so with --least-window.",
        )
    _require_open(found)
    last = book.last_voucher(found.id)
    desk = _Desk(found, last, readings)
    kept: list[PaidReading] = []
    known = 0
    try:
        for signed in vouchers:
            if signed.channel != found.id:
                raise ChannelRefused(found.id, f"voucher {signed.voucher.number} is of another channel")
            if signed.voucher.number < desk.number:
                known += 1
                continue
            start_at = desk.check(signed.voucher)
            message = signed.voucher.message(found.id)
            signature = valid_signature(
                chain, found.terms.payer, "Voucher", message, signed.signature, trusts_contracts=trusts_contracts
            )
            if signature is None:
                raise ChannelRefused(found.id, f"voucher {signed.voucher.number} is not signed by {found.terms.payer}")
            kept.append(PaidReading(replace(signed, signature=signature), start_at))
            desk.take(signed.voucher, start_at)
    finally:
        book.keep_vouchers(kept)
    return Taken(len(kept), known, desk.total)


class _Desk:
    """What the next voucher may be, by the readings and the last one that was taken."""

    def __init__(self, found: MeteredChannel, last: PaidReading | None, readings: Iterable[Reading]) -> None:
        self.found = found
        self.number, self.total, self.paid_to = _after(last, found)
        newest = {one.start_at: one for one in sorted(readings, key=lambda one: one.version)}
        due = sorted(start_at for start_at in newest if start_at > self.paid_to)
        self._by_hash = {reading_hash(newest[start_at]): start_at for start_at in due}
        self._totals = dict(zip(due, accumulate(self._value(newest[start_at]) for start_at in due), strict=True))
        self._before = self.total

    def check(self, voucher: Voucher) -> int:
        """The interval of the reading that a voucher names, provided that it is worth what is owed up to there."""
        if not self.number <= voucher.number < self.number + MOST_STEP:
            raise ChannelRefused(self.found.id, f"voucher {voucher.number} does not come after {self.number - 1}")
        start_at = self._by_hash.get(voucher.reading, -1)
        if start_at <= self.paid_to:
            problem = f"voucher {voucher.number} is for no reading that is to be paid"
            raise ChannelRefused(self.found.id, problem, remedy=_READINGS)
        worth = self._before + self._totals[start_at]
        if voucher.total_upoints != worth:
            problem = (
                f"voucher {voucher.number} is over {voucher.total_upoints} micro-points, its readings make {worth}"
            )
            raise ChannelRefused(self.found.id, problem, remedy=_READINGS)
        if worth > self.found.locked_upoints:
            raise ChannelRefused(
                self.found.id,
                f"voucher {voucher.number} is over {worth} micro-points, and {self.found.locked_upoints} were locked",
                remedy="Have the payer lock more with `powerpact channel fund`.",
            )
        return start_at

    def take(self, voucher: Voucher, start_at: int) -> None:
        """A voucher counts."""
        self.number, self.total, self.paid_to = voucher.number + 1, voucher.total_upoints, start_at

    def _value(self, reading: Reading) -> int:
        return self.found.terms.value_upoints(reading.exported_wh)


_READINGS = "Give all readings of the device since the last voucher, as both sides have them."


def _after(last: PaidReading | None, found: MeteredChannel) -> tuple[int, int, int]:
    """The next number, the sum so far, and the interval up to which nothing is to be paid any more."""
    if last is None:
        return 0, 0, found.opened_at - 1
    return last.signed.voucher.number + 1, last.signed.voucher.total_upoints, last.start_at


def _require_open(found: MeteredChannel) -> None:
    if not found.is_open:
        raise ChannelRefused(found.id, "is closed", remedy="Open another with `powerpact channel open`.")


def _check_readings(chain: Chain, found: MeteredChannel, readings: Sequence[SignedReading]) -> None:
    """Each is measured, of the channel's device, and signed by the key that the device had then."""
    device, domain = found.terms.device, chain.domain("Metering")
    reads = [("DeviceRegistry", "signerAt", [device, signed.reading.start_at]) for signed in readings]
    for signed, (key, *_) in zip(readings, chain.read_all(reads), strict=True):
        reading = signed.reading
        if reading.device != device:
            raise ChannelRefused(found.id, f"is for device {device}, and a reading is of device {reading.device}")
        if reading.quality != Quality.MEASURED:
            raise ChannelRefused(found.id, f"the reading of {reading.start_at} is not measured")
        if not is_by(key, domain, "Reading", reading.message(), signed.signature):
            raise ChannelRefused(found.id, f"the reading of {reading.start_at} is not signed by its device")
