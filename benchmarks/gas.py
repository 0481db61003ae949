"""Gas by the size of the round: what a trade costs, and how the exhaustive proof grows.

``./run python -m benchmarks.gas`` measures rounds of several sizes on a node of its own and writes
``benchmarks/results/gas.json``. Gas is exact and the same on each machine, so one measurement is enough.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from tests.gas.measure import HARDFORK, SEED, Gas, GasMeter, code_sizes, measuring_chain

SIZES = (10, 17, 30, 50, 70, 100)
"""Buyers, sellers and trades of a round."""

RESULTS = Path(__file__).parent / "results" / "gas.json"


def measure(size: int) -> Gas:
    """Gas of each step in rounds of a size, by name."""
    with measuring_chain() as chain:
        return GasMeter(chain, size).measure()


def growth(sizes: list[int], by_size: list[Gas]) -> dict[str, int]:
    """Least-squares fit of ``clear``: gas of a round of n = fixed + order · 2n + pair · n²."""
    n = np.array(sizes, dtype=float)
    total = n * [gas["propose and prove a trade at once"] for gas in by_size]
    terms = np.column_stack([np.ones_like(n), 2 * n, n * n])
    coefficients, *_ = np.linalg.lstsq(terms, total, rcond=None)
    return dict(zip(("fixed", "order", "pair"), (round(float(value)) for value in coefficients), strict=True))


def run(sizes: tuple[int, ...] = SIZES) -> dict[str, Any]:
    """Measure all sizes."""
    by_size = [measure(size) for size in sizes]
    return {
        "schema": "powerpact/gas/1",
        "hardfork": HARDFORK,
        "seed": SEED,
        "rounds": dict(zip(map(str, sizes), by_size, strict=True)),
        "growth of clear": growth(list(sizes), by_size),
        "code bytes": code_sizes(),
    }


def main() -> None:
    """Measure and write the results."""
    results = run()
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    for size, gas in results["rounds"].items():
        total = gas["sum: a trade delivered in full, its round proven exhaustively"]
        proof = gas["propose and prove a trade at once"]
        print(f"round of {size:>3}: {total} gas for a trade, of which {proof} propose and prove it")
    print(f"clear: {results['growth of clear']}")


if __name__ == "__main__":
    main()
