"""Writes the numbers of the gas snapshots into the tables of ``docs/gas.md``; the text around them stays.

The rows of PowerPact beside published figures repeat two of the sums.

``python -m tools.gas_page`` after ``./run pytest tests/gas --update-snapshots``; a test compares page and snapshots.
"""

from __future__ import annotations

import json
import re

from toolchain.places import ROOT

PAGE = ROOT / "docs/gas.md"
SNAPSHOTS = ROOT / "tests/gas/snapshots"
REPEATED = {
    "a trade from two signed orders, proven best, to payment and certificates": "sum: a trade delivered in full",
    "the same until it is proven best and its money locked": (
        "sum: two signed orders, a trade proven and its money locked"
    ),
}
"""By the end of a row beside published figures: the sum that it repeats."""


def load(name: str) -> dict[str, int]:
    """A snapshot: gas or bytes by what was measured."""
    numbers: dict[str, int] = json.loads((SNAPSHOTS / f"{name}.json").read_text())
    return numbers


def spaced(number: int) -> str:
    """A number in groups of three digits, as the page writes it."""
    return f"{number:,}".replace(",", " ")


def renewed(page: str) -> str:
    """The page with the numbers of the snapshots."""
    small, large = load("round-of-17"), load("round-of-100")
    single = load("code-bytes") | load("membership") | load("device-keys") | load("routers")

    def row(found: re.Match[str]) -> str:
        name = found[1]
        if name in large:
            return f"| {name} | {spaced(small[name])} | {spaced(large[name])} |"
        return f"| {name} | {spaced(single[name])} |" if name in single else found[0]

    def repeated(found: re.Match[str]) -> str:
        step = REPEATED.get(found[2])
        return found[0] if step is None else f"| {found[1]} | {spaced(large[step])} | {found[2]} |"

    page = re.sub(r"^\| ([^|]+?) (?:\| [\d ]+ )+\|$", row, page, flags=re.MULTILINE)
    return re.sub(r"^\| (PowerPact[^|]*?) \| [\d ]+ \| ([^|]+?) \|$", repeated, page, flags=re.MULTILINE)


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text()))
