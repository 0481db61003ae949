"""The mechanisms by name: all other code reaches a mechanism through this module.

A mechanism is a module with the data types of its rounds and solutions, a readable specification, a solver
and a verifier that shares no code with them. What the rest of the library needs of it is one `Mechanism`. Rounds and
solutions are passed on as they are; only their mechanism looks into them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeAlias

from powerpact.blocks import BlockExecutor
from powerpact.market.orders import Order
from powerpact.market.rules import Rules
from powerpact.mechanisms import jsonfile
from powerpact.mechanisms.call import posted as posted_call
from powerpact.mechanisms.call import round as call_round
from powerpact.mechanisms.call import roundfile as call_file
from powerpact.mechanisms.call import verifier as call_verifier
from powerpact.mechanisms.claims import Claim, Claims, Exhibits
from powerpact.mechanisms.faults import Fault
from powerpact.mechanisms.satisfaction import posted as posted_satisfaction
from powerpact.mechanisms.satisfaction import round as satisfaction_round
from powerpact.mechanisms.satisfaction import roundfile as satisfaction_file
from powerpact.mechanisms.satisfaction import verifier as satisfaction_verifier
from powerpact.progress import Progress

__all__ = [
    "CALL",
    "MECHANISMS",
    "SATISFACTION",
    "Claim",
    "Claims",
    "Exhibits",
    "Fault",
    "MatchedTrade",
    "Mechanism",
    "Result",
    "mechanism_for",
    "mechanism_of",
    "parse_round",
]


Pair: TypeAlias = tuple[str, str]
"""Ids of a buyer and a seller."""


class MatchedTrade(Protocol):
    """A trade of any mechanism's solution."""

    @property
    def buyer(self) -> str:
        """Id of the buy order."""

    @property
    def seller(self) -> str:
        """Id of the sell order."""

    @property
    def energy_wh(self) -> int | None:
        """Energy traded, Wh; None if neither order states any."""


class Result(Protocol):
    """A solution of any mechanism."""

    @property
    def objective(self) -> int:
        """What the mechanism makes as large as possible, in its own unit."""

    @property
    def trades(self) -> Sequence[MatchedTrade]:
        """The trades."""


class Solve(Protocol):
    """A solver: reports its progress, and runs what grows with the number of pairs in blocks on an executor."""

    def __call__(self, round_: Any, progress: Progress, /, executor: BlockExecutor | None = None) -> Any:
        """The solution of a round."""


class Verify(Protocol):
    """A verifier, which reports and runs likewise."""

    def __call__(
        self, round_: Any, solution: Any, progress: Progress, /, executor: BlockExecutor | None = None
    ) -> Fault | None:
        """The first fault of a solution, None if there is none."""


@dataclass(frozen=True, slots=True)
class Mechanism:
    """A way to match a round, the way to check that it was followed, and the form of both in files.

    Attributes
    ----------
    name : str
        Its name, also in files.
    unit : str
        Unit of its objective; where energies count, of a sum over Wh.
    claim : str
        What a solution that `verify` accepts is, in a word.
    solve : Solve
        From a round to its solution.
    verify : Verify
        From a round and a solution to its first fault or None; shares no code with `solve`.
    read_round : callable
        From the members of a round file to the round.
    format_round : callable
        From a round to its file.
    read_solution : callable
        From the members of a solution file and the round to the solution.
    format_solution : callable
        From a solution to its file.
    round_type, solution_type : type
        What its rounds and solutions are.
    price_of : callable
        From a solution to the price of all its trades, micro-points per kWh; None if they have no common one.
    round_of : callable
        From a market's rules and its open orders, by rising id, to the round.
    claims_of : callable
        From a round and a solution to what a proposal states.
    solution_of : callable
        From a round and what a proposal states to the solution.
    completing : callable
        From a solution to the orders that are shown when its proposal is sealed.
    refuting : callable
        From a round and what an active proposal states to the orders that refute it, None if none do.
    worth_of : callable
        From a round and pairs of ids to what each pair's trade is worth, for each Wh in divisible mode; None where the
        pair may not trade.
    satisfactions_of : callable
        From a round and pairs of ids to the satisfaction of buyer and seller, ppm; None likewise.
    """

    name: str
    unit: str
    claim: str
    solve: Solve
    verify: Verify
    read_round: Callable[[jsonfile.Document], Any]
    format_round: Callable[[Any], str]
    read_solution: Callable[[jsonfile.Document, Any], Any]
    format_solution: Callable[[Any], str]
    round_type: type
    solution_type: type
    price_of: Callable[[Any], int | None]
    round_of: Callable[[Rules, Iterable[tuple[str, Order]]], Any]
    claims_of: Callable[[Any, Any], Claims]
    solution_of: Callable[[Any, Claims], Any]
    completing: Callable[[Any], Exhibits]
    refuting: Callable[[Any, Claims], Exhibits | None]
    worth_of: Callable[[Any, Sequence[Pair]], list[int | None]]
    satisfactions_of: Callable[[Any, Sequence[Pair]], list[tuple[int, int] | None]]

    def parse_solution(self, text: str | bytes, round_: Any) -> Any:
        """Read a solution file of a round.

        Raises
        ------
        MalformedInput
            With the path of the first bad field; a solution of another mechanism is one.
        """
        document = jsonfile.document(text)
        jsonfile.constant(document.get("mechanism", jsonfile.DEFAULT_MECHANISM), "$.mechanism", self.name)
        return self.read_solution(document, round_)


