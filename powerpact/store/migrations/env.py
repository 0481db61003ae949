"""What Alembic's own command runs to write a new migration; the library runs migrations without it.

.. code-block:: sh

   alembic -c powerpact/store/migrations/alembic.ini revision --autogenerate -m "what changes"
"""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine

from powerpact.store.journal import TABLES


def run() -> None:
    """Compare a scratch journal with the tables of the library."""
    url = context.config.get_main_option("sqlalchemy.url") or "sqlite://"
    with create_engine(url).connect() as connection:
        context.configure(connection=connection, target_metadata=TABLES, render_as_batch=True)
        with context.begin_transaction():
            context.run_migrations()


if __name__ == "env_py":  # the name under which Alembic loads this file
    run()
