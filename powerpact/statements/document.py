"""A statement as JSON, ``powerpact/statement/1``, and as CSV.

The JSON has the attributes of `Statement` under their names: ids in hexadecimal, a side as ``buy`` or ``sell``, energy
in Wh, money in micro-points, times in Unix seconds. What is derived, such as a surplus, stands beside what it is made
of, for readers that do no arithmetic; it is not read back.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from typing import Any, Final

from powerpact.market.orders import Side
from powerpact.statements.model import Correction, Measured, Movement, Period, Statement, TradeLine

SCHEMA: Final = "powerpact/statement/1"

_DERIVED: Final = {
    "measured": ("surplus_wh", "drawn_wh", "oversold_wh", "unused_wh"),
    "trades": ("value_upoints", "change_upoints"),
}

COLUMNS: Final = (
    "section",
    "time",
    "length_s",
    "what",
    "account",
    "other",
    "device",
    "quality",
    "energy_wh",
    "sold_wh",
    "bought_wh",
    "price_upoints_per_kwh",
    "penalty_upoints",
    "change_upoints",
    "detail",
    "transaction",
)
"""Of the CSV: a line for each interval of a meter, side of a trade, movement and correction."""


def statement_data(statement: Statement) -> dict[str, Any]:
    """The statement as JSON has it."""
    data = {"schema": SCHEMA, "is_final": statement.is_final, **asdict(statement)}
    data["closing_upoints"] = statement.closing_upoints
    for section, names in _DERIVED.items():
        for line, entry in zip(getattr(statement, section), data[section], strict=True):
            entry |= {name: getattr(line, name) for name in names}
    for entry in data["trades"]:
        entry |= {"id": f"0x{entry['id'].hex()}", "market": f"0x{entry['market'].hex()}"}
        entry["side"] = entry["side"].name.lower()
    return data


def to_document(statement: Statement) -> str:
    """The text that is kept of a final statement."""
    return json.dumps(statement_data(statement), ensure_ascii=False, sort_keys=True)


def from_document(text: str) -> Statement:
    """A statement that was kept."""
    data = json.loads(text)
    del data["schema"], data["is_final"], data["closing_upoints"]
    for section, names in _DERIVED.items():
        for entry in data[section]:
            for name in names:
                del entry[name]
    for entry in data["trades"]:
        entry |= {name: bytes.fromhex(entry[name][2:]) for name in ("id", "market")}
        entry["side"] = Side[entry["side"].upper()]
    lines = {"measured": Measured, "trades": TradeLine, "movements": Movement, "corrections": Correction}
    for section, kind in lines.items():
        data[section] = tuple(kind(**entry) for entry in data[section])
    data |= {"accounts": tuple(data["accounts"]), "pending": tuple(data["pending"]), "period": Period(**data["period"])}
    return Statement(**data)


def to_csv(statement: Statement, shown: Callable[[int], str]) -> str:
    """The statement as CSV.

    Parameters
    ----------
    statement : Statement
        The statement.
    shown : callable
        From Unix seconds to how a time is written.
    """
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for row in _rows(statement):
        writer.writerow(row | ({"time": shown(row["time"])} if "time" in row else {}))
    return text.getvalue()


def _rows(statement: Statement) -> Iterator[dict[str, Any]]:
    for line in statement.measured:
        both = {"section": "meter", "time": line.start_at, "length_s": line.length_s, "device": line.device}
        both |= {"quality": line.quality}
        yield both | {"what": "exported", "energy_wh": line.exported_wh, "sold_wh": line.sold_wh}
        yield both | {"what": "imported", "energy_wh": line.imported_wh, "bought_wh": line.bought_wh}
    for trade in statement.trades:
        used = {"sold_wh" if trade.side is Side.SELL else "bought_wh": trade.used_wh}
        yield used | {
            "section": "trade",
            "time": trade.start_at,
            "length_s": trade.length_s,
            "what": trade.outcome,
            "account": trade.account,
            "other": trade.other,
            "device": trade.device or "",
            "energy_wh": trade.energy_wh,
            "price_upoints_per_kwh": trade.price_upoints_per_kwh,
            "penalty_upoints": trade.penalty_upoints,
            "change_upoints": trade.change_upoints,
            "detail": f"trade 0x{trade.id.hex()}",
            "transaction": trade.transaction,
        }
    for entry in statement.movements:
        kept = asdict(entry)
        yield {"section": "booking", "time": kept.pop("time_s"), "what": kept.pop("kind"), **kept}
    for one in statement.corrections:
        detail = f"{one.what}, {one.field}: {one.was} in statement {one.number}, {one.now} now"
        yield {"section": "correction", "what": "correction", "detail": detail}
