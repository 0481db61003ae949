"""The one Solidity compiler of Brownie, Forge and Slither, and the contracts compiled with it."""

import contextlib
import os
import shlex
import subprocess
from pathlib import Path

from toolchain import commands
from toolchain.installer import call, find, say, version_text
from toolchain.places import BIN, ROOT, SOLC_VERSION, SOLCX, SetupError, environment, solc
from toolchain.python_packages import PYTHON

NATIVE_SOLC_TIMEOUT_S = 60


def install_solc() -> None:
    """Take the user's compiler of the pinned version, or the native one, or else the npm build in a wrapper."""
    target = solc()
    if target.exists() and target.parent != SOLCX:
        return
    target.unlink(missing_ok=True)
    target.parent.mkdir(parents=True, exist_ok=True)
    own = find("solc")
    if own and f"Version: {SOLC_VERSION}+" in version_text(own):
        target.symlink_to(own)
        return
    say(f"looking for the native Solidity compiler {SOLC_VERSION}")
    with contextlib.suppress(subprocess.SubprocessError):
        subprocess.run(
            [PYTHON, "-m", "solcx.install", f"v{SOLC_VERSION}"],
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=NATIVE_SOLC_TIMEOUT_S,
        )
    if not target.exists() or f"Version: {SOLC_VERSION}+" not in version_text(str(target)):
        say("it cannot be downloaded here: using the npm build of the same release, which gives the same bytecode")
        write_solc_wrapper(target)


def write_solc_wrapper(target: Path) -> None:
    """Write the script that replaces the native compiler; its version is asked for often, so it is kept."""
    script = ROOT / "toolchain/solc.cjs"
    node = os.path.realpath(BIN / "node")
    banner = call([node, script, "--version"])
    target.unlink(missing_ok=True)
    target.write_text(
        "#!/bin/sh\n"
        'if [ "$1" = --version ]; then\n'
        f"cat <<'END'\n{banner}END\n"
        "exit\n"
        "fi\n"
        f'exec {shlex.quote(node)} {shlex.quote(str(script))} "$@"\n'
    )
    target.chmod(0o755)


def make_artifacts() -> None:
    """Write `powerpact/artifacts` from the sources, quietly if that succeeds."""
    with commands.piped(["python", "-m", "tools.artifacts"]) as process:
        output = process.communicate()[0]
    if process.returncode:
        raise SetupError(f"{output}\nThe contracts do not compile. Put the fault right, then run the command again.")
