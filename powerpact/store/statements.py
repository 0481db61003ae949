"""Final statements: each is written once, with the number after the person's last, and never changed."""

from __future__ import annotations

import time
from typing import Final, NamedTuple

from sqlalchemy import Column, Integer, LargeBinary, Table, Text, insert, select

from powerpact.store.journal import TABLES, Journal

_STATEMENTS: Final = Table(
    "statements",
    TABLES,
    Column("genesis", LargeBinary, primary_key=True),
    Column("person", Integer, primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("since", Integer, nullable=False),
    Column("until", Integer, nullable=False),
    Column("document", Text, nullable=False),
    Column("written_at", Integer, nullable=False),
    sqlite_with_rowid=False,
)


class Kept(NamedTuple):
    """A final statement as it was written down.

    Attributes
    ----------
    number : int
        1, 2, …
    since, until : int
        Its period, Unix seconds.
    document : str
        The statement as JSON.
    """

    number: int
    since: int
    until: int
    document: str


class StatementBook:
    """The final statements of one person, in the journal of one deployment.

    Parameters
    ----------
    journal : Journal
        Whose table is used.
    person : int
        The member's number.
    """

    def __init__(self, journal: Journal, person: int) -> None:
        self._journal = journal
        self._person = person

    def all(self) -> list[Kept]:
        """All of them, in their order."""
        table = _STATEMENTS.c
        question = select(table.number, table.since, table.until, table.document).where(
            table.genesis == self._journal.genesis, table.person == self._person
        )
        with self._journal.database.reading() as connection:
            return [Kept(*found) for found in connection.execute(question.order_by(table.number))]

    def write(self, kept: Kept) -> bool:
        """Write one down; it is on the disk when this returns. False if there is one of its number already."""
        row = {
            "genesis": self._journal.genesis,
            "person": self._person,
            **kept._asdict(),
            "written_at": int(time.time()),
        }
        with self._journal.writing() as connection:
            return connection.execute(insert(_STATEMENTS).prefix_with("OR IGNORE"), row).rowcount == 1
