"""How machines of random steps are run: as many examples of as many steps, kept nowhere."""

from __future__ import annotations

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test


def run_drawn(
    machine: type[RuleBasedStateMachine], examples: int, steps: int, *, shrink: bool, derandomize: bool = True
) -> None:
    """Run a machine; the drawn examples are the same in each run, unless they are to be others."""
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            phases=tuple(Phase) if shrink else (Phase.generate,),
            derandomize=derandomize,
            database=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
