"""Errors of running rounds."""

from __future__ import annotations

from powerpact.errors import PowerPactError
from powerpact.market.wording import moment


class GateStillOpen(PowerPactError, RuntimeError):
    """Orders can still come.

    Parameters
    ----------
    market : bytes
        The market.
    closes_at, now : int
        Gate closure and the chain's time, Unix seconds.
    """

    advice = "Wait for it with `powerpact round close MARKET`."

    def __init__(self, market: bytes, closes_at: int, now: int) -> None:
        super().__init__(
            f"the gate of market 0x{market.hex()} closes at {moment(closes_at, now=now)} ({closes_at})",
            remedy=self.advice,
        )
        self.market = market
        self.closes_at = closes_at
        self.now = now


class RoundExpired(PowerPactError, RuntimeError):
    """The time for a final round is over.

    Parameters
    ----------
    market : bytes
        The market.
    final_by, now : int
        The time limit and the chain's time, Unix seconds.
    """

    advice = "Release the orders with `powerpact refund MARKET`; trade in a later market."

    def __init__(self, market: bytes, final_by: int, now: int) -> None:
        super().__init__(
            f"market 0x{market.hex()} had to be final by {moment(final_by, now=now)} ({final_by})",
            remedy=self.advice,
        )
        self.market = market
        self.final_by = final_by
        self.now = now


class EndorsementsMissing(PowerPactError, RuntimeError):
    """A proposal waits for the signatures of the market's endorsers.

    Parameters
    ----------
    proposal : int
        The draft.
    needed : int
        How many endorsers must sign.
    """

    advice = "Have them sign with `powerpact round endorse`, then use `powerpact round seal`."

    def __init__(self, proposal: int, needed: int) -> None:
        super().__init__(
            f"proposal {proposal} needs the signatures of {needed} endorsers",
            remedy=self.advice,
        )
        self.proposal = proposal
        self.needed = needed


class ProposalFalse(PowerPactError, ValueError):
    """A proposal is not the best matching of its round, so it is not endorsed.

    Parameters
    ----------
    proposal : int
        The proposal.
    detail : str
        What shows it, with ids and values.
    """

    advice = "Do not endorse it. Once it is sealed, `powerpact watch` refutes it."

    def __init__(self, proposal: int, detail: str) -> None:
        super().__init__(
            f"proposal {proposal} is not proven best: {detail}",
            remedy=self.advice,
        )
        self.proposal = proposal
        self.detail = detail


class SolutionRefuted(PowerPactError, ArithmeticError):
    """The independent verifier refuted what the solver found, so nothing was sent.

    Parameters
    ----------
    kind : str
        Name of the first fault.
    detail : str
        The fault in words, with ids and values.
    """

    advice = "This is a fault of the solver; nothing was sent. Report it with the market's orders."

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(f"{kind}: {detail}", remedy=self.advice)
        self.kind = kind
        self.detail = detail


class RoundTooLarge(PowerPactError, RuntimeError):
    """A round has more orders than a watcher takes on.

    Parameters
    ----------
    market : bytes
        The market.
    orders : int
        A bound on its orders.
    most : int
        The most that are taken on.
    """

    advice = "Raise `--most-orders`, and give the watcher the memory for it; or leave the market to others."

    def __init__(self, market: bytes, orders: int, most: int) -> None:
        super().__init__(
            f"market 0x{market.hex()[:8]} has up to {orders} orders and trades, more than {most}", remedy=self.advice
        )
        self.market = market
        self.orders = orders
        self.most = most


class JudgementTooLong(PowerPactError, TimeoutError):
    """A proposal could not be judged in the time that one may take.

    Parameters
    ----------
    market : bytes
        Its market.
    orders : int
        The orders of the round.
    seconds : float
        The time.
    """

    advice = "It is tried again. Watch the market alone, with `powerpact watch --market`, on a faster machine."

    def __init__(self, market: bytes, orders: int, seconds: float) -> None:
        super().__init__(
            f"the round of market 0x{market.hex()[:8]} with {orders} orders was not judged in {seconds:g} s",
            remedy=self.advice,
        )
        self.market = market
        self.orders = orders
        self.seconds = seconds


class ChallengeWaiting(PowerPactError, RuntimeError):
    """A challenge was sent and is in no block yet, so that it is not sent again.

    Parameters
    ----------
    proposal : int
        The proposal.
    transaction_hash : str
        The transaction.
    """

    advice = "Wait. If it stays so the chain is congested: the account's transactions offer too little for their gas."

    def __init__(self, proposal: int, transaction_hash: str) -> None:
        super().__init__(
            f"the challenge of proposal {proposal} waits to be mined, transaction {transaction_hash}",
            remedy=self.advice,
        )
        self.proposal = proposal
        self.transaction_hash = transaction_hash
