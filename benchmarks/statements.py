"""A month of homes, settled on a node, and the statement of each.

``python -m benchmarks.statements [DAYS [FOLDER]]`` runs the homes of the demo through the last days of their series,
draws up everybody's statement of the whole time, and prints a line of JSON: how much was traded, that the statements
sum to nothing over all homes but for what was issued and paid to the utility, and seconds. Pages go to the folder.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from powerpact.chain.connection import connect
from powerpact.chain.local.node import Node
from powerpact.market.orders import Side
from powerpact.series.limits import DAY_S
from powerpact.simulation.community import DayPlan, plan_day
from powerpact.simulation.data.citylearn import load_citylearn
from powerpact.simulation.day import SETUP_S, run_market_day
from powerpact.statements import Period, Statement, draw_up
from powerpact.statements.page import to_page

DAYS = 30
SEED = 2022
HEAD_START_S = SETUP_S + DAY_S


def plan_days(days: int) -> DayPlan:
    """The plans of the last days of the series as one: consecutive slots, the homes of each day alike."""
    profiles = load_citylearn()
    plans = [plan_day(profiles, number, SEED) for number in range(profiles.days - days, profiles.days)]
    begin, end = (int(plan.profiles.start_s[row]) for plan, row in ((plans[0], 0), (plans[-1], -1)))
    rows = np.flatnonzero((profiles.start_s >= begin) & (profiles.start_s <= end))
    whole = replace(
        profiles, start_s=profiles.start_s[rows], load_wh=profiles.load_wh[rows], solar_wh=profiles.solar_wh[rows]
    )
    return replace(plans[0], profiles=whole, slots=tuple(slot for plan in plans for slot in plan.slots))


def main(days: int = DAYS, folder: Path | None = None) -> None:
    """Run it, and print what came of it."""
    plan = plan_days(days)
    with Node(timestamp_s=plan.slots[0].start_s - HEAD_START_S) as node:
        began = time.perf_counter()
        result = run_market_day(connect(node.rpc_url), plan)
        traded_s = time.perf_counter() - began
        chain, names = result.chain, {account.address: home for home, account in result.cast.homes.items()}
        period = Period(chain.time_of(chain.deployment.block), chain.now() + 1)
        began = time.perf_counter()
        statements = {home: draw_up(chain, account.address, period) for home, account in result.cast.homes.items()}
        drawn_s = time.perf_counter() - began
        for home, statement in statements.items():
            if folder is not None:
                page = to_page(statement, lambda address: names.get(address, address), plan.profiles.zone)
                (folder / f"{home}.html").write_text(page)
    print(json.dumps(_summary(statements) | {"days": days, "traded_s": round(traded_s), "drawn_s": round(drawn_s, 1)}))


def _summary(statements: dict[str, Statement]) -> dict[str, int]:
    """Sums over all homes; what one is paid another pays."""
    lines = [line for statement in statements.values() for line in statement.trades]
    sold, bought = ([line for line in lines if line.side is side] for side in (Side.SELL, Side.BUY))
    moved = sum(statement.closing_upoints - statement.opening_upoints for statement in statements.values())
    outside = ("points issued", "bill paid with points")
    issued = sum(
        entry.change_upoints
        for statement in statements.values()
        for entry in statement.movements
        if entry.kind in outside
    )
    assert sum(line.change_upoints for line in lines) == 0, "trades do not sum to nothing"
    assert sum(line.used_wh for line in sold) == sum(line.used_wh for line in bought), "more was sold than bought"
    assert moved == issued, f"{moved} micro-points came or went, of {issued} issued and paid to the utility"
    return {
        "homes": len(statements),
        "trades": len(sold),
        "sold_wh": sum(line.used_wh for line in sold),
        "paid_upoints": sum(line.paid_upoints for line in sold),
    }


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:2]), *(Path(word) for word in sys.argv[2:3]))
