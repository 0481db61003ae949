"""The numbers in docs/gas.md are those of the snapshots."""

import json
import re
from pathlib import Path

import pytest

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
def test_every_step_stands_in_the_page(place):
    snapshot = json.loads((SNAPSHOTS / f"round-of-{(17, 100)[place]}.json").read_text())
    told = {name: cells[place] for name, cells in rows().items() if len(cells) == 2}
    assert told == {name: gas for name, gas in snapshot.items() if name != "settle a trade"}


def test_sizes_stand_in_the_page():
    sizes = json.loads((SNAPSHOTS / "code-bytes.json").read_text())
    assert {name: cells[0] for name, cells in rows().items() if name in sizes} == sizes
