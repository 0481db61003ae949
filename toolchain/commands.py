"""Running the project's tools, each in the project's environment."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from typing import NoReturn

from toolchain import brownie_home
from toolchain.places import ROOT, SetupError, environment

KEEPS_SETTINGS = {"accounts", "networks", "pm"}  # subcommands of Brownie that write into its home


@contextlib.contextmanager
def environment_of(command: Sequence[str]) -> Iterator[dict[str, str]]:
    """Yield the environment in which a command runs, for as long as it runs."""
    if command[0] == "pytest":
        options = os.environ.get("PYTEST_ADDOPTS", "")
        yield {**environment(), "PYTEST_ADDOPTS": f"-p no:pytest-brownie {options}".strip()}
    elif command[0] == "brownie" and not KEEPS_SETTINGS.intersection(command[1:2]):
        with brownie_home.own_home() as home:
            yield environment(home)
    else:
        yield environment()


@contextlib.contextmanager
def piped(command: Sequence[str]) -> Iterator["subprocess.Popen[str]"]:
    """Start a command with its output in a pipe, in a process group of its own of which nothing is left behind."""
    with environment_of(command) as env:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        try:
            yield process
        finally:
            for signum in (signal.SIGTERM, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signum)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(5)


def become(command: Sequence[str]) -> NoReturn:
    """Run a command in the user's terminal and folder, and end with its exit code."""
    with environment_of(command) as env:
        try:
            process = subprocess.Popen(command, env=env)
        except FileNotFoundError as fault:
            raise SetupError(f"no command {command[0]!r}. ./run alone lists what there is.") from fault
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the command, which decides
        signal.signal(signal.SIGTERM, lambda *_: process.terminate())
        code = process.wait()
    sys.exit(128 - code if code < 0 else code)
