"""Writes ``docs/rules.md`` from the table of a market's rules.

``python -m tools.rules_page``; a test compares the page and the table.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from powerpact.market.forms import Choice, Row, word_of
from powerpact.market.rules import DEFAULTS, ROWS
from toolchain.places import ROOT

PAGE: Final = ROOT / "docs/rules.md"

_HEADING: Final = """# The rules of a market

A market's rules are fixed when it opens. Its id is the hash of this struct (`contracts/types/Markets.sol`), of the names of its attributes and categories, of the chain and of the contract, so a signature on an order is a signature on the rules. `powerpact market rules MARKET` writes them as a file (`powerpact/rules/1`), by the names in the first column; `powerpact market open --rules FILE` opens another market with them. Written by `tools/rules_page.py` from `powerpact/market/rules.py`.

| rule | in the struct | type | unit | option | default | meaning |
|---|---|---|---|---|---|---|"""  # noqa: E501


def _default(name: str, row: Row) -> str:
    if row.option is not None and row.option.default is not None:
        return f"{row.option.default} s"
    value = DEFAULTS.get(name)
    if isinstance(value, Enum):
        return word_of(value)
    return "" if value in (None, "", bytes(32)) else str(value)


def _meaning(row: Row) -> str:
    words = f" One of {', '.join(row.form.words)}." if isinstance(row.form, Choice) else ""
    return row.meaning + words


def render() -> str:
    """The page."""
    lines = [_HEADING]
    for name, row in ROWS.items():
        cells = [
            f"`{name}`",
            f"`{row.member}`" if row.member else "",
            row.type,
            row.unit,
            f"`{row.option.flag}`" if row.option else "",
            _default(name, row),
            _meaning(row),
        ]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    PAGE.write_text(render(), encoding="utf-8")
