"""What the compiler made of the contracts: their interfaces (ABI) and bytecode.

Read from the build that ``brownie compile`` writes: the directory in the environment variable ``POWERPACT_BUILD`` if
it is set, else ``build/contracts`` beside the package, else ``build/contracts`` in the working directory.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from powerpact.chain.errors import ContractsNotCompiled

CONTRACTS: Final = (
    "PowerPoints",
    "ParticipantRegistry",
    "DeviceRegistry",
    "GreenCertificates",
    "Metering",
    "OrderBook",
    "RoundProver",
    "Clearing",
    "EscrowWallets",
)
"""The contracts of a deployment, in the order in which they are deployed."""


@dataclass(frozen=True, slots=True, eq=False)
class Artifact:
    """A compiled contract.

    Attributes
    ----------
    name : str
        The contract's name.
    abi : list of dict
        Its interface.
    bytecode : bytes
        What is sent to create it, without constructor arguments.
    runtime : bytes
        What stands on the chain afterwards, with zeros where immutables go.
    """

    name: str
    abi: list[dict[str, Any]]
    bytecode: bytes
    runtime: bytes


def build_directories() -> tuple[Path, ...]:
    """Where compiled contracts are looked for, best first."""
    named = os.environ.get("POWERPACT_BUILD")
    if named:
        return (Path(named),)
    return (Path(__file__).resolve().parents[2] / "build" / "contracts", Path.cwd() / "build" / "contracts")


def artifact(name: str) -> Artifact:
    """The compiled contract of this name.

    Raises
    ------
    ContractsNotCompiled
        If no build has it.
    """
    searched = build_directories()
    for directory in searched:
        path = directory / f"{name}.json"
        if path.is_file():
            return _load(path, path.stat().st_mtime_ns)
    raise ContractsNotCompiled(name, searched)


@cache
def _load(path: Path, _modified_ns: int) -> Artifact:
    compiled = json.loads(path.read_text(encoding="utf-8"))
    return Artifact(
        name=compiled["contractName"],
        abi=compiled["abi"],
        bytecode=bytes.fromhex(compiled["bytecode"]),
        runtime=bytes.fromhex(compiled["deployedBytecode"]),
    )
