"""Commands ``order``."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Annotated

import typer

from powerpact.cli.choices import enum_member, words_of
from powerpact.cli.delegated import Delegated, place_under
from powerpact.cli.output import write_output
from powerpact.cli.posting import posted_before, tell_posted
from powerpact.cli.session import (
    DEPLOYMENT_FILE,
    PER_KWH,
    As,
    AsJson,
    Deployed,
    MarketId,
    done,
    market_of,
    open_chain,
    parse_time,
    tell,
    unlock,
)
from powerpact.cli.terms import (
    check_capacity,
    chosen_nonce,
    needed,
    refuse_beside_mandate,
    stated_classes,
    stated_values,
    wanted,
)
from powerpact.market.schema import Side
from powerpact.market.wording import count, parse_price, share

if TYPE_CHECKING:
    from eth_typing import ChecksumAddress

    from powerpact.chain.client import Chain
    from powerpact.chain.transactions import Sender
    from powerpact.market.orders import Order
    from powerpact.market.rules import Rules
    from powerpact.market.terms import Common

order_group = typer.Typer(
    help="Orders: posted by their traders, or signed and relayed by anybody.", no_args_is_help=True
)


if TYPE_CHECKING:
    SideWord = str
else:
    SideWord = words_of("SideWord", tuple(Side))

EnergyWh = Annotated[int, typer.Option(min=1, help="Energy, Wh.")]
Nonce = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="Order nonce, counted per side in pages of 32. Default: the next unused one in the current page. A buy "
        "order uses it when it is posted, a sell order when it is cancelled.",
    ),
]
Expiry = Annotated[str | None, typer.Option(metavar="TIME", help="Not posted later; by default gate closure.")]
MinFill = Annotated[
    int | None,
    typer.Option(
        "--min-fill-ppm",
        min=0,
        max=1_000_000,
        help="Least share of the energy that a trade must give; by default 500000 in a one-to-one market, 0 in a "
        "divisible one.",
    ),
]
Accept = Annotated[bool, typer.Option("--accept", help="Accept any trade in advance; not taken for now.")]
SignOnly = Annotated[
    str | None,
    typer.Option(
        "--sign-only", metavar="FILE", help="Do not post; write the signed order here, - for standard output."
    ),
]


Again = Annotated[bool, typer.Option("--again", help="Post it although an equal order of yours is open in the market.")]


Bid = Annotated[
    str | None,
    typer.Option(metavar="PRICE", help=f"Most that you pay, {PER_KWH}; under a mandate by default its highest."),
]
Ask = Annotated[
    str | None,
    typer.Option(metavar="PRICE", help=f"Price that satisfies you fully, {PER_KWH}; under a mandate as --min."),
]
Minimum = Annotated[
    str | None,
    typer.Option(
        "--min", metavar="PRICE", help="Least that you accept, likewise; under a mandate by default its lowest."
    ),
]
Terms = Annotated[
    list[str] | None,
    typer.Option(
        "--term",
        metavar="NAME=EXPECT:LIMIT[:WEIGHT]",
        help="What you want of an attribute; repeatable. Of the ask, prices like the bid. Weights in ppm sum to "
        "1000000; left out, they are equal. An attribute that you do not name is all the same to you.",
    ),
]

UnderMandate = Annotated[
    str | None,
    typer.Option(
        "--mandate",
        metavar="FILE",
        help="Order as the delegate of this mandate, in its trader's name and by its terms.",
    ),
]

Require = Annotated[
    list[str] | None, typer.Option(metavar="CATEGORY=CLASS", help="What the seller must be, by label or code.")
]
ClassOf = Annotated[
    list[str] | None, typer.Option("--class", metavar="CATEGORY=CLASS", help="What you are, by label or code.")
]
Declared = Annotated[
    list[str] | None, typer.Option(metavar="NAME=VALUE", help="Declared value of an attribute; repeatable.")
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(order_group, name="order")


@order_group.command()
def buy(
    market: MarketId,
    account: As,
    energy_wh: EnergyWh,
    bid: Bid = None,
    term: Terms = None,
    require: Require = None,
    meter: Annotated[int, typer.Option(min=0, help="Your meter that measures it, where the import counts.")] = 0,
    mandate: UnderMandate = None,
    min_fill_ppm: MinFill = None,
    accept: Accept = False,
    nonce: Nonce = None,
    expiry: Expiry = None,
    sign_only: SignOnly = None,
    again: Again = False,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Buy energy.

    [bold]Example:[/bold] powerpact order buy 0x5f3a -a alice --energy-wh 1200 --bid 0.11 --term price=0.09:0.12
    """
    from powerpact.chain.contracts.markets import market as find
    from powerpact.market.orders import Side
    from powerpact.market.terms import buy_order

    if mandate is not None:
        refuse_beside_mandate(term=term, require=require, nonce=nonce, min_fill_ppm=min_fill_ppm, sign_only=sign_only)
        refuse_beside_mandate(accept=accept, again=again)
        under = Delegated(market, account, Side.BUY, energy_wh, bid=bid, meter=meter, expiry=expiry)
        place_under(mandate, under, deployment, as_json=as_json)
        return
    bid_upoints = parse_price(needed("bid", bid), "bid")
    chain, key = open_chain(deployment), unlock(account)
    id_, sender = market_of(chain, market), chain.sender(key)
    rules = find(chain, id_).rules
    with sender.turn() if sign_only is None else nullcontext():
        used = chosen_nonce(chain, key.address, Side.BUY, nonce)
        order = buy_order(
            rules,
            _common(rules, key.address, energy_wh, used, expiry, min_fill_ppm, accept=accept),
            bid_upoints,
            wants=wanted(term or [], rules),
            require=stated_classes(require),
            meter=meter,
        )
        _place(chain, sender, id_, order, sign_only, again=again, as_json=as_json)


