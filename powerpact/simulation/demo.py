"""The demonstration: a market day on an embedded chain, with progress and report."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from powerpact.chain.connection import connect
from powerpact.chain.local.node import Kind, Node
from powerpact.errors import BadChoice
from powerpact.market.rules import MarketMechanism, Mode
from powerpact.pages import DayReport
from powerpact.series.csvfile import read_csv
from powerpact.series.limits import HOUR_S
from powerpact.series.zones import zone_named
from powerpact.simulation.community import DayPlan, plan_day
from powerpact.simulation.data.citylearn import load_citylearn
from powerpact.simulation.data.tariff import FONTANA
from powerpact.simulation.day import run_market_day
from powerpact.simulation.summary import summarise
from powerpact.simulation.tariff import Tariff

DEFAULT_DAY: Final = date(2017, 7, 14)
"""The day of the bundled series that is run by default: sunny, with many trades."""

HEAD_START_S: Final = 7_200
"""How long before its first slot the embedded chain begins, s."""

_NAMES: Final = {"anvil": "Anvil", "ganache": "Ganache"}


def plan_demo(
    homes: int | None,
    day: date | int | None,
    seed: int,
    profiles_file: Path | None,
    *,
    zone: str | None = None,
    slot_s: int = HOUR_S,
    tariff: Tariff = FONTANA,
) -> DayPlan:
    """The day to run: of the series in the package, or of your own.

    Parameters
    ----------
    homes : int, optional
        How many homes take part; by default all.
    day : date or int, optional
        Which day; by default `DEFAULT_DAY`, of a file of your own the last.
    seed : int
        Seed of the preferences and of the choice of homes.
    profiles_file : Path, optional
        A CSV file of your own.
    zone : str, optional
        Name of the zone whose clock cuts the file's days; by default the file's own offset.
    slot_s : int
        Length of the slots that are traded, s; shorter ones of the series are summed.
    tariff : Tariff
        The utility's prices.

    Raises
    ------
    BadProfiles
        If the file has a bad row.
    BadChoice
        If the series cannot serve the choice.
    """
    if profiles_file is None:
        if zone is not None:
            remedy = "Give a file with --profiles, or leave the zone out."
            raise BadChoice("zone", zone, "the bundled series have a clock of their own", remedy=remedy)
        profiles = load_citylearn()
        day = DEFAULT_DAY if day is None else day
    else:
        profiles = read_csv(profiles_file, None if zone is None else zone_named(zone))
    if slot_s != profiles.slot_s:
        summed = f"Slots of {profiles.slot_s // 60} minutes are summed to {slot_s // 60}."
        profiles = replace(profiles.summed(slot_s), time_note=f"{profiles.time_note} {summed}")
    if homes is not None:
        profiles = profiles.choose_homes(homes, seed)
    return plan_day(profiles, profiles.days - 1 if day is None else day, seed, tariff)


def run_demo(
    plan: DayPlan,
    *,
    kind: Kind = "anvil",
    mechanism: MarketMechanism = MarketMechanism.SATISFACTION,
    mode: Mode = Mode.DIVISIBLE,
    title: str | None = None,
) -> DayReport:
    """Run the day on an embedded chain and report; progress goes to standard error.

    Parameters
    ----------
    plan : DayPlan
        The day.
    kind : {"anvil", "ganache"}
        The chain's program.
    mechanism : MarketMechanism
        What clears the markets.
    mode : Mode
        Whether orders trade in parts.
    title : str, optional
        What the page is called; by default after the community.
    """
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with (
        Node(kind=kind, timestamp_s=plan.slots[0].start_s - HEAD_START_S) as node,
        Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar,
    ):
        task = bar.add_task("starting", total=1.0)
        tenths = _Tenths(console)

        def progress(what: str, share: float) -> None:
            bar.update(task, description=what, completed=share)
            tenths.reached(what, share)

        result = run_market_day(connect(node.rpc_url), plan, progress, mechanism, mode)
        chain_name = f"{_NAMES[kind]}, chain id {node.chain_id}, started and stopped by this program"
        return summarise(result, chain_name, title)


class _Tenths:
    """Prints a line for each tenth of the day where there is no terminal for a bar.

    Parameters
    ----------
    console : rich.console.Console
        Where to print.
    """

    def __init__(self, console: Console) -> None:
        self._console = console
        self._next = 0

    def reached(self, what: str, share: float) -> None:
        """Note a share of the day."""
        if not self._console.is_terminal and share * 10 >= self._next:
            self._console.print(f"{share:4.0%} {what}", highlight=False)
            self._next = int(share * 10) + 1
