"""The committed artifacts are what Forge makes of the sources, and Brownie makes the same bytes of them."""

import json
import re
import tomllib
from pathlib import Path

import pytest
import yaml

from powerpact.chain.artifacts import CONTRACTS
from toolchain import artifacts
from tools import artifacts as maker

ROOT = Path(__file__).resolve().parents[3]
FORGE = tomllib.loads((ROOT / "foundry.toml").read_text())["profile"]["default"]
BROWNIE = yaml.safe_load((ROOT / "brownie-config.yaml").read_text())["compiler"]
SOLC_VERSION = json.loads((ROOT / "package.json").read_text())["devDependencies"]["solc"]
PUSH1 = 0x60


def without_library_addresses(code: str) -> str:
    """Blank what a later link step fills in: both compilers' drivers mark it in their own way."""
    return re.sub(r"__.{36}__|__\$.{34}\$__", "0" * 40, code)


def code_of(text: str) -> bytes:
    return bytes.fromhex(without_library_addresses(text.removeprefix("0x")))


def without_metadata(code: bytes) -> bytes:
    """Take off what the compiler appends: INVALID (0xfe), CBOR, and the CBOR's length in two bytes."""
    length = int.from_bytes(code[-2:], "big") + 2
    assert code[-length:-2].startswith(b"\xa2\x64ipfs"), "no metadata"
    assert code[-length - 1] == 0xFE, "no separator"
    return code[: -length - 1]


def differs_by_metadata_alone(plain: bytes, runtime: bytes, other: bytes, other_runtime: bytes) -> bool:
    """Return whether creation code `other` is `plain` with metadata behind the runtime code.

    The two may differ in the runtime code's metadata and, where the constructor pushes a length or a place behind the
    runtime code, by the metadata's length.
    """
    tail = len(other_runtime) - len(runtime)
    start, other_start = plain.rfind(runtime), other.rfind(other_runtime)  # a short one also occurs in the head
    if min(start, other_start) < 0 or start != other_start:
        return False
    head, other_head = plain[:start], other[:start]
    at = 0
    while at < start:
        size = head[at] - PUSH1 + 1
        if head[at] == other_head[at] and size in (1, 2) and head[at : at + size + 1] != other_head[at : at + size + 1]:
            word, other_word = (int.from_bytes(code[at + 1 : at + size + 1], "big") for code in (head, other_head))
            if other_word - word != tail:
                return False
            at += size + 1
        elif head[at] != other_head[at]:
            return False
        else:
            at += 1
    return plain[start + len(runtime) :] == other[start + len(other_runtime) :]


def entries(abi: list[dict]) -> set[str]:
    return {json.dumps(entry, sort_keys=True) for entry in abi}


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


def test_committed_artifacts_are_what_forge_compiled():
    assert maker.differences() == []


def test_every_contract_of_a_deployment_has_an_artifact():
    assert {file.stem for file in artifacts.contract_files()} == set(CONTRACTS)


def test_brownie_compiles_the_same_but_for_the_metadata(builds):
    for name, build in builds.items():
        forge = forge_build(build)
        ours, theirs = code_of(forge["deployedBytecode"]["object"]), code_of(build["deployedBytecode"])
        assert ours == without_metadata(theirs), name
        creation = code_of(forge["bytecode"]["object"]), ours, code_of(build["bytecode"]), theirs
        assert differs_by_metadata_alone(*creation), name
        assert entries(forge["abi"]) == entries(build["abi"]), name


@pytest.mark.parametrize("place", [0, 2, 5])
def test_a_changed_byte_is_no_metadata(place):
    runtime, metadata = b"\x60\x01", b"\xa2\x64ipfs\x00\x06"
    plain, other = b"\x61\x00\x02\x39" + runtime, bytearray(b"\x61\x00\x0a\x39" + runtime + metadata)
    assert differs_by_metadata_alone(plain, runtime, bytes(other), runtime + metadata)
    other[place] ^= 1
    assert not differs_by_metadata_alone(plain, runtime, bytes(other), runtime + metadata)


def test_settings_are_the_same():
    assert BROWNIE["solc"]["version"] == SOLC_VERSION
    assert FORGE["solc"].endswith(f"/solc-v{SOLC_VERSION}")
    assert BROWNIE["evm_version"] == FORGE["evm_version"] == "shanghai"
    assert BROWNIE["solc"]["optimizer"] == {"enabled": FORGE["optimizer"], "runs": FORGE["optimizer_runs"]}
    assert BROWNIE["solc"]["viaIR"] == FORGE["via_ir"]
    assert BROWNIE["solc"]["remappings"] == FORGE["remappings"]
    assert (FORGE["bytecode_hash"], FORGE["cbor_metadata"]) == ("none", False), "artifacts have no metadata"
    assert FORGE["offline"], "Forge must not look for another compiler"


def test_sources_ask_for_the_compiler_in_use():
    files = [file for folder in ("contracts", "interfaces") for file in (ROOT / folder).rglob("*.sol")]
    for file in files:
        pragmas = re.findall(r"^pragma solidity (.+);", file.read_text(), re.MULTILINE)
        assert len(pragmas) == 1, file
        wanted = tuple(map(int, re.findall(r"\d+", pragmas[0])[:3]))
        assert wanted <= tuple(map(int, SOLC_VERSION.split("."))), f"{file}: pragma {pragmas[0]}"
