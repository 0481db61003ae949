"""What a transaction is for takes the place of the hash of its calldata."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Rename the column; hashes that were written before match no call, so none of them is taken for made before."""
    with op.batch_alter_table("outbox") as table:
        table.alter_column("data_hash", new_column_name="purpose")


def downgrade() -> None:
    """Name it as before."""
    with op.batch_alter_table("outbox") as table:
        table.alter_column("purpose", new_column_name="data_hash")
