"""The built wheel alone, in its own environment and folder, connects, deploys, trades, runs an agent, solves.

There is no checkout there, no compiler and no Node.js. Under Python 3.11 it has the packages of the lock of running,
under 3.13 those that pip would bring today.
"""

import json
import os
import pwd
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

import powerpact
from powerpact.chain.artifacts import CONTRACTS
from powerpact.chain.local.node import free_port
from testkit.forkserver import commands_of
from toolchain.places import BIN, ENV, ROOT
from toolchain.python_packages import RUN_LOCK, UV, install

LOCKS = {"3.11": RUN_LOCK, "3.13": ENV / "newest.txt"}
NEEDED = ("powerpact", "pyproject.toml", "README.md", "LICENSE")
SHELL = ("bash", "env", "mkdir", "sh", "sleep")  # what own-chain.sh takes from the system


def runs(python: str | Path, version: str) -> bool:
    """Return whether an interpreter runs, is of this version, and can make environments."""
    script = "import ensurepip, ssl, sys; print('%d.%d' % sys.version_info[:2])"
    try:
        done = subprocess.run([python, "-c", script], capture_output=True, text=True, timeout=60)
    except OSError:
        return False
    return done.stdout.strip() == version


def interpreter(version: str) -> str | Path | None:
    """Find an interpreter of a version: the one that runs this, one on PATH, or one of pyenv's."""
    pyenv = Path(os.environ.get("PYENV_ROOT") or Path(pwd.getpwuid(os.getuid()).pw_dir) / ".pyenv")
    on_path = shutil.which(f"python{version}")
    candidates = [sys.executable, *([on_path] if on_path else []), *pyenv.glob(f"versions/{version}*/bin/python")]
    return next((python for python in candidates if runs(python, version)), None)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    """Build the wheel from a copy, since building leaves folders behind."""
    copy, built = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in NEEDED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, copy)
    options = ["--no-deps", "--no-build-isolation", "--quiet", "--wheel-dir", built]
    subprocess.run([sys.executable, "-m", "pip", "wheel", *options, copy], check=True)
    [wheel] = built.iterdir()
    return wheel


@pytest.fixture(scope="module", params=LOCKS)
def installed(request, wheel, tmp_path_factory) -> Path:
    """Install the wheel into an environment made of nothing but a lock; return the interpreter."""
    python = interpreter(request.param)
    if python is None:
        pytest.skip(f"no Python {request.param} is found here")
    folder = tmp_path_factory.mktemp(f"python{request.param}-")
    subprocess.run([python, "-m", "venv", *(["--without-pip"] if UV.exists() else []), folder], check=True)
    made = folder / "bin/python"
    install(LOCKS[request.param], made)
    pip = [UV, "pip", "install", "--python", made] if UV.exists() else [made, "-m", "pip", "install"]
    subprocess.run([*pip, "--quiet", "--no-deps", wheel], check=True)
    return made


@pytest.fixture
def alone(tmp_path_factory, monkeypatch) -> Path:
    """A folder, an environment and a PATH with a shell and Anvil, and nothing of the project besides."""
    links = tmp_path_factory.mktemp("links")
    for name in SHELL:
        (links / name).symlink_to(shutil.which(name))
    (links / "anvil").symlink_to((BIN / "anvil").resolve())
    home = tmp_path_factory.mktemp("home")
    for name in list(os.environ):
        if name.startswith(("POWERPACT", "PYTHON", "NUMBA", "XDG")) or name == "VIRTUAL_ENV":
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("PATH", str(links))
    return tmp_path_factory.mktemp("empty")


def test_it_holds_the_library_and_its_data_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        metadata = archive.read(f"powerpact-{powerpact.__version__}.dist-info/METADATA").decode()
    data = {f"powerpact/artifacts/{name}.json" for name in (*CONTRACTS, "types")} | {"powerpact/py.typed"}
    tracked = subprocess.run(["git", "ls-files", "powerpact"], cwd=ROOT, capture_output=True, text=True, check=True)
    assert data | set(tracked.stdout.split()) <= names
    assert {name.split("/")[0] for name in names} == {"powerpact", f"powerpact-{powerpact.__version__}.dist-info"}
    assert f"\nVersion: {powerpact.__version__}\n" in metadata
    assert "brownie" not in metadata.split("\n\n")[0]


def test_its_command_solves(installed, alone):
    command = installed.parent / "powerpact"
    version = subprocess.run([command, "--version"], cwd=alone, capture_output=True, text=True, check=True).stdout
    assert version.split()[-1] == powerpact.__version__
    round_file = shutil.copy(ROOT / "docs/example-round.json", alone)
    for words in (["solve", round_file, "-o", "solution.json"], ["verify", round_file, "solution.json"]):
        subprocess.run([command, *words], cwd=alone, check=True)
    assert json.loads((alone / "solution.json").read_text())["objective"] == 3_443_331


def test_it_trades_on_a_chain_of_its_own(installed, alone, tmp_path_factory):
    script = shutil.copy(ROOT / "docs/own-chain.sh", tmp_path_factory.mktemp("script"))
    with commands_of(tmp_path_factory.mktemp("bin"), installed) as environment:
        source = "import powerpact; print(powerpact.__file__)"
        where = subprocess.run([installed, "-c", source], cwd=alone, capture_output=True, text=True, check=True).stdout
        done = subprocess.run(
            ["bash", script],
            cwd=alone,
            env={**environment, "PORT": str(free_port())},
            capture_output=True,
            text=True,
            timeout=900,
        )
    assert Path(where.strip()).is_relative_to(installed.parents[1])
    assert done.returncode == 0, done.stderr
    lots = json.loads((alone / "certificates.json").read_text())
    assert [lot["energy_wh"] for lot in lots] == [1_150]
    assert not any((tool := shutil.which(name)) for name in ("node", "forge", "solc", "brownie")), tool
