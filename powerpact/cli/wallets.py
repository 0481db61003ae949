"""Commands ``order typed-data``, ``order nonces`` and ``order relay``: orders that wallets sign, and others post."""

from __future__ import annotations

from typing import Annotated

import typer

from powerpact.cli.orders import EnergyWh, Expiry, MinFill, Nonce, least_fill, order_group
from powerpact.cli.output import read_input, write_output
from powerpact.cli.session import (
    DEPLOYMENT_FILE,
    PER_KWH,
    As,
    AsJson,
    Deployed,
    MarketId,
    address_of,
    done,
    market_of,
    open_chain,
    parse_time,
    table,
    tell,
    unlock,
)
from powerpact.cli.terms import chosen_nonce, stated_classes, stated_values, wanted
from powerpact.errors import BadChoice
from powerpact.market.wording import count, parse_price


def register(_: typer.Typer) -> None:
    """Add the commands to the group ``order``, which is part of the application already."""


@order_group.command("typed-data")
def show_typed_data(
    market: MarketId,
    trader: Annotated[str, typer.Option(metavar="WHO", help="Who signs, by address or name.")],
    energy_wh: EnergyWh,
    bid: Annotated[str | None, typer.Option(metavar="PRICE", help=f"To buy: most that is paid, {PER_KWH}.")] = None,
    ask: Annotated[str | None, typer.Option(metavar="PRICE", help="To sell: price that satisfies, likewise.")] = None,
    minimum: Annotated[str, typer.Option("--min", metavar="PRICE", help="To sell: least that is accepted.")] = "0",
    device: Annotated[int, typer.Option(min=0, help="Device that delivers, or the buyer's meter.")] = 0,
    term: Annotated[list[str] | None, typer.Option(metavar="NAME=EXPECT:LIMIT[:WEIGHT]", help="As to buy.")] = None,
    require: Annotated[list[str] | None, typer.Option(metavar="CATEGORY=CODE", help="As to buy.")] = None,
    attribute: Annotated[list[str] | None, typer.Option(metavar="NAME=VALUE", help="As to sell.")] = None,
    category: Annotated[list[str] | None, typer.Option("--class", metavar="CATEGORY=CODE", help="As to sell.")] = None,
    min_fill_ppm: MinFill = None,
    nonce: Nonce = None,
    expiry: Expiry = None,
    output: Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="Where it goes.")] = "-",
    deployment: Deployed = DEPLOYMENT_FILE,
) -> None:
    """Print what a wallet signs of an order (eth_signTypedData_v4), with the trader's next nonce; no key is needed.

    [bold]Example:[/bold] powerpact order typed-data 0x5f3a --trader 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 \
    --energy-wh 1200 --bid 0.11 -o order.json
    """
    from powerpact.chain.contracts.markets import market as find
    from powerpact.codec.orderfile import format_typed_order
    from powerpact.market.orders import Side
    from powerpact.market.terms import Common, buy_order, sell_order

    if (bid is None) == (ask is None):
        raise BadChoice("side", f"bid {bid}, ask {ask}", "is not clear", remedy="Give --bid to buy or --ask to sell.")
    bid_upoints = None if bid is None else parse_price(bid, "bid")
    ask_upoints = None if ask is None else parse_price(ask, "ask")
    min_upoints = parse_price(minimum, "min", least=0)
    chain, who = open_chain(deployment), address_of(trader)
    id_ = market_of(chain, market)
    side, first = (Side.BUY, 0) if ask_upoints is None else (Side.SELL, id_[-1] + device)
    rules = find(chain, id_).rules
    common = Common(
        trader=who,
        energy_wh=energy_wh,
        nonce=chosen_nonce(chain, who, side, nonce, first),
        expiry=parse_time(expiry) if expiry else None,
        min_fill_ppm=least_fill(rules, min_fill_ppm),
    )
    if ask_upoints is None:
        required = stated_classes(require)
        wants = wanted(term or [], rules)
        order = buy_order(rules, common, bid_upoints or 0, wants=wants, require=required, meter=device)
    else:
        stated, classes = stated_values(attribute), stated_classes(category)
        order = sell_order(rules, common, ask_upoints, min_upoints, device, declared=stated, classes=classes)
    write_output(output, format_typed_order(chain.domain("OrderBook"), id_, order))
    tell("sign it with the trader's wallet, then `powerpact order relay FILE --signature 0x… -a NAME` posts it")


@order_group.command()
def nonces(
    who: Annotated[str, typer.Argument(metavar="WHO", help="Account, by name or address.")],
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Show the next nonce of an account's orders, and up to which nonce one may be chosen, for each side.

    [bold]Example:[/bold] powerpact order nonces alice
    """
    from powerpact.chain.contracts.orders import nonces_of
    from powerpact.market.orders import MOST_PAGES, NONCES_PER_PAGE, Side, next_nonce

    chain, trader = open_chain(deployment), address_of(who)
    words = {side: nonces_of(chain, trader, side) for side in Side}
    rows = (
        {
            "side": side.name.lower(),
            "next": next_nonce(word),
            "first_open": (word >> NONCES_PER_PAGE) * NONCES_PER_PAGE,
            "highest": ((word >> NONCES_PER_PAGE) + MOST_PAGES + 1) * NONCES_PER_PAGE - 1,
        }
        for side, word in words.items()
    )
    table(rows, as_json=as_json)


@order_group.command()
def relay(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Signed orders of one market.")],
    account: As,
    signature: Annotated[
        str | None, typer.Option(metavar="HEX", help="What a wallet signed, for one file of `order typed-data`.")
    ] = None,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Post orders that others signed, as one batch, all or nothing.

    [bold]Example:[/bold] powerpact order relay alice.order.json bob.order.json -a rita
    """
    from powerpact.chain.contracts import orders
    from powerpact.chain.contracts.markets import market as find
    from powerpact.codec.orderfile import parse_order
    from powerpact.market.orders import Side, id_text, order_id
    from powerpact.market.terms import require_classes

    if signature is not None and len(files) != 1:
        raise BadChoice("signature", f"for {len(files)} files", "is of one order", remedy="Relay that file alone.")
    chain = open_chain(deployment)
    domain = chain.domain("OrderBook")
    parsed = [parse_order(file, read_input(file), domain=domain, signature=signature) for file in files]
    market = parsed[0][0]
    for file, (other, _) in zip(files, parsed, strict=True):
        if other != market:
            raise BadChoice("file", file, "is for another market", remedy="Relay the orders of each market apart.")
    sender = chain.sender(unlock(account))
    with sender.turn():
        call = orders.place_signed(chain, market, [signed for _, signed in parsed])
        if not any(outgoing.purpose == call.purpose for outgoing, _ in sender.left):
            rules = find(chain, market).rules
            for _, signed in parsed:
                if signed.order.side is Side.SELL:
                    require_classes(rules, signed.order.classes)
                orders.check_nonce(chain, signed.order.trader, signed.order.side, signed.order.nonce)
        mined = sender.send(call)
    batch = orders.batch_of(chain, mined)
    ids = [id_text(order_id(batch, index)) for index in range(len(parsed))]
    data = {"market": f"0x{market.hex()}", "orders": ids}
    done(f"posted {count(len(ids), 'order')}", [mined], data, as_json=as_json, result="\n".join(ids))
