"""Locks the Python packages: ``./run lock``, or ``./run lock --upgrade`` to take newer versions.

One universal resolution of everything, `requirements.txt`; each other lock of an environment is a subset of it. What
has an environment apart (`toolchain/env`) is resolved by itself.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Final

from toolchain.places import ENV, ROOT, environment
from toolchain.python_packages import UV, make_uv

WHOLE: Final = ROOT / "requirements.txt"
SUBSETS: Final = (ROOT / "requirements-run.txt",)
OPTIONS: Final = (
    "--quiet",
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-annotate",
    "--custom-compile-command=./run lock",
)


def compile_lock(lock: Path, *options: str) -> None:
    """Resolve the ``.in`` file beside a lock; versions in the lock stay by default."""
    source = lock.with_suffix(".in").relative_to(ROOT)
    command = [str(UV), "pip", "compile", *OPTIONS, *options, str(source), f"--output-file={lock.relative_to(ROOT)}"]
    subprocess.run(command, cwd=ROOT, env=environment(), check=True)


def main(arguments: list[str]) -> int:
    """Do what the command line says."""
    if arguments not in ([], ["--upgrade"]):
        print("usage: ./run lock [--upgrade]", file=sys.stderr)
        return 2
    make_uv()
    compile_lock(WHOLE, *arguments)
    for lock in SUBSETS:
        lock.unlink(missing_ok=True)  # else its versions would outlive those of the whole
        compile_lock(lock, f"--constraint={WHOLE.relative_to(ROOT)}")
    for lock in sorted(ENV.glob("*.in")):
        compile_lock(lock.with_suffix(".txt"), *arguments)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
