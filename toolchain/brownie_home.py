"""Brownie reads its networks from its home: one kept copy, and one per run with its own port."""

import contextlib
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

from toolchain.places import HOME

KEPT = HOME / ".brownie"
NETWORK_FILE = KEPT / "network-config.yaml"
DEFAULT_PORT = 8545
NETWORKS = f"""\
live: []
development:
  - name: Anvil, started and stopped by Brownie
    id: development
    cmd: anvil
    host: http://127.0.0.1
    timeout: 120
    cmd_settings:
      port: {DEFAULT_PORT}
      accounts: 20
      chain_id: 31337
      evm_version: prague
      gas_limit: 60000000
      base_fee: 0
      gas_price: 0
      steps_tracing: true
  - name: Ganache, started and stopped by Brownie
    id: ganache
    cmd: ganache --logging.quiet
    host: http://127.0.0.1
    timeout: 120
    cmd_settings:
      port: {DEFAULT_PORT}
      accounts: 20
      chain_id: 31337
      evm_version: shanghai
      gas_limit: 60000000
"""


def write_networks() -> None:
    """Write the kept list of networks; an earlier one, with networks that the user added, stays beside it."""
    KEPT.mkdir(parents=True, exist_ok=True)
    if NETWORK_FILE.exists() and NETWORK_FILE.read_text() != NETWORKS:
        NETWORK_FILE.replace(NETWORK_FILE.with_suffix(".yaml.old"))
    NETWORK_FILE.write_text(NETWORKS)


def free_port() -> int:
    """Return a port on which nothing listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def own_home() -> Iterator[Path]:
    """Yield a home for one run of Brownie whose test networks use a free port; accounts and packages are shared."""
    runs = HOME / "runs"
    runs.mkdir(parents=True, exist_ok=True)
    home = Path(tempfile.mkdtemp(prefix="brownie-", dir=runs))
    try:
        settings = home / ".brownie"
        settings.mkdir()
        for folder in ("accounts", "packages", "hypothesis"):
            (KEPT / folder).mkdir(exist_ok=True)
            (settings / folder).symlink_to(KEPT / folder)
        networks = NETWORK_FILE.read_text()
        networks = networks.replace(f"port: {DEFAULT_PORT}", f"port: {free_port()}")
        (settings / "network-config.yaml").write_text(networks)
        yield home
    finally:
        shutil.rmtree(home, ignore_errors=True)
