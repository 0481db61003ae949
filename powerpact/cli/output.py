"""Reading, writing and messages, as every command does it."""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import typer

from powerpact.errors import FileProblem, PowerPactError
from powerpact.progress import Progress

STANDARD_STREAM = "-"
"""As a path, standard input or output."""

QUIET_SECONDS = 2.0
"""Work that takes longer than this shows its progress."""


def complain(error: PowerPactError) -> None:
    """Print an error and its remedy to standard error."""
    typer.secho(f"error: {error}", fg="red", err=True)
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


def write_output(path: str, text: str) -> None:
    """Write a text to a file, all of it or nothing, or to standard output for ``-``.

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
        draft.chmod(target.stat().st_mode if target.exists() else 0o666 & ~_umask())
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


@contextlib.contextmanager
def progress(what: str) -> Iterator[Progress]:
    """Show what is going on, on standard error, once it has lasted longer than `QUIET_SECONDS`.

    Yields
    ------
    callable
        To be called with the name of each step.
    """
    from rich.console import Console

    console = Console(stderr=True)
    status = console.status(f"{what} …")

    def begin() -> None:
        if console.is_terminal:
            status.start()
        else:
            console.print(f"{what} …")

    timer = threading.Timer(QUIET_SECONDS, begin)
    timer.daemon = True
    timer.start()
    try:
        yield lambda step: status.update(f"{what}: {step} …")
    finally:
        timer.cancel()
        timer.join()
        status.stop()


def _write(path: str, target: Path, text: str) -> None:
    try:
        target.write_text(text, encoding="utf-8")
    except OSError as error:
        raise FileProblem(path, error.strerror or str(error)) from error


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current
