"""The parts that the page is put together from: sections, figures, tables, links."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence
from dataclasses import dataclass
from html import escape
from typing import Final

from powerpact.pages.figures import NARROW, WIDE, Figure
from powerpact.pages.model import DayReport


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a table.

    Attributes
    ----------
    content : str
        Plain text; it is escaped.
    css : str
        Its class.
    links : tuple of (str, str)
        Texts and fragments of this page, after the content.
    """

    content: str
    css: str = ""
    links: tuple[tuple[str, str], ...] = ()

    def markup(self, label: str) -> str:
        """The cell; where rows become cards its label stands before it."""
        links = " ".join(f'<a href="#{escape(target)}">{escape(text)}</a>' for text, target in self.links)
        named = f' data-label="{escape(label)}"' if label else ""
        return f'<td class="{self.css}"{named}>{escape(self.content)}{links}</td>'


LEFT: Final = "l"
LONG: Final = "l w"

Column = tuple[str, str, str]
"""Title, unit and class of a column."""


def section(title: str, lead_text: str, *parts: str) -> str:
    """Make a section: title, take-away, then figures and tables."""
    body = "\n".join(part for part in parts if part)
    head = f'<section id="{slug(title)}">\n<h2>{escape(title)}</h2>'
    return f"{head}\n{lead(lead_text) if lead_text else ''}\n{body}\n</section>"


def contents(sections: Sequence[str]) -> str:
    """Make the table of contents of sections."""
    heads = (re.search(r'<section id="([^"]*)">\n<h2>(.*?)</h2>', text) for text in sections)
    items = "".join(f'<li><a href="#{found[1]}">{found[2]}</a></li>' for found in heads if found)
    return f'<nav aria-label="Contents"><ul>{items}</ul></nav>'


def slug(title: str) -> str:
    """The id of a section.

    Examples
    --------
    >>> slug("Gas and time")
    'gas-and-time'
    """
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")


def lead(sentence: str) -> str:
    """Make a paragraph of large type."""
    return f'<p class="lead">{escape(sentence)}</p>'


def note(sentence: str) -> str:
    """Make a paragraph of small type."""
    return f'<p class="note">{escape(sentence)}</p>'


def bullets(sentences: Sequence[str]) -> str:
    """Make a list of sentences, nothing of none."""
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return f'<ul class="reasons">{items}</ul>' if items else ""


def key(*entries: tuple[str, str]) -> str:
    """Make the key of a figure from classes and labels."""
    items = "".join(f'<li><i class="{css}"></i>{escape(label)}</li>' for css, label in entries)
    return f'<ul class="key">{items}</ul>'


def figure(draw: Figure, report: DayReport, caption: str, key_markup: str = "") -> str:
    """Make a figure for wide and for narrow screens; the style sheet shows one of them."""
    return (
        f'<figure>{key_markup}<div class="wide">{draw(report, WIDE)}</div>'
        f'<div class="narrow">{draw(report, NARROW)}</div><figcaption>{escape(caption)}</figcaption></figure>'
    )


def table(
    name: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[Cell]],
    *,
    foot: Sequence[Cell] = (),
    quiet: Container[int] = (),
    ids: Sequence[str] = (),
    is_cards: bool = False,
) -> str:
    """Make a table.

    Parameters
    ----------
    name : str
        Its id.
    columns : sequence of (title, unit, class)
        Its head.
    rows : sequence of sequence of Cell
        Its body.
    foot : sequence of Cell
        A last row.
    quiet : container of int
        Rows that are grey.
    ids : sequence of str
        Ids of the rows.
    is_cards : bool
        Whether each row becomes a card on a phone; else the table scrolls sideways there, and says so.
    """
    head = "".join(
        f'<th class="{css}" scope="col">{escape(title)}<small>{escape(unit)}</small></th>'
        for title, unit, css in columns
    )
    labels = [" ".join(part for part in (title, unit) if part) for title, unit, _ in columns]
    body = "".join(
        _row(row, labels, "quiet" if index in quiet else "", ids[index] if ids else "")
        for index, row in enumerate(rows)
    )
    end = f"<tfoot>{_row(foot, labels)}</tfoot>" if foot else ""
    css = ' class="cards"' if is_cards else ""
    markup = f'<table id="{name}"{css}><thead><tr>{head}</tr></thead><tbody>{body}</tbody>{end}</table>'
    if is_cards:
        return f'<div class="scroll holds-cards">{markup}</div>'
    hint = '<p class="hint">The table goes on to the right: swipe sideways.</p>'
    return f'{hint}<div class="scroll" tabindex="0">{markup}</div>'


def _row(cells: Sequence[Cell], labels: Sequence[str], css: str = "", id_: str = "") -> str:
    content = "".join(cell.markup(label) for cell, label in zip(cells, labels, strict=True))
    named = f' id="{escape(id_)}"' if id_ else ""
    return f'<tr class="{css}"{named}>{content}</tr>'
