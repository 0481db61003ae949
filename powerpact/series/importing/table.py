"""From bytes to rows: encoding, separator, header; each row with its line."""

from __future__ import annotations

import codecs
import csv
from dataclasses import dataclass
from typing import Final

from powerpact.series.errors import BadProfiles
from powerpact.series.importing.options import Layout

MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
"""Byte order marks and the encodings that they say."""
FALLBACKS: Final = ("utf-8", "cp1252", "latin-1")
"""Tried in this order without a mark; the last one reads anything."""
SEPARATORS: Final = (";", "\t", "|", ",")
"""In the order in which they win where several are equally frequent."""


@dataclass(frozen=True, slots=True)
class Table:
    """A table's header and rows.

    Attributes
    ----------
    name : str
        The file's name, for messages.
    header : tuple of str
        Names of the columns.
    rows : list of (int, list of str)
        Line and fields of each row; as many fields as columns.
    encoding, separator : str
        How it was read.
    """

    name: str
    header: tuple[str, ...]
    rows: list[tuple[int, list[str]]]
    encoding: str
    separator: str

    def bad(self, line: int, problem: str, remedy: str) -> BadProfiles:
        """The error for a line, 0 for the file itself."""
        return BadProfiles(self.name, line, problem, remedy=remedy)

    def place(self, column: str, option: str) -> int:
        """Where a column is.

        Raises
        ------
        BadProfiles
            If there is none; names the columns that there are.
        """
        if column not in self.header:
            known = ", ".join(repr(name) for name in self.header)
            raise self.bad(1, f"no column {column!r}", f"Name one with {option}: {known}.")
        return self.header.index(column)


def read_table(name: str, data: bytes, layout: Layout) -> Table:
    """Read a table.

    Raises
    ------
    BadProfiles
        If it is no such table; carries the line and the reason.
    """
    text, encoding = decoded(name, data, layout.encoding)
    lines = text.splitlines(keepends=True)[layout.skipped_lines :]
    if not lines:
        raise BadProfiles(name, 0, "there is no header", remedy="Give a table with a header and rows.")
    separator = layout.separator or found_separator(lines[0])
    try:
        return _parsed(name, lines, layout.skipped_lines, encoding, separator)
    except csv.Error as error:
        raise BadProfiles(name, 0, f"not a table: {error}", remedy="Save it as CSV.") from error


def _parsed(name: str, lines: list[str], skipped: int, encoding: str, separator: str) -> Table:
    reader = csv.reader(lines, delimiter=separator, strict=True)
    names = [field.strip() for field in next(reader)]
    while names and not names[-1]:
        names.pop()  # a separator at the end of the header
    table = Table(name, tuple(names), [], encoding, separator)
    for position, column in enumerate(names):
        if not column:
            raise table.bad(1 + skipped, f"column {position + 1} has no name", "Name it, or correct the separator.")
        if names.count(column) > 1:
            raise table.bad(1 + skipped, f"column {column!r} is there twice", "Rename one of them.")
    for fields in reader:
        line = reader.line_num + skipped
        values = [field.strip() for field in fields]
        if not any(values):
            continue
        while len(values) > len(names) and not values[-1]:
            values.pop()
        if len(values) != len(names):
            problem = f"{len(values)} fields where the header has {len(names)}"
            raise table.bad(line, problem, f"Give a field for each column; the separator is {separator!r}.")
        table.rows.append((line, values))
    if not table.rows:
        raise table.bad(0, "there are no rows", "Give one row for each interval.")
    return table


def decoded(name: str, data: bytes, encoding: str | None) -> tuple[str, str]:
    """Text and its encoding: the one that is stated, that of the byte order mark, or the first that fits.

    Raises
    ------
    BadProfiles
        If the stated one is unknown or does not fit.

    Examples
    --------
    >>> decoded("", "Bäckerei".encode("latin-1"), None)
    ('Bäckerei', 'cp1252')
    """
    marked = next((marked for mark, marked in MARKS if data.startswith(mark)), None)
    tried = (encoding,) if encoding else (marked,) if marked else FALLBACKS
    for candidate in tried:
        try:
            return data.decode(candidate).removeprefix("\ufeff"), candidate
        except LookupError:
            remedy = "Write its name, such as utf-8, cp1252 or latin-1."
            raise BadProfiles(name, 0, f"unknown encoding {candidate!r}", remedy=remedy) from None
        except UnicodeDecodeError as error:
            problem = f"not in {candidate}: {error.reason} at byte {error.start}"
    raise BadProfiles(name, 0, problem, remedy="Name the encoding with --encoding.")


def found_separator(header: str) -> str:
    """The most frequent separator of a header.

    Examples
    --------
    >>> found_separator("Zeit;Haus 1, links;Haus 2"), found_separator("time,home,load_wh")
    (';', ',')
    """
    return max(SEPARATORS, key=header.count)
