"""Compiling the solver's loops, once per machine.

Compiled code is kept in the folder that ``NUMBA_CACHE_DIR`` names, else in the user's cache folder, in a subfolder
named after the content of the solver's sources: Numba alone would not notice a change in a function that another file
inlines.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar, cast

import numba
from numba.core import config

Function = TypeVar("Function", bound=Callable[..., Any])

_NO_NAN = {"nnan", "nsz"}
"""Floating-point promises that let a maximum be vectorised and leave every result as it is: no NaN, 0 equals -0."""


@cache
def cache_folder() -> Path:
    """Folder of the compiled code of this version of the solver."""
    sources = sorted(Path(__file__).parent.glob("*.py"))
    digest = hashlib.sha256(b"\0".join(path.read_bytes() for path in sources)).hexdigest()[:16]
    named = os.environ.get("NUMBA_CACHE_DIR")
    return (Path(named) if named else _user_cache() / "powerpact" / "numba") / f"solver-{digest}"


def compiled(function: Function) -> Function:
    """Compile a function at its first call, without the interpreter lock, and keep the code on disk.

    Where no cache folder can be written, the code is compiled by every process.
    """
    settings: dict[str, Any] = {"nogil": True, "fastmath": _NO_NAN, "error_model": "numpy"}
    before = config.CACHE_DIR  # type: ignore[attr-defined]
    config.CACHE_DIR = str(cache_folder())  # type: ignore[attr-defined]
    try:
        return cast("Function", numba.njit(function, cache=True, **settings))
    except RuntimeError:
        return cast("Function", numba.njit(function, **settings))
    finally:
        config.CACHE_DIR = before  # type: ignore[attr-defined]


def _user_cache() -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local"))
    if sys.platform == "darwin":
        return Path.home() / "Library" / "Caches"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache"))
