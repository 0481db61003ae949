"""The report's data as files inside the page: all of it as JSON, and its tables as CSV."""

from __future__ import annotations

import base64
import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from html import escape
from typing import Any, Final

from powerpact.pages.model import DayReport

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""Text that starts so is taken for a formula by spreadsheets."""


def downloads(report: DayReport) -> str:
    """Make the list of links; each file is in its link."""
    files = [
        ("report.json", "application/json", "everything, as JSON", _json(report)),
        ("homes.csv", "text/csv", "homes", csv_text(asdict(home) for home in report.homes)),
        ("slots.csv", "text/csv", "slots", csv_text(_slots(report))),
        ("trades.csv", "text/csv", "trades", csv_text(_trades(report))),
    ]
    items = []
    for name, kind, label, text in files:
        data = base64.b64encode(text.encode()).decode()
        file = escape(f"{report.day}-{name}")
        items.append(
            f'<li><a download="{file}" href="data:{kind};charset=utf-8;base64,{data}">{escape(label)}</a> '
            f"<small>{file}</small></li>"
        )
    return f'<ul class="files">{"".join(items)}</ul>'


def csv_text(records: Iterable[Mapping[str, Any]]) -> str:
    """Records as CSV with a header; a name that a spreadsheet would take for a formula gets an apostrophe before it.

    Examples
    --------
    >>> print(csv_text([{"home": "a, b", "load_wh": 5}, {"home": "=1+1", "load_wh": -7}]), end="")
    home,load_wh
    "a, b",5
    '=1+1,-7
    """
    rows = list(records)
    text = io.StringIO()
    if rows:
        writer = csv.DictWriter(text, rows[0].keys(), lineterminator="\n")
        writer.writeheader()
        writer.writerows({name: _plain(value) for name, value in row.items()} for row in rows)
    return text.getvalue()


def _json(report: DayReport) -> str:
    return json.dumps(report.to_dict(), ensure_ascii=False, separators=(",", ":"))


def _plain(value: Any) -> Any:
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def _slots(report: DayReport) -> Iterable[dict[str, Any]]:
    """Slots with the members of their parts beside their own."""
    for slot in report.slots:
        flat: dict[str, Any] = {}
        for name, value in asdict(slot).items():
            if name in ("bids", "asks", "minimums", "prices"):
                flat |= {f"{name}_{part}": (value or {}).get(part) for part in ("low", "mean", "high")}
            elif name == "sharing":
                flat |= value
            else:
                flat[name] = value
        yield flat


def _trades(report: DayReport) -> Iterable[dict[str, Any]]:
    """Trades with the clock time of their slots."""
    for trade in report.trades:
        record = asdict(trade)
        yield {"clock": report.slots[record["slot"]].clock, **record}
