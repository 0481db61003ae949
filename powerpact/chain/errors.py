"""Errors of talking to the chain, each with its remedy."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from powerpact.errors import PowerPactError


class ChainError(PowerPactError):
    """Root of the errors of deployment, transactions and reading the chain."""


class ContractsNotCompiled(ChainError, FileNotFoundError):
    """The compiled contracts are not where they are looked for.

    Parameters
    ----------
    contract : str
        The contract that was asked for.
    searched : str
        The folder that was searched.
    """

    advice = (
        "Unset `POWERPACT_BUILD` to use the contracts that come with the package, or install it again; in a "
        "checkout, run `./run artifacts`."
    )

    def __init__(self, contract: str, searched: str) -> None:
        super().__init__(
            f"no compiled {contract} in {searched}",
            remedy=self.advice,
        )
        self.contract = contract
        self.searched = searched


class ChainUnreachable(ChainError, ConnectionError):
    """The node does not answer.

    Parameters
    ----------
    rpc_url : str
        Where it was expected.
    cause : str
        What the connection said.
    """

    advice = (
        "Start the node (`powerpact chain up` starts a local one) or correct the URL, then run the same "
        "command again: what is already on the chain is not repeated."
    )

    def __init__(self, rpc_url: str, cause: str) -> None:
        super().__init__(
            f"no answer from the node at {rpc_url}: {cause}",
            remedy=self.advice,
        )
        self.rpc_url = rpc_url
        self.cause = cause


class NodeRefused(ChainError, RuntimeError):
    """The node answered with an error that is not a contract's.

    Parameters
    ----------
    what : str
        What was asked of the node.
    reason : str
        The node's message.
    """

    advice = "See what the node says; another node, which `POWERPACT_RPC` names, may serve the request."

    def __init__(self, what: str, reason: str, *, remedy: str | None = None) -> None:
        super().__init__(
            f"the node refused {what}: {reason}",
            remedy=remedy or self.advice,
        )
        self.what = what
        self.reason = reason


class NonceTaken(ChainError, RuntimeError):
    """Another program sent a transaction of the same account in place of this one.

    Parameters
    ----------
    sender : str
        The account.
    nonce : int
        The place among its transactions.
    transaction_hash : str
        The transaction that will never be mined.
    """

    advice = "Look at the account's transactions; then run the same command again, if it is still needed."

    def __init__(self, sender: str, nonce: int, transaction_hash: str) -> None:
        super().__init__(
            f"another transaction {nonce} of {sender} is in the chain in place of {transaction_hash}",
            remedy=self.advice,
        )
        self.sender = sender
        self.nonce = nonce
        self.transaction_hash = transaction_hash


class InsufficientEther(ChainError, RuntimeError):
    """The sender cannot pay the gas.

    Parameters
    ----------
    sender : str
        The account.
    have_wei, needed_wei : int
        Its balance, and the most that the transaction may cost.
    """

    advice = "Send ether to the account; on a local chain `powerpact chain fund NAME` does."

    def __init__(self, sender: str, have_wei: int, needed_wei: int) -> None:
        super().__init__(
            f"{sender} has {have_wei} wei and the transaction may cost {needed_wei} wei",
            remedy=self.advice,
        )
        self.sender = sender
        self.have_wei = have_wei
        self.needed_wei = needed_wei


class TransactionTimeout(ChainError, TimeoutError):
    """A transaction was not mined in time.

    Parameters
    ----------
    transaction_hash : str
        The transaction.
    seconds : float
        How long was waited.
    """

    advice = (
        "Run the same command again: it waits for this transaction, offers a higher fee if it hangs, and sends nothing "
        "twice."
    )

    def __init__(self, transaction_hash: str, seconds: float) -> None:
        super().__init__(
            f"transaction {transaction_hash} was not mined within {seconds:g} s",
            remedy=self.advice,
        )
        self.transaction_hash = transaction_hash
        self.seconds = seconds


class GasLimitExceeded(ChainError, RuntimeError):
    """A transaction needs more gas than one may have.

    Parameters
    ----------
    what : str
        The contract function.
    limit_gas : int
        The most gas for one transaction.
    """

    advice = "Split the batch into smaller ones."

    def __init__(self, what: str, limit_gas: int) -> None:
        super().__init__(
            f"{what} needs more than {limit_gas} gas",
            remedy=self.advice,
        )
        self.what = what
        self.limit_gas = limit_gas


class DeploymentMismatch(ChainError, ValueError):
    """The deployment file does not describe the chain that it points to.

    Parameters
    ----------
    field : str
        What differs.
    have, needed : object
        The value on the chain, and the one in the file or the build.
    """

    advice = "Use the deployment file and the contracts of this chain, or deploy again with `powerpact deploy`."

    def __init__(self, field: str, have: object, needed: object) -> None:
        super().__init__(
            f"{field} on the chain is {have}, expected {needed}",
            remedy=self.advice,
        )
        self.field = field
        self.have = have
        self.needed = needed


class BadDeploymentFile(ChainError, ValueError):
    """The deployment file is missing or malformed.

    Parameters
    ----------
    path : Path
        The file.
    problem : str
        What is wrong.
    """

    advice = "Run `powerpact deploy`, or name the file with `--deployment` or `POWERPACT_DEPLOYMENT`."

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(
            f"deployment file {path}: {problem}",
            remedy=self.advice,
        )
        self.path = path
        self.problem = problem


class DeploymentExists(BadDeploymentFile):
    """A deployment file would be overwritten, which alone says where the contracts of a market are.

    Parameters
    ----------
    path : Path
        The file.
    """

    advice = "Name another file with `--deployment`, or say `--force`, which keeps the old file beside the new one."

    def __init__(self, path: Path) -> None:
        super().__init__(path, "exists already")
        self.remedy = self.advice


class EqualOrderOpen(ChainError, ValueError):
    """An order with the same terms is open in the market, so this one is perhaps the same again.

    Parameters
    ----------
    order : str
        Id of the open order.
    is_mandated : bool
        Whether it is under a mandate, which has one open order of a side in a market.
    """

    advice = "Nothing to do if one order is meant. `--again` posts another one."

    def __init__(self, order: str, *, is_mandated: bool = False) -> None:
        instead = "Nothing to do. Cancel it with `powerpact order cancel` to post another one under the mandate."
        super().__init__(f"an equal order of yours is open: {order}", remedy=instead if is_mandated else self.advice)
        self.order = order


class NotOnChain(ChainError, LookupError):
    """The chain has no such market, order, proposal, trade or reading.

    Parameters
    ----------
    what : str
        What was looked for.
    remedy : str
        How to find one that exists.
    """

    advice = "List what there is with the command that the message names."

    def __init__(self, what: str, *, remedy: str) -> None:
        super().__init__(f"the chain has no {what}", remedy=remedy)
        self.what = what


class ContractError(ChainError, RuntimeError):
    """A contract refused a call with a custom error.

    Parameters
    ----------
    name : str
        The Solidity error.
    arguments : mapping of str to value
        Its arguments by name.
    why : str
        What the error means.
    remedy : str
        What to do about it.
    shown : sequence of str, optional
        The arguments in words, in their order; by default as they are.
    """

    advice = "See the contract's own error below."

    def __init__(
        self,
        name: str,
        arguments: Mapping[str, Any],
        *,
        why: str,
        remedy: str,
        shown: Sequence[str] | None = None,
    ) -> None:
        words = [_shown(value) for value in arguments.values()] if shown is None else shown
        told = ", ".join(f"{key}={word}" for key, word in zip(arguments, words, strict=True))
        super().__init__(f"{name}({told}): {why}" if why else f"{name}({told})", remedy=remedy)
        self.name = name
        self.arguments = dict(arguments)
        self.why = why


def _shown(value: object) -> str:
    return f"0x{value.hex()}" if isinstance(value, bytes) else str(value)
