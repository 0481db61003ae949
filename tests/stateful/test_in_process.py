"""The machine at speed: thousands of steps on an EVM in this process."""

from testkit.chains import EvmChain
from testkit.stateful.machine import RULES, run_machine
from testkit.stateful.stage import RUNS, community_on


def test_the_market_holds_and_every_rule_runs():
    """The drawn examples are the same in each run, so that the counter of rules is, too."""
    RUNS.clear()
    run_machine(community_on(EvmChain()), examples=400, steps=30, derandomize=True)
    never = [name for name in RULES if not RUNS[name]]
    assert not never, f"never ran: {never}"
