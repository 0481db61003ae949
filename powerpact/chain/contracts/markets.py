"""Markets: their rules, which their id is the hash of, and how to open and find them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from eth_abi.abi import encode
from eth_typing import ChecksumAddress
from eth_utils import keccak

from powerpact.chain.client import Chain
from powerpact.chain.errors import NotOnChain
from powerpact.chain.transactions import Call
from powerpact.market.errors import BadRules
from powerpact.market.rules import RULES_TYPE, Rules


@dataclass(frozen=True, slots=True)
class Market:
    """A market that is open or was.

    Attributes
    ----------
    id : bytes
        Hash of its rules, names, chain and the contract `Markets`, 32 bytes.
    rules : Rules
        Its rules.
    opener : ChecksumAddress
        Who opened it.
    block : int
        The block in which it opened.
    """

    id: bytes
    rules: Rules
    opener: ChecksumAddress
    block: int


def market_id(chain: Chain, rules: Rules) -> bytes:
    """``keccak256(abi.encode(chainId, markets, rules, attributes, categories))``, 32 bytes."""
    types = ["uint256", "address", RULES_TYPE, "string[]", "string[]"]
    values = [chain.deployment.chain_id, chain.address("Markets"), *rules.arguments()]
    return keccak(encode(types, values))


def endorsers_hash(endorsers: Sequence[ChecksumAddress]) -> bytes:
    """``keccak256(abi.encode(address[]))`` of a market's endorsers, 32 bytes; zeros for none."""
    return keccak(encode(["address[]"], [endorsers])) if endorsers else bytes(32)


def open_market(chain: Chain, rules: Rules) -> Call:
    """Open a market; any active participant's call."""
    return chain.call("open market", "Markets", "openMarket", *rules.arguments())


def markets(chain: Chain) -> list[Market]:
    """All markets, oldest first, but those whose rules cannot be read: anybody can open one."""
    found = []
    for event in chain.events("Markets", "MarketOpened"):
        with suppress(BadRules):
            found.append(_market(event))
    return found


def market(chain: Chain, id_: bytes) -> Market:
    """The market with this id.

    Raises
    ------
    NotOnChain
        If there is none.
    BadRules
        If its rules cannot be read, such as a name that is no text.
    """
    found = chain.events("Markets", "MarketOpened", market=id_)
    if not found:
        raise NotOnChain(f"market 0x{id_.hex()}", remedy="List the markets with `powerpact market list`.")
    return _market(found[0])


def _market(event: Any) -> Market:
    a = event.arguments
    return Market(a["market"], Rules.of(a["rules"], a["attributes"], a["categories"]), a["opener"], event.block)
