"""The stateful machine against contracts with a bug, in a process that can be stopped."""

from __future__ import annotations

import contextlib
import io
import multiprocessing
from collections.abc import Mapping
from multiprocessing.connection import Connection

from powerpact.chain.artifacts import Artifact, artifact
from testkit.chains import EvmChain
from testkit.stateful.machine import run_machine
from testkit.stateful.stage import community_on

EXAMPLES = 300
STEPS = 30
MOST_GAS = 1 << 28  # of a transaction: a loop without an end stops here
PATIENCE_S = 1_200.0


def fault_found(compiled: Mapping[str, Artifact]) -> str | None:
    """What the machine fails with on a deployment of which some contracts are changed; None if all holds.

    It is the first line of the error, or that the machine found no end.
    """
    context = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_run, args=(compiled, theirs))
    process.start()
    theirs.close()
    try:
        if not ours.poll(PATIENCE_S):
            return f"no end within {PATIENCE_S:g} s"
        answer: str | None = ours.recv()
        return answer
    except EOFError:
        return "the machine died"
    finally:
        process.kill()
        process.join()
        ours.close()


def _run(compiled: Mapping[str, Artifact], answer: Connection) -> None:
    try:
        chain = EvmChain(largest_code=1 << 16, most_gas=MOST_GAS)
        community = community_on(chain, artifacts=lambda name: compiled.get(name) or artifact(name))
        with contextlib.redirect_stdout(io.StringIO()):  # the example that fails
            run_machine(community, EXAMPLES, STEPS, shrink=False, derandomize=True)
    except Exception as fault:
        text = str(fault).strip() or type(fault).__name__
        answer.send(text.splitlines()[0][:200])
    else:
        answer.send(None)
