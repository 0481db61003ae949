"""A scene: one call on the market day that works for whom the power table names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from eth_account.signers.local import LocalAccount

Call = Callable[[LocalAccount], tuple[Any, ...]]
"""The arguments that an account sends."""


@dataclass(frozen=True, slots=True)
class Scene:
    """A call that works now.

    Attributes
    ----------
    contract, function : str
        What is called.
    call : callable, optional
        The arguments, by who sends them; without, there is only something to forge.
    sender : LocalAccount, optional
        The only account whose call it is: an order's trader, a proposal's agent. Without it, roles decide.
    touches : tuple of str
        Addresses other than the sender's whose points, approvals, certificates, devices or admission may change.
    forged : callable, optional
        The arguments with something invented, by who sends them.
    voted : int
        Auditors who voted for the same before, none of those who try.
    """

    contract: str
    function: str
    call: Call | None = None
    sender: LocalAccount | None = None
    touches: tuple[str, ...] = ()
    forged: Call | None = None
    voted: int = 0


def same(*arguments: Any) -> Call:
    """The same arguments whoever sends them."""
    return lambda _: arguments


def invented(trade: Any) -> Any:
    """A trade with more in it than the round says."""
    return trade._replace(purchase=trade.purchase ^ 1)


def unknown(proof: Any) -> Any:
    """A trade's proof with another trade in it."""
    trade, *rest = proof
    return (invented(trade), *rest)
