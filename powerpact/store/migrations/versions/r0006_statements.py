"""Final statements."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "statements",
        sa.Column("genesis", sa.LargeBinary(), nullable=False),
        sa.Column("person", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("since", sa.Integer(), nullable=False),
        sa.Column("until", sa.Integer(), nullable=False),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("written_at", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("genesis", "person", "number", name=op.f("pk_statements")),
        sqlite_with_rowid=False,
    )


def downgrade() -> None:
    """Drop it: without it nobody can show what a final statement said."""
    op.drop_table("statements")
