"""Event logs as a bad machine or a hostile market makes them: entries that are missing, or changed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from eth_abi.abi import encode

from powerpact.chain.client import Chain
from powerpact.chain.logs import EventLog, LogEntry
from powerpact.market.rules import RULES_TYPE, Rules, RulesStruct

Change = Callable[[LogEntry], LogEntry | None]
"""What becomes of an entry; None hides it."""


class BadLog:
    """A log whose entries pass through `change`; everything else is the inner log's."""

    def __init__(self, inner: EventLog, change: Change) -> None:
        self.inner = inner
        self.change = change

    def __getattr__(self, name: str) -> Any:
        return getattr(self.inner, name)

    def entries(self, address: Any, topics: Sequence[bytes | None], since_s: int = 0) -> list[LogEntry]:
        """The inner log's entries, changed."""
        return [e for e in map(self.change, self.inner.entries(address, topics, since_s)) if e is not None]


def seen_through(chain: Chain, change: Change) -> Chain:
    """The same deployment as another program sees it."""
    bad: Any = BadLog(chain.log, change)
    return Chain(chain.web3, chain.deployment, bad)


def topic(chain: Chain, contract: str, event: str) -> bytes:
    """The first topic of a contract's event."""
    return chain.interfaces[contract].events[event].topic


def renamed(
    chain: Chain,
    market: bytes,
    rules: Rules,
    *,
    names: Sequence[bytes] | None = None,
    categories: Sequence[bytes] | None = None,
    **members: Any,
) -> Change:
    """Let a market have been opened with these names and members of its rules, whatever the contract allows."""
    opened = topic(chain, "Markets", "MarketOpened")
    struct, given, given_categories = rules.arguments()
    values = [members.get(name, value) for name, value in zip(RulesStruct._fields, struct, strict=True)]
    texts = [list(names) if names is not None else [name.encode() for name in given]]
    texts.append(list(categories) if categories is not None else [name.encode() for name in given_categories])
    data = encode([RULES_TYPE, "bytes[]", "bytes[]"], [values, *texts])

    def change(entry: LogEntry) -> LogEntry:
        if entry.topics[:2] != (opened, market):
            return entry
        return LogEntry(entry.block, entry.position, entry.address, entry.topics, data, entry.transaction_hash)

    return change
