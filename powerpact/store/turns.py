"""Programs that take turns: one at a time sends for an account, whatever terminals they run in."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

from powerpact.store.errors import AccountBusy, BadDatabase

PATIENCE_S: Final = 180.0
"""How long another program's turn is waited for: it may wait for its own transaction."""

_PAUSE_S: Final = 0.05


@contextmanager
def turn(path: Path, account: str, notice: Callable[[str], None], patience_s: float = PATIENCE_S) -> Iterator[None]:
    """Hold a lock file until the end of the block; a program that dies lets go of it.

    Parameters
    ----------
    path : Path
        The file; it stays.
    account : str
        Whose turn it is, for messages.
    notice : callable
        Called once if another program has to be waited for.
    patience_s : float
        How long it is waited for.

    Raises
    ------
    AccountBusy
        If the other program does not end its turn.
    """
    try:
        file = path.open("a")
    except OSError as error:
        raise BadDatabase(path, error.strerror or "cannot be opened") from error
    with file:
        if not _locked(file):
            notice(f"another command is sending for {account}; waiting for it")
            deadline = time.monotonic() + patience_s
            while not _locked(file):
                if time.monotonic() > deadline:
                    raise AccountBusy(account, patience_s)
                time.sleep(_PAUSE_S)
        yield


def _locked(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
