"""A table that is printed in the terminal and kept as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.table import Table


@dataclass(frozen=True, slots=True)
class Grid:
    """Title, column heads and rows of text; the first `words` columns are words, the others numbers."""

    title: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    words: int = 1

    def terminal(self) -> Table:
        """The table for the terminal."""
        shown = Table(title=self.title, title_justify="left")
        for place, name in enumerate(self.head):
            shown.add_column(name, justify="left" if place < self.words else "right")
        for row in self.rows:
            shown.add_row(*row)
        return shown

    def markdown(self) -> str:
        """The table as a section of a page."""
        rule = ["---" if place < self.words else "--:" for place in range(len(self.head))]
        lines = ["| " + " | ".join(cells) + " |" for cells in (self.head, rule, *self.rows)]
        return "\n".join((f"### {self.title}", "", *lines, ""))


def spaced(number: float) -> str:
    """A whole number with blanks between thousands.

    >>> spaced(1234567)
    '1 234 567'
    """
    return f"{number:,.0f}".replace(",", " ")
