"""Results of campaigns: one file per part, written the moment it ends, with date, code and machine."""

import hashlib
import json
import os
import platform
import re
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

from toolchain.places import VENV, write_whole

SCHEMA = "powerpact/campaign-result/1"
State = Literal["done", "failed", "stopped"]


@dataclass(frozen=True, slots=True)
class Code:
    """What is measured: the commit (None outside of Git), and a digest of what differs from it (None if nothing)."""

    commit: str | None
    changes: str | None


@dataclass(frozen=True, slots=True)
class Machine:
    """Where it is measured; `load` is the machine's mean load of the minute before."""

    processor: str
    cores: int
    system: str
    load: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What a part measured. Only `done` counts; times are UTC, ISO 8601."""

    campaign: str
    part: str
    command: tuple[str, ...]
    state: State
    exit_code: int
    started: str
    ended: str
    seconds: float
    code: Code
    machine: Machine
    versions: dict[str, str]
    measurements: list[dict[str, Any]]

    def answers(self, command: Sequence[str], code: Code) -> bool:
        """Tell whether this is what a command measures of some code. Code without a commit cannot be known again."""
        return self.state == "done" and self.command == tuple(command) and self.code == code and bool(code.commit)


def save(path: Path, result: Result) -> None:
    """Write a result in one step."""
    write_whole(path, json.dumps({"schema": SCHEMA, **asdict(result)}, indent=1) + "\n")


def load(path: Path) -> Result | None:
    """Read a result; None if there is none, or it is spoilt."""
    try:
        fields = json.loads(path.read_text(encoding="utf-8"))
        if fields.pop("schema") != SCHEMA:
            return None
        for name, made in (("code", Code), ("machine", Machine)):
            fields[name] = made(**fields[name])
        return Result(**{**fields, "command": tuple(fields["command"])})
    except (OSError, ValueError, TypeError, KeyError, AttributeError):
        return None


def code_of(project: Path, records: Sequence[str] = ()) -> Code:
    """Return the code that is checked out, but for the `records` that the campaign itself renews."""
    try:
        commit = _git(project, "rev-parse", "--verify", "HEAD").decode().strip()
        where = ("--", ".", *(f":(exclude){path}" for path in records))
        changed = _git(project, "diff", "--binary", "HEAD", *where)
        others = _git(project, "ls-files", "--others", "--exclude-standard", "-z", *where)
    except (OSError, subprocess.CalledProcessError):
        return Code(None, None)
    if not changed and not others:
        return Code(commit, None)
    total = hashlib.sha256(changed)
    for name in others.split(b"\0")[:-1]:
        path = project / os.fsdecode(name)
        total.update(b"\0" + name + b"\0" + (path.read_bytes() if path.is_file() else b""))
    return Code(commit, total.hexdigest()[:16])


def this_machine() -> Machine:
    """Return the machine as it is now."""
    told = Path("/proc/cpuinfo")
    found = re.search(r"model name\s*: (.+)", told.read_text(encoding="utf-8")) if told.exists() else None
    processor = found[1] if found else platform.machine()
    return Machine(processor, os.cpu_count() or 1, platform.system(), round(os.getloadavg()[0], 2))


def versions_of(packages: Sequence[str]) -> dict[str, str]:
    """Return the versions of Python and of those packages that are installed in the project's environment."""
    sites = [str(site) for site in VENV.glob("lib/python*/site-packages")]
    installed = {each.name: each.version for each in metadata.distributions(path=sites)}
    return {"python": platform.python_version(), **{name: installed[name] for name in packages if name in installed}}


def _git(project: Path, *words: str) -> bytes:
    return subprocess.run(("git", *words), cwd=project, capture_output=True, check=True).stdout
