"""Errors of the embedded node, each with its remedy."""

from __future__ import annotations

from powerpact.errors import PowerPactError


class NodeError(PowerPactError, RuntimeError):
    """The embedded node cannot be started or has stopped.

    Parameters
    ----------
    kind : str
        The program: ``anvil`` or ``ganache``.
    problem : str
        What is wrong.
    remedy : str
        What the user can do about it.
    """

    advice = "Choose options that the program knows."

    def __init__(self, kind: str, problem: str, *, remedy: str) -> None:
        super().__init__(f"{kind}: {problem}", remedy=remedy)
        self.kind = kind
        self.problem = problem


class NodeMissing(NodeError, FileNotFoundError):
    """The program of the node is not installed.

    Parameters
    ----------
    kind : str
        The program that was looked for.
    """

    advice = "Run `./run setup`, which brings Anvil and Ganache, or put the program on PATH."

    def __init__(self, kind: str) -> None:
        super().__init__(
            kind,
            "not found on PATH, nor among the project's npm packages",
            remedy=f"Run `./run setup`, or install {'Foundry' if kind == 'anvil' else kind} and put `{kind}` on PATH.",
        )


class PortTaken(NodeError, OSError):
    """Another program listens on the port that was asked for.

    Parameters
    ----------
    kind : str
        The program that was to listen there.
    port : int
        The port.
    """

    advice = "Name another port, or none to have a free one chosen, or stop the other program."

    def __init__(self, kind: str, port: int) -> None:
        super().__init__(
            kind,
            f"port {port} is taken by another program",
            remedy=self.advice,
        )
        self.port = port


class NodeDied(NodeError):
    """The node ended by itself, or never answered.

    Parameters
    ----------
    kind : str
        The program.
    problem : str
        How it ended.
    log_tail : str
        The last lines that it wrote.
    """

    advice = (
        "Do what its last lines ask for, free some memory and disk space, or choose another port, and start it again."
    )

    def __init__(self, kind: str, problem: str, log_tail: str) -> None:
        super().__init__(
            kind,
            f"{problem}; it wrote:\n{log_tail or '(nothing)'}",
            remedy=self.advice,
        )
        self.log_tail = log_tail
