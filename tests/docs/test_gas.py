"""The numbers in docs/gas.md are those of the snapshots."""

import json
import re
from pathlib import Path

import pytest

from tools import gas_page

PROJECT = Path(__file__).resolve().parents[2]
SNAPSHOTS = PROJECT / "tests" / "gas" / "snapshots"
PAGE = (PROJECT / "docs" / "gas.md").read_text()


def numbers(row: str) -> list[int]:
    return [int(cell.replace(" ", "")) for cell in row.split("|")[2:-1]]


def rows() -> dict[str, list[int]]:
    """By what a row is for: its numbers."""
    found = re.findall(r"^\| ([^|]+) ((?:\| [\d ]+ )+)\|$", PAGE, re.MULTILINE)
    return {name: numbers(f"| {cells}|") for name, cells in found}


@pytest.mark.parametrize("place", [0, 1])
def test_every_step_is_in_the_page(place):
    snapshot = json.loads((SNAPSHOTS / f"round-of-{(17, 100)[place]}.json").read_text())
    stated = {name: cells[place] for name, cells in rows().items() if len(cells) == 2}
    assert stated == {name: gas for name, gas in snapshot.items() if name != "settle a trade"}


@pytest.mark.parametrize("snapshot", ["code-bytes", "membership", "device-keys", "routers"])
def test_single_figures_are_in_the_page(snapshot):
    figures = json.loads((SNAPSHOTS / f"{snapshot}.json").read_text())
    assert {name: cells[0] for name, cells in rows().items() if name in figures} == figures


@pytest.mark.parametrize(("use", "step"), gas_page.REPEATED.items())
def test_published_figures_are_beside_todays(use, step):
    snapshot = json.loads((SNAPSHOTS / "round-of-100.json").read_text())
    assert f"| {gas_page.spaced(snapshot[step])} | {use} |" in PAGE
    assert gas_page.renewed(PAGE.replace(f"{gas_page.spaced(snapshot[step])} | {use}", f"1 | {use}")) == PAGE


@pytest.mark.parametrize(
    "step",
    [
        "sum: a trade delivered in full",
        "sum: two signed orders, a trade proven and its money locked",
        "challenge a proposal",
    ],
)
def test_the_readme_has_todays_figures(step):
    snapshot = json.loads((SNAPSHOTS / "round-of-100.json").read_text())
    assert f"| {gas_page.spaced(snapshot[step])} gas |" in (PROJECT / "README.md").read_text()


def test_the_page_of_channels_has_todays_figures():
    page = (PROJECT / "docs" / "channels.md").read_text()
    stated = {
        int(figure.replace(" ", ""))
        for row in re.findall(r"^\| [^|]+ \| ([\d ;]+) \|$", page, re.MULTILINE)
        for figure in row.split(";")
    }
    assert len(stated) > 10
    assert stated <= set(json.loads((SNAPSHOTS / "channels.json").read_text()).values())


def test_the_parts_of_a_challenge_are_its_gas():
    gas = json.loads((SNAPSHOTS / "round-of-100.json").read_text())["challenge a proposal"]
    (parts,) = re.findall(r"^- \*\*A challenge\*\*: (.*)$", PAGE, re.MULTILINE)
    summed = sum(int(part.replace(" ", "")) for part in re.findall(r"\d[\d ]*\d", parts))
    assert summed == pytest.approx(gas, rel=0.02)
