"""The embedded chain: Anvil or Ganache, started on a free port and stopped without leaving anything behind.

The program is taken from PATH, else from the project's npm packages. It runs in its own session, so that Ctrl-C
reaches PowerPact alone, which then stops it; a watchdog stops it when PowerPact dies before it can.
"""

from __future__ import annotations

import contextlib
import datetime
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Final, Literal, Self

from eth_account import Account
from eth_account.signers.local import LocalAccount

from powerpact.chain.local.errors import NodeDied, NodeError, NodeMissing, PortTaken

Kind = Literal["anvil", "ganache"]
Flags = dict[str, object]  # an option that is None or False is left out, one that is True is a flag without a value

HOST: Final = "127.0.0.1"
MNEMONIC: Final = "test test test test test test test test test test test junk"
"""The published test phrase: its keys are known to everyone and hold nothing anywhere else."""

_PROJECT: Final = Path(__file__).resolve().parents[3]
_POLL_S: Final = 0.02
_STOP_TIMEOUT_S: Final = 10.0
_PORT_ATTEMPTS: Final = 3
_LOG_TAIL_LINES: Final = 20
# The second `read` ends when the last writer of its input has died. It is started before the node that it watches: a
# process that dies while the shell starts would leave the node behind.
_WATCHDOG: Final = 'read -r group; read -r _; kill -s TERM -- "-$group"'


