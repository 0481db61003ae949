"""The project's venv and the locked Python packages in it."""

import re
import shutil
import sys
from pathlib import Path

from toolchain.installer import call, say
from toolchain.places import HOME, ROOT, VENV, SetupError

PYTHON = VENV / "bin/python"


def pip_install(*arguments: str | Path) -> None:
    """Install locked packages into the project's venv."""
    call([PYTHON, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation", *arguments])


def make_venv() -> None:
    """Make `.venv` from nothing with every locked package in it."""
    shutil.rmtree(VENV, ignore_errors=True)
    remedy = "On Debian and Ubuntu: apt install python3-venv, then run the command again."
    call([sys.executable, "-m", "venv", VENV], remedy)
    say("installing Python packages (about a minute the first time)")
    lock = ROOT / "requirements.txt"
    builder = HOME / "setuptools.txt"  # goes first: it builds the few packages that come as source
    block = re.search(r"^setuptools==(?:.*\\\n)*.*\n", lock.read_text(), re.MULTILINE)
    if block is None:
        raise SetupError("requirements.txt lacks setuptools. Lock requirements.in again.")
    builder.write_text(block[0])
    pip_install("--require-hashes", "-r", builder)
    pip_install("--require-hashes", "-r", lock)


def install_powerpact() -> None:
    """Install the package itself, editable, with its command."""
    pip_install("--editable", ROOT)
