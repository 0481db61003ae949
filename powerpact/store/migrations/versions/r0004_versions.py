"""Readings are kept in each of their versions, interval after interval, as they come.

The key begins with the start of the interval instead of the device. So what comes together lies together in the file,
and a group of readings changes a few of its pages, not one for each device.
"""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_AT_ONCE = 10_000


def upgrade() -> None:
    """Take the readings over; a reading's version is in its words."""
    before = _set_aside()
    now = _make(sa.Column("version", sa.Integer(), nullable=False), key=("genesis", "start_at", "device", "version"))
    connection = op.get_bind()
    found = connection.execution_options(yield_per=_AT_ONCE).execute(sa.select(before)).mappings()
    for piece in found.partitions():
        connection.execute(sa.insert(now), [{**row, "version": _version(row["words"])} for row in piece])
    op.drop_table(before.name)


def downgrade() -> None:
    """Keep the lowest version of each interval, and drop the others."""
    before = _set_aside()
    now = _make(key=("genesis", "device", "start_at"))
    names = [column.name for column in now.columns]
    chosen = sa.select(*(before.c[name] for name in names)).order_by(before.c.version)
    op.get_bind().execute(sa.insert(now).prefix_with("OR IGNORE").from_select(names, chosen))
    op.drop_table(before.name)


def _set_aside() -> sa.Table:
    """The table as it is, under another name."""
    op.drop_index("ix_readings_by_state", "readings")
    op.rename_table("readings", "readings_before")
    return sa.Table("readings_before", sa.MetaData(), autoload_with=op.get_bind())


def _make(*more: sa.Column[Any], key: tuple[str, ...]) -> sa.Table:
    """The table with a key."""
    made = op.create_table(
        "readings",
        sa.Column("genesis", sa.LargeBinary(), nullable=False),
        sa.Column("device", sa.Integer(), nullable=False),
        sa.Column("start_at", sa.Integer(), nullable=False),
        *more,
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("transaction_hash", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('stored', 'reported', 'final')", name=op.f("ck_readings_state")),
        sa.PrimaryKeyConstraint(*key, name=op.f("pk_readings")),
        sqlite_with_rowid=False,
    )
    by_state = ["genesis", "state", "start_at", "device", *(column.name for column in more)]
    op.create_index("ix_readings_by_state", "readings", by_state)
    assert made is not None
    return made


def _version(words: bytes) -> int:
    return int.from_bytes(words[11:13], "big")
