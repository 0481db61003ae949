"""What was signed in payment channels: on the disk before it is handed over, or relied on.

Of a metered channel all vouchers are kept, as its payer signed or its receiver took them; of a mutual one the states
and changes that the own account signed, with the signatures that they have.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final, NamedTuple, cast

from eth_typing import ChecksumAddress
from eth_utils import to_canonical_address
from sqlalchemy import (
    Boolean,
    Column,
    ColumnElement,
    Connection,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    func,
    insert,
    select,
)

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
    Column("kind", String, primary_key=True),
    Column("line", Text, nullable=False),
    Column("is_whole", Boolean, nullable=False),
    Column("written_at", Integer, nullable=False),
    sqlite_with_rowid=False,
)

_STATE, _CHANGE, _OFFER, _CLOSING = "state", "change", "offer", "closing"

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
        self._group: Connection | None = None

    @contextmanager
    def group(self) -> Iterator[None]:
        """Write what is kept meanwhile with one commit; it is on the disk when this ends, and is handed over then."""
        if self._group is not None:
            yield
            return
        with self._journal.writing() as connection:
            self._group = connection
            try:
                yield
            finally:
                self._group = None

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
            with self._writing() as connection:
                connection.execute(insert(_VOUCHERS), rows)

    def last_voucher(self, channel: bytes) -> PaidReading | None:
        """The voucher of the highest number."""
        question = select(_VOUCHERS).where(*self._mine(_VOUCHERS), _VOUCHERS.c.channel == channel)
        with self._reading() as connection:
            row = connection.execute(question.order_by(_VOUCHERS.c.number.desc()).limit(1)).first()
        return None if row is None else _paid(row)

    def count_vouchers(self, channel: bytes) -> int:
        """How many there are."""
        question = select(func.count()).where(*self._mine(_VOUCHERS), _VOUCHERS.c.channel == channel)
        with self._reading() as connection:
            return connection.scalar(question) or 0

    def keep(self, signed: Signed[ChannelState] | Signed[ChannelChange]) -> None:
        """Write a state or a change down; one of the same version is replaced."""
        self._keep(signed, _CHANGE if isinstance(signed.said, ChannelChange) else _STATE, signed.said.version)

    def keep_answer(self, offered: Signed[ChannelState], answer: Signed[ChannelState]) -> None:
        """Write down what was answered to a state that was offered, so that it is answered the same way again."""
        with self.group():
            self.keep(answer)
            self._keep(offered, _OFFER, answer.said.version)

    def note_closing(self, newest: Signed[ChannelState]) -> None:
        """The own account asked to close: it signs nothing more in this channel."""
        self._keep(newest, _CLOSING, newest.said.version)

    def newest_state(self, channel: bytes, *, is_whole: bool) -> Signed[ChannelState] | None:
        """The state of the highest version that both signed, or only the own account."""
        condition = _AGREED.c.is_whole.is_(is_whole)
        return cast(Signed[ChannelState] | None, self._newest(channel, _STATE, condition))

    def newest_change(self, channel: bytes) -> Signed[ChannelChange] | None:
        """The change of the highest version that the own account signed."""
        return cast(Signed[ChannelChange] | None, self._newest(channel, _CHANGE))

    def answered_to(self, channel: bytes) -> Signed[ChannelState] | None:
        """The offered state to which the own account answered last with one of its own."""
        return cast(Signed[ChannelState] | None, self._newest(channel, _OFFER))

    def is_closing(self, channel: bytes) -> bool:
        """Whether the own account asked to close."""
        return self._newest(channel, _CLOSING) is not None

    def _keep(self, signed: Signed[ChannelState] | Signed[ChannelChange], kind: str, version: int) -> None:
        row = {
            "genesis": self._genesis,
            "own": self._own,
            "channel": signed.channel,
            "version": f"{version:0{_DIGITS}}",
            "kind": kind,
            "line": format_signed(signed),
            "is_whole": signed.is_whole,
            "written_at": int(time.time()),
        }
        with self._writing() as connection:
            connection.execute(insert(_AGREED).prefix_with("OR REPLACE"), [row])

    def channels(self) -> list[bytes]:
        """The mutual channels of which there are states."""
        question = select(_AGREED.c.channel).where(*self._mine(_AGREED)).distinct()
        with self._reading() as connection:
            return [row.channel for row in connection.execute(question)]

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        if self._group is not None:
            yield self._group
            return
        with self._journal.writing() as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[Connection]:
        """What is written in a group is seen in it."""
        if self._group is not None:
            yield self._group
            return
        with self._journal.database.reading() as connection:
            yield connection

    def _mine(self, rows: Table) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
        return rows.c.genesis == self._genesis, rows.c.own == self._own

    def _newest(
        self, channel: bytes, kind: str, *conditions: ColumnElement[bool]
    ) -> Signed[ChannelState] | Signed[ChannelChange] | None:
        question = select(_AGREED.c.line).where(
            *self._mine(_AGREED), _AGREED.c.channel == channel, _AGREED.c.kind == kind, *conditions
        )
        with self._reading() as connection:
            line = connection.scalar(question.order_by(_AGREED.c.version.desc()).limit(1))
        return None if line is None else parse_signed("the journal", line)


def _paid(row: Any) -> PaidReading:
    voucher = Voucher(row.number, int(row.total), row.reading)
    return PaidReading(SignedVoucher(row.channel, voucher, row.signature), row.start_at)
