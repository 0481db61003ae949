"""Contracts with a seeded bug, compiled from changed sources: what a test suite must notice.

They are compiled without the optimizer, in half the time; they are too large for a real chain.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from powerpact.chain.artifacts import Artifact, artifact
from toolchain.places import ROOT, environment, solc

_IMPORT = re.compile(r'from "(\.[^"]+)"')


@dataclass(frozen=True, slots=True)
class Mutant:
    """One bug: `found` in the source of a library or contract becomes `seeded`, and `contract` is compiled with it."""

    name: str
    contract: str
    source: str
    found: str
    seeded: str

    def artifacts(self) -> Callable[[str], Artifact]:
        """The compiled contracts, one of them with the bug."""
        mutated = _compile(self)
        return lambda name: mutated if name == self.contract else artifact(name)


@cache
def _compile(mutant: Mutant) -> Artifact:
    named = (ROOT / "contracts").rglob(f"{mutant.contract}.sol")
    path = next(path for path in named if path.parent.name != "types").relative_to(ROOT)
    sources = _closure(path)
    text = sources[mutant.source]
    if text.count(mutant.found) != 1:
        raise ValueError(f"{mutant.source} has {mutant.found!r} {text.count(mutant.found)} times, not once")
    sources[mutant.source] = text.replace(mutant.found, mutant.seeded)
    settings = {
        "optimizer": {"enabled": False},
        "evmVersion": "shanghai",
        "remappings": ["@openzeppelin/=node_modules/@openzeppelin/"],
        "outputSelection": {
            str(path): {mutant.contract: ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]}
        },
    }
    job = {
        "language": "Solidity",
        "sources": {name: {"content": content} for name, content in sources.items()},
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
    answer = json.loads(run.stdout)
    faults = [error["formattedMessage"] for error in answer.get("errors", []) if error["severity"] == "error"]
    if faults:
        raise ValueError(f"{mutant.name} does not compile: {faults[0]}")
    output = answer["contracts"][str(path)][mutant.contract]
    return Artifact(
        mutant.contract,
        output["abi"],
        bytes.fromhex(output["evm"]["bytecode"]["object"]),
        bytes.fromhex(output["evm"]["deployedBytecode"]["object"]),
    )


def _closure(path: Path) -> dict[str, str]:
    """The source and all that it imports from the project."""
    sources: dict[str, str] = {}
    todo = [path]
    while todo:
        here = todo.pop()
        if str(here) in sources:
            continue
        sources[str(here)] = (ROOT / here).read_text(encoding="utf-8")
        todo += [
            (ROOT / here.parent / name).resolve().relative_to(ROOT) for name in _IMPORT.findall(sources[str(here)])
        ]
    return sources
