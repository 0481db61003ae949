"""The unit tests against contracts with a bug, in a copy of the project with compiled contracts of its own.

There everything is compiled without the optimizer, in a fraction of the time. Contracts are then too large for a real
chain, so that limits of size are lifted; what measures gas or size is left out.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from toolchain import commands
from toolchain.places import BIN, ROOT, environment
from toolchain.steps import count_forge, count_pytest

LINKED = (".home", ".venv", "node_modules")
LEFT_OUT = (*LINKED, ".git", "reports", "site", "build", "out", "cache", "__pycache__", ".hypothesis", "keystore")
TOOLS = "tools-of-the-copy"
ANVIL = f"""#!/bin/sh
exec {BIN / "anvil"} --disable-code-size-limit "$@"
"""
VARIABLES = {
    "POWERPACT_BUILD": "build/contracts",
    "POWERPACT_LARGEST_CODE": "1000000",
    "FOUNDRY_VIA_IR": "false",
    "FOUNDRY_OPTIMIZER": "false",
    "FOUNDRY_CODE_SIZE_LIMIT": "1000000",
    "FOUNDRY_FUZZ_SEED": "0x2026",
}
NEEDS_OPTIMIZER = "Metering.t.sol"  # has more variables than the stack without it, and measures gas
LINES = 12  # of the end of what a failing command printed


def failing(texts: Mapping[str, str], folders: Sequence[str]) -> str | None:
    """The first command that fails with other texts of some sources; None if there is none.

    Parameters
    ----------
    texts : mapping
        Sources with a bug, by path.
    folders : sequence of str
        Folders of `tests/contracts`.
    """
    tests = [f"tests/contracts/{folder}" for folder in (*folders, "failures")]
    with copied(texts) as project:
        if _fails(("forge", "test", "--skip", NEEDS_OPTIMIZER), count_forge, project):  # the faster one
            return "forge test"
        _require(("brownie", "compile", "--all"), project)
        if _fails(("brownie", "test", *tests, "-x"), count_pytest, project):
            return " ".join(("brownie test", *tests))
    return None


@contextmanager
def copied(texts: Mapping[str, str]) -> Iterator[Path]:
    """A copy of the project with other texts of some sources, compiled without the optimizer."""
    with tempfile.TemporaryDirectory(prefix="powerpact-bug-") as folder:
        project = Path(folder) / "project"
        shutil.copytree(ROOT, project, symlinks=True, ignore=shutil.ignore_patterns(*LEFT_OUT))
        for name in LINKED:
            (project / name).symlink_to(ROOT / name)
        for path, text in texts.items():
            (project / path).write_text(text, encoding="utf-8")
        config = (project / "brownie-config.yaml").read_text(encoding="utf-8")
        changed = config.replace("viaIR: true", "viaIR: false").replace("enabled: true", "enabled: false")
        (project / "brownie-config.yaml").write_text(changed, encoding="utf-8")
        (project / TOOLS).mkdir()
        (project / TOOLS / "anvil").write_text(ANVIL, encoding="utf-8")
        (project / TOOLS / "anvil").chmod(0o755)
        yield project


def _fails(command: Sequence[str], count: Callable[[str], tuple[int, ...]], project: Path) -> bool:
    """Whether tests fail; what breaks down without a failing test finds nothing, and is an error."""
    code, output = _call(command, project)
    end = "\n".join(output.splitlines()[-LINES:])
    if code and not count(output)[1]:
        raise RuntimeError(f"{' '.join(command)} ended with {code}, and no test failed:\n{end}")
    if code:
        print(end, flush=True)
    return bool(code)


def _require(command: Sequence[str], project: Path) -> None:
    code, output = _call(command, project)
    if code:
        raise RuntimeError(f"{' '.join(command)} fails:\n{output}")


def _call(command: Sequence[str], project: Path) -> tuple[int, str]:
    path = os.pathsep.join((str(project / TOOLS), environment()["PATH"]))
    with commands.piped(command, project, variables={**VARIABLES, "PATH": path}) as process:
        output = process.communicate()[0]
    return process.returncode, output
