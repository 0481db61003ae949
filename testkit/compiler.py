"""The Solidity compiler, asked about texts of sources that need not be in the project."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping
from typing import Any

from toolchain.places import ROOT, environment, solc


class DoesNotCompile(Exception):
    """The compiler refuses a source."""


def ask_compiler(sources: Mapping[str, str], settings: Mapping[str, Any]) -> dict[str, Any]:
    """What the compiler answers (its standard JSON) about sources, given by path.

    Raises
    ------
    DoesNotCompile
        If it finds a fault.
    """
    job = {
        "language": "Solidity",
        "sources": {path: {"content": text} for path, text in sources.items()},
        "settings": settings,
    }
    run = subprocess.run(
        [str(solc()), "--standard-json"],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
        env=environment(),
    )
    answer: dict[str, Any] = json.loads(run.stdout)
    faults = [error["formattedMessage"] for error in answer.get("errors", []) if error["severity"] == "error"]
    if faults:
        raise DoesNotCompile(faults[0])
    return answer
