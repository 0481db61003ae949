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
    from collections.abc import Mapping, Sequence
    from os import PathLike

    from numpy.typing import ArrayLike

    from powerpact.chain.client import Chain
    from powerpact.mechanisms.registry import Fault, Result

__all__ = ["__version__", "connect", "read_round", "read_solution", "round_from_arrays", "solve", "to_json", "verify"]

__version__ = "0.2.0"


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


def round_from_arrays(
    attributes: Mapping[str, str],
    *,
    bids: ArrayLike,
    expectations: ArrayLike,
    limits: ArrayLike,
    asks: ArrayLike,
    minima: ArrayLike,
    values: ArrayLike,
    weights_ppm: ArrayLike | None = None,
    buyer_energies_wh: ArrayLike | None = None,
    seller_energies_wh: ArrayLike | None = None,
    buyer_ids: Sequence[str] | None = None,
    seller_ids: Sequence[str] | None = None,
    categories: Sequence[str] = (),
    requirements: Sequence[Sequence[str | None]] | None = None,
    classes: Sequence[Sequence[str | None]] | None = None,
    mode: str = "one-to-one",
) -> Any:
    """Make a round of satisfaction matching from arrays of integers.

    With n buyers, m sellers, f attributes and c categories:

    Parameters
    ----------
    attributes : mapping of str to {"cost", "income"}
        The soft attributes in their order, at most eight: less is better, or more.
    bids : array_like, shape (n,)
        The most that each buyer pays, micro-points per kWh.
    expectations, limits : array_like, shape (n, f)
        For each buyer and attribute, where satisfaction is full and where it ends, in the attribute's unit.
    asks, minima : array_like, shape (m,)
        For each seller the price of full satisfaction and the least that it accepts, micro-points per kWh.
    values : array_like, shape (m, f)
        For each seller the value of each attribute, in its unit; of one named ``price``, the ask.
    weights_ppm : array_like, shape (n, f), optional
        For each buyer the weight of each attribute, ppm, which sum to 1 000 000; by default equal.
    buyer_energies_wh, seller_energies_wh : array_like, shape (n,) and (m,), optional
        Energy wanted and offered, Wh; divisible rounds need both.
    buyer_ids, seller_ids : sequence of str, optional
        By default b0, b1, … and s0, s1, ….
    categories : sequence of str
        The categories of hard constraints, at most eight.
    requirements, classes : sequence of sequences, shape (n, c) and (m, c), optional
        The class that each buyer requires and each seller has in each category; None for any and for none.
    mode : {"one-to-one", "divisible"}
        How orders may be traded.

    Returns
    -------
    Round
        The round.

    Raises
    ------
    MalformedInput
        If an array has another shape, or a value is no integer, out of its range, or contradicts another.

    Examples
    --------
    >>> import powerpact
    >>> small = powerpact.round_from_arrays(
    ...     {"distance": "cost"},
    ...     bids=[110_000, 95_000],
    ...     expectations=[[1], [2]],
    ...     limits=[[9], [9]],
    ...     asks=[100_000],
    ...     minima=[80_000],
    ...     values=[[3]],
    ... )
    >>> powerpact.solve(small).trades
    (Trade(buyer='b0', seller='s0', score_ppm=1750000, energy_wh=None),)
    """
    from powerpact.mechanisms import arrays

    return arrays.round_from_arrays(
        attributes,
        bids=bids,
        expectations=expectations,
        limits=limits,
        asks=asks,
        minima=minima,
        values=values,
        weights_ppm=weights_ppm,
        buyer_energies_wh=buyer_energies_wh,
        seller_energies_wh=seller_energies_wh,
        buyer_ids=buyer_ids,
        seller_ids=seller_ids,
        categories=categories,
        requirements=requirements,
        classes=classes,
        mode=mode,
    )


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