@order_group.command()
def sell(
    market: MarketId,
    account: As,
    energy_wh: EnergyWh,
    ask: Ask = None,
    minimum: Minimum = None,
    device: Annotated[int | None, typer.Option(min=1, help="Device that delivers; under a mandate its own.")] = None,
    mandate: UnderMandate = None,
    attribute: Declared = None,
    category: ClassOf = None,
    min_fill_ppm: MinFill = None,
    accept: Accept = False,
    nonce: Nonce = None,
    expiry: Expiry = None,
    sign_only: SignOnly = None,
    again: Again = False,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Sell energy that a device of yours will deliver.

    [bold]Example:[/bold] powerpact order sell 0x5f3a -a bob --energy-wh 1500 --ask 0.1 --min 0.08 --device 1
    """
    from powerpact.chain.contracts.markets import market as find
    from powerpact.market.orders import Side
    from powerpact.market.terms import sell_order

    if mandate is not None:
        refuse_beside_mandate(device=device, attribute=attribute, nonce=nonce, min_fill_ppm=min_fill_ppm)
        refuse_beside_mandate(**{"class": category, "sign_only": sign_only}, accept=accept, again=again)
        under = Delegated(market, account, Side.SELL, energy_wh, ask=ask, minimum=minimum, expiry=expiry)
        place_under(mandate, under, deployment, as_json=as_json)
        return
    ask, minimum, device = needed("ask", ask), needed("min", minimum), needed("device", device)
    ask_upoints, min_upoints = parse_price(ask, "ask"), parse_price(minimum, "min", least=0)
    chain, key = open_chain(deployment), unlock(account)
    id_, sender = market_of(chain, market), chain.sender(key)
    rules = find(chain, id_).rules
    check_capacity(chain, rules, energy_wh, device)
    with sender.turn() if sign_only is None else nullcontext():
        used = chosen_nonce(chain, key.address, Side.SELL, nonce, id_[-1] + device)
        order = sell_order(
            rules,
            _common(rules, key.address, energy_wh, used, expiry, min_fill_ppm, accept=accept),
            ask_upoints,
            min_upoints,
            device,
            declared=stated_values(attribute),
            classes=stated_classes(category),
        )
        _place(chain, sender, id_, order, sign_only, again=again, as_json=as_json)


@order_group.command()
def cancel(
    market: MarketId,
    order: Annotated[str, typer.Argument(metavar="ORDER", help="Id of the order, such as 3:17.")],
    account: As,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Cancel your own order before the gate closes.

    [bold]Example:[/bold] powerpact order cancel 0x5f3a 0:1 -a alice
    """
    from powerpact.chain.contracts import orders, rounds
    from powerpact.market.orders import parse_id

    chain, key = open_chain(deployment), unlock(account)
    posted = rounds.read_round(chain, market_of(chain, market))
    placed = posted.placed(parse_id(order))
    mined = chain.sender(key).send(orders.cancel(chain, posted.market.id, placed))
    done(f"cancelled order {order}", [mined], {"order": order}, as_json=as_json)


@order_group.command()
def revoke(
    account: As,
    side: Annotated[SideWord, typer.Option(help="Nonces of the two sides are separate.")],
    nonce: Annotated[list[int], typer.Option(min=0, help="A nonce of one's signed orders; repeatable.")],
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Use up your nonces, so that signed orders with them can never be posted.

    All of the nonces named are of one page of 32, and all pages before it close.

    [bold]Example:[/bold] powerpact order revoke -a alice --side buy --nonce 4 --nonce 5
    """
    from powerpact.chain.contracts import orders
    from powerpact.market.orders import Side, page_and_mask

    page, mask = page_and_mask(nonce)
    chain, key = open_chain(deployment), unlock(account)
    which = enum_member(Side, "side", side)
    orders.check_page(chain, key.address, which, page)
    mined = chain.sender(key).send(orders.cancel_nonces(chain, which, page, mask))
    data = {"side": str(side), "nonces": sorted(set(nonce))}
    done(f"revoked {count(len(data['nonces']), 'nonce')} of {side} orders", [mined], data, as_json=as_json)


def least_fill(rules: Rules, stated: int | None) -> int:
    """The least fill of an order, ppm; what is usual in such a market unless stated, which is told."""
    from powerpact.market.terms import usual_min_fill_ppm

    if stated is not None:
        return stated
    usual = usual_min_fill_ppm(rules.mode)
    if usual:
        tell(f"takes trades from {share(usual)} of its energy on; --min-fill-ppm 0 takes any")
    return usual


def _common(
    rules: Rules,
    trader: ChecksumAddress,
    energy_wh: int,
    nonce: int,
    expiry: str | None,
    min_fill_ppm: int | None,
    *,
    accept: bool,
) -> Common:
    """What orders of both sides say."""
    from powerpact.market.terms import Common

    return Common(
        trader=trader,
        energy_wh=energy_wh,
        nonce=nonce,
        expiry=parse_time(expiry) if expiry else None,
        min_fill_ppm=least_fill(rules, min_fill_ppm),
        accept=accept,
    )


def _place(
    chain: Chain, sender: Sender, market: bytes, order: Order, sign_only: str | None, *, again: bool, as_json: bool
) -> None:
    from powerpact.chain.contracts import orders
    from powerpact.codec.orderfile import format_order

    if sign_only is not None:
        signed = orders.sign_order(chain, sender.account, market, order)
        write_output(sign_only, format_order(chain.domain("OrderBook"), market, signed))
        tell(f"signed; anybody can post it with `powerpact order relay {sign_only}`")
        return
    earlier = None if again else posted_before(chain, sender, market, order)
    mined = earlier or sender.send(orders.place(chain, market, order))
    tell_posted(chain, market, order, mined, was_posted=earlier is not None, as_json=as_json)
