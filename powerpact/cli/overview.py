"""Command ``overview``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer

from powerpact.cli.listings import order_data, trade_data
from powerpact.cli.money import balance_of, balance_text
from powerpact.cli.names import people_names
from powerpact.cli.output import print_json
from powerpact.cli.session import DEPLOYMENT_FILE, AsJson, Deployed, clock, names_of, open_chain
from powerpact.market import wording

if TYPE_CHECKING:
    from powerpact.chain.contracts.devices import Device
    from powerpact.cli.names import Names
    from powerpact.index.records import RoundRecord


Rows = defaultdict[str, list[dict[str, Any]]]


def register(app: typer.Typer) -> None:
    """Add the command to the application."""
    app.command()(overview)


def overview(
    who: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WHO...]", help="By default the whole keystore.", autocompletion=people_names),
    ] = None,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Show what accounts have and what they wait for: points, open orders, trades, devices and certificates.

    [bold]Example:[/bold] powerpact overview alice
    """
    from powerpact.chain.contracts import certificates, devices, markets
    from powerpact.index.records import read_rounds
    from powerpact.keystore import Keystore

    chain = open_chain(deployment)
    with chain.reading():
        now = chain.now()
        records = read_rounds(chain, markets.markets(chain))
        held = certificates.holdings(chain)
    known = devices.all_devices(chain)
    orders, trades = _pending(records, now)
    found = []
    for name in who or Keystore.default().people():
        has = balance_of(chain, name)
        lots = [energy_wh for (holder, _), energy_wh in held.items() if holder == has["address"]]
        found.append(
            {
                **has,
                "orders": orders[has["address"]],
                "trades": trades[has["address"]],
                "devices": _devices(known, has["address"]),
                "certificates": len(lots),
                "certificates_wh": sum(lots),
            }
        )
    if as_json:
        print_json(found)
        return
    names = names_of(chain)
    typer.echo("\n\n".join(_text(entry, names, now) for entry in found))


def _pending(records: Sequence[RoundRecord], now: int) -> tuple[Rows, Rows]:
    """By account, the orders that can still trade, and the trades that have not ended."""
    from powerpact.index.outcomes import OrderOutcome, TradeOutcome, order_outcome, state_of, trades_of

    orders: Rows = defaultdict(list)
    trades: Rows = defaultdict(list)
    for record in records:
        state, market = state_of(record, now), f"0x{record.market.id.hex()}"
        for id_, order in record.posted.orders.items():
            outcome = order_outcome(record, id_, state)
            if outcome in (OrderOutcome.OPEN, OrderOutcome.WAITING):
                row = {"market": market, **order_data(record, id_, order), "outcome": outcome.value}
                orders[order.trader].append(row)
        for ended in trades_of(record):
            if ended.outcome is TradeOutcome.WAITING:
                for account in (ended.trade.buyer, ended.trade.seller):
                    trades[account].append(trade_data(record, ended))
    return orders, trades


def _devices(known: Mapping[int, Device], account: str) -> list[dict[str, Any]]:
    return [
        {"device": id_, "source": device.source, "certified": device.certified, "capacity_wh": device.capacity_wh}
        for id_, device in known.items()
        if device.owner == account and not device.retired
    ]


def _text(entry: Mapping[str, Any], names: Names, now: int) -> str:
    """What an account has and waits for, in words."""
    lines = [balance_text(entry, names(entry["address"]))]
    lines.append(f"  {wording.count(len(entry['orders']), 'open order')}")
    lines += [
        f"    {row['order']} {row['side']} {row['energy_wh']} Wh at {wording.price(row['price_upoints_per_kwh'])}, "
        f"market {row['market'][:10]}, {row['outcome']}"
        for row in entry["orders"]
    ]
    lines.append(f"  {wording.count(len(entry['trades']), 'trade')} waiting for readings")
    lines += [
        f"    {row['energy_wh']} Wh from {names(row['seller'])} to {names(row['buyer'])}, "
        f"slot {clock(row['slot_start'], now)}"
        for row in entry["trades"]
    ]
    lines += [
        f"  device {row['device']}, {wording.source(row['source'])}, {row['capacity_wh']} Wh an interval"
        f"{'' if row['certified'] else ', not certified'}"
        for row in entry["devices"]
    ]
    lots = wording.count(entry["certificates"], "certificate")
    lines.append(f"  {entry['certificates_wh']} Wh of green energy in {lots}")
    return "\n".join(lines)
