"""Where things are, and the environment in which every tool runs: nothing outside the project is written."""

import json
import os
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = ROOT / ".home"  # in place of the user's home: caches, compilers, Brownie's settings
BIN = HOME / "bin"  # links to the node, anvil, forge, ganache and solc in use
SOLCX = HOME / ".solcx"
VENV = ROOT / ".venv"
ENV = ROOT / "toolchain/env"  # locks of what has a separate environment
NODE_MODULES = ROOT / "node_modules"
SOLC_VERSION: str = json.loads((ROOT / "package.json").read_text())["devDependencies"]["solc"]


class SetupError(Exception):
    """A fault that the user can put right; its text says how."""


def write_whole(path: Path, text: str) -> None:
    """Write a file in one step: whoever reads it, after a crash too, finds the old text or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.new")
    draft.write_text(text, encoding="utf-8")
    draft.replace(path)


def solc_folder() -> Path:
    """Return the folder in which py-solc-x looks for compilers: the user's own, if SOLCX_BINARY_PATH names it."""
    return Path(os.environ.get("SOLCX_BINARY_PATH") or SOLCX)


def solc() -> Path:
    """Return the path of the one compiler that Brownie, Forge and Slither use."""
    return solc_folder() / f"solc-v{SOLC_VERSION}"


def caches() -> dict[str, str]:
    """Return the variables that keep the caches of all tools inside the project."""
    cache = HOME / ".cache"
    return {
        "PIP_CACHE_DIR": str(cache / "pip"),
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "UV_CACHE_DIR": str(cache / "uv"),
        "UV_PYTHON_DOWNLOADS": "never",
        "npm_config_cache": str(cache / "npm"),
        "npm_config_update_notifier": "false",
    }


def environment(home: Path = HOME) -> dict[str, str]:
    """Return the environment for tools: `home` as home, the chosen binaries and the venv first on the path."""
    path = [str(BIN), str(VENV / "bin"), os.environ.get("PATH", os.defpath)]
    return {
        **os.environ,
        **caches(),
        "HOME": str(home),
        "XDG_CACHE_HOME": str(HOME / ".cache"),
        "XDG_CONFIG_HOME": str(HOME / ".config"),
        "XDG_DATA_HOME": str(HOME / ".local/share"),
        "NUMBA_CACHE_DIR": str(HOME / ".cache/numba"),
        "SOLCX_BINARY_PATH": str(solc_folder()),
        "FOUNDRY_SOLC": str(solc()),
        "VIRTUAL_ENV": str(VENV),
        "PATH": os.pathsep.join(path),
        "PYTHONNOUSERSITE": "1",
    }
