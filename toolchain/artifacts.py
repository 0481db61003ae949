"""Whether the committed artifacts of `powerpact/artifacts` were made of the contracts as they are now."""

import hashlib
import json
import tomllib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from toolchain.places import ROOT

FOLDER = ROOT / "powerpact/artifacts"
TYPES = FOLDER / "types.json"
SETTINGS = ("evm_version", "optimizer", "optimizer_runs", "via_ir", "bytecode_hash", "cbor_metadata", "remappings")
LIBRARIES = ("solc", "@openzeppelin/contracts")


def digest(sources: Iterable[str]) -> str:
    """Hash the named sources of the project, the compiler's settings, and the locks of compiler and libraries."""
    total = hashlib.sha256(_surroundings().encode())
    for source in sorted(sources):
        path = ROOT / source
        total.update(f"\0{source}\0".encode() + (path.read_bytes() if path.is_file() else b"missing"))
    return f"sha256:{total.hexdigest()}"


def changed() -> list[str]:
    """Name the contracts whose sources differ from those that their artifact was made of."""
    names = []
    for file in contract_files():
        made = json.loads(file.read_text())
        if made["digest"] != digest(made["sources"]):
            names.append(str(made["contractName"]))
    return names


def contract_files() -> list[Path]:
    """List the committed artifacts of contracts."""
    return sorted(file for file in FOLDER.glob("*.json") if file != TYPES)


@cache
def _surroundings() -> str:
    """What besides the sources decides the bytecode: settings, compiler and libraries."""
    profile = tomllib.loads((ROOT / "foundry.toml").read_text())["profile"]["default"]
    locked = json.loads((ROOT / "package-lock.json").read_text())["packages"]
    return json.dumps(
        {
            **{setting: profile[setting] for setting in SETTINGS},
            **{name: locked[f"node_modules/{name}"]["integrity"] for name in LIBRARIES},
        },
        sort_keys=True,
    )
