"""What was signed in payment channels."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "vouchers",
        sa.Column("genesis", sa.LargeBinary(), nullable=False),
        sa.Column("own", sa.LargeBinary(), nullable=False),
        sa.Column("channel", sa.LargeBinary(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("total", sa.String(), nullable=False),
        sa.Column("reading", sa.LargeBinary(), nullable=False),
        sa.Column("start_at", sa.Integer(), nullable=False),
        sa.Column("signature", sa.LargeBinary(), nullable=False),
        sa.Column("written_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("genesis", "own", "channel", "number", name=op.f("pk_vouchers")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "channel_states",
        sa.Column("genesis", sa.LargeBinary(), nullable=False),
        sa.Column("own", sa.LargeBinary(), nullable=False),
        sa.Column("channel", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("line", sa.Text(), nullable=False),
        sa.Column("is_whole", sa.Boolean(), nullable=False),
        sa.Column("written_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("genesis", "own", "channel", "version", "kind", name=op.f("pk_channel_states")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop them: without them nobody can claim, or show a newer state."""
    op.drop_table("channel_states")
    op.drop_table("vouchers")
