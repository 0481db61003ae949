"""What a program remembers between runs: an index that a replay of the chain rebuilds, and a journal that none can.

Both are SQLite files in one folder for each deployment. `Index` holds the contracts' events with their blocks; it can
be deleted at any time. `Journal` holds what was sent, before it was sent, readings on their way to the chain, what was
signed in channels, and final statements; its tables change by migrations only.
"""

from powerpact.store.channels import ChannelBook
from powerpact.store.errors import AccountBusy, BadDatabase, IndexBusy
from powerpact.store.folder import Identity, folder_for
from powerpact.store.index import Index, Step
from powerpact.store.journal import Journal
from powerpact.store.readings import Readings
from powerpact.store.statements import Kept, StatementBook

__all__ = [
    "AccountBusy",
    "BadDatabase",
    "ChannelBook",
    "Identity",
    "Index",
    "IndexBusy",
    "Journal",
    "Kept",
    "Readings",
    "StatementBook",
    "Step",
    "folder_for",
]
