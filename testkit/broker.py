"""A real MQTT broker for tests, in a process of its own that may be killed and started again: Mosquitto.

It is the program that ``POWERPACT_TEST_BROKER`` names, else ``mosquitto`` on PATH or where Debian puts it. Tests that
need it are skipped, and say so, where there is none.
"""

from __future__ import annotations

import base64
import getpass
import hashlib
import os
import shutil
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest

from powerpact.chain.local.node import free_port

VARIABLE: Final = "POWERPACT_TEST_BROKER"
START_S: Final = 20.0

_CONFIGURATION: Final = """\
user {user}
persistence true
persistence_location {folder}/
autosave_interval 1
max_inflight_messages 500
max_queued_messages 0
log_type error
log_type warning
listener {port} 127.0.0.1
{access}
"""


def broker_program() -> str:
    """The path of Mosquitto; skips the test if there is none."""
    named = os.environ.get(VARIABLE)
    debian = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
    found = shutil.which(named or "mosquitto", path=debian)
    if found is None and named:
        raise FileNotFoundError(f"{VARIABLE} names {named}, which is no program")
    if found is None:
        pytest.skip(f"no Mosquitto: install it, or name it in {VARIABLE}")
    return found


def password_line(user: str, password: str) -> str:
    """A user in Mosquitto's file of passwords, as ``mosquitto_passwd`` writes it (PBKDF2 with SHA-512)."""
    salt, rounds = os.urandom(12), 101
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, rounds)
    encoded = [base64.b64encode(part).decode() for part in (salt, digest)]
    return f"{user}:$7${rounds}${encoded[0]}${encoded[1]}\n"


@dataclass
class BrokerProcess:
    """A broker at 127.0.0.1; a context manager.

    Parameters
    ----------
    folder : Path
        For its files, and what it says (``broker.log``).
    access : str
        Lines of Mosquitto's configuration about who may do what; by default everybody may do everything.
    program : str
        What runs; by default `broker_program`.
    """

    folder: Path
    access: str = "allow_anonymous true"
    program: str = field(default_factory=broker_program)
    port: int = field(default_factory=free_port)
    starts: int = 0
    _process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> BrokerProcess:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    @property
    def address(self) -> str:
        """Host and port."""
        return f"127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        """What it said so far."""
        return (self.folder / "broker.log").read_text(errors="replace")

    def start(self) -> None:
        """Start it, and wait until it listens."""
        self.starts += 1
        file = self.folder / "broker.conf"
        file.write_text(
            _CONFIGURATION.format(folder=self.folder, port=self.port, access=self.access, user=getpass.getuser())
        )
        with (self.folder / "broker.log").open("ab") as log:
            command = [self.program, "-c", str(file)]
            self._process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        deadline = time.monotonic() + START_S
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"{self.program} did not start: {self.log[-2_000:]}")
            time.sleep(0.02)

    def kill(self) -> None:
        """End it without a warning, as a loss of power does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _listens(self) -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0
