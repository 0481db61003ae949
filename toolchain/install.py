"""The set-up: each part is made again only when its inputs change, and again when it was interrupted."""

import contextlib
import fcntl
import hashlib
import json
import platform
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from toolchain import artifacts, brownie_home, npm_packages, python_packages, solidity
from toolchain.environments import Environment
from toolchain.installer import find, say
from toolchain.places import BIN, ENV, HOME, ROOT, VENV, SetupError, solc, write_whole

STAMPS = HOME / "stamps.json"


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the set-up: made again when the key of its inputs changes or its product is missing."""

    name: str
    key: str
    product: Path
    make: Callable[[], object]


def digest(*parts: str | Path) -> str:
    """Hash the contents of files (paths) and plain strings into one key."""
    total = hashlib.sha256()
    for part in parts:
        total.update(part.read_bytes() if isinstance(part, Path) else part.encode())
        total.update(b"\0")
    return total.hexdigest()


def run_parts() -> list[Part]:
    """List what running needs, in order: the package, its requirements, and a local chain."""
    here = f"{ROOT} {sys.version} {platform.machine()}"
    python = digest(here, python_packages.RUN_LOCK, python_packages.UV_LOCK)
    package = digest(python, ROOT / "pyproject.toml")
    node = digest(here, *map(str, map(find, ("node", "npm"))), ENV / "node.txt")
    return [
        Part("python", python, python_packages.PYTHON, python_packages.make_venv),
        Part("powerpact", package, VENV / "bin/powerpact", python_packages.install_powerpact),
        Part("node", node, BIN / "node", npm_packages.install_node),
        foundry_part("anvil", node),
    ]


def test_parts() -> list[Part]:
    """List what compiling, testing and checking needs besides, in order."""
    keys = {part.name: part.key for part in run_parts()}
    python = digest(keys["python"], python_packages.TEST_LOCK)
    lock = (ROOT / ".npmrc", ROOT / "package.json", ROOT / "package-lock.json")
    npm = digest(keys["node"], *lock)
    compiler = digest(npm, str(solc()), str(find("solc")), ROOT / "toolchain/solidity.py", ROOT / "toolchain/solc.cjs")
    return [
        Part("tests", python, VENV / "bin/pytest", python_packages.install_tests),
        foundry_part("forge", keys["node"]),
        Part("npm", npm, BIN / "ganache", npm_packages.install_npm_packages),
        Part("solc", compiler, solc(), solidity.install_solc),
        Part("brownie", digest(brownie_home.NETWORKS), brownie_home.NETWORK_FILE, brownie_home.write_networks),
    ]


def foundry_part(tool: str, node: str) -> Part:
    """Return the part that brings a tool of Foundry; `node` is the key of the part that brings npm."""
    key = digest(node, str(find(tool)), *sorted((ENV / tool).glob("*.json")))
    return Part(tool, key, BIN / tool, lambda: npm_packages.install_foundry(tool))


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


def setup(*, tests: bool) -> None:
    """Bring what running needs up to date, and with `tests` what compiling, testing and checking needs."""
    bring_up_to_date([*run_parts(), *(test_parts() if tests else [])])


def prepare(extra: Environment) -> None:
    """Bring a separate environment up to date, for the step that needs it."""
    key = digest(f"{ROOT} {sys.version} {platform.machine()}", extra.lock)
    bring_up_to_date([Part(f"env/{extra.name}", key, extra.folder, extra.make)])


def refresh_artifacts() -> None:
    """Compile the contracts if their sources are not those that the committed artifacts were made of."""
    changed = artifacts.changed()
    if not changed:
        return
    say(f"{', '.join(changed)}: the sources differ from what powerpact/artifacts was made of; compiling them again")
    setup(tests=True)
    with one_at_a_time():
        solidity.make_artifacts()


def bring_up_to_date(parts_wanted: Sequence[Part]) -> None:
    """Make what is stale; a part's stamp is written last, so that an interrupted part is made again."""
    started = time.monotonic()
    stale = False
    try:
        with one_at_a_time():
            stamps = load()
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


def load() -> dict[str, str]:
    """Read the stamps; none if they are missing or spoilt."""
    with contextlib.suppress(FileNotFoundError, ValueError):
        return dict(json.loads(STAMPS.read_text()))
    return {}


def save(stamps: dict[str, str]) -> None:
    """Write the stamps in one step."""
    write_whole(STAMPS, json.dumps(stamps, indent=1))
