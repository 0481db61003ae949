"""The read model: the chain's events, read once and remembered, and the answers made of them."""

from powerpact.index.indexer import Indexer
from powerpact.index.opening import attach, deploying, journal_of, open_chain
from powerpact.index.overview import Overview, overview, rebuilt

__all__ = ["Indexer", "Overview", "attach", "deploying", "journal_of", "open_chain", "overview", "rebuilt"]
