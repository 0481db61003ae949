"""What nodes do that is no fault of the call: limits, lag, lost logs, old rules."""

from __future__ import annotations

from typing import Final

from powerpact.chain.errors import ChainError, ChainUnreachable, InsufficientEther, NodeRefused, TransactionTimeout


class RateLimited(NodeRefused):
    """The node takes no more requests for now, although it was waited for.

    Parameters
    ----------
    what : str
        What was asked of the node.
    reason : str
        The node's message.
    """

    advice = "Wait a while and run the same command again, or use another node or another plan of its provider."

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(what, reason, remedy=self.advice)


class NotANode(ChainError, ConnectionError):
    """What answers at the URL is no node, or the URL is none.

    Parameters
    ----------
    rpc_url : str
        The URL.
    problem : str
        What is wrong.
    """

    advice = (
        "Give the JSON-RPC address of an Ethereum node, such as http://127.0.0.1:8545, in `POWERPACT_RPC` or `--rpc`."
    )

    def __init__(self, rpc_url: str, problem: str) -> None:
        super().__init__(f"{rpc_url} is not the address of a node: {problem}", remedy=self.advice)
        self.rpc_url = rpc_url
        self.problem = problem


class HardForkMissing(ChainError, RuntimeError):
    """The chain's rules are older than the contracts need.

    Parameters
    ----------
    fork : str
        The first hard fork of Ethereum with what is missing.
    feature : str
        What is missing.
    """

    advice = "Use a chain with the rules of this hard fork or a later one; of a local node, choose them by its option."

    def __init__(self, fork: str, feature: str) -> None:
        super().__init__(f"the chain has no {fork} rules: it does not know {feature}", remedy=self.advice)
        self.fork = fork
        self.feature = feature


class RevertedEmpty(NodeRefused):
    """A contract's call reverted without a word, as one does that runs out of gas inside another call.

    A call keeps a 64th of its gas when it makes another one. So the inner one alone runs out, and what is left
    suffices to revert, so that the node does not see a lack of gas.

    Parameters
    ----------
    what : str
        What was asked of the node.
    reason : str
        The node's message.
    """

    advice = (
        "It needs more gas than one transaction may have: split it into smaller ones. If it is small, the contracts of "
        "the deployment file are not those of this chain."
    )

    def __init__(self, what: str, reason: str) -> None:
        super().__init__(what, reason, remedy=self.advice)


class LogsIncomplete(ChainError, LookupError):
    """The node's logs and the state of its contracts are not of one whole: what is missing cannot be judged.

    A machine behind the node's address lags, or has lost logs, or the chain changed between two answers.

    Parameters
    ----------
    what : str
        What is incomplete.
    detail : str
        What the logs make, and what the contracts say.
    since : int
        Number of the block from which on logs are missing, as far as is known.
    """

    advice = (
        "Run the same command again: the logs are read again. If it stays so, use a node that keeps all logs since "
        "the deployment."
    )

    def __init__(self, what: str, detail: str, since: int) -> None:
        super().__init__(f"the node's logs of {what} are incomplete: {detail}", remedy=self.advice)
        self.what = what
        self.detail = detail
        self.since = since


TROUBLE: Final = (ChainUnreachable, NodeRefused, LogsIncomplete, TransactionTimeout, InsufficientEther)
"""What passes by itself, or once somebody has done something about it: a service tries again."""
