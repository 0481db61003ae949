"""Writes ``powerpact/artifacts``: what the package knows of the contracts, one file for each, and the signed types.

``./run artifacts`` compiles with Forge and writes the files; ``--check`` compares them with what Forge last compiled
instead, and exits 1 with the first difference.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from eth_utils import to_checksum_address

from powerpact.chain.artifacts import CONTRACTS
from powerpact.chain.deployment import MECHANISMS, Parameters, constructor_arguments
from powerpact.codec.eip712 import TYPES
from powerpact.codec.eip712.signing import DOMAIN_NAME, DOMAIN_VERSION
from toolchain.artifacts import FOLDER, digest
from toolchain.artifacts import TYPES as TYPES_FILE
from toolchain.places import ROOT

GENERATED: Final = "Made by ./run artifacts; do not edit."
FORGE_OUT: Final = ROOT / "out"
COMPILE: Final = ("forge", "build", "--force", "contracts", "--skip", "test", "--skip", "contracts/testing/**")
"""All contracts at once, whatever was compiled before: what the compiler optimises depends on what it sees together."""
_DOMAIN: Final = ("name", "string"), ("version", "string"), ("chainId", "uint256"), ("verifyingContract", "address")


def render_all() -> dict[Path, str]:
    """The text of every file, from what Forge compiled last."""
    texts = {FOLDER / f"{name}.json": render_contract(name) for name in CONTRACTS}
    return {**texts, TYPES_FILE: render_types()}


def render_contract(name: str) -> str:
    """The artifact of one contract: one line for each field and each entry of the interface."""
    compiled = forge_output(name)
    metadata = compiled["metadata"]
    sources = sorted(source for source in metadata["sources"] if not source.startswith("node_modules/"))
    [source_name] = metadata["settings"]["compilationTarget"]
    return _render(
        {
            "generated": GENERATED,
            "contractName": name,
            "sourceName": source_name,
            "compiler": f"solc {metadata['compiler']['version']}",
            "digest": digest(sources),
            "sources": sources,
            "abi": sorted([*compiled["abi"], *errors_passed_through(name)], key=_place),
            "bytecode": compiled["bytecode"]["object"],
            "deployedBytecode": compiled["deployedBytecode"]["object"],
        }
    )


def errors_passed_through(name: str) -> list[dict[str, Any]]:
    """The errors of the contracts that one calls, and that they call, which reach the caller unchanged."""
    reached, waiting = {name}, [name]
    while waiting:
        found = _called_by(waiting.pop()) - reached
        reached |= found
        waiting += found
    own = {_place(entry) for entry in forge_output(name)["abi"]}
    errors = {_place(e): e for callee in reached for e in forge_output(callee)["abi"] if e["type"] == "error"}
    return [entry for place, entry in errors.items() if place not in own]


@cache
def _called_by(name: str) -> set[str]:
    """The contracts that one is constructed with and whose interface it is compiled with."""
    nobody = Parameters(to_checksum_address(bytes(20)), auditors=(), threshold=0)
    names: dict[str, Any] = {each: each for each in CONTRACTS}  # in place of addresses
    given = constructor_arguments(names, nobody)[name]
    known = {Path(source).stem for source in forge_output(name)["metadata"]["sources"]}
    flat = [item for each in given for item in (each if isinstance(each, list) else [each])]
    return {item for item in flat if item in CONTRACTS and not known.isdisjoint(_interfaces(item))}


def _interfaces(name: str) -> tuple[str, ...]:
    return (f"I{name}", "IMechanism") if name in MECHANISMS else (f"I{name}",)


def render_types() -> str:
    """The signed types as viem and ethers take them, with name and version of the domain."""
    return _render(
        {
            "generated": GENERATED,
            "domain": {"name": DOMAIN_NAME, "version": DOMAIN_VERSION},
            "types": {
                "EIP712Domain": [{"name": name, "type": type_} for name, type_ in _DOMAIN],
                **{
                    name: [{"name": member.name, "type": member.type} for member in members]
                    for name, members in TYPES.items()
                },
            },
        }
    )


def forge_output(name: str) -> dict[str, Any]:
    """What Forge wrote about a contract."""
    output: dict[str, Any] = json.loads((FORGE_OUT / f"{name}.sol/{name}.json").read_text(encoding="utf-8"))
    return output


def differences() -> list[str]:
    """The files that differ from what Forge compiled last, are missing, or belong to no contract."""
    texts = render_all()
    wrong = {path for path, text in texts.items() if not path.is_file() or path.read_text(encoding="utf-8") != text}
    foreign = set(FOLDER.glob("*.json")) - texts.keys()
    return sorted(str(path.relative_to(ROOT)) for path in wrong | foreign)


def write() -> None:
    """Write every file and remove those of contracts that are gone."""
    texts = render_all()
    FOLDER.mkdir(exist_ok=True)
    for path in FOLDER.glob("*.json"):
        if path not in texts:
            path.unlink()
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Do what the command line says."""
    if arguments == ["--check"]:
        if wrong := differences():
            print(f"{wrong[0]} differs from what Forge compiled. Run ./run artifacts, and commit what it wrote.")
        return int(bool(wrong))
    if arguments:
        print("usage: ./run artifacts [--check]", file=sys.stderr)
        return 2
    if code := subprocess.call(COMPILE, cwd=ROOT):
        return code
    write()
    return 0


def _place(entry: Mapping[str, Any]) -> tuple[str, str, str]:
    """Order of an interface's entries, the same whatever the compiler's driver."""
    return entry["type"], entry.get("name", ""), json.dumps(entry.get("inputs", []))


def _render(fields: Mapping[str, Any]) -> str:
    """JSON with a line for each item of each field."""
    return "{\n" + ",\n".join(f"{json.dumps(name)}: {_lines(value)}" for name, value in fields.items()) + "\n}\n"


def _lines(value: Any) -> str:
    match value:
        case list():
            return "[\n" + ",\n".join(json.dumps(item) for item in value) + "\n]"
        case dict():
            return "{\n" + ",\n".join(f"{json.dumps(name)}: {json.dumps(item)}" for name, item in value.items()) + "\n}"
        case _:
            return json.dumps(value)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