def _solve_satisfaction(round_: Any, progress: Progress, executor: BlockExecutor | None = None) -> Any:
    from powerpact.mechanisms.satisfaction.solver import solve

    return solve(round_, step=progress, executor=executor)


def _solve_call(round_: Any, progress: Progress, executor: BlockExecutor | None = None) -> Any:  # noqa: ARG001
    """An auction is cleared by sorting, in this process."""
    from powerpact.mechanisms.call.solver import solve

    return solve(round_, step=progress)


def _verify_call(
    round_: Any,
    solution: Any,
    progress: Progress,
    executor: BlockExecutor | None = None,  # noqa: ARG001
) -> Fault | None:
    """An auction is verified order by order, in this process."""
    return call_verifier.verify(round_, solution, progress)


def _price_of_call(solution: Any) -> int | None:
    price: int | None = solution.certificate.price_upoints_per_kwh
    return price


SATISFACTION: Final = Mechanism(
    name=satisfaction_file.NAME,
    unit="ppm",
    claim="optimal",
    solve=_solve_satisfaction,
    verify=satisfaction_verifier.verify,
    read_round=satisfaction_file.read_round,
    format_round=satisfaction_file.format_round,
    read_solution=satisfaction_file.read_solution,
    format_solution=satisfaction_file.format_solution,
    round_type=satisfaction_round.Round,
    solution_type=satisfaction_round.Solution,
    price_of=lambda _: None,
    round_of=posted_satisfaction.round_of,
    claims_of=posted_satisfaction.claims_of,
    solution_of=posted_satisfaction.solution_of,
    completing=posted_satisfaction.completing,
    refuting=posted_satisfaction.refuting,
    worth_of=posted_satisfaction.worth_of,
    satisfactions_of=posted_satisfaction.satisfactions_of,
)
"""The largest sum of the satisfactions of both sides, one-to-one or divisible."""

CALL: Final = Mechanism(
    name=call_file.NAME,
    unit="micro-points · Wh/kWh",
    claim="cleared",
    solve=_solve_call,
    verify=_verify_call,
    read_round=call_file.read_round,
    format_round=call_file.format_round,
    read_solution=call_file.read_solution,
    format_solution=call_file.format_solution,
    round_type=call_round.Round,
    solution_type=call_round.Solution,
    price_of=_price_of_call,
    round_of=posted_call.round_of,
    claims_of=posted_call.claims_of,
    solution_of=posted_call.solution_of,
    completing=posted_call.completing,
    refuting=posted_call.refuting,
    worth_of=posted_call.worth_of,
    satisfactions_of=posted_call.satisfactions_of,
)
"""The call auction: one price for all trades, between the lowest and the highest that clear the market."""


def mechanism_of(rules: Rules) -> Mechanism:
    """The mechanism that a market's rules name."""
    return MECHANISMS[rules.mechanism.name.lower()]


MECHANISMS: Final = {mechanism.name: mechanism for mechanism in (SATISFACTION, CALL)}
"""All mechanisms by name."""


def parse_round(text: str | bytes) -> tuple[Mechanism, Any]:
    """Read a round file of any mechanism: the mechanism that the file names, and the round.

    Raises
    ------
    MalformedInput
        With the path of the first bad field.
    """
    document = jsonfile.document(text)
    mechanism = MECHANISMS[jsonfile.mechanism_of(document, MECHANISMS)]
    return mechanism, mechanism.read_round(document)


def mechanism_for(thing: Any) -> Mechanism:
    """The mechanism of a round or a solution.

    Raises
    ------
    TypeError
        If it is neither.
    """
    for mechanism in MECHANISMS.values():
        if isinstance(thing, (mechanism.round_type, mechanism.solution_type)):
            return mechanism
    raise TypeError(f"{type(thing).__name__} is neither a round nor a solution of a mechanism")
