"""Errors of the databases, each with its remedy."""

from __future__ import annotations

from powerpact.errors import PowerPactError


class BadDatabase(PowerPactError, OSError):
    """A database file cannot be opened, read or written.

    Parameters
    ----------
    path : object
        The file or folder.
    problem : str
        What the database says.
    remedy : str, optional
        How to repair it.
    """

    advice = "Check the folder's permissions and free space, or name another one in `POWERPACT_DATA`."

    def __init__(self, path: object, problem: str, *, remedy: str | None = None) -> None:
        super().__init__(
            f"{path}: {problem}",
            remedy=remedy or self.advice,
        )
        self.path = path
        self.problem = problem


class IndexBusy(PowerPactError, TimeoutError):
    """Another program is filling an index that has nothing in it yet, and did not end a step in time.

    Parameters
    ----------
    path : object
        The index.
    seconds : float
        How long was waited.
    """

    advice = "Wait until the other command has read the first blocks, or end it, and run this one again."

    def __init__(self, path: object, seconds: float) -> None:
        super().__init__(
            f"{path} is locked by another program and has no block yet; waited {seconds:g} s",
            remedy=self.advice,
        )
        self.path = path
        self.seconds = seconds


class AccountBusy(PowerPactError, TimeoutError):
    """Another program sends for the same account, and did not end in time.

    Parameters
    ----------
    account : str
        The account.
    seconds : float
        How long was waited.
    """

    advice = "Wait until the other command has ended, or end it, and run this one again."

    def __init__(self, account: str, seconds: float) -> None:
        super().__init__(f"another command sends for {account}; waited {seconds:g} s", remedy=self.advice)
        self.account = account
        self.seconds = seconds
