"""What the compiler made of the contracts: their interfaces (ABI) and bytecode.

They come with the package, in ``powerpact/artifacts``, so nothing has to be compiled. The environment variable
``POWERPACT_BUILD`` names another directory to read instead, for instance Brownie's ``build/contracts``.
"""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Final

from powerpact.chain.errors import ContractsNotCompiled

CONTRACTS: Final = (
    "PowerPoints",
    "Accounts",
    "ParticipantRegistry",
    "Motions",
    "DeviceRegistry",
    "GreenCertificates",
    "Metering",
    "Deliveries",
    "Markets",
    "OrderBook",
    "Mandates",
    "RoundProver",
    "SatisfactionMatching",
    "CallAuction",
    "Clearing",
    "Refutations",
    "Settlement",
    "Releases",
    "Credentials",
    "Membership",
    "DeviceKeys",
    "RouterBatches",
    "PaymentChannels",
    "Subnets",
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
        What is on the chain afterwards, with zeros where immutables go.
    """

    name: str
    abi: list[dict[str, Any]]
    bytecode: bytes
    runtime: bytes


def folder() -> Path:
    """Where artifacts are read from: the package's own, or the directory that ``POWERPACT_BUILD`` names."""
    named = os.environ.get("POWERPACT_BUILD")
    return Path(named) if named else Path(str(files("powerpact") / "artifacts"))


def artifact(name: str) -> Artifact:
    """The compiled contract of this name.

    Raises
    ------
    ContractsNotCompiled
        If there is no artifact of it.

    Examples
    --------
    >>> artifact("PowerPoints").abi[0]["type"]
    'constructor'
    """
    return read_artifact(folder(), name)


@cache
def read_artifact(place: Path, name: str) -> Artifact:
    """The compiled contract of this name in a folder of files as Hardhat and Brownie write them, read once.

    Raises
    ------
    ContractsNotCompiled
        If the folder has no file of it.
    """
    try:
        text = (place / f"{name}.json").read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise ContractsNotCompiled(name, str(place)) from error
    compiled = json.loads(text)
    return Artifact(
        name=compiled["contractName"],
        abi=compiled["abi"],
        bytecode=bytes.fromhex(compiled["bytecode"].removeprefix("0x")),
        runtime=bytes.fromhex(compiled["deployedBytecode"].removeprefix("0x")),
    )
