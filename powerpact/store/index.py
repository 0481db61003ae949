"""The index: the contracts' events and their blocks, in tables that a replay of the chain rebuilds.

Every event refers to the hash of its block and is deleted with it, so undoing a reorganisation is deleting blocks. The
cursor is the highest block; it is written in the same transaction as the events up to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from sqlalchemy import (
    Column,
    Connection,
    ForeignKey,
    Integer,
    LargeBinary,
    String,
    Table,
    and_,
    delete,
    exists,
    func,
    insert,
    or_,
    select,
)

from powerpact.chain.logs import Block, LogEntry
from powerpact.store.database import Database, Locked, metadata
from powerpact.store.errors import BadDatabase
from powerpact.store.folder import Identity

SCHEMA: Final = 1
"""Version of the tables; an index of another is filled again."""

FILE: Final = "index.sqlite"

KEPT_HEADS: Final = 256
"""How far below the highest block blocks without events are kept."""

_TABLES: Final = metadata()

_FACTS: Final = Table(
    "facts",
    _TABLES,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)

_BLOCKS: Final = Table(
    "blocks",
    _TABLES,
    Column("hash", LargeBinary, primary_key=True),
    Column("number", Integer, nullable=False, unique=True),
    Column("time", Integer),
)

_EVENTS: Final = Table(
    "events",
    _TABLES,
    Column("block_hash", LargeBinary, ForeignKey("blocks.hash", ondelete="CASCADE"), primary_key=True),
    Column("position", Integer, primary_key=True),
    Column("address", LargeBinary, nullable=False),
    *(Column(f"topic{k}", LargeBinary) for k in range(4)),
    Column("data", LargeBinary, nullable=False),
    Column("transaction_hash", LargeBinary, nullable=False, index=True),
    sqlite_with_rowid=False,
)

_BY_TOPIC: Final = ("address", "topic0", "topic1")


class Index:
    """The index of one deployment.

    Parameters
    ----------
    folder : Path or None
        Where its file is; None keeps it in memory.
    identity : Identity
        Which deployment it is of.
    genesis : bytes
        Hash of the chain's first block, 32 bytes.

    Attributes
    ----------
    rebuilt_because : str or None
        Why what was there had to be thrown away; None if it was kept, or nothing was there.

    Raises
    ------
    BadDatabase
        If the file cannot be made.
    """

    def __init__(self, folder: Path | None, identity: Identity, genesis: bytes) -> None:
        self.path = folder / FILE if folder else None
        self.rebuilt_because: str | None = None
        self._facts = {
            "schema": str(SCHEMA),
            "chain": str(identity.chain_id),
            "genesis": genesis.hex(),
            "deployment": identity.deployment,
        }
        try:
            self._open()
        except BadDatabase as error:
            if self.path is None or not self.path.exists():
                raise
            self._delete_file()
            self._open()
            self.rebuilt_because = f"its file could not be read ({error.problem})"

    def _open(self) -> None:
        self.database = Database(self.path, survives_power_loss=False)
        with self.database.writing() as connection:
            had_tables = self.database.engine.dialect.has_table(connection, "facts")
            found = _facts(connection) if had_tables else {}
            different = [name for name, value in self._facts.items() if found.get(name) != value]
            if different and had_tables:
                self.rebuilt_because = f"its {' and '.join(different)} are not those of this chain"
            if different:
                self._make_tables(connection)

    def _make_tables(self, connection: Connection) -> None:
        _TABLES.drop_all(connection)
        _TABLES.create_all(connection)
        connection.exec_driver_sql(f"CREATE INDEX IF NOT EXISTS ix_events_by_topic ON events ({', '.join(_BY_TOPIC)})")
        connection.execute(insert(_FACTS), [{"name": name, "value": value} for name, value in self._facts.items()])

    def _delete_file(self) -> None:
        self.database.close()
        for suffix in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{self.path}{suffix}").unlink()

    def clear(self) -> None:
        """Delete all blocks and events; the next step begins at the deployment's first block."""
        with self.database.writing() as connection:
            connection.execute(delete(_BLOCKS))

    @contextmanager
    def writing(self, wait_s: float) -> Iterator[Step]:
        """One step of the writer: holds the lock while it lasts.

        Raises
        ------
        Locked
            If another program is writing.
        """
        with self.database.writing(wait_s) as connection:
            yield Step(connection)

    def tip(self) -> Block | None:
        """The block up to which everything is known, None at the beginning."""
        with self.database.reading() as connection:
            return _tip(connection)

    def remembered(self, name: str) -> str | None:
        """Something small that was learnt and kept, by name."""
        with self.database.reading() as connection:
            value: str | None = connection.scalar(select(_FACTS.c.value).where(_FACTS.c.name == name))
            return value

    def remember(self, name: str, value: str) -> None:
        """Keep something small that was learnt; not if another program is writing."""
        with suppress(Locked), self.database.writing(0) as connection:
            connection.execute(delete(_FACTS).where(_FACTS.c.name == name))
            connection.execute(insert(_FACTS).values(name=name, value=value))

    def events(self, address: bytes, topics: Sequence[bytes | None], up_to: int, since_s: int = 0) -> list[LogEntry]:
        """Events of a contract, oldest first.

        Parameters
        ----------
        address : bytes
            The contract, 20 bytes.
        topics : sequence of bytes or None
            What the topics must be, in their order; None takes any.
        up_to : int
            The last block that is looked at.
        since_s : int
            Unix seconds; blocks that are known to be older are left out.
        """
        wanted = [_EVENTS.c[f"topic{k}"] == topic for k, topic in enumerate(topics) if topic is not None]
        if since_s:
            wanted.append(or_(_BLOCKS.c.time.is_(None), _BLOCKS.c.time >= since_s))
        return self._select(and_(_EVENTS.c.address == address, _BLOCKS.c.number <= up_to, *wanted))

    def events_of(self, transaction_hash: bytes) -> list[LogEntry]:
        """All events of a transaction."""
        return self._select(_EVENTS.c.transaction_hash == transaction_hash)

    def _select(self, condition: Any) -> list[LogEntry]:
        question = (
            select(_BLOCKS.c.number, _BLOCKS.c.time, _EVENTS)
            .join(_BLOCKS, _BLOCKS.c.hash == _EVENTS.c.block_hash)
            .where(condition)
            .order_by(_BLOCKS.c.number, _EVENTS.c.position)
        )
        with self.database.reading() as connection:
            return [_row(found) for found in connection.execute(question)]

    def time_of(self, number: int) -> int | None:
        """Time of a block, Unix seconds, if known."""
        with self.database.reading() as connection:
            time_s: int | None = connection.scalar(select(_BLOCKS.c.time).where(_BLOCKS.c.number == number))
            return time_s

    def sizes(self) -> tuple[int, int]:
        """Number of blocks and of events."""
        with self.database.reading() as connection:
            blocks, events = (
                connection.scalar(select(func.count()).select_from(table)) or 0 for table in (_BLOCKS, _EVENTS)
            )
            return blocks, events

    def dump(self) -> list[LogEntry]:
        """Every event, oldest first: what two indexes of one chain must agree on."""
        return self._select(_EVENTS.c.position >= 0)


