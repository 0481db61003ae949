"""Readings on their way from a broker to the chain: kept under interval, device and version, the first valid one.

A reading is *stored* once it is on the disk, *reported* while a transaction that holds it may still vanish in a
reorganisation, and *final* after that. What is refused is kept apart with its reason, so that a forged reading never
takes the place of a genuine one.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Iterator, Sequence
from typing import Any, Final, TypeVar

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Integer,
    LargeBinary,
    PrimaryKeyConstraint,
    String,
    Table,
    UniqueConstraint,
    bindparam,
    delete,
    func,
    insert,
    select,
    tuple_,
    update,
)
from sqlalchemy import Index as TableIndex

from powerpact.chain.contracts.meters import SignedReading
from powerpact.codec.readingfile import format_reading
from powerpact.market.readings import Reading
from powerpact.store.journal import TABLES, Journal
from powerpact.store.kept import Kept, Key, ReadingState, Refused, Waiting, key_of

T = TypeVar("T")

MOST_REFUSED: Final = 10_000
"""Refused messages that are kept; older ones make room, since anyone whom the broker lets in can send them."""

KEPT_S: Final = 30 * 24 * 3_600
"""How long final readings are kept, s. The chain has them; one that comes again later is found there."""

PIECE: Final = 256
"""Keys in one question."""


_STATES: Final = ", ".join(f"'{state.value}'" for state in ReadingState)

_READINGS: Final = Table(
    "readings",
    TABLES,
    Column("genesis", LargeBinary, nullable=False),
    Column("device", Integer, nullable=False),
    Column("start_at", Integer, nullable=False),
    Column("version", Integer, nullable=False),
    Column("words", LargeBinary, nullable=False),
    Column("signature", LargeBinary, nullable=False),
    Column("state", String, nullable=False),
    Column("transaction_hash", LargeBinary),
    Column("received_at", Integer, nullable=False),
    PrimaryKeyConstraint("genesis", "start_at", "device", "version"),
    CheckConstraint(f"state IN ({_STATES})", name="state"),
    TableIndex("ix_readings_by_state", "genesis", "state", "start_at", "device", "version"),
    sqlite_with_rowid=False,
)

_KEY: Final = _READINGS.c.device, _READINGS.c.start_at, _READINGS.c.version
_ORDER: Final = _READINGS.c.start_at, _READINGS.c.device, _READINGS.c.version

_REFUSED: Final = Table(
    "refused_readings",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("genesis", LargeBinary, nullable=False),
    Column("digest", LargeBinary, nullable=False),
    Column("device", Integer),
    Column("start_at", Integer),
    Column("topic", String, nullable=False),
    Column("payload", LargeBinary, nullable=False),
    Column("reason", String, nullable=False),
    Column("may_pass", Boolean, nullable=False),
    Column("refused_at", Integer, nullable=False),
    UniqueConstraint("genesis", "digest"),
)


class Readings:
    """The readings of one deployment, in its journal.

    Parameters
    ----------
    journal : Journal
        Whose tables are used; a commit is on the disk when it returns.
    """

    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._genesis = journal.genesis

    def keep(self, valid: Sequence[tuple[SignedReading, str]], refused: Sequence[Refused] = ()) -> Kept:
        """Write readings and refused messages down, all or none; they are on the disk when this returns.

        Of several readings of one device, interval and version the first stays. Another one counts as known if it says
        the same, and is refused if it does not.

        Parameters
        ----------
        valid : sequence of (SignedReading, str)
            Readings whose signature was checked, each with the topic that it came from.
        refused : sequence of Refused
            Messages that are refused.
        """
        now = int(time.time())
        rows = [
            {
                "genesis": self._genesis,
                "device": signed.reading.device,
                "start_at": signed.reading.start_at,
                "version": signed.reading.version,
                "words": _words(signed.reading),
                "signature": signed.signature,
                "state": ReadingState.STORED.value,
                "received_at": now,
            }
            for signed, _ in valid
        ]
        with self._journal.writing() as connection:
            new = connection.execute(insert(_READINGS).prefix_with("OR IGNORE"), rows).rowcount if rows else 0
            others = self._others(connection, valid) if new < len(rows) else []
            self._refuse(connection, [*refused, *others])
        return Kept(new, len(rows) - new - len(others), len(refused) + len(others))

    def refuse(self, waiting: Sequence[tuple[Waiting, str]]) -> None:
        """Move readings that the chain will not take to the refused ones, each with the reason.

        Their places are free again: another reading of the same interval and version may come.
        """
        with self._journal.writing() as connection:
            self._refuse(connection, [_refused(one.signed, "", reason) for one, reason in waiting])
            self._for_each(connection, delete(_READINGS), [one.key for one, _ in waiting])

    def waiting(self) -> Iterator[Waiting]:
        """What is stored and in no transaction, read as it is taken, a piece at a time.

        Earliest intervals come first, lowest devices first in one interval, and lowest versions first of one reading.
        """
        after: Key = (-1, -1, -1)
        while True:
            question = (
                select(_READINGS.c.words, _READINGS.c.signature, _READINGS.c.received_at)
                .where(_READINGS.c.genesis == self._genesis, _READINGS.c.state == ReadingState.STORED.value)
                .where(tuple_(*_ORDER) > after)
                .order_by(*_ORDER)
                .limit(1_000)
            )
            with self._journal.database.reading() as connection:
                rows = connection.execute(question).all()
            found = [Waiting(SignedReading(_reading(words), signature), at) for words, signature, at in rows]
            yield from found
            if len(found) < 1_000:
                return
            last = found[-1].signed.reading
            after = last.start_at, last.device, last.version

    def devices(self) -> list[int]:
        """The devices of which something is stored and in no transaction."""
        question = select(_READINGS.c.device).where(
            _READINGS.c.genesis == self._genesis, _READINGS.c.state == ReadingState.STORED.value
        )
        with self._journal.database.reading() as connection:
            return [row.device for row in connection.execute(question.distinct().order_by(_READINGS.c.device))]

    def note_reported(self, keys: Sequence[Key], transaction_hash: str) -> None:
        """A transaction that holds these readings is mined."""
        hash_ = bytes.fromhex(transaction_hash[2:])
        changed = {"state": ReadingState.REPORTED.value, "transaction_hash": hash_}
        with self._journal.writing() as connection:
            self._for_each(connection, update(_READINGS).values(changed), keys)

    def transactions(self) -> list[str]:
        """The transactions whose readings are not final yet."""
        column = _READINGS.c.transaction_hash
        question = select(column).where(
            _READINGS.c.genesis == self._genesis, _READINGS.c.state == ReadingState.REPORTED.value
        )
        with self._journal.database.reading() as connection:
            return [f"0x{row.transaction_hash.hex()}" for row in connection.execute(question.distinct())]

    def note_final(self, transaction_hash: str) -> None:
        """A transaction is on the chain to stay."""
        self._move(transaction_hash, ReadingState.FINAL)

    def note_vanished(self, transaction_hash: str) -> None:
        """A transaction is on the chain no more: its readings are to be reported again."""
        self._move(transaction_hash, ReadingState.STORED)

    def has(self, device: int, start_at: int) -> bool:
        """Whether any version of a reading is kept, however far it is."""
        of_interval = _READINGS.c.start_at == start_at, _READINGS.c.device == device
        question = select(_READINGS.c.version).where(_READINGS.c.genesis == self._genesis, *of_interval)
        with self._journal.database.reading() as connection:
            return connection.execute(question.limit(1)).first() is not None

    def note_lost(self, device: int, after: int) -> None:
        """The chain has none of a device's readings after an interval, though they were final: report them again."""
        where = (
            _READINGS.c.genesis == self._genesis,
            _READINGS.c.start_at > after,
            _READINGS.c.device == device,
            _READINGS.c.state == ReadingState.FINAL.value,
        )
        changed = {"state": ReadingState.STORED.value, "transaction_hash": None}
        with self._journal.writing() as connection:
            connection.execute(update(_READINGS).where(*where).values(changed))

    def counts(self) -> dict[str, int]:
        """Number of readings in each state that occurs, and under ``refused`` of refused messages."""
        question = select(_READINGS.c.state, func.count().label("many")).where(_READINGS.c.genesis == self._genesis)
        refused = select(func.count()).where(_REFUSED.c.genesis == self._genesis)
        with self._journal.database.reading() as connection:
            counts = {row.state: row.many for row in connection.execute(question.group_by(_READINGS.c.state))}
            many = connection.scalar(refused)
        return counts | ({"refused": many} if many else {})

    def has_waiting(self) -> bool:
        """Whether any reading is not final."""
        question = select(_READINGS.c.device).where(
            _READINGS.c.genesis == self._genesis, _READINGS.c.state != ReadingState.FINAL.value
        )
        with self._journal.database.reading() as connection:
            return connection.execute(question.limit(1)).first() is not None

    def refused(self) -> list[tuple[Refused, int]]:
        """The refused messages that are kept, each with the time at which it came, Unix seconds; oldest first."""
        question = select(_REFUSED).where(_REFUSED.c.genesis == self._genesis).order_by(_REFUSED.c.id)
        with self._journal.database.reading() as connection:
            return [(_refused_of(row), row.refused_at) for row in connection.execute(question)]

    def passable(self, highest_device: int) -> list[tuple[int, Refused]]:
        """What was refused only because its device was not registered, of devices up to this one, each with its id."""
        question = select(_REFUSED).where(
            _REFUSED.c.genesis == self._genesis, _REFUSED.c.may_pass, _REFUSED.c.device <= highest_device
        )
        with self._journal.database.reading() as connection:
            return [(row.id, _refused_of(row)) for row in connection.execute(question.order_by(_REFUSED.c.id))]

    def forget(self, ids: Sequence[int]) -> None:
        """Delete refused messages that were looked at again."""
        with self._journal.writing() as connection:
            for piece in _pieces(ids):
                connection.execute(delete(_REFUSED).where(_REFUSED.c.id.in_(piece)))

    def prune(self) -> None:
        """Delete final readings that came long ago."""
        old = _READINGS.c.received_at < int(time.time()) - KEPT_S
        with self._journal.writing() as connection:
            connection.execute(delete(_READINGS).where(_READINGS.c.state == ReadingState.FINAL.value, old))

    def _others(self, connection: Connection, valid: Sequence[tuple[SignedReading, str]]) -> list[Refused]:
        """Of readings that were just kept or ignored, those in whose place another one is."""
        found: dict[Key, bytes] = {}
        for piece in _pieces([key_of(signed.reading) for signed, _ in valid]):
            of_piece = _READINGS.c.genesis == self._genesis, tuple_(*_KEY).in_(piece)
            question = select(*_KEY, _READINGS.c.words).where(*of_piece)
            found |= {row[:3]: row.words for row in connection.execute(question)}
        reason = "another reading of this device, interval and version came first"
        others = ((signed, topic) for signed, topic in valid if found[key_of(signed.reading)] != _words(signed.reading))
        return [_refused(signed, topic, reason) for signed, topic in others]

    def _refuse(self, connection: Connection, refused: Sequence[Refused]) -> None:
        if not refused:
            return
        now = int(time.time())
        rows = [
            {
                "genesis": self._genesis,
                "digest": hashlib.sha256(f"{one.topic}\0{one.reason}\0".encode() + one.payload).digest(),
                "device": one.device,
                "start_at": one.start_at,
                "topic": one.topic,
                "payload": one.payload,
                "reason": one.reason,
                "may_pass": one.may_pass,
                "refused_at": now,
            }
            for one in refused
        ]
        connection.execute(insert(_REFUSED).prefix_with("OR IGNORE"), rows)
        newest = connection.scalar(select(func.max(_REFUSED.c.id))) or 0
        connection.execute(delete(_REFUSED).where(_REFUSED.c.id <= newest - MOST_REFUSED))

    def _for_each(self, connection: Connection, statement: Any, keys: Sequence[Key]) -> None:
        """Delete or update the rows of some keys."""
        chosen = statement.where(
            _READINGS.c.genesis == self._genesis, *(column == bindparam(f"of_{column.name}") for column in _KEY)
        )
        if keys:
            names = [f"of_{column.name}" for column in _KEY]
            connection.execute(chosen, [dict(zip(names, key, strict=True)) for key in keys])

    def _move(self, transaction_hash: str, state: ReadingState) -> None:
        changed: dict[str, str | None] = {"state": state.value}
        if state is ReadingState.STORED:
            changed["transaction_hash"] = None
        where = (
            _READINGS.c.genesis == self._genesis,
            _READINGS.c.state == ReadingState.REPORTED.value,
            _READINGS.c.transaction_hash == bytes.fromhex(transaction_hash[2:]),
        )
        with self._journal.writing() as connection:
            connection.execute(update(_READINGS).where(*where).values(changed))


def _words(reading: Reading) -> bytes:
    """The two words of a reading, 64 bytes."""
    head, flows = reading.pack()
    return head.to_bytes(32, "big") + flows.to_bytes(32, "big")


def _reading(words: bytes) -> Reading:
    return Reading.unpack([int.from_bytes(words[:32], "big"), int.from_bytes(words[32:], "big")])


def _refused(signed: SignedReading, topic: str, reason: str) -> Refused:
    reading = signed.reading
    payload = format_reading(reading, signed.signature).encode()
    return Refused(topic, payload, reason, reading.device, reading.start_at)


def _refused_of(row: Any) -> Refused:
    return Refused(row.topic, row.payload, row.reason, row.device, row.start_at, row.may_pass)


def _pieces(values: Sequence[T]) -> Iterator[Sequence[T]]:
    return (values[first : first + PIECE] for first in range(0, len(values), PIECE))
