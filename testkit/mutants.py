"""Contracts with a seeded bug, compiled from changed sources: what a test suite must notice.

They are compiled without the optimizer, in half the time; they are too large for a real chain.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from powerpact.chain.artifacts import CONTRACTS, Artifact, artifact
from testkit.compiler import DoesNotCompile, ask_compiler
from toolchain.places import ROOT

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
    text = (ROOT / mutant.source).read_text(encoding="utf-8")
    if text.count(mutant.found) != 1:
        raise ValueError(f"{mutant.source} has {mutant.found!r} {text.count(mutant.found)} times, not once")
    changed = {mutant.source: text.replace(mutant.found, mutant.seeded)}
    try:
        return compile_with([mutant.contract], changed)[mutant.contract]
    except DoesNotCompile as fault:
        raise ValueError(f"{mutant.name} does not compile: {fault}") from fault


def compile_with(contracts: Iterable[str], changed: Mapping[str, str]) -> dict[str, Artifact]:
    """Compile contracts without the optimizer, with other texts of some sources.

    Raises
    ------
    DoesNotCompile
        If the compiler finds a fault.
    """
    paths = {name: path_of(name) for name in contracts}
    outputs = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object"]
    compiled = _ask(paths.values(), changed, {str(path): {name: outputs} for name, path in paths.items()})
    return {name: _artifact(name, compiled[str(path)][name]) for name, path in paths.items()}


def check_with(contracts: Iterable[str], changed: Mapping[str, str]) -> None:
    """Let the compiler check contracts with other texts of some sources, which is quicker than to compile them.

    Raises
    ------
    DoesNotCompile
        If the compiler finds a fault.
    """
    _ask([path_of(name) for name in contracts], changed, {"*": {"*": ["abi"]}})


def _ask(paths: Iterable[Path], changed: Mapping[str, str], outputs: Mapping[str, Any]) -> dict[str, Any]:
    """What the compiler makes of some sources and what they import."""
    sources = {name: text for path in paths for name, text in _closure(path).items()} | dict(changed)
    settings = {
        "optimizer": {"enabled": False},
        "evmVersion": "shanghai",
        "remappings": ["@openzeppelin/=node_modules/@openzeppelin/"],
        "outputSelection": outputs,
    }
    compiled: dict[str, Any] = ask_compiler(sources, settings)["contracts"]
    return compiled


def users_of(source: str) -> list[str]:
    """The contracts of a deployment that are compiled from a source."""
    return [name for name in CONTRACTS if source in _closure(path_of(name))]


def path_of(contract: str) -> Path:
    """The source of a contract, from the root of the project."""
    for path in (ROOT / "contracts").rglob(f"{contract}.sol"):
        if f"\ncontract {contract} " in path.read_text(encoding="utf-8"):
            return path.relative_to(ROOT)
    raise LookupError(contract)


def _artifact(name: str, output: dict[str, Any]) -> Artifact:
    code, runtime = (bytes.fromhex(output["evm"][kind]["object"]) for kind in ("bytecode", "deployedBytecode"))
    return Artifact(name, output["abi"], code, runtime)


@cache
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
