"""Every action is tried in every state: what the contracts take are edges, everything else they refuse."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from powerpact.chain.errors import ContractError
from powerpact.errors import PowerPactError
from testkit.chains import EvmChain
from testkit.diagrams.page import Edge


@dataclass(frozen=True)
class Life:
    """What can happen to something on a chain.

    Attributes
    ----------
    keep : callable
        Returns what goes back to the moment of the call.
    state : callable
        The name of the state that the contracts say it is in.
    scenes : mapping of str to steps
        What leads to a state from the beginning, by a name of its own.
    actions : mapping of str to callable
        Each raises an error if it is refused.
    others : collection of str
        Actions that concern others or nobody, such as the passing of time: they may be taken and change nothing here.
    """

    keep: Callable[[], Callable[[], None]]
    state: Callable[[], str]
    scenes: Mapping[str, Sequence[Callable[[], None]]]
    actions: Mapping[str, Callable[[], None]]
    others: Collection[str] = field(default=())


def on_chain(chain: EvmChain) -> Callable[[], Callable[[], None]]:
    """`Life.keep` of what has no state but on a chain."""

    def keep() -> Callable[[], None]:
        point = chain.snapshot()
        return lambda: chain.undo(point)

    return keep


class Walk(NamedTuple):
    """What came of trying everything: what is taken, in which states, and the errors with which the rest is refused."""

    taken: set[Edge]
    states: set[str]
    errors: set[str]


def walk(life: Life) -> Walk:
    """Try every action after every scene.

    Raises
    ------
    AssertionError
        If something is refused and changes the state.
    """
    taken, states, errors = set[Edge](), set[str](), set[str]()
    for scene, lead in life.scenes.items():
        begin_again = life.keep()
        for step in lead:
            step()
        before = life.state()
        states.add(before)
        for action, act in life.actions.items():
            go_back = life.keep()
            try:
                act()
            except PowerPactError as error:
                errors.add(error.name if isinstance(error, ContractError) else type(error).__name__)
                assert life.state() == before, f"{action} is refused after {scene}, and changes the state"
            else:
                after = life.state()
                if after != before or action not in life.others:
                    taken.add(Edge(before, action, after))
            go_back()
        begin_again()
    return Walk(taken, states, errors)
