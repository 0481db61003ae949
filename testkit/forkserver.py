"""The command line for tests of shell scripts: each call is a fork of one process that has imported everything.

A call of the installed `powerpact` spends a second or more on imports. `commands_of` puts a `powerpact` on the PATH
that passes arguments, folder, environment and the three standard streams to the server, which forks: what runs is the
real command line in a separate process, killed by the signals that its caller gets.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final, NoReturn

PRELOADED: Final = (
    "powerpact.agent",
    "powerpact.agent.watch",
    "powerpact.audit",
    "powerpact.chain.client",
    "powerpact.chain.local.node",
    "powerpact.cli.app",
    "powerpact.mechanisms.registry",
    "powerpact.mechanisms.satisfaction.solver",
)
_CODE: Final = struct.Struct("!i")
_LONGEST: Final = 1 << 20  # bytes of one request: arguments and environment

_CLIENT: Final = """#!{python} -IS
import json, os, signal, socket, struct, sys
link = socket.socket(socket.AF_UNIX)
link.connect({address!r})
request = json.dumps([sys.argv[1:], os.getcwd(), dict(os.environ)]).encode()
socket.send_fds(link, [len(request).to_bytes(4, "big")], [0, 1, 2])
link.sendall(request)
number = struct.Struct("!i")
worker = number.unpack(link.recv(number.size, socket.MSG_WAITALL))[0]
for sent in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
    signal.signal(sent, lambda signum, frame: os.kill(worker, signum))
code = number.unpack(link.recv(number.size, socket.MSG_WAITALL))[0]
sys.exit(code if code >= 0 else 128 - code)
"""


@contextmanager
def commands_of(folder: Path, python: str | Path = sys.executable) -> Iterator[dict[str, str]]:
    """Start the server; yield the environment in which `powerpact` is a call of it.

    Parameters
    ----------
    folder : Path
        An empty folder for the command and the socket.
    python : path-like
        The interpreter of the environment in which PowerPact is installed.
    """
    command, address = folder / "powerpact", folder / "socket"
    command.write_text(_CLIENT.format(python=python, address=str(address)))
    command.chmod(0o755)
    server = subprocess.Popen([python, "-P", __file__, str(address)], stdout=subprocess.PIPE)
    try:
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n", "the server of the command line did not start"
        path = [str(folder), str(Path(python).parent), os.environ["PATH"]]
        yield {**os.environ, "PATH": os.pathsep.join(path)}
    finally:
        server.terminate()
        server.wait(10)


def serve(address: str) -> NoReturn:
    """Answer calls until the process is ended."""
    for name in PRELOADED:
        importlib.import_module(name)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # handlers are not waited for
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen(64)
        print("ready", flush=True)
        while True:
            link, _ = listening.accept()
            if os.fork() == 0:
                listening.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                with suppress(OSError):
                    handle(link)
                os._exit(0)
            link.close()


def handle(link: socket.socket) -> None:
    """Run one call in a worker; send the caller first its process id, then how it ended."""
    size, streams, _, _ = socket.recv_fds(link, 4, 3, socket.MSG_WAITALL)
    length = int.from_bytes(size, "big")
    assert length < _LONGEST
    arguments, folder, environment = json.loads(link.recv(length, socket.MSG_WAITALL))
    worker = os.fork()
    if worker == 0:
        link.close()
        for number, stream in enumerate(streams):
            os.dup2(stream, number)
            os.close(stream)
        os.chdir(folder)
        os.environ.clear()
        os.environ.update(environment)
        os._exit(work(arguments))
    for stream in streams:
        os.close(stream)
    link.sendall(_CODE.pack(worker))
    link.sendall(_CODE.pack(os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1])))


def work(arguments: list[str]) -> int:
    """Be the command line once."""
    from powerpact.cli import main

    signal.signal(signal.SIGINT, signal.default_int_handler)
    sys.argv = ["powerpact", *arguments]
    code: object = 0
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    except KeyboardInterrupt:
        code = 130
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):
            stream.flush()
    return code if isinstance(code, int) else int(code is not None)


if __name__ == "__main__":
    serve(sys.argv[1])
