"""What an index and a journal hold, for people."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from powerpact.chain.client import Chain
from powerpact.chain.logs import Block
from powerpact.errors import BadChoice
from powerpact.index.indexer import Indexer
from powerpact.store import Journal


@dataclass(frozen=True, slots=True)
class Overview:
    """The state of an index and of its journal.

    Attributes
    ----------
    folder : Path or None
        Where the files are; None if they are in memory.
    block : Block
        The block up to which all events are known.
    latest : int
        The node's latest block.
    blocks, events : int
        Number of blocks and events that are kept.
    longest_range : int
        Blocks that the node answers for at once, as far as is known.
    sent : dict of str to int
        Number of sent transactions by what became of them.
    """

    folder: Path | None
    block: Block
    latest: int
    blocks: int
    events: int
    longest_range: int
    sent: dict[str, int]


def overview(chain: Chain) -> Overview:
    """Bring the index of a deployment up to date and describe it.

    Raises
    ------
    BadChoice
        If the deployment was opened without an index.
    """
    indexer = _indexer(chain)
    block = indexer.follow()
    blocks, events = indexer.index.sizes()
    return Overview(
        folder=indexer.index.path.parent if indexer.index.path else None,
        block=block,
        latest=indexer.reader.head().block.number,
        blocks=blocks,
        events=events,
        longest_range=indexer.reader.span,
        sent=chain.outbox.counts() if isinstance(chain.outbox, Journal) else {},
    )


def rebuilt(chain: Chain) -> Block:
    """Delete the index of a deployment and read everything again; gives the block up to which that is.

    Raises
    ------
    BadChoice
        If the deployment was opened without an index.
    """
    return _indexer(chain).rebuild()


def _indexer(chain: Chain) -> Indexer:
    if not isinstance(chain.log, Indexer):
        raise BadChoice("deployment", chain.deployment.chain_id, "has no index", remedy="Open it by `powerpact.index`.")
    return chain.log
