"""Why a node refuses: the many words of the programs and providers, sorted by what can be done about it."""

from __future__ import annotations

import re
from typing import Final


def _any(*patterns: str) -> re.Pattern[str]:
    return re.compile("|".join(patterns), re.I)


_KNOWN: Final = _any(
    r"already[ _]?(known|imported|exists|in (the )?(mem)?pool)",
    r"known transaction",
)
_NONCE: Final = _any(
    r"nonce (is )?(too low|lower|less|below)",
    r"old ?nonce|nonce_too_low|invalid (transaction )?nonce",
    r"nonce (has|was) already been used|nonce (was )?already used",
    r"doesn't have the correct nonce",
)
_TAKEN: Final = _any(r"replacement|to replace|could not replace|same nonce|conflicting transaction")
_FEES: Final = _any(
    r"(less|lower) than.{0,30}base ?fee",
    r"below (the )?(current )?(block )?base ?fee",
    r"base_fee|underpriced|fee[ _]?too[ _]?low|gas_price_too_low",
    r"gas ?price (is )?(too low|below|lower)",
    r"max ?fee ?per ?gas.{0,20}(low|less|below)",
)
_NO_ETHER: Final = _any(
    r"insufficient[ _]?(funds|balance|ether|maxfeepergas for sender balance)",
    r"not enough (funds|balance|ether)",
    r"does(n't| not) have enough (funds|balance|ether)",
    r"exceeds[ _](account )?balance|balance too low",
)
_BEHIND: Final = _any(
    r"beyond (the )?(current )?head|unknown block|header (for hash )?not found|block (was )?not found",
    r"greater than (the )?latest|invalid block range|block range extends|future block|after (the )?last accepted",
    r"block.{0,20}not.{0,10}available|not yet (available|indexed)|height is not available|resource not found",
)
_NOT_SERVED: Final = _any(
    r"method.{0,60}(not (found|exist|available|supported|allowed|whitelisted)|does(n't| not) exist|disabled)",
    r"unknown method|unsupported method|unauthori[sz]ed|forbidden|api ?key|access denied|authenticat|project id",
)
_BUSY: Final = _any(
    r"too many requests?|rate.?limit|request rate|call rate|requests? per (second|minute|day)|/second|\brps\b",
    r"request (count|limit)|throttl|compute units|capacity limit|slow down|overloaded|over (capacity|rate)|quota",
    r"(try again|retry) (later|in|after)\b|backoff",
)
_TOO_MUCH: Final = _any(
    r"block[ _]range|ranges? over|range.{0,20}(too|exceed|limit|large)",
    r"exceeds?.{0,20}(range|results|logs|blocks|size)",
    r"(more than|exceeds?|limit of|limited to|max(imum)?|at most).{0,12}\d[\d,.]*[km]? ?"
    r"(results|logs|blocks|events|entries|range)",
    r"too many (logs|results|blocks|events)|too (large|big|wide|long)",
    r"(query|response|result|log)s? .{0,30}(size|time(d )?out)|deadline exceeded|timed out",
)
_REVERT: Final = _any(r"revert")
_OLD_RULES: Final = _any(
    r"not ?activated|bad instruction|push0|(invalid|undefined) (opcode|instruction)",
    r"opcode.{0,20}(not defined|undefined|invalid)",
)


def is_known(reason: str) -> bool:
    """The node has the transaction already."""
    return _KNOWN.search(reason) is not None


def is_used_nonce(reason: str) -> bool:
    """A transaction with the nonce is in a block already."""
    return _NONCE.search(reason) is not None


def is_taken_nonce(reason: str) -> bool:
    """A transaction with the nonce is in the pool, and this one does not offer enough to replace it."""
    return _TAKEN.search(reason) is not None


def is_low_fee(reason: str) -> bool:
    """The transaction offers too little for its gas."""
    return _FEES.search(reason) is not None and not is_taken_nonce(reason)


def is_no_ether(reason: str) -> bool:
    """The sender cannot pay."""
    return _NO_ETHER.search(reason) is not None


def is_behind(reason: str) -> bool:
    """The machine that answered does not have a block yet which another one has."""
    return _BEHIND.search(reason) is not None


def is_not_served(reason: str) -> bool:
    """No other parameters would help: the node does not serve the method, or not this user."""
    return _NOT_SERVED.search(reason) is not None


def is_old_rules(reason: str) -> bool:
    """The chain's machine does not know an instruction."""
    return _OLD_RULES.search(reason) is not None


def is_busy(reason: str) -> bool:
    """The node is asked too often, and will answer later."""
    return all(pattern.search(reason) is None for pattern in (_TOO_MUCH, _REVERT)) and _BUSY.search(reason) is not None


def is_too_much(reason: str) -> bool:
    """Less at once may be answered: fewer blocks, or fewer results."""
    return _TOO_MUCH.search(reason) is not None
