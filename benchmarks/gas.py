"""Gas by the size of the round: what each step costs, and how it grows.

Each size is measured on a node of its own. Gas is exact and the same on each machine, so one measurement is enough.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from rich.console import Console

from benchmarks.chart import Panel, chart
from benchmarks.grid import Grid, spaced
from benchmarks.places import PICTURES, RESULTS
from tests.gas.measure import HARDFORK, SEED, Gas, GasMeter, code_sizes, measuring_chain
from tests.helpers.chains import NodeChain

SIZES = (10, 20, 50, 100)
"""Buyers, sellers and trades of a round."""

RECORD = RESULTS / "gas.json"
PICTURE = PICTURES / "bench-gas.svg"

Row = dict[str, Any]

DRAWN = {
    "orders": ("post a signed buy order", "post a signed sell order"),
    "trades": ("propose a trade", "propose and prove a trade at once", "prove a trade exhaustively"),
    "delivery": ("report a reading", "settle a trade delivered in full"),
    "whole trade": ("sum: a trade delivered in full", "sum: a trade delivered in full, its round proven exhaustively"),
}
"""Steps in the picture, by panel."""


def round_gas(chain: NodeChain, size: int) -> Gas:
    """Gas for one trade in rounds of a size: from two signed orders to what `cow` compares."""
    gas = GasMeter(chain, size).measure()
    orders = gas["post a signed buy order"] + gas["post a signed sell order"]
    locked = round(gas["of that: lock the money of the round"] / size)
    return {
        "two signed orders, proposed and locked": orders + gas["propose a trade"] + locked,
        "two signed orders, paid and certified": gas["sum: a trade delivered in full"],
    }


def measure(size: int) -> Gas:
    """Gas of each step in rounds of a size, by name."""
    with measuring_chain() as chain:
        return GasMeter(chain, size).measure()


def growth(by_size: Mapping[int, Gas]) -> dict[str, dict[str, int]]:
    """Fit the gas of each step that depends on the size n by least squares: item + fixed / n + pair · n.

    ``item`` is what remains in large rounds, ``fixed`` is shared by the round, and ``pair`` is what each further order
    of the other side adds. Steps that change by less than 1% are left out.
    """
    n = np.array(list(by_size), dtype=float)
    terms = np.column_stack([np.ones_like(n), 1 / n, n])
    fits = {}
    for step in next(iter(by_size.values())):
        values = np.array([gas[step] for gas in by_size.values()], dtype=float)
        if np.ptp(values) > 0.01 * values.max():
            coefficients, *_ = np.linalg.lstsq(terms, values, rcond=None)
            fits[step] = dict(
                zip(("item", "fixed", "pair"), (round(float(value)) for value in coefficients), strict=True)
            )
    return fits


def picture(by_size: Mapping[int, Gas]) -> str:
    """Gas of one order, trade or reading over the size of its round."""
    panels = [
        Panel(title, {step: [(size, gas[step]) for size, gas in by_size.items()] for step in steps})
        for title, steps in DRAWN.items()
    ]
    return chart("Gas by the size of the round", panels, "trades of a round", "gas", columns=2, log_y=False)


def recorded(record: Mapping[str, Any]) -> list[Grid]:
    """Gas by step and size, and the fit; and the size of the code."""
    by_size, fits, sizes = record["rounds"], record["growth"], record["code bytes"]
    rows = []
    for step in next(iter(by_size.values())):
        fit = fits.get(step)
        made_of = f"{spaced(fit['item'])} + {spaced(fit['fixed'])} / n + {spaced(fit['pair'])} n" if fit else "constant"
        rows.append([step, *(spaced(gas[step]) for gas in by_size.values()), made_of])
    return [
        Grid("Gas in rounds of n trades", ("step", *(f"n = {size}" for size in by_size), "fit"), rows),
        Grid("Code, bytes", ("contract", "bytes"), [[name, spaced(size)] for name, size in sizes.items()]),
    ]


def main(sizes: Sequence[int] = SIZES) -> None:
    """Measure, print, and renew record and picture."""
    by_size = {size: measure(size) for size in sizes}
    fits = growth(by_size)
    record = {
        "schema": "powerpact/bench-gas/1",
        "hardfork": HARDFORK,
        "seed": SEED,
        "rounds": {str(size): gas for size, gas in by_size.items()},
        "growth": fits,
        "code bytes": code_sizes(),
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    RECORD.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    PICTURE.write_text(picture(by_size), encoding="utf-8")
    Console(width=160).print(*(grid.terminal() for grid in recorded(record)))
