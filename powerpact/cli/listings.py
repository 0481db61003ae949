"""Commands that show orders and trades: ``order list``, ``order show`` and ``trade list``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from powerpact.cli.names import people_names
from powerpact.cli.orders import order_group
from powerpact.cli.output import print_json
from powerpact.cli.session import (
    DEPLOYMENT_FILE,
    AsJson,
    Deployed,
    MarketId,
    Mine,
    address_of,
    clock,
    market_of,
    names_of,
    open_chain,
    table,
)
from powerpact.cli.trades import trade_group
from powerpact.market import wording
from powerpact.market.schema import Side

if TYPE_CHECKING:
    from powerpact.chain.client import Chain
    from powerpact.cli.names import Names
    from powerpact.index.outcomes import Doubt, EndedTrade
    from powerpact.index.records import RoundRecord
    from powerpact.market.orders import Order
    from powerpact.market.rules import Rules

SomeMarket = Annotated[
    str | None, typer.Argument(metavar="[MARKET]", help="Market id, or its first digits; by default all markets.")
]
Of = Annotated[
    str | None,
    typer.Option("--of", metavar="WHO", help="Only those of this account.", autocompletion=people_names),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application; those of ``order`` are in its group already."""
    app.add_typer(trade_group, name="trade")


@order_group.command("list")
def list_orders(
    market: SomeMarket = None,
    mine: Mine = False,
    of: Of = None,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """List the orders of a market, or of all.

    [bold]Example:[/bold] powerpact order list 0x5f3a --mine
    """
    from powerpact.index.outcomes import order_outcome, state_of

    chain = open_chain(deployment)
    wanted = _wanted(mine, of)
    rows = []
    for record, now in _records(chain, market):
        state = state_of(record, now)
        rows += [
            {
                "market": f"0x{record.market.id.hex()}",
                **order_data(record, id_, order),
                "outcome": order_outcome(record, id_, state).value,
            }
            for id_, order in record.posted.orders.items()
            if wanted is None or order.trader in wanted
        ]
    names = names_of(chain)

    def shown(row: Mapping[str, Any]) -> dict[str, Any]:
        prices = f"{row['min_upoints_per_kwh']} to " if row["side"] == "sell" else ""
        line = {
            "order": row["order"],
            "side": row["side"],
            "trader": names(row["trader"]),
            "energy": f"{row['energy_wh']} Wh",
            "price per kWh": prices + wording.money(row["price_upoints_per_kwh"]),
            "device": str(row["device"] or ""),
            "state": row["outcome"],
        }
        return line if market is not None else {"market": row["market"][:10], **line}

    table(rows, as_json=as_json, shown=shown)


@order_group.command()
def show(
    market: MarketId,
    order: Annotated[str, typer.Argument(metavar="ORDER", help="Id of the order, such as 3:17.")],
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Show an order with everything that its trader signed, and what became of it.

    [bold]Example:[/bold] powerpact order show 0x5f3a 2:0
    """
    from powerpact.index.outcomes import order_outcome, state_of, trades_of
    from powerpact.market.orders import parse_id

    chain = open_chain(deployment)
    ((record, now),) = _records(chain, market)
    id_ = parse_id(order)
    record.posted.placed(id_)  # refuses an order that does not exist
    found, rules = record.posted.orders[id_], record.market.rules
    trades = [trade_data(record, ended) for ended in trades_of(record) if id_ in ended.trade[:2]]
    data = {
        "market": f"0x{record.market.id.hex()}",
        **order_data(record, id_, found),
        "outcome": order_outcome(record, id_, state_of(record, now)).value,
        "nonce": None if found.is_mandated else found.nonce,
        "mandate": found.nonce if found.is_mandated else None,
        "expiry": found.expiry,
        "min_fill_ppm": found.min_fill_ppm,
        "reserved_upoints": found.reservation_upoints,
        "classes": dict(zip(rules.categories, found.classes, strict=False)),
        "attributes": _attribute_data(rules, found),
        "trades": trades,
    }
    if as_json:
        print_json(data)
    else:
        _show_order(data, rules, found, names_of(chain), now)


@trade_group.command("list")
def list_trades(
    market: SomeMarket = None,
    mine: Mine = False,
    of: Of = None,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """List the trades of a market's final round, or of all markets, and how each ended.

    [bold]Example:[/bold] powerpact trade list --mine
    """
    from powerpact.index.outcomes import trades_of

    chain = open_chain(deployment)
    wanted = _wanted(mine, of)
    rows = [
        trade_data(record, ended)
        for record, _ in _records(chain, market)
        for ended in trades_of(record)
        if wanted is None or wanted & {ended.trade.buyer, ended.trade.seller}
    ]
    names = names_of(chain)
    table(rows, as_json=as_json, shown=lambda row: _trade_row(row, names))


def _records(chain: Chain, market: str | None) -> Iterator[tuple[RoundRecord, int]]:
    """The records of one market, or of all, with the chain's time."""
    from powerpact.chain.contracts import markets
    from powerpact.index.records import read_rounds

    with chain.reading():
        now = chain.now()
        chosen = markets.markets(chain) if market is None else [markets.market(chain, market_of(chain, market))]
        return iter([(record, now) for record in read_rounds(chain, chosen)])


def _wanted(mine: bool, of: str | None) -> set[str] | None:
    """The accounts whose orders or trades are wanted; None for all."""
    from powerpact.keystore import Keystore

    if of is not None:
        return {address_of(of)}
    return set(Keystore.default().names().values()) if mine else None


def order_data(record: RoundRecord, id_: int, order: Order) -> dict[str, Any]:
    """An order, as data."""
    from powerpact.market.orders import id_text

    return {
        "order": id_text(id_),
        "side": order.side.name.lower(),
        "trader": order.trader,
        "person": order.person,
        "energy_wh": order.energy_wh,
        "price_upoints_per_kwh": order.price_upoints_per_kwh,
        "min_upoints_per_kwh": order.min_upoints_per_kwh if order.side is Side.SELL else 0,
        "device": order.device,
        "state": "closed" if record.posted.is_closed(id_) else "open",
        "traded_wh": record.traded_wh[id_],
    }


def _attribute_data(rules: Rules, order: Order) -> dict[str, Any]:
    """What a seller states or is attested of each attribute, or what a buyer wants of those that it weighs."""
    if order.side is Side.SELL:
        values = zip(rules.attributes, order.levels, strict=False)
        ask = order.price_upoints_per_kwh
        return {entry.name: ask if entry.source.name == "ASK" else value for entry, value in values}
    terms = zip(rules.attributes, order.levels, order.limits, order.weights_ppm, strict=False)
    return {
        entry.name: {"expect": level, "limit": limit, "weight_ppm": weight_ppm}
        for entry, level, limit, weight_ppm in terms
        if weight_ppm
    }


def trade_data(record: RoundRecord, ended: EndedTrade) -> dict[str, Any]:
    """A trade, as data; what only its end says is null while it waits."""
    from powerpact.market.orders import id_text

    trade = ended.trade
    return {
        "market": f"0x{record.market.id.hex()}",
        "trade": f"0x{ended.id.hex()}",
        "slot_start": record.market.rules.slot_start,
        "buy": id_text(trade.buy_id),
        "sell": id_text(trade.sell_id),
        "buyer": trade.buyer,
        "seller": trade.seller,
        "device": trade.device,
        "energy_wh": trade.energy_wh,
        "price_upoints_per_kwh": trade.price_upoints_per_kwh,
        "value_upoints": ended.value_upoints,
        "outcome": ended.outcome.value,
        "delivered_wh": ended.delivered_wh,
        "paid_upoints": ended.paid_upoints,
        "penalty_upoints": ended.penalty_upoints,
        "flags": [_doubt_data(doubt) for doubt in ended.doubts if not doubt.votes],
        "veto_votes": [{**_doubt_data(doubt), "votes": doubt.votes} for doubt in ended.doubts if doubt.votes],
    }


def _doubt_data(doubt: Doubt) -> dict[str, Any]:
    """What an auditor said about a trade, as data."""
    return {"auditor": doubt.auditor, "reason": doubt.reason}


def _trade_state(row: Mapping[str, Any]) -> str:
    """What became of a trade, why it was vetoed, and what auditors doubt."""
    if row["outcome"] == "vetoed":
        return f"vetoed: {row['veto_votes'][-1]['reason']}"
    said = [f"{vote['votes']} to veto: {vote['reason']}" for vote in row["veto_votes"][-1:]]
    said += [f"flagged: {flag['reason']}" for flag in row["flags"][-1:]]
    return "; ".join((row["outcome"], *said))


def _trade_row(row: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """A trade as a line of a table."""
    delivered, paid = row["delivered_wh"], row["paid_upoints"]
    return {
        "market": row["market"][:10],
        "slot": clock(row["slot_start"]),
        "trade": f"{row['sell']} -> {row['buy']}",
        "seller": names(row["seller"]),
        "buyer": names(row["buyer"]),
        "energy": f"{row['energy_wh']} Wh",
        "price per kWh": wording.money(row["price_upoints_per_kwh"]),
        "state": _trade_state(row),
        "delivered": "" if delivered is None else f"{delivered} Wh",
        "paid": "" if paid is None else wording.money(paid),
    }


def _show_order(data: Mapping[str, Any], rules: Rules, order: Order, names: Names, now: int) -> None:
    """An order, in words."""
    from powerpact.cli.rulewords import amount_text

    wants = order.side is Side.BUY
    verb, at = ("buys", "pays at most") if wants else ("sells", "asks")
    typer.echo(f"order {data['order']}: {names(order.trader)} {verb} {order.energy_wh} Wh, {data['outcome']}")
    typer.echo(f"  of person {order.person}, whose orders do not trade with each other")
    typer.echo(f"  {at} {wording.price(order.price_upoints_per_kwh)}")
    if not wants:
        typer.echo(f"  accepts from {wording.price(order.min_upoints_per_kwh)}")
    if order.reservation_upoints:
        typer.echo(f"  reserved {wording.money(order.reservation_upoints)}")
    if order.device:
        typer.echo(f"  {'measured by meter' if wants else 'delivered by device'} {order.device}")
    stated = wording.classes(rules, order.classes)
    if stated:
        typer.echo(f"  {'requires' if wants else 'is'} {stated}")
    for entry in rules.attributes:
        said = data["attributes"].get(entry.name)
        if isinstance(said, int):
            typer.echo(f"  {entry.name}: {amount_text(entry, said)}")
        elif said is not None:
            typer.echo(
                f"  {entry.name}: expects {amount_text(entry, said['expect'])}, limit "
                f"{amount_text(entry, said['limit'])}, weight {wording.share(said['weight_ppm'])}"
            )
    if order.min_fill_ppm:
        typer.echo(f"  accepts at least {wording.share(order.min_fill_ppm)} of its energy in a trade")
    known_by = "under mandate" if order.is_mandated else "nonce"
    typer.echo(f"  could be posted until {clock(order.expiry, now)}, {known_by} {order.nonce}")
    for trade in data["trades"]:
        other = f"from {names(trade['seller'])}" if wants else f"to {names(trade['buyer'])}"
        typer.echo(
            f"  trade {other}: {trade['energy_wh']} Wh at {wording.price(trade['price_upoints_per_kwh'])}, "
            f"{trade['outcome']}"
        )
