"""What a program remembers between runs: an index that a replay of the chain rebuilds, and a journal that none can.

Both are SQLite files in one folder for each deployment. `Index` holds the contracts' events with their blocks; it can
be deleted at any time. `Journal` holds what was sent, before it was sent, and readings on their way to
the chain; its tables change by migrations only.
"""

from powerpact.store.errors import AccountBusy, BadDatabase, IndexBusy
from powerpact.store.folder import Identity, folder_for
from powerpact.store.index import Index, Step
from powerpact.store.journal import Journal
from powerpact.store.readings import Readings

__all__ = [
    "AccountBusy",
    "BadDatabase",
    "Identity",
    "Index",
    "IndexBusy",
    "Journal",
    "Readings",
    "Step",
    "folder_for",
]
