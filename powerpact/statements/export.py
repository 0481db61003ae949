"""What a utility needs of a period: of each meter and interval, what neighbours traded, so that it bills the rest once.

The rows are `powerpact/settlement/1` as JSON, or the same as CSV. What a household fed in or drew and did not trade
with a neighbour is between it and the utility.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final

from eth_typing import ChecksumAddress

from powerpact.chain.client import Chain
from powerpact.index.ownership import OWNER_EVENTS, owner_at, owners_in
from powerpact.market.orders import Side
from powerpact.statements.deliveries import Deliveries, deliveries_in
from powerpact.statements.drawing import pending
from powerpact.statements.errors import StatementDisagrees
from powerpact.statements.model import Measured, Period

SCHEMA: Final = "powerpact/settlement/1"

COLUMNS: Final = (
    "device",
    "grid_id",
    "owner",
    "start_at",
    "length_s",
    "quality",
    "version",
    "exported_wh",
    "sold_wh",
    "surplus_wh",
    "oversold_wh",
    "imported_wh",
    "bought_wh",
    "drawn_wh",
    "unused_wh",
)

_GRID_ID: Final = 2
"""Place of the number in a description, as IDeviceChanges has it."""


@dataclass(frozen=True)
class Export:
    """All meters of a period.

    Attributes
    ----------
    period : Period
        The time; slots that begin in it.
    drawn_up_at, block : int
        As of when, Unix seconds, and which block.
    chain_id : int
        The chain.
    rows : tuple of dict
        The columns of `COLUMNS`, by meter and time.
    unmetered_wh : int
        What was bought by accounts that have no meter.
    pending : tuple of str
        Why something of it can still change, in sentences; empty if it is final.
    """

    period: Period
    drawn_up_at: int
    block: int
    chain_id: int
    rows: tuple[dict[str, Any], ...]
    unmetered_wh: int
    pending: tuple[str, ...]

    def data(self) -> dict[str, Any]:
        """As JSON has it."""
        return {
            "schema": SCHEMA,
            "is_final": not self.pending,
            "since": self.period.since,
            "until": self.period.until,
            "drawn_up_at": self.drawn_up_at,
            "block": self.block,
            "chain_id": self.chain_id,
            "meters": list(self.rows),
            "unmetered_wh": self.unmetered_wh,
            "pending": list(self.pending),
        }

    def csv(self, shown: Callable[[int], str]) -> str:
        """The rows as CSV; `shown` writes a time, Unix seconds."""
        text = io.StringIO()
        writer = csv.DictWriter(text, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(row | {"start_at": shown(row["start_at"])} for row in self.rows)
        return text.getvalue()


def export_period(chain: Chain, period: Period) -> Export:
    """Everything that was measured and traded in a period, by meter.

    Raises
    ------
    StatementDisagrees
        If a trade was not paid as its readings and the market's rules say, or if the meters sold more or less than was
        bought.
    """
    with chain.reading(state_too=True) as view:
        found = deliveries_in(chain, period)
        unmetered_wh = _balanced(found)
        owners = owners_in(chain.events("DeviceRegistry", *OWNER_EVENTS))
        described = _grid_ids(chain)
        rows = (
            _row(line, described(line.device, line.start_at), owner_at(owners, line.device, line.start_at))
            for line in found.measured
        )
        return Export(
            period=period,
            drawn_up_at=chain.now(),
            block=view.number,
            chain_id=chain.deployment.chain_id,
            rows=tuple(rows),
            unmetered_wh=unmetered_wh,
            pending=tuple(pending(chain, period, found)),
        )


def _balanced(found: Deliveries) -> int:
    """What was bought without a meter, Wh, after making sure that all that was sold was bought."""
    sold_wh = sum(line.sold_wh for line in found.measured)
    bought_wh = sum(line.bought_wh for line in found.measured)
    unmetered_wh = sum(line.used_wh for line in found.trades if line.side is Side.BUY and not line.device)
    if sold_wh != bought_wh + unmetered_wh:
        raise StatementDisagrees(
            "what all meters sold was bought", f"{sold_wh} Wh sold, {bought_wh} by meters and {unmetered_wh} without"
        )
    return unmetered_wh


def _row(line: Measured, grid_id: str, owner: ChecksumAddress | None) -> dict[str, Any]:
    own = {"grid_id": grid_id, "owner": owner or ""}
    return {name: own[name] if name in own else getattr(line, name) for name in COLUMNS}


def _grid_ids(chain: Chain) -> Callable[[int, int], str]:
    """From a device and a time, Unix seconds, to its number with the grid's operator; empty if none is on record."""
    found: dict[int, list[tuple[int, str]]] = {}
    for event in chain.events("DeviceRegistry", "DeviceDescribed"):
        a = event.arguments
        found.setdefault(a["device"], []).append((a["from"], a["description"][_GRID_ID]))

    def at(device: int, time_s: int) -> str:
        return next(_before(found.get(device, []), time_s), "")

    return at


def _before(described: list[tuple[int, str]], time_s: int) -> Iterator[str]:
    """What was on record at a time, the latest first."""
    return (grid_id for since, grid_id in reversed(described) if since <= time_s)
