"""What was signed in payment channels: on the disk before it is handed over, or relied on.

Of a metered channel all vouchers are kept, as its payer signed or its receiver took them; of a mutual one the states
and changes that the own account signed, with the signatures that they have.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final, NamedTuple, cast

from eth_typing import ChecksumAddress
from eth_utils import to_canonical_address
from sqlalchemy import Boolean, Column, ColumnElement, Integer, LargeBinary, String, Table, Text, func, insert, select

from powerpact.codec.channelfile import Signed, SignedVoucher, format_signed, parse_signed
from powerpact.market.channels import ChannelChange, ChannelState, Voucher
from powerpact.store.journal import TABLES, Journal

_VOUCHERS: Final = Table(
    "vouchers",
    TABLES,
    Column("genesis", LargeBinary, primary_key=True),
    Column("own", LargeBinary, primary_key=True),
    Column("channel", LargeBinary, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("total", String, nullable=False),
    Column("reading", LargeBinary, nullable=False),
    Column("start_at", Integer, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("written_at", Integer, nullable=False),
    sqlite_with_rowid=False,
)

_AGREED: Final = Table(
    "channel_states",
    TABLES,
    Column("genesis", LargeBinary, primary_key=True),
    Column("own", LargeBinary, primary_key=True),
    Column("channel", LargeBinary, primary_key=True),
    Column("version", String, primary_key=True),
    Column("is_change", Boolean, primary_key=True),
    Column("line", Text, nullable=False),
    Column("is_whole", Boolean, nullable=False),
    Column("written_at", Integer, nullable=False),
    sqlite_with_rowid=False,
)

_DIGITS: Final = 20
"""Digits of a version, so that text sorts as numbers do."""


class PaidReading(NamedTuple):
    """A voucher, and the interval of the reading that it pays for last.

    Attributes
    ----------
    signed : SignedVoucher
        The voucher.
    start_at : int
        Start of the interval, Unix seconds.
    """

    signed: SignedVoucher
    start_at: int


class ChannelBook:
    """What one account signed in channels, or took of others, in the journal of one deployment.

    Parameters
    ----------
    journal : Journal
        Whose tables are used; a commit is on the disk when it returns.
    own : ChecksumAddress
        The account: a party, or a watchtower.
    """

    def __init__(self, journal: Journal, own: ChecksumAddress) -> None:
        self._journal = journal
        self._genesis = journal.genesis
        self._own = to_canonical_address(own)

    def keep_vouchers(self, vouchers: Sequence[PaidReading]) -> None:
        """Write vouchers down, all or none; they are on the disk when this returns.

        Raises
        ------
        IntegrityError
            If there is a voucher of that number: whoever calls looks at the last one in the same turn.
        """
        now = int(time.time())
        rows = [
            {
                "genesis": self._genesis,
                "own": self._own,
                "channel": signed.channel,
                "number": signed.voucher.number,
                "total": str(signed.voucher.total_upoints),
                "reading": signed.voucher.reading,
                "start_at": start_at,
                "signature": signed.signature,
                "written_at": now,
            }
            for signed, start_at in vouchers
        ]
        if rows:
            with self._journal.writing() as connection:
                connection.execute(insert(_VOUCHERS), rows)

    def last_voucher(self, channel: bytes) -> PaidReading | None:
        """The voucher of the highest number."""
        question = select(_VOUCHERS).where(*self._mine(_VOUCHERS), _VOUCHERS.c.channel == channel)
        with self._journal.database.reading() as connection:
            row = connection.execute(question.order_by(_VOUCHERS.c.number.desc()).limit(1)).first()
        return None if row is None else _paid(row)

    def vouchers_from(self, channel: bytes, number: int = 0) -> list[PaidReading]:
        """The vouchers from a number on."""
        question = select(_VOUCHERS).where(
            *self._mine(_VOUCHERS), _VOUCHERS.c.channel == channel, _VOUCHERS.c.number >= number
        )
        with self._journal.database.reading() as connection:
            return [_paid(row) for row in connection.execute(question.order_by(_VOUCHERS.c.number))]

    def count_vouchers(self, channel: bytes) -> int:
        """How many there are."""
        question = select(func.count()).where(*self._mine(_VOUCHERS), _VOUCHERS.c.channel == channel)
        with self._journal.database.reading() as connection:
            return connection.scalar(question) or 0

    def keep(self, signed: Sequence[Signed[ChannelState] | Signed[ChannelChange]]) -> None:
        """Write states and changes down, all or none; one of the same version is replaced."""
        now = int(time.time())
        rows = [
            {
                "genesis": self._genesis,
                "own": self._own,
                "channel": one.channel,
                "version": f"{one.said.version:0{_DIGITS}}",
                "is_change": isinstance(one.said, ChannelChange),
                "line": format_signed(one),
                "is_whole": one.is_whole,
                "written_at": now,
            }
            for one in signed
        ]
        if rows:
            with self._journal.writing() as connection:
                connection.execute(insert(_AGREED).prefix_with("OR REPLACE"), rows)

    def newest_state(self, channel: bytes, *, is_whole: bool) -> Signed[ChannelState] | None:
        """The state of the highest version that both signed, or only the own account."""
        return cast(
            Signed[ChannelState] | None,
            self._newest(channel, _AGREED.c.is_change.is_(False), _AGREED.c.is_whole.is_(is_whole)),
        )

    def newest_change(self, channel: bytes) -> Signed[ChannelChange] | None:
        """The change of the highest version that the own account signed."""
        return cast(Signed[ChannelChange] | None, self._newest(channel, _AGREED.c.is_change.is_(True)))

    def channels(self) -> list[bytes]:
        """The mutual channels of which there are states."""
        question = select(_AGREED.c.channel).where(*self._mine(_AGREED)).distinct()
        with self._journal.database.reading() as connection:
            return [row.channel for row in connection.execute(question)]

    def _mine(self, rows: Table) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return rows.c.genesis == self._genesis, rows.c.own == self._own

    def _newest(self, channel: bytes, *conditions: Any) -> Signed[ChannelState] | Signed[ChannelChange] | None:
        question = select(_AGREED.c.line).where(*self._mine(_AGREED), _AGREED.c.channel == channel, *conditions)
        with self._journal.database.reading() as connection:
            line = connection.scalar(question.order_by(_AGREED.c.version.desc()).limit(1))
        return None if line is None else parse_signed("the journal", line)


def _paid(row: Any) -> PaidReading:
    voucher = Voucher(row.number, int(row.total), row.reading)
    return PaidReading(SignedVoucher(row.channel, voucher, row.signature), row.start_at)
