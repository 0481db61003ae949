"""Paying for readings by vouchers: what the payer checks before it signs, and the receiver before it relies on one.

A voucher is over all that is owed so far, so that any later one makes up for one that was lost. Both sides know the
readings, both compute the same sums, and a voucher counts for its receiver once it is on the disk.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from eth_account.signers.local import LocalAccount

from powerpact.chain.client import Chain
from powerpact.chain.contracts.channels import CONTRACT, MeteredChannel
from powerpact.chain.contracts.meters import SignedReading
from powerpact.codec.channelfile import SignedVoucher
from powerpact.codec.eip712 import is_by, sign, struct_hash
from powerpact.market.channels import Voucher
from powerpact.market.readings import Quality, Reading
from powerpact.payments.errors import ChannelRefused
from powerpact.payments.signatures import is_signed
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
    last = book.last_voucher(found.id)
    number, total, paid_to = _after(last)
    due = sorted(
        (signed for signed in readings if signed.reading.start_at > paid_to), key=lambda signed: signed.reading.start_at
    )
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
            f"{total} micro-points would be owed, and {found.locked_upoints} are locked",
            remedy="Lock more with `powerpact channel fund`.",
        )
    book.keep_vouchers(vouchers)
    return [paid.signed for paid in vouchers]


def receive(
    chain: Chain,
    book: ChannelBook,
    found: MeteredChannel,
    vouchers: Sequence[SignedVoucher],
    readings: Mapping[bytes, Reading],
) -> Taken:
    """Check vouchers and write them down; only then is the energy that they pay for to be handed over.

    Parameters
    ----------
    chain : Chain
        The deployment.
    book : ChannelBook
        What was taken before.
    found : MeteredChannel
        The channel.
    vouchers : sequence of SignedVoucher
        By rising numbers; those that were taken before are passed over.
    readings : mapping of bytes to Reading
        The receiver's own readings of the channel's device, each by its `reading_hash`.

    Raises
    ------
    ChannelRefused
        At the first voucher that is not worth what its readings are, or is not signed by the payer; those before it are
        kept.
    """
    _require_open(found)
    last = book.last_voucher(found.id)
    number, total, paid_to = _after(last)
    values = sorted((reading.start_at, found.terms.value_upoints(reading.exported_wh)) for reading in readings.values())
    place = next((i for i, (start_at, _) in enumerate(values) if start_at > paid_to), len(values))
    domain = chain.domain(CONTRACT)
    kept: list[PaidReading] = []
    known = 0
    try:
        for signed in vouchers:
            voucher = signed.voucher
            if signed.channel != found.id:
                raise ChannelRefused(found.id, f"voucher {voucher.number} is of another channel")
            if voucher.number < number:
                known += 1
                continue
            reading = readings.get(voucher.reading)
            if reading is None or reading.start_at <= paid_to:
                raise ChannelRefused(
                    found.id, f"voucher {voucher.number} is for no reading that is to be paid", remedy=_READINGS
                )
            while place < len(values) and values[place][0] <= reading.start_at:
                total, place = total + values[place][1], place + 1
            if voucher.total_upoints != total:
                raise ChannelRefused(
                    found.id,
                    f"voucher {voucher.number} is over {voucher.total_upoints} micro-points, the readings up to its "
                    f"own are worth {total}",
                    remedy=_READINGS,
                )
            if total > found.locked_upoints:
                raise ChannelRefused(
                    found.id,
                    f"voucher {voucher.number} is over {total} micro-points, and {found.locked_upoints} are locked",
                    remedy="Have the payer lock more with `powerpact channel fund`.",
                )
            message = voucher.message(found.id)
            if not is_signed(chain, domain, found.terms.payer, "Voucher", message, signed.signature):
                raise ChannelRefused(found.id, f"voucher {voucher.number} is not signed by {found.terms.payer}")
            kept.append(PaidReading(signed, reading.start_at))
            number, paid_to = voucher.number + 1, reading.start_at
    finally:
        book.keep_vouchers(kept)
    return Taken(len(kept), known, kept[-1].signed.voucher.total_upoints if kept else _after(last)[1])


_READINGS = "Give all readings of the device since the last voucher, as both sides have them."


def _after(last: PaidReading | None) -> tuple[int, int, int]:
    """The next number, the sum so far, and the interval up to which readings are paid for; −1: none is."""
    if last is None:
        return 0, 0, -1
    return last.signed.voucher.number + 1, last.signed.voucher.total_upoints, last.start_at


def _require_open(found: MeteredChannel) -> None:
    if not found.is_open:
        raise ChannelRefused(found.id, "is closed", remedy="Open another with `powerpact channel open`.")
    if found.ends_at:
        raise ChannelRefused(
            found.id,
            "its payer gave notice",
            remedy="Claim what is owed with `powerpact channel claim`, and open another.",
        )


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
