"""Running the project's tools, each in the project's environment."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType

from toolchain import brownie_home
from toolchain.places import ROOT, SetupError, environment

KEEPS_SETTINGS = {"accounts", "networks", "pm"}  # subcommands of Brownie that write into its home

# The second `read` ends when the only writer of its input has died. It is started before what it watches: a process
# that dies while a shell starts would leave that behind.
WATCHDOG = 'read -r group; read -r _; kill -s KILL -- "-$group"'


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
def piped(
    command: Sequence[str],
    cwd: Path = ROOT,
    stderr: int | None = subprocess.STDOUT,
    variables: Mapping[str, str] | None = None,
) -> Iterator["subprocess.Popen[str]"]:
    """Start a command with its output in a pipe, in its own process group, of which nothing is left behind.

    `variables` are added to its environment. A watchdog ends the group when this process is killed without a chance to
    do so.
    """
    with environment_of(command) as env, watchdog() as watch:
        process = subprocess.Popen(
            command,
            cwd=cwd,
            env={**env, **(variables or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        try:
            watch(process.pid)
            yield process
        finally:
            for signum in (signal.SIGTERM, signal.SIGKILL):
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signum)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(5)


@contextlib.contextmanager
def watchdog() -> Iterator[Callable[[int], None]]:
    """Yield what names a process group, which ends if this process dies in the block."""
    quiet = subprocess.DEVNULL
    words = ["sh", "-c", WATCHDOG]
    with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=quiet, stderr=quiet, start_new_session=True) as process:
        assert process.stdin is not None
        pipe = process.stdin.fileno()

        def watch(group: int) -> None:
            os.write(pipe, f"{group}\n".encode())

        try:
            yield watch
        finally:
            process.kill()


def call(command: Sequence[str], cwd: Path = ROOT) -> int:
    """Run a command to its end with its output shown, and return its exit code."""
    with environment_of(command) as env:
        return subprocess.run(command, cwd=cwd, env=env).returncode


def become(command: Sequence[str]) -> int:
    """Run a command in the user's terminal and folder, and return its exit code as a shell would."""
    with environment_of(command) as env:
        try:
            process = subprocess.Popen(command, env=env)
        except FileNotFoundError as fault:
            raise SetupError(f"there is no command {command[0]!r}; ./run alone lists what there is.") from fault

        def pass_on(signum: int, _frame: FrameType | None) -> None:
            if signum != signal.SIGINT:  # Ctrl-C in a terminal reaches the command by itself
                process.send_signal(signal.SIGINT)  # Brownie ends its chain on this one alone

        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, pass_on)
        code = process.wait()
    return 128 - code if code < 0 else code
