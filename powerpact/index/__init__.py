"""The read model: the chain's events, read once and remembered, and the answers made of them."""

from powerpact.index.indexer import Indexer
from powerpact.index.opening import attach, open_chain

__all__ = ["Indexer", "attach", "open_chain"]