class Step:
    """What the writer does in one step, all in one transaction."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def tip(self) -> Block | None:
        """The block up to which everything is known."""
        return _tip(self._connection)

    def last_with_events(self) -> tuple[Block, list[int]] | None:
        """The highest block with events, and their positions."""
        question = select(_BLOCKS).where(exists().where(_EVENTS.c.block_hash == _BLOCKS.c.hash))
        found = self._connection.execute(question.order_by(_BLOCKS.c.number.desc()).limit(1)).first()
        if found is None:
            return None
        positions = select(_EVENTS.c.position).where(_EVENTS.c.block_hash == found.hash)
        return Block(found.number, found.hash, found.time), sorted(self._connection.scalars(positions))

    def below_tip(self, steps: int) -> Block | None:
        """The block a number of known ones below the tip, None if there are fewer."""
        question = select(_BLOCKS).order_by(_BLOCKS.c.number.desc()).limit(1).offset(steps)
        found = self._connection.execute(question).first()
        return Block(found.number, found.hash, found.time) if found else None

    def drop_above(self, number: int) -> None:
        """Forget every block above a height, and with it its events."""
        self._connection.execute(delete(_BLOCKS).where(_BLOCKS.c.number > number))

    def append(self, tip: Block, rows: Iterable[LogEntry]) -> None:
        """Add events and the block that everything is known up to.

        Blocks that are known already keep their events.
        """
        rows = list(rows)
        blocks = {row.block.hash: row.block for row in rows} | {tip.hash: tip}
        lowest = min(block.number for block in blocks.values())
        known = set(self._connection.scalars(select(_BLOCKS.c.hash).where(_BLOCKS.c.number >= lowest)))
        fresh = [block for block in blocks.values() if block.hash not in known]
        if fresh:
            self._connection.execute(
                insert(_BLOCKS), [{"hash": b.hash, "number": b.number, "time": b.time_s} for b in fresh]
            )
        values = [_values(row) for row in rows]
        if values:
            self._connection.execute(insert(_EVENTS).prefix_with("OR IGNORE"), values)
        self._prune(tip.number - KEPT_HEADS)

    def _prune(self, number: int) -> None:
        """Forget blocks without events some way below a height."""
        is_old = _BLOCKS.c.number.between(number - KEPT_HEADS, number)
        is_empty = ~exists().where(_EVENTS.c.block_hash == _BLOCKS.c.hash)
        self._connection.execute(delete(_BLOCKS).where(is_old, is_empty))


def _facts(connection: Connection) -> dict[str, str]:
    return {row.name: row.value for row in connection.execute(select(_FACTS))}


def _tip(connection: Connection) -> Block | None:
    found = connection.execute(select(_BLOCKS).order_by(_BLOCKS.c.number.desc()).limit(1)).first()
    return Block(found.number, found.hash, found.time) if found else None


def _row(found: Any) -> LogEntry:
    topics = (found.topic0, found.topic1, found.topic2, found.topic3)
    return LogEntry(
        block=Block(found.number, found.block_hash, found.time),
        position=found.position,
        address=found.address,
        topics=tuple(topic for topic in topics if topic is not None),
        data=found.data,
        transaction_hash=found.transaction_hash,
    )


def _values(row: LogEntry) -> dict[str, Any]:
    topics = [*row.topics, *[None] * (4 - len(row.topics))]
    return {
        "block_hash": row.block.hash,
        "position": row.position,
        "address": row.address,
        **{f"topic{k}": topic for k, topic in enumerate(topics)},
        "data": row.data,
        "transaction_hash": row.transaction_hash,
    }
