"""Environments beside the project's own, each with its lock: what one step needs and the rest cannot have or pay for.

`toolchain/env/NAME.txt` locks one; it is made in `.home/env/NAME` when its step first runs.
"""

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

from toolchain.installer import call, say
from toolchain.places import ENV, HOME, ROOT
from toolchain.python_packages import VENV_REMEDY, install


@dataclass(frozen=True, slots=True)
class Environment:
    """One environment, by the name of its lock."""

    name: str

    @property
    def lock(self) -> Path:
        """The locked packages."""
        return ENV / f"{self.name}.txt"

    @property
    def folder(self) -> Path:
        """Where it is made."""
        return HOME / "env" / self.name

    def binary(self, name: str) -> Path:
        """The path of one of its commands."""
        return self.folder / "bin" / name

    def make(self) -> None:
        """Make it from nothing."""
        say(f"installing the packages of {self.lock.relative_to(ROOT)}")
        shutil.rmtree(self.folder, ignore_errors=True)
        call([sys.executable, "-m", "venv", self.folder], VENV_REMEDY)
        install(self.lock, self.binary("python"))
