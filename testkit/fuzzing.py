"""Foundry's fuzz tests and invariants for as long as one likes.

``python -m testkit.fuzzing FILE [--seconds S] [--seed N]`` runs those of ``tests/forge/FILE.t.sol``, each for so many
seconds, and prints a line of JSON for each. Inputs that reached something new are kept in ``reports/fuzz/corpus``,
where the next run begins. It ends with 1 if one of them fails, and Foundry keeps what made it fail, to try that first.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from typing import Any, Final

from toolchain.commands import environment_of
from toolchain.places import ROOT

CORPUS: Final = ROOT / "reports/fuzz/corpus"

ENDLESS: Final = str((1 << 32) - 1)
"""Runs that the time cuts short."""


def main(words: Sequence[str] | None = None) -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m testkit.fuzzing", description=__doc__)
    parser.add_argument("file", help="a file of tests/forge, such as Units")
    parser.add_argument("--seconds", type=int, default=120, help="for each test; 120")
    parser.add_argument("--seed", type=int, default=2026, help="of the inputs that are drawn; 2026")
    chosen = parser.parse_args(words)
    answer = _forge(chosen.file, chosen.seconds, chosen.seed)
    failed = 0
    for name, result in sorted(_results(answer)):
        failed += result["status"] != "Success"
        print(json.dumps({"test": name, **_told(result)}), flush=True)
    return int(failed > 0)


def _forge(file: str, seconds: int, seed: int) -> dict[str, Any]:
    """What Foundry says of the fuzz tests and invariants of a file."""
    settings = {"FOUNDRY_PROFILE": "fuzz", "FOUNDRY_FUZZ_SEED": hex(seed)}
    for kind in ("FUZZ", "INVARIANT"):
        settings |= {
            f"FOUNDRY_{kind}_TIMEOUT": str(seconds),
            f"FOUNDRY_{kind}_RUNS": ENDLESS,
            f"FOUNDRY_{kind}_CORPUS_DIR": str(CORPUS),
        }
    command = ["forge", "test", "--match-path", f"tests/forge/{file}.t.sol", "--match-test", "^(testFuzz|invariant)_"]
    with environment_of(command) as env:
        done = subprocess.run(
            [*command, "--json"], cwd=ROOT, env={**env, **settings}, stdout=subprocess.PIPE, text=True, check=False
        )
    try:
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])  # before it, a pulse every few seconds
    except (ValueError, IndexError):
        raise SystemExit(f"forge gave no results:\n{done.stdout[-2000:]}") from None
    if not answer:
        raise SystemExit(f"tests/forge/{file}.t.sol has neither fuzz tests nor invariants")
    return answer


def _results(answer: dict[str, Any]) -> list[tuple[str, dict[str, Any]]]:
    """Each test with its result."""
    return [
        (f"{contract.partition(':')[2]}.{test.partition('(')[0]}", result)
        for contract, suite in answer.items()
        for test, result in suite["test_results"].items()
    ]


def _told(result: dict[str, Any]) -> dict[str, Any]:
    """Runs, calls of an invariant's runs, and why it failed."""
    kind = next(iter(result["kind"].values()))
    told = {name: kind[name] for name in ("runs", "calls", "reverts") if name in kind}
    if result["status"] != "Success":
        told |= {"reason": result["reason"], "counterexample": result["counterexample"]}
    return told


if __name__ == "__main__":
    os.chdir(ROOT)
    sys.exit(main())
