"""Bugs seeded into the contracts, one at a time: the machine must find each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future

import pytest

from powerpact.chain.artifacts import Artifact
from powerpact.chain.errors import ContractError
from testkit.chains import EvmChain
from testkit.mutants import Mutant
from testkit.stateful.machine import run_machine
from testkit.stateful.stage import community_on

EXAMPLES = 300
STEPS = 30


def find(mutant: Mutant, compiled: Mapping[Mutant, Future[Callable[[str], Artifact]]]) -> None:
    """Let the machine run on contracts with a bug until it fails.

    Raises
    ------
    pytest.fail.Exception
        If it does not.
    """
    community = community_on(EvmChain(largest_code=1 << 16), artifacts=compiled[mutant].result())
    with pytest.raises((AssertionError, ContractError)) as found:
        run_machine(community, EXAMPLES, STEPS, shrink=False, derandomize=True)
    print(f"{mutant.name}: {found.value}")
