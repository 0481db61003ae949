"""Markets: their rules, which their id is the hash of, and how to open and find them."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Final

from eth_abi.abi import encode
from eth_typing import ChecksumAddress
from eth_utils import keccak

from powerpact.chain.client import Chain
from powerpact.chain.errors import NotOnChain
from powerpact.chain.transactions import Call
from powerpact.codec.abi import Event
from powerpact.market.errors import BadRules
from powerpact.market.rules import RULES_TYPE, Rules, RulesStruct

MEMBERS: Final[tuple[str, ...]] = RulesStruct._fields
"""The members of a market's rules in their order, by their names in `Rules`."""


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
    problem : str
        Why its names and zone are not as they were given, empty if they are: text that is none. The contracts know a
        market's attributes and categories by their numbers, so that everything else can be read and checked.
    """

    id: bytes
    rules: Rules
    opener: ChecksumAddress
    block: int
    problem: str = ""


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
    """All markets, oldest first, but those whose rules cannot be read even without their names: see `unreadable`."""
    found = []
    for event in chain.events("Markets", "MarketOpened"):
        with suppress(BadRules):
            found.append(_market_leniently(event))
    return found


def unreadable(chain: Chain) -> list[tuple[bytes, str]]:
    """Ids of the markets that `markets` leaves out, and why. Anybody can open one."""
    found = []
    for event in chain.events("Markets", "MarketOpened"):
        try:
            _market_leniently(event)
        except BadRules as error:
            found.append((event.arguments["market"], str(error)))
    return found


def market(chain: Chain, id_: bytes, *, leniently: bool = False) -> Market:
    """The market with this id.

    Parameters
    ----------
    chain : Chain
        The deployment.
    id_ : bytes
        The market's id.
    leniently : bool
        Whether names and a zone that are no text are replaced, for those who read and check but do not trade.

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
    return _market_leniently(found[0]) if leniently else _market(found[0])


def _market(event: Event) -> Market:
    a = event.arguments
    try:
        rules = Rules.of(a["rules"], a["attributes"], a["categories"])
    except BadRules:
        raise
    except Exception as error:  # whatever a hostile market makes of it
        raise BadRules("rules", f"0x{a['market'].hex()}", f"cannot be read: {error!r}") from error
    return Market(a["market"], rules, a["opener"], event.block)


def _market_leniently(event: Event) -> Market:
    try:
        return _market(event)
    except BadRules as error:
        a = event.arguments
        named = {
            "rules": [bytes(24) if name == "zone" else value for name, value in zip(MEMBERS, a["rules"], strict=True)],
            "attributes": [f"attribute {f}" for f in range(len(a["attributes"]))],
            "categories": [f"category {c}" for c in range(len(a["categories"]))],
        }
        return replace(_market(replace(event, arguments=a | named)), problem=str(error))
