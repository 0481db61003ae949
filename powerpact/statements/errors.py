"""Errors of statements."""

from __future__ import annotations

from collections.abc import Sequence

from powerpact.errors import PowerPactError


class StatementDisagrees(PowerPactError):
    """What a statement adds up to is not what the chain says.

    Parameters
    ----------
    identity : str
        What should hold, in words.
    found : str
        The two sides, with their values.
    """

    advice = "Read the chain again with `powerpact index rebuild`; if it stays, show it to an auditor."

    def __init__(self, identity: str, found: str) -> None:
        super().__init__(f"the statement does not agree with the chain: {identity}: {found}", remedy=self.advice)
        self.identity = identity
        self.found = found


class StatementNotFinal(PowerPactError, ValueError):
    """Something of the period can still change.

    Parameters
    ----------
    pending : sequence of str
        What, and until when, in sentences.
    """

    advice = "Draw up a preview meanwhile, and close the period once nothing of it is pending."

    def __init__(self, pending: Sequence[str]) -> None:
        more = f", and {len(pending) - 1} more" if len(pending) > 1 else ""
        super().__init__(f"the period cannot be closed yet: {pending[0]}{more}", remedy=self.advice)
        self.pending = tuple(pending)


class PeriodTaken(PowerPactError, ValueError):
    """A final statement has a part of the period already, or the time before it has none.

    Parameters
    ----------
    number : int
        Of that statement.
    problem : str
        How the periods meet.
    """

    advice = "Close periods one after the other: each begins where the one before it ends."

    def __init__(self, number: int, problem: str) -> None:
        super().__init__(f"statement {number} {problem}", remedy=self.advice)
        self.number = number
