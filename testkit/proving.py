"""Lemmas about the contracts, proven for every input.

``python -m testkit.proving [CONTRACT ...] [--seconds S]`` lets Halmos run those of ``tests/proofs`` and prints a line
of JSON for each: how many paths there are, and whether one of them can fail. It ends with 1 unless all are proven.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from toolchain.environments import Environment
from toolchain.install import prepare
from toolchain.places import ROOT, environment

ENVIRONMENT: Final = Environment("prove")

LONGEST_LOOP: Final = 16
"""Passes of a loop that are followed; a lemma whose loops are longer is not proven."""

LONG: Final = ("Certificates", "Shares")
"""Files whose lemmas take a solver minutes: they are proven where they are named, as ``./run prove`` does."""

PROVEN: Final = 0
"""Halmos's exit code of a lemma."""


def main(words: Sequence[str] | None = None) -> int:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(prog="python -m testkit.proving", description=__doc__)
    parser.add_argument("contract", nargs="*", help="such as LanesProof; all that take seconds if left out")
    parser.add_argument("--seconds", type=int, default=60, help="for each question to the solver; 60")
    chosen = parser.parse_args(words)
    prepare(ENVIRONMENT)
    began = time.monotonic()
    quick = sorted(path.stem for path in (ROOT / "tests/proofs").glob("*.sol") if path.stem not in LONG)
    contracts = chosen.contract or [f"{name}Proof" for name in quick]
    lemmas, said = prove(ROOT, contracts, chosen.seconds)
    for lemma in lemmas:
        print(json.dumps(lemma), flush=True)
    if not lemmas or not all(lemma["proven"] for lemma in lemmas):
        print(said, file=sys.stderr)
        return 1
    print(f"{len(lemmas)} passed in {time.monotonic() - began:.2f}s")
    return 0


def prove(project: Path, contracts: Sequence[str], seconds: int) -> tuple[list[dict[str, Any]], str]:
    """Each lemma with what became of it, and all that Halmos said.

    Parameters
    ----------
    project : Path
        Where ``foundry.toml`` is.
    contracts : sequence of str
        Whose lemmas.
    seconds : int
        For each question to the solver.
    """
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results.json"
        command = [
            *(str(ENVIRONMENT.binary("halmos")), "--root", str(project), "--forge-build-out", "out/prove"),
            *("--function", "check_", "--match-contract", f"^({'|'.join(contracts)})$"),
            *("--loop", str(LONGEST_LOOP), "--solver-timeout-assertion", str(1_000 * seconds)),
            *("--no-status", "--json-output", str(results)),
        ]
        tools = environment()
        path = os.pathsep.join((str(ENVIRONMENT.folder / "bin"), tools["PATH"]))  # Halmos looks for its solver there
        done = subprocess.run(
            command,
            cwd=project,
            env={**tools, "FOUNDRY_PROFILE": "prove", "PATH": path},
            capture_output=True,
            text=True,
            check=False,
        )
        said = done.stdout + done.stderr
        if not results.exists():
            raise SystemExit(said)
        answer: dict[str, Any] = json.loads(results.read_text())
    return [_lemma(place, result) for place, found in answer["test_results"].items() for result in found], said


def _lemma(place: str, result: dict[str, Any]) -> dict[str, Any]:
    """What is told of a lemma. One whose loops were cut short is not proven."""
    contract, name = place.partition(":")[2], result["name"].partition("(")[0]
    is_proven = result["exitcode"] == PROVEN and not result["num_bounded_loops"]
    return {"lemma": f"{contract}.{name}", "proven": is_proven, "paths": result["num_paths"][0]}


if __name__ == "__main__":
    sys.exit(main())
