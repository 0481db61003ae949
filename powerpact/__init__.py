"""PowerPact: a peer-to-peer energy market whose matching nobody has to trust.

Match and verify without a chain::

    import powerpact

    market_round = powerpact.read_round("round.json")
    solution = powerpact.solve(market_round)
    assert powerpact.verify(market_round, solution) is None

Connect to a market on a chain::

    market = powerpact.connect("powerpact.deployment.json")

All numbers are integers: energy in Wh, prices in micro-points per kWh, satisfaction and weights in ppm. What is not
listed here may change from one version to the next. Each function imports what it needs when it is called, so that
importing the package costs nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from os import PathLike

    from powerpact.chain.client import Chain
    from powerpact.mechanisms.arrays import round_from_arrays
    from powerpact.mechanisms.registry import Fault, Result

__all__ = ["__version__", "connect", "read_round", "read_solution", "round_from_arrays", "solve", "to_json", "verify"]

__version__ = "0.2.0"


def __getattr__(name: str) -> Any:
    """Import `round_from_arrays`, which `powerpact.mechanisms.arrays` documents, when it is first used."""
    if name == "round_from_arrays":
        from powerpact.mechanisms.arrays import round_from_arrays

        return round_from_arrays
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


def read_round(path: str | PathLike[str]) -> Any:
    """Read the file of a round of any mechanism.

    Parameters
    ----------
    path : path-like
        A file of schema ``powerpact/round/1``.

    Returns
    -------
    Round
        The round of the mechanism that the file names: satisfaction matching if it names none, or the call auction.

    Raises
    ------
    MalformedInput
        With the path of the first bad field.
    OSError
        If the file cannot be read.

    Examples
    --------
    >>> import powerpact
    >>> example = powerpact.read_round("docs/example-round.json")
    >>> [buyer.id for buyer in example.buyers]
    ['alice', 'carol']
    """
    from pathlib import Path

    from powerpact.mechanisms.registry import parse_round

    return parse_round(Path(path).read_bytes())[1]


def read_solution(path: str | PathLike[str], round_: Any) -> Any:
    """Read the file of a solution of a round.

    Parameters
    ----------
    path : path-like
        A file of schema ``powerpact/solution/1``.
    round_ : Round
        The round that it solves.

    Returns
    -------
    Solution
        The solution as it claims to be; `verify` says whether it holds.

    Raises
    ------
    MalformedInput
        With the path of the first bad field.
    OSError
        If the file cannot be read.
    """
    from pathlib import Path

    from powerpact.mechanisms.registry import mechanism_for

    return mechanism_for(round_).parse_solution(Path(path).read_bytes(), round_)


def solve(round_: Any) -> Result:
    """Find the result of a round and what proves it: dual prices of a best matching, or an auction's price.

    The same round gives the same solution on every machine.

    Parameters
    ----------
    round_ : Round
        A round of any mechanism.

    Returns
    -------
    Solution
        With `trades`, `objective`, and the mechanism's proof.

    Examples
    --------
    >>> import powerpact
    >>> powerpact.solve(powerpact.read_round("docs/example-round.json")).objective
    3443331
    """
    from powerpact.mechanisms.registry import mechanism_for
    from powerpact.progress import silent

    solution: Result = mechanism_for(round_).solve(round_, silent)
    return solution


def verify(round_: Any, solution: Any) -> Fault | None:
    """Check a solution against the round's own terms, with code that shares nothing with `solve`.

    Parameters
    ----------
    round_ : Round
        A round of any mechanism.
    solution : Solution
        A solution of the same mechanism, from wherever it comes.

    Returns
    -------
    Fault or None
        The first fault, with its kind, its orders and a description; None if the rules were followed and no other
        result is right.

    Examples
    --------
    >>> import dataclasses, powerpact
    >>> example = powerpact.read_round("docs/example-round.json")
    >>> solution = powerpact.solve(example)
    >>> powerpact.verify(example, solution) is None
    True
    >>> powerpact.verify(example, dataclasses.replace(solution, trades=solution.trades[:1])).kind.value
    'wrong objective'
    """
    from powerpact.mechanisms.registry import mechanism_for
    from powerpact.progress import silent

    return mechanism_for(round_).verify(round_, solution, silent)


def to_json(thing: Any) -> str:
    """Write a round or a solution as its file, canonically: equal ones give equal text.

    Examples
    --------
    >>> import powerpact
    >>> example = powerpact.read_round("docs/example-call.json")
    >>> powerpact.to_json(powerpact.solve(example))[:60]
    '{"schema": "powerpact/solution/1", "mechanism": "call", "obj'
    """
    from powerpact.mechanisms.registry import mechanism_for

    mechanism = mechanism_for(thing)
    return (
        mechanism.format_round(thing) if isinstance(thing, mechanism.round_type) else mechanism.format_solution(thing)
    )


def connect(
    deployment: str | PathLike[str], rpc_url: str | None = None, *, data: str | PathLike[str] | None = None
) -> Chain:
    """Connect to the contracts of a deployment, and verify that they are what its file says.

    Parameters
    ----------
    deployment : path-like
        The file that `powerpact deploy` wrote.
    rpc_url : str, optional
        Another node than the file's.
    data : path-like, optional
        Folder for what is remembered of the chain; by default ``.powerpact`` beside the file.

    Returns
    -------
    Chain
        What the clients of ``powerpact.chain.contracts`` and `powerpact.agent.Agent` work with.

    Raises
    ------
    BadDeploymentFile, ChainUnreachable, DeploymentMismatch, BadDatabase
        As their names say.

    Examples
    --------
    >>> from powerpact.chain.contracts.markets import markets
    >>> chain = powerpact.connect("powerpact.deployment.json")  # doctest: +SKIP
    >>> markets(chain)  # doctest: +SKIP
    """
    from pathlib import Path

    from powerpact.index import open_chain

    return open_chain(Path(deployment), rpc_url, Path(data) if data is not None else None)
