"""The project's venv and the locked Python packages in it, and environments apart from it."""

import contextlib
import shutil
import sys
from pathlib import Path

from toolchain.installer import call, say
from toolchain.places import ENV, HOME, ROOT, VENV, SetupError

PYTHON = VENV / "bin/python"
RUN_LOCK = ROOT / "requirements-run.txt"
TEST_LOCK = ROOT / "requirements.txt"
UV_LOCK = ENV / "uv.txt"
UV = HOME / "uv/bin/uv"
VENV_REMEDY = "On Debian and Ubuntu: apt install python3-venv, then run the command again."


def make_venv() -> None:
    """Make `.venv` from nothing with what running needs in it."""
    shutil.rmtree(VENV, ignore_errors=True)
    call([sys.executable, "-m", "venv", VENV], VENV_REMEDY)
    make_uv()
    say("installing Python packages")
    install(RUN_LOCK)


def make_uv() -> None:
    """Install uv into its own folder; where it has no binary, pip does all the work."""
    shutil.rmtree(UV.parent.parent, ignore_errors=True)
    with contextlib.suppress(SetupError):
        pip_install("--require-hashes", "--only-binary=:all:", "--target", UV.parent.parent, "-r", UV_LOCK)


def install_powerpact() -> None:
    """Install the package itself, editable, with its command."""
    pip_install("--editable", ROOT)


def install_tests() -> None:
    """Add to `.venv` what building, testing and checking needs."""
    if (VENV / "bin/pytest").exists():  # of an earlier lock, whose packages must not stay
        make_venv()
        install_powerpact()
    say("installing Python packages for tests and checks (about a minute the first time)")
    install(TEST_LOCK)


def install(lock: Path, python: Path = PYTHON) -> None:
    """Install a lock: by uv, or by pip where uv is missing or fails, for instance for want of pip's settings."""
    if UV.exists():
        with contextlib.suppress(SetupError):
            options = ["--quiet", "--no-deps", "--no-build-isolation"]
            call([UV, "pip", "install", *options, "--python", python, "--require-hashes", "-r", lock])
            return
        say("uv cannot install them; trying pip, which takes longer")
    pip_install("--require-hashes", "-r", lock, python=python)


def pip_install(*arguments: str | Path, python: Path = PYTHON) -> None:
    """Install by pip, which leaves compiling to Python's first import."""
    call([python, "-m", "pip", "install", "--quiet", "--no-compile", "--no-deps", "--no-build-isolation", *arguments])