@dataclass(kw_only=True)
class Node:
    """A chain for one program run, used as a context manager.

    Parameters
    ----------
    kind : {"anvil", "ganache"}
        The program.
    port : int, optional
        Port at 127.0.0.1; by default a free one, which is recorded here once the node runs.
    accounts : int
        Number of accounts that hold ether from the start.
    balance_ether : int
        What each of them holds, in ether.
    mnemonic : str
        Seed phrase of these accounts.
    chain_id : int
        Chain id.
    gas_limit : int
        Gas limit of a block.
    hardfork : str, optional
        Rules of the EVM; by default Anvil's latest, and Ganache's shanghai.
    mining : bool
        Whether blocks come by themselves; if not, they come with `evm_mine` (Anvil alone).
    block_time_s : int, optional
        Seconds between blocks, instead of a block per transaction.
    base_fee_wei : int, optional
        Base fee of the first block; 0 makes gas free permanently (Anvil only).
    timestamp_s : int, optional
        Unix time of the first block.
    tx_gas_limit : bool
        Enforce the cap of 16 777 216 gas for a transaction, EIP-7825 (Anvil alone).
    steps_tracing : bool
        Keep the steps of each transaction for `debug_traceTransaction` (Anvil alone; Ganache always does).
    state : path-like, optional
        Where the chain is kept between runs: a file for Anvil, written when it stops; a folder for Ganache.
    state_interval_s : int, optional
        How often Anvil writes it besides, seconds: what a killed one was asked since then is lost, as in a long
        reorganisation (Anvil alone).
    start_timeout_s : float
        How long to wait for the first answer.

    Raises
    ------
    NodeError
        If the program does not know a chosen option.

    Examples
    --------
    >>> with Node(chain_id=7) as node:  # doctest: +SKIP
    ...     web3 = connect(node.rpc_url)
    """

    kind: Kind = "anvil"
    port: int | None = None
    accounts: int = 10
    balance_ether: int = 10_000
    mnemonic: str = MNEMONIC
    chain_id: int = 31_337
    gas_limit: int = 60_000_000
    hardfork: str | None = None
    mining: bool = True
    block_time_s: int | None = None
    base_fee_wei: int | None = None
    timestamp_s: int | None = None
    tx_gas_limit: bool = False
    steps_tracing: bool = False
    state: str | os.PathLike[str] | None = None
    state_interval_s: int | None = None
    start_timeout_s: float = 30.0
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)
    _watchdog: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)
    _folder: Path | None = field(default=None, init=False, repr=False)

    def __post_init__(self) -> None:
        if self.kind not in ("anvil", "ganache"):
            raise NodeError(str(self.kind), "unknown kind of node", remedy="Choose anvil or ganache.")
        for name in ("mining", "base_fee_wei", "tx_gas_limit", "steps_tracing", "state_interval_s"):
            if self.kind == "ganache" and getattr(self, name) != type(self).__dataclass_fields__[name].default:
                raise NodeError(self.kind, f"has no option {name}", remedy=f"Use anvil, or leave {name} out.")

    @property
    def rpc_url(self) -> str:
        """Address of the node's JSON-RPC."""
        return f"http://{HOST}:{self.port}"

    @property
    def pid(self) -> int | None:
        """Process id of the node, None while it does not run."""
        return self._process.pid if self._process else None

    def funded_accounts(self) -> list[LocalAccount]:
        """Return the accounts that hold ether from the start, with their keys."""
        Account.enable_unaudited_hdwallet_features()
        path = "m/44'/60'/0'/0/{}"
        return [Account.from_mnemonic(self.mnemonic, account_path=path.format(i)) for i in range(self.accounts)]

    def start(self) -> Self:
        """Start the node and wait until it answers.

        Raises
        ------
        NodeMissing
            If the program is not installed.
        PortTaken
            If another program listens on `port`.
        NodeDied
            If it ends, or does not answer in time; with the end of what it wrote.
        """
        if self._process is not None:
            return self
        program = find_program(self.kind)
        chosen = self.port
        for attempt in range(_PORT_ATTEMPTS):
            self.port = free_port() if chosen is None else chosen
            if not _is_free(self.port):
                raise PortTaken(self.kind, self.port)
            try:
                self._launch(program)
                self._wait_until_ready()
            except PortTaken:  # taken by another program between the check and the start
                self.stop()
                if chosen is not None or attempt == _PORT_ATTEMPTS - 1:
                    raise
            except BaseException:
                self.stop()
                self.port = chosen
                raise
            else:
                break
        return self

    def check(self) -> None:
        """Make sure that the node still runs.

        Raises
        ------
        NodeDied
            If it does not.
        """
        if self._process is None:
            raise NodeDied(self.kind, "is not running", "")
        if (code := self._process.poll()) is not None:
            how = f"was killed by signal {-code}" if code < 0 else f"ended with exit code {code}"
            raise NodeDied(self.kind, how, self.log_tail())

    def log_tail(self) -> str:
        """Return the last lines that the node wrote."""
        if self._folder is None:
            return ""
        lines = (self._folder / "log").read_text(errors="replace").splitlines()
        return "\n".join(lines[-_LOG_TAIL_LINES:])

    def stop(self) -> None:
        """Stop the node and everything that it started; a second call does nothing."""
        process, self._process = self._process, None
        watchdog, self._watchdog = self._watchdog, None
        folder, self._folder = self._folder, None
        if watchdog is not None:
            watchdog.kill()
            watchdog.communicate()
        if process is not None:
            _signal_group(process.pid, signal.SIGTERM)
            try:
                process.wait(_STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                pass
            finally:
                _signal_group(process.pid, signal.SIGKILL)
                process.wait()
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def _launch(self, program: str) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="powerpact-node-"))
        flags = self._anvil_flags(self._folder) if self.kind == "anvil" else self._ganache_flags()
        self._watchdog = subprocess.Popen(
            ["/bin/sh", "-c", _WATCHDOG], stdin=subprocess.PIPE, bufsize=0, start_new_session=True
        )
        with (self._folder / "log").open("wb") as log:
            self._process = subprocess.Popen(
                [program, *_words(flags)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, "PATH": _search_path()},
                start_new_session=True,
            )
        assert self._watchdog.stdin is not None
        self._watchdog.stdin.write(f"{self._process.pid}\n".encode())

    def _anvil_flags(self, folder: Path) -> Flags:
        return {
            "--quiet": True,
            "--host": HOST,
            "--port": self.port,
            "--cache-path": folder,
            "--accounts": self.accounts,
            "--balance": self.balance_ether,
            "--mnemonic": self.mnemonic,
            "--chain-id": self.chain_id,
            "--gas-limit": self.gas_limit,
            "--hardfork": self.hardfork,
            "--no-mining": not self.mining,
            "--block-time": self.block_time_s,
            "--block-base-fee-per-gas": self.base_fee_wei,
            "--gas-price": 0 if self.base_fee_wei == 0 else None,
            "--disable-min-priority-fee": self.base_fee_wei == 0,
            "--timestamp": self.timestamp_s,
            "--enable-tx-gas-limit": self.tx_gas_limit,
            "--steps-tracing": self.steps_tracing,
            "--state": self.state,
            "--state-interval": self.state_interval_s,
        }

    def _ganache_flags(self) -> Flags:
        start = None if self.timestamp_s is None else datetime.datetime.fromtimestamp(self.timestamp_s, datetime.UTC)
        return {
            "--logging.quiet": True,
            "--server.host": HOST,
            "--server.port": self.port,
            "--wallet.totalAccounts": self.accounts,
            "--wallet.defaultBalance": self.balance_ether,
            "--wallet.mnemonic": self.mnemonic,
            "--chain.chainId": self.chain_id,
            "--chain.networkId": self.chain_id,
            "--chain.hardfork": self.hardfork or "shanghai",
            "--chain.time": start and start.isoformat(),
            "--miner.blockGasLimit": self.gas_limit,
            "--miner.blockTime": self.block_time_s,
            "--database.dbPath": self.state,
        }

    def _wait_until_ready(self) -> None:
        assert self.port is not None
        deadline = time.monotonic() + self.start_timeout_s
        while True:
            try:
                self.check()
            except NodeDied as error:
                if "in use" in error.log_tail:
                    raise PortTaken(self.kind, self.port) from error
                raise
            if _answers(self.port, self.chain_id):
                return
            if time.monotonic() > deadline:
                raise NodeDied(self.kind, f"did not answer within {self.start_timeout_s:g} s", self.log_tail())
            time.sleep(_POLL_S)


def find_program(kind: str) -> str:
    """Return the path of a node's program: from PATH, else from the project's npm packages.

    Raises
    ------
    NodeMissing
        If there is none.
    """
    program = shutil.which(kind, path=_search_path())
    if program is None:
        raise NodeMissing(kind)
    return program


def free_port() -> int:
    """Return a port at 127.0.0.1 on which nothing listens."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def _search_path() -> str:
    own = [str(_PROJECT / ".home/bin"), str(_PROJECT / "node_modules/.bin")]
    return os.pathsep.join([os.environ.get("PATH", os.defpath), *own])


def _words(flags: Flags) -> list[str]:
    words = []
    for flag, value in flags.items():
        if value is not None and value is not False:
            words += [flag] if value is True else [flag, str(value)]
    return words


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port that was just closed counts as free
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True


def _answers(port: int, chain_id: int) -> bool:
    request = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "eth_chainId", "params": []})
    connection = http.client.HTTPConnection(HOST, port, timeout=2)
    with contextlib.closing(connection), contextlib.suppress(OSError, ValueError, http.client.HTTPException):
        connection.request("POST", "/", request, {"Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())
        return int(answer["result"], 16) == chain_id
    return False


def _signal_group(group: int, signum: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signum)
