"""Payment channels in tests: terms, what their parties sign, and the calls that take it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from eth_account.signers.local import LocalAccount

from powerpact.codec.eip712 import Domain, compact, sign
from powerpact.codec.packing import metered_id, mutual_id
from powerpact.market.channels import ChannelChange, ChannelState, MeteredTerms, MutualTerms, Voucher

CHANNELS: Final = "PaymentChannels"
WINDOW_S: Final = 3_600
READING: Final = bytes(31) + b"\7"


@dataclass(frozen=True)
class Metered:
    """A metered channel between two accounts."""

    payer: LocalAccount
    receiver: LocalAccount
    domain: Domain
    serial: int = 0
    notice_s: int = WINDOW_S

    @property
    def terms(self) -> MeteredTerms:
        return MeteredTerms(self.payer.address, self.receiver.address, 1, 90_000, self.notice_s, self.serial)

    @property
    def id(self) -> bytes:
        return metered_id(self.domain, self.terms)

    def signed(
        self, total: int, number: int = 0, by: LocalAccount | None = None, altered: dict[str, Any] | None = None
    ) -> tuple[Any, ...]:
        """A voucher with a signature, which may be over something else."""
        voucher = Voucher(number, total, READING)
        message = {**voucher.message(self.id), **(altered or {})}
        return voucher, sign(by or self.payer, self.domain, "Voucher", message)


@dataclass(frozen=True)
class Mutual:
    """A mutual channel between two accounts."""

    one: LocalAccount
    other: LocalAccount
    domain: Domain
    serial: int = 0
    window_s: int = WINDOW_S

    @property
    def terms(self) -> MutualTerms:
        return MutualTerms(self.one.address, self.other.address, self.window_s, self.serial)

    @property
    def id(self) -> bytes:
        return mutual_id(self.domain, self.terms)

    def by_both(self, said: ChannelState | ChannelChange) -> tuple[Any, ...]:
        """What both say, with their signatures as the contract takes them."""
        return said, [self.signature(said, party) for party in (self.one, self.other)], []

    def signature(self, said: ChannelState | ChannelChange, by: LocalAccount) -> tuple[bytes, bytes]:
        return compact(sign(by, self.domain, type(said).__name__, said.message(self.id)))
