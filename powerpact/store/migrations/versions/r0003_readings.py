"""Readings that a bridge took from a broker, and those that it refused."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "readings",
        sa.Column("genesis", sa.LargeBinary(), nullable=False),
        sa.Column("device", sa.Integer(), nullable=False),
        sa.Column("start_at", sa.Integer(), nullable=False),
        sa.Column("words", sa.LargeBinary(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("transaction_hash", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('stored', 'reported', 'final')", name=op.f("ck_readings_state")),
        sa.PrimaryKeyConstraint("genesis", "device", "start_at", name=op.f("pk_readings")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_readings_by_state", "readings", ["genesis", "state", "start_at", "device"])
    op.create_table(
        "refused_readings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("genesis", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("device", sa.Integer(), nullable=True),
        sa.Column("start_at", sa.Integer(), nullable=True),
        sa.Column("topic", sa.String(), nullable=False),
        sa.Column("payload", sa.LargeBinary(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("may_pass", sa.Boolean(), nullable=False),
        sa.Column("refused_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_refused_readings")),
        sa.UniqueConstraint("genesis", "digest", name=op.f("uq_refused_readings_genesis_digest")),
    )


def downgrade() -> None:
    """Drop them, and with them the readings that are not on the chain yet."""
    op.drop_table("refused_readings")
    op.drop_table("readings")
