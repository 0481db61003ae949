"""Brownie and Forge compile the same contracts to the same bytes, with the same settings."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
FORGE = tomllib.loads((ROOT / "foundry.toml").read_text())["profile"]["default"]
BROWNIE = yaml.safe_load((ROOT / "brownie-config.yaml").read_text())["compiler"]
SOLC_VERSION = json.loads((ROOT / "package.json").read_text())["dependencies"]["solc"]


def without_library_addresses(code: str) -> str:
    """Blank what a later link step fills in: both compilers' drivers mark it in their own way."""
    return re.sub(r"__.{36}__|__\$.{34}\$__", "_" * 40, code)


def brownie_builds() -> dict[str, dict]:
    """Return Brownie's build of every deployable contract of the project itself."""
    builds = {}
    for file in sorted((ROOT / "build/contracts").glob("*.json")):
        build = json.loads(file.read_text())
        if build["sourcePath"].startswith("contracts/") and build["bytecode"]:
            builds[build["contractName"]] = build
    return builds


def forge_build(build: dict) -> dict:
    source = Path(build["sourcePath"]).name
    return json.loads((ROOT / FORGE["out"] / source / f"{build['contractName']}.json").read_text())


@pytest.fixture(scope="module")
def builds() -> dict[str, dict]:
    return brownie_builds()


def test_every_contract_was_compiled(builds):
    declared = set()
    for file in (ROOT / "contracts").rglob("*.sol"):
        declared |= set(re.findall(r"^(?:contract|library) (\w+)", file.read_text(), re.MULTILINE))
    assert declared, "no contract found"
    assert declared == set(builds), "run ./run compile first"


def test_bytecode_is_identical(builds):
    for name, build in builds.items():
        other = forge_build(build)
        for ours, theirs in (("bytecode", "bytecode"), ("deployedBytecode", "deployedBytecode")):
            code = without_library_addresses(build[ours])
            assert code == without_library_addresses(other[theirs]["object"].removeprefix("0x")), f"{name}: {ours}"


def test_settings_are_the_same():
    assert BROWNIE["solc"]["version"] == SOLC_VERSION
    assert FORGE["solc"].endswith(f"/solc-v{SOLC_VERSION}")
    assert BROWNIE["evm_version"] == FORGE["evm_version"] == "shanghai"
    assert BROWNIE["solc"]["optimizer"] == {"enabled": FORGE["optimizer"], "runs": FORGE["optimizer_runs"]}
    assert BROWNIE["solc"]["viaIR"] == FORGE["via_ir"]
    assert BROWNIE["solc"]["remappings"] == FORGE["remappings"]
    assert FORGE["offline"], "Forge must not look for a compiler of its own"


def test_sources_ask_for_the_compiler_in_use():
    files = [file for folder in ("contracts", "interfaces") for file in (ROOT / folder).rglob("*.sol")]
    for file in files:
        pragmas = re.findall(r"^pragma solidity (.+);", file.read_text(), re.MULTILINE)
        assert len(pragmas) == 1, file
        wanted = tuple(map(int, re.findall(r"\d+", pragmas[0])[:3]))
        assert wanted <= tuple(map(int, SOLC_VERSION.split("."))), f"{file}: pragma {pragmas[0]}"
