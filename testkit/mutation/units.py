"""The unit tests against contracts with a bug, in a copy of the project with compiled contracts of its own."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from toolchain import commands
from toolchain.places import ROOT

LINKED = (".home", ".venv", "node_modules")
LEFT_OUT = (*LINKED, ".git", "reports", "site", "__pycache__", ".hypothesis", "keystore")
BUILT = {"POWERPACT_BUILD": "build/contracts"}
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
        for command in (
            ("brownie", "compile", "--all"),
            ("brownie", "test", *tests),
            ("pytest", "tests/differential", "-q", "-x"),
            ("forge", "test"),
        ):
            code, output = _call(command, project)
            if code:
                print("\n".join(output.splitlines()[-LINES:]), flush=True)
                return " ".join(command)
    return None


@contextmanager
def copied(texts: Mapping[str, str]) -> Iterator[Path]:
    """A copy of the project with other texts of some sources. What is compiled is copied, so that little is again."""
    with tempfile.TemporaryDirectory(prefix="powerpact-mutant-") as folder:
        project = Path(folder) / "project"
        shutil.copytree(ROOT, project, symlinks=True, ignore=shutil.ignore_patterns(*LEFT_OUT))
        for name in LINKED:
            (project / name).symlink_to(ROOT / name)
        for path, text in texts.items():
            (project / path).write_text(text, encoding="utf-8")
        yield project


def _call(command: Sequence[str], project: Path) -> tuple[int, str]:
    with commands.piped(command, project, variables=BUILT) as process:
        output = process.communicate()[0]
    return process.returncode, output
