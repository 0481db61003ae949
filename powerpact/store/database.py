"""SQLite through SQLAlchemy Core, as both databases use it."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Engine, MetaData, create_engine, event
from sqlalchemy.exc import DatabaseError, OperationalError
from sqlalchemy.pool import QueuePool, StaticPool

from powerpact.store.errors import BadDatabase

BUSY_TIMEOUT_S: Final = 10.0
"""How long a write waits for another program's, unless the caller has less patience."""

NAMES: Final = {
    "ix": "ix_%(column_0_N_label)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""How constraints are named, so that migrations can refer to them."""


class Locked(Exception):
    """Another program holds the writer's lock."""


def metadata() -> MetaData:
    """An empty set of tables whose constraints have names."""
    return MetaData(naming_convention=NAMES)


class Database:
    """One SQLite file, or a database in memory.

    A transaction says how it begins: a writer takes the lock at its first statement, a reader none. Readers are
    never kept waiting (write-ahead log).

    Parameters
    ----------
    path : Path or None
        The file; None keeps everything in memory.
    survives_power_loss : bool
        Whether a commit is on the disk when it returns, or merely consistent.
    """

    def __init__(self, path: Path | None, *, survives_power_loss: bool) -> None:
        self.path = path
        self._one_writer = threading.RLock()
        if path is None:
            self.engine = create_engine(
                "sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False, "isolation_level": None}
            )
        else:
            self.engine = create_engine(
                f"sqlite:///{path}",
                poolclass=QueuePool,
                pool_size=1,
                connect_args={"check_same_thread": False, "isolation_level": None, "timeout": 0},
            )
        _prepare(self.engine, "full" if survives_power_loss else "normal")

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A read transaction: one state of the database, whatever others write meanwhile.

        Raises
        ------
        BadDatabase
            If the file cannot be read.
        """
        with self._told(), self._one_writer, self.engine.connect() as connection, connection.begin():
            yield connection

    @contextmanager
    def writing(self, wait_s: float = BUSY_TIMEOUT_S) -> Iterator[Connection]:
        """A write transaction, which holds the writer's lock until it ends.

        Parameters
        ----------
        wait_s : float
            How long another program's transaction is waited for.

        Raises
        ------
        Locked
            If another program holds the lock.
        BadDatabase
            If the file cannot be written.
        """
        with self._told(), self._one_writer, self.engine.connect() as plain:
            connection = plain.execution_options(begin="BEGIN IMMEDIATE", wait_ms=int(wait_s * 1_000))
            with connection.begin():
                yield connection

    def close(self) -> None:
        """Close the file."""
        self.engine.dispose()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as error:
            if "locked" in str(error.orig) or "busy" in str(error.orig):
                raise Locked from error
            raise BadDatabase(self.path or "the database in memory", str(error.orig)) from error
        except DatabaseError as error:
            raise BadDatabase(self.path or "the database in memory", str(error.orig)) from error


def _prepare(engine: Engine, synchronous: str) -> None:
    @event.listens_for(engine, "connect")
    def set_up(connection: Any, _record: Any) -> None:
        cursor = connection.cursor()
        cursor.execute(f"PRAGMA busy_timeout = {int(BUSY_TIMEOUT_S * 1_000)}")
        cursor.execute("PRAGMA journal_mode = wal")
        cursor.execute(f"PRAGMA synchronous = {synchronous}")
        cursor.execute("PRAGMA foreign_keys = on")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        options = connection.get_execution_options()
        if "wait_ms" in options:
            connection.exec_driver_sql(f"PRAGMA busy_timeout = {options['wait_ms']}")
        connection.exec_driver_sql(options.get("begin", "BEGIN"))
