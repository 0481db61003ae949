"""The journal: what no replay of the chain brings back.

Its first table is the outbox of transactions; readings on their way to the chain have two more. The tables change by
Alembic's migrations alone, which run when the journal is opened; a journal that a later version wrote is refused.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from eth_utils import to_checksum_address
from sqlalchemy import (
    CheckConstraint,
    Column,
    Connection,
    Integer,
    LargeBinary,
    String,
    Table,
    func,
    insert,
    select,
    update,
)

from powerpact.chain.outbox import Outgoing, OutgoingState
from powerpact.store.database import Database, Locked, metadata
from powerpact.store.errors import BadDatabase
from powerpact.store.turns import turn

FILE: Final = "journal.sqlite"

TABLES: Final = metadata()
"""The tables as this version of the library uses them; a test compares the migrations with them."""

_STATES: Final = ", ".join(f"'{state.value}'" for state in OutgoingState)

_OUTBOX: Final = Table(
    "outbox",
    TABLES,
    Column("id", Integer, primary_key=True),
    Column("genesis", LargeBinary, nullable=False),
    Column("sender", LargeBinary, nullable=False),
    Column("nonce", Integer, nullable=False),
    Column("step", String, nullable=False),
    Column("transaction_hash", LargeBinary, nullable=False, unique=True),
    Column("purpose", LargeBinary, nullable=False),
    Column("raw", LargeBinary, nullable=False),
    Column("state", String, nullable=False),
    Column("block", Integer),
    Column("written_at", Integer, nullable=False),
    Column("changed_at", Integer, nullable=False),
    CheckConstraint(f"state IN ({_STATES})", name="state"),
)

LATELY_S: Final = 120
"""How long machines that answer for one address may differ, at most."""

_TAKEN: Final = (OutgoingState.SENT.value, OutgoingState.MINED.value, OutgoingState.REVERTED.value)
_OPEN: Final = (OutgoingState.SIGNED.value, OutgoingState.SENT.value)


class Journal:
    """The journal of one deployment, which is also the outbox of its senders.

    Parameters
    ----------
    folder : Path or None
        Where its file is; None keeps it in memory.
    genesis : bytes
        Hash of the chain's first block, 32 bytes: a development chain that was started again is another chain.

    Raises
    ------
    BadDatabase
        If the file cannot be opened, or is of a later version.
    """

    def __init__(self, folder: Path | None, genesis: bytes) -> None:
        self.path = folder / FILE if folder else None
        self.genesis = genesis
        self.database = Database(self.path, survives_power_loss=True)
        with self.writing() as connection:
            self._migrate(connection)

    def write(self, outgoing: Sequence[Outgoing]) -> None:
        """Write transactions down before they are sent, all or none; they are on the disk when this returns."""
        now = int(time.time())
        rows = [
            {
                "genesis": self.genesis,
                "sender": _bytes(one.sender),
                "nonce": one.nonce,
                "step": one.step,
                "transaction_hash": one.hash,
                "purpose": one.purpose,
                "raw": one.raw,
                "state": one.state.value,
                "written_at": now,
                "changed_at": now,
            }
            for one in outgoing
        ]
        if not rows:
            return
        with self.writing() as connection:
            connection.execute(insert(_OUTBOX).prefix_with("OR REPLACE"), rows)

    def mark(self, transaction_hash: bytes, state: OutgoingState, block: int | None = None) -> None:
        """Note what became of a transaction, and in which block."""
        changed = {"state": state.value, "block": block, "changed_at": int(time.time())}
        with self.writing() as connection:
            connection.execute(update(_OUTBOX).where(_OUTBOX.c.transaction_hash == transaction_hash).values(changed))

    def under_way(self, sender: str) -> list[Outgoing]:
        """The account's transactions on this chain whose end is not known, lowest nonces first."""
        question = select(_OUTBOX).where(
            _OUTBOX.c.sender == _bytes(sender), _OUTBOX.c.genesis == self.genesis, _OUTBOX.c.state.in_(_OPEN)
        )
        return self._select(question.order_by(_OUTBOX.c.nonce, _OUTBOX.c.id))

    def mined_from(self, sender: str, nonce: int) -> list[Outgoing]:
        """The account's transactions on this chain from a nonce on that were found in a block, lowest nonces first."""
        question = select(_OUTBOX).where(
            _OUTBOX.c.sender == _bytes(sender),
            _OUTBOX.c.genesis == self.genesis,
            _OUTBOX.c.state == OutgoingState.MINED.value,
            _OUTBOX.c.nonce >= nonce,
        )
        return self._select(question.order_by(_OUTBOX.c.nonce, _OUTBOX.c.id))

    @contextmanager
    def turn(self, sender: str, notice: Callable[[str], None] = lambda _: None) -> Iterator[None]:
        """Be the only program that sends for an account with this journal; waits for another one that does.

        Raises
        ------
        AccountBusy
            If another program does not end its turn.
        """
        if self.path is None:
            yield
            return
        with turn(self.path.parent / f"sending-{sender.lower()}.lock", sender, notice):
            yield

    def last(self, sender: str) -> Outgoing | None:
        """The account's transaction with the highest nonce that a node took lately; of a journal on the disk."""
        if self.path is None:
            return None
        question = self._lately(_OUTBOX).where(_OUTBOX.c.sender == _bytes(sender))
        found = self._select(question.order_by(_OUTBOX.c.nonce.desc()).limit(1))
        return found[0] if found else None

    def seen_block(self) -> int:
        """The highest block that any of the transactions was lately found in; of a journal on the disk."""
        if self.path is None:
            return 0
        with self.database.reading() as connection:
            return connection.scalar(self._lately(func.max(_OUTBOX.c.block))) or 0

    def sent(self) -> list[Outgoing]:
        """Everything that was ever written down for this chain, oldest first."""
        return self._select(select(_OUTBOX).where(_OUTBOX.c.genesis == self.genesis).order_by(_OUTBOX.c.id))

    def counts(self) -> dict[str, int]:
        """Number of transactions on this chain in each state that occurs."""
        question = select(_OUTBOX.c.state, func.count().label("many")).where(_OUTBOX.c.genesis == self.genesis)
        with self.database.reading() as connection:
            return {row.state: row.many for row in connection.execute(question.group_by(_OUTBOX.c.state))}

    def _lately(self, what: Any) -> Any:
        """A question about what a node took in the last minutes."""
        since = int(time.time()) - LATELY_S
        return select(what).where(
            _OUTBOX.c.genesis == self.genesis, _OUTBOX.c.state.in_(_TAKEN), _OUTBOX.c.changed_at >= since
        )

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A write transaction, which is on the disk when it ends.

        Raises
        ------
        BadDatabase
            If the file cannot be written, or another program keeps it locked.
        """
        try:
            with self.database.writing() as connection:
                yield connection
        except Locked as error:
            raise BadDatabase(
                self.path or "the journal",
                "another program has kept it locked for too long",
                remedy="End the other command, or wait for it, and run this one again.",
            ) from error

    def _select(self, question: Any) -> list[Outgoing]:
        with self.database.reading() as connection:
            return [_outgoing(found) for found in connection.execute(question)]

    def _migrate(self, connection: Connection) -> None:
        """Bring the tables up to this version."""
        config = Config()
        config.set_main_option("script_location", "powerpact.store:migrations")
        scripts = ScriptDirectory.from_config(config)
        current = MigrationContext.configure(connection).get_current_revision()
        known = {script.revision for script in scripts.walk_revisions()}
        if current is not None and current not in known:
            raise BadDatabase(
                self.path or "the journal",
                f"was written by a later version (revision {current})",
                remedy="Install that version again; the journal cannot be rebuilt from the chain.",
            )
        if current == scripts.get_current_head():
            return
        with EnvironmentContext(config, scripts, fn=lambda revision, _: scripts._upgrade_revs("head", revision)) as env:
            env.configure(connection=connection, target_metadata=TABLES, render_as_batch=True)
            env.run_migrations()


def _bytes(address: str) -> bytes:
    return bytes.fromhex(address[2:])


def _outgoing(found: Any) -> Outgoing:
    return Outgoing(
        step=found.step,
        sender=to_checksum_address(found.sender),
        nonce=found.nonce,
        raw=found.raw,
        purpose=found.purpose,
        state=OutgoingState(found.state),
    )
