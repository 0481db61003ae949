"""Gas by the size of the round: what each step costs, and how it grows.

Each size is measured on its own node. Gas is exact and the same on each machine, so one measurement is enough.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from random import Random
from typing import Any

import numpy as np
from rich.console import Console

from benchmarks.chart import Panel, Point, chart
from benchmarks.grid import Grid, spaced
from benchmarks.large_round import CHALLENGE_WINDOW_S, LargeMarket, Steps, Town, propose, town_of
from benchmarks.places import PICTURES, RESULTS
from benchmarks.runs import run_of
from powerpact.chain.errors import ContractError
from powerpact.market.trades import MAX_CHUNK
from powerpact.mechanisms.satisfaction.round import Solution
from powerpact.mechanisms.satisfaction.solver import solve
from testkit.gas.measure import HARDFORK, Gas, code_sizes
from testkit.gas.typical import typical_buyer, typical_seller
from toolchain.places import write_whole
from toolchain.results import Result

SIZES = (5, 10, 20, 50, 100, MAX_CHUNK)
"""Buyers, and as many sellers, of a round, whose trades are one chunk."""
SAMPLE = (3,)

SEED = 2026
RECORD = RESULTS / "gas.json"
PICTURE = PICTURES / "bench-gas.svg"

BUY, SELL = "post a signed buy order", "post a signed sell order"
PROPOSE, SEAL = "propose a trade", "seal the round and make it final, a trade's share"
CLEAR = "propose and prove a trade at once"
REPORT, SETTLE = "report a reading", "settle a trade"
FUNDED = "sum: two signed orders to a proven, funded trade"
PAID = "sum: two signed orders to payout and certificate"
PAID_AND_READ = "sum: the same and the reading"

DRAWN = {
    "orders": (BUY, SELL),
    "trades": (PROPOSE, SEAL, CLEAR),
    "delivery": (REPORT, SETTLE),
    "a whole trade": (FUNDED, PAID),
}
"""Steps in the picture, by panel."""


def measure(size: int) -> Gas:
    """Gas of each step in rounds of a size, by name, on its own node."""
    with town_of(2 * size) as town:
        town.populate(Steps())
        return round_gas(town)


def round_gas(town: Town) -> Gas:
    """Gas for one order, trade or reading of a town's second round: wallets and records have been used before."""
    random = Random(SEED)
    _whole_round(town, 0, random)
    return _whole_round(town, 1, random)


def _whole_round(town: Town, number: int, random: Random) -> Gas:
    """One round, sealed with a bond and not challenged; and once more, proven in one transaction if it fits."""
    size, chain, market = town.size, town.chain, town.open_contest()
    buys = [typical_buyer(town, market, i, number, random) for i in range(size)]
    sells = [typical_seller(town, market, size + i, number, random) for i in range(size)]
    used = {
        BUY: market.post(buys, town.traders[:size]).gas_used,
        SELL: market.post(sells, town.traders[size:]).gas_used,
    }
    gas = {step: round(total / size) for step, total in used.items()}
    market.close()
    solution = solve(market.round())
    trades = len(solution.trades)
    closed = chain.snapshot()
    at_once = _clear_at_once(market, solution)
    if at_once is not None:
        gas[CLEAR] = round(at_once / trades)
    chain.undo(closed)
    gas[PROPOSE] = round(sum(receipt.gas_used for receipt in propose(market, solution)) / trades)
    sealed = market.seal().gas_used
    chain.warp(chain.now() + CHALLENGE_WINDOW_S)
    gas[SEAL] = round((sealed + market.finalize().gas_used) / trades)
    delivered = {trade.device: trade.energy_wh for _, _, trade in market.trades()}
    gas[REPORT] = round(market.report(delivered).gas_used / trades)
    gas[SETTLE] = round(sum(market.settle(chunk).gas_used for chunk in range(len(market.chunks))) / trades)
    gas[FUNDED] = gas[BUY] + gas[SELL] + gas[PROPOSE] + gas[SEAL]
    gas[PAID] = gas[FUNDED] + gas[SETTLE]
    gas[PAID_AND_READ] = gas[PAID] + gas[REPORT]
    return gas


def _clear_at_once(market: LargeMarket, solution: Solution) -> int | None:
    """Gas of the round proposed and proven in one transaction; None if that needs more than one may have."""
    try:
        return market.clear_at_once(market.links(solution)).gas_used
    except ContractError:
        raise
    except RuntimeError:  # a failure without an error of the contracts: out of gas
        return None


def growth(by_size: Mapping[int, Gas]) -> dict[str, dict[str, int]]:
    """Fit the gas of each step that depends on the size n by least squares: item + fixed / n + pair · n.

    ``item`` is what remains in large rounds, ``fixed`` is shared by the round, and ``pair`` is what each further order
    of the other side adds. Steps that change by less than 1% are left out.
    """
    fits = {}
    for step in next(iter(by_size.values())):
        measured = {size: gas[step] for size, gas in by_size.items() if step in gas}
        n, values = np.array(list(measured), dtype=float), np.array(list(measured.values()), dtype=float)
        terms = np.column_stack([np.ones_like(n), 1 / n, n])
        if np.ptp(values) > 0.01 * values.max():
            coefficients, *_ = np.linalg.lstsq(terms, values, rcond=None)
            fits[step] = dict(
                zip(("item", "fixed", "pair"), (round(float(value)) for value in coefficients), strict=True)
            )
    return fits


def picture(by_size: Mapping[int, Gas]) -> str:
    """Gas of one order, trade or reading over the size of its round."""
    panels = [
        Panel(title, {step: [Point(size, gas[step]) for size, gas in by_size.items() if step in gas] for step in steps})
        for title, steps in DRAWN.items()
    ]
    return chart("Gas by the size of the round", panels, "trades of a round", "gas", columns=len(panels), log_y=False)


def recorded(record: Mapping[str, Any]) -> list[Grid]:
    """Gas by step and size, and the fit; and the size of the code."""
    by_size, fits, sizes = record["rounds"], record["growth"], record["code bytes"]
    rows = []
    for step in next(iter(by_size.values())):
        fit = fits.get(step)
        made_of = f"{spaced(fit['item'])} + {spaced(fit['fixed'])} / n + {spaced(fit['pair'])} n" if fit else "constant"
        rows.append([step, *(spaced(gas[step]) if step in gas else "too large" for gas in by_size.values()), made_of])
    return [
        Grid("Gas in rounds of n trades", ("step", *(f"n = {size}" for size in by_size), "fit"), rows),
        Grid("Code, bytes", ("contract", "bytes"), [[name, spaced(size)] for name, size in sizes.items()]),
    ]


def run(sizes: Sequence[int]) -> Iterator[dict[str, Any]]:
    """Measure rounds of all sizes."""
    for size in sizes:
        yield {"size": size, "gas": measure(size)}


def renew(result: Result) -> None:
    """Renew record and picture, and print them."""
    by_size = {row["size"]: row["gas"] for row in result.measurements}
    record = {
        "schema": "powerpact/bench-gas/2",
        "runs": [run_of(result)],
        "hardfork": HARDFORK,
        "seed": SEED,
        "rounds": {str(size): gas for size, gas in by_size.items()},
        "growth": growth(by_size),
        "code bytes": code_sizes(),
    }
    write_whole(RECORD, json.dumps(record, indent=1) + "\n")
    write_whole(PICTURE, picture(by_size))
    Console(width=160).print(*(grid.terminal() for grid in recorded(record)))
