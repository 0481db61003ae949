"""What the parts of the set-up share: running installers, finding the user's own tools, linking the chosen ones."""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from toolchain.places import BIN, ROOT, SetupError, caches

RETRY = "Check the network connection and the free disk space, then run the command again."


def say(text: str) -> None:
    """Talk to the user; standard output belongs to the command that follows."""
    print(f"[setup] {text}", file=sys.stderr, flush=True)


def call(command: Sequence[str | Path], remedy: str = RETRY, env: dict[str, str] | None = None) -> str:
    """Run an installer quietly and return its output; when it fails, show the end of it and the remedy."""
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            cwd=ROOT,
            env=env or {**os.environ, **caches()},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
    except OSError as fault:
        raise SetupError(f"cannot run {words[0]}: {fault.strerror}. {remedy}") from fault
    if done.returncode:
        tail = "\n".join(done.stdout.strip().splitlines()[-25:])
        raise SetupError(f"{tail}\n{' '.join(words[:4])} … failed with exit code {done.returncode}. {remedy}")
    return done.stdout


def find(tool: str) -> str | None:
    """Return the user's own copy of a tool: the one on PATH outside the project."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return shutil.which(tool, path=os.pathsep.join(folder for folder in folders if not inside_project(folder)))


def inside_project(folder: str) -> bool:
    """Return whether a folder belongs to the project, as those on its commands' path do."""
    return bool(folder) and Path(folder).resolve().is_relative_to(ROOT)


def version_text(binary: str) -> str:
    """Return what `binary --version` prints, nothing if it does not run."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        return subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=60).stdout
    return ""


def link(name: str, target: str | Path) -> None:
    """Point `.home/bin/NAME` at a binary."""
    if not Path(target).exists():
        raise SetupError(f"{target} is missing. Remove the folder node_modules and run the command again.")
    BIN.mkdir(parents=True, exist_ok=True)
    (BIN / name).unlink(missing_ok=True)
    (BIN / name).symlink_to(target)
