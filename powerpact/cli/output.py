"""Reading, writing and messages, as every command does it."""

from __future__ import annotations

import contextlib
import json
import os
import re
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import typer

from powerpact.errors import FileProblem, PowerPactError
from powerpact.progress import Progress

_ADDRESS: Final = re.compile(r"\b0x[0-9a-fA-F]{40}\b")

STANDARD_STREAM = "-"
"""As a path, standard input or output."""

QUIET_SECONDS = 2.0
"""Work that takes longer than this shows its progress."""

LINE_SECONDS = 10.0
"""Off a terminal a line says so this often."""


def complain(error: PowerPactError) -> None:
    """Print an error and its remedy to standard error, with the names of the addresses in it that are known."""
    typer.secho(f"error: {_with_names(str(error))}", fg="red", err=True)
    if error.remedy:
        typer.echo(f"  {error.remedy}", err=True)


def print_json(data: Any) -> None:
    """Print data as JSON to standard output."""
    typer.echo(json.dumps(data, indent=2))


def read_input(path: str) -> bytes:
    """Content of a file, of standard input for ``-``.

    Raises
    ------
    FileProblem
        If the file cannot be read.
    """
    if path == STANDARD_STREAM:
        return sys.stdin.buffer.read()
    try:
        return Path(path).read_bytes()
    except OSError as error:
        raise FileProblem(path, error.strerror or str(error)) from error


def write_output(path: str, text: str, *, is_private: bool = False) -> None:
    """Write a text to a file, all of it or nothing, or to standard output for ``-``.

    Parameters
    ----------
    path : str
        The file.
    text : str
        Its content.
    is_private : bool
        Whether only its owner may read it.

    Raises
    ------
    FileProblem
        If the file cannot be written.
    """
    if path == STANDARD_STREAM:
        typer.echo(text, nl=False)
        return
    target = Path(path)
    if target.exists() and not target.is_file():  # a device or a pipe cannot be replaced
        _write(path, target, text)
        return
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    except OSError as error:
        raise FileProblem(path, error.strerror or str(error)) from error
    os.close(handle)
    draft = Path(name)
    try:
        _write(path, draft, text)
        mode = target.stat().st_mode if target.exists() else 0o666 & ~_umask()
        draft.chmod(0o600 if is_private else mode)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


@contextlib.contextmanager
def progress(what: str) -> Iterator[Progress]:
    """Show what is going on, on standard error, once it has lasted longer than `QUIET_SECONDS`.

    On a terminal a line changes in place. Elsewhere a line is printed then and every `LINE_SECONDS`.

    Yields
    ------
    callable
        To be called with the name of each step.
    """
    from rich.console import Console

    console = Console(stderr=True)
    status = console.status(f"{what} …")
    begin, latest, done = time.monotonic(), [what], threading.Event()

    def show() -> None:
        if done.wait(QUIET_SECONDS):
            return
        if console.is_terminal:
            status.start()
            return
        typer.echo(f"{latest[0]} …", err=True)
        while not done.wait(LINE_SECONDS):
            typer.echo(f"{latest[0]} … {time.monotonic() - begin:.0f} s", err=True)

    def step(name: str) -> None:
        latest[0] = f"{what}: {name}"
        status.update(f"{latest[0]} …")

    shower = threading.Thread(target=show, daemon=True)
    shower.start()
    try:
        yield step
    finally:
        done.set()
        shower.join()
        status.stop()


def _with_names(message: str) -> str:
    """A message in which the name of each known address stands beside it."""
    found = set(_ADDRESS.findall(message))
    if not found:
        return message
    from powerpact.cli.names import Names

    with contextlib.suppress(PowerPactError):  # an error is shown even where the configuration is broken
        names = Names()
        for address in found:
            if names(address) != address:
                message = message.replace(address, f"{address} ({names(address)})")
    return message


def _write(path: str, target: Path, text: str) -> None:
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FileProblem(path, error.strerror or str(error)) from error


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
