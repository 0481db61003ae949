"""Run the market day on Brownie's active network: ``brownie run market_day`` (``main HOMES DAY SEED`` to choose)."""

from pathlib import Path

from rich.console import Console

from powerpact.cli.demo import parse_day
from powerpact.pages import render_html, render_terminal
from powerpact.simulation import run_market_day
from powerpact.simulation.demo import plan_demo
from powerpact.simulation.summary import summarise
from scripts._network import active_web3


def main(homes=None, day=None, seed=2022, report="reports/market-day.html"):
    """Run the day and write the report.

    Parameters
    ----------
    homes : int or str, optional
        How many homes; by default all.
    day : str, optional
        Local date, or number of the day.
    seed : int or str
        Seed of the preferences.
    report : path-like
        Where the HTML report goes.
    """
    plan = plan_demo(homes and int(homes), parse_day(day), int(seed), None)
    result = run_market_day(active_web3(), plan, lambda what, share: print(f"{share:4.0%} {what}"))
    summary = summarise(result, "Brownie's active network")
    Path(report).parent.mkdir(parents=True, exist_ok=True)
    Path(report).write_text(render_html(summary), encoding="utf-8")
    render_terminal(summary, Console(width=120))
    print(f"report: {report}")
    return summary
