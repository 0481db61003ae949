"""Market mechanisms: a solver and a verifier that belong together."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from powerpact.mechanisms.satisfaction.round import Round, Solution
from powerpact.mechanisms.satisfaction.verifier import Fault, verify

Step = Callable[[str], None]
"""Is told what is about to be done."""


@dataclass(frozen=True, slots=True)
class Mechanism:
    """A way to match a round, and the way to check that it was followed.

    Attributes
    ----------
    name : str
        Its name.
    solve : callable
        From a round to its solution, told of its progress.
    verify : callable
        From a round and a solution to its first fault or None; shares no code with `solve`.
    """

    name: str
    solve: Callable[[Round, Step], Solution]
    verify: Callable[[Round, Solution, Step], Fault | None]


def _solve_satisfaction(round_: Round, step: Step) -> Solution:
    from powerpact.mechanisms.satisfaction.solver import solve

    return solve(round_, step=step)


SATISFACTION: Final = Mechanism("satisfaction", _solve_satisfaction, verify)
"""The largest sum of the satisfactions of both sides, one-to-one or divisible."""
