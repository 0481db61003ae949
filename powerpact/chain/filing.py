"""Files that must not be lost: written whole, and never over another one."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

from powerpact.errors import FileProblem


def keep_aside(path: Path) -> Path:
    """Give a file a name that is free, ``NAME.1``, ``NAME.2``, …, so that another can take its place.

    Raises
    ------
    FileProblem
        If it cannot be renamed.
    """
    aside = next(name for n in count(1) if not (name := path.with_name(f"{path.name}.{n}")).exists())
    try:
        path.rename(aside)
    except OSError as error:
        raise FileProblem(str(path), error.strerror or str(error)) from error
    return aside


def write_new(path: Path, text: str) -> None:
    """Write a file that does not exist yet, all of it or nothing, so that it is there after a loss of power.

    Raises
    ------
    FileExistsError
        If it exists.
    OSError
        If it cannot be written.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with draft.open("w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(draft, path)  # unlike a renamed file, a link never takes the place of another file
    finally:
        draft.unlink(missing_ok=True)
