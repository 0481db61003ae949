"""Commands ``market`` and ``order``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from powerpact.cli.choices import assignment, enum_member, numbers
from powerpact.cli.output import read_input, write_output
from powerpact.cli.session import (
    DEPLOYMENT_FILE,
    As,
    AsJson,
    Deployed,
    MarketId,
    address_of,
    clock,
    done,
    market_of,
    open_chain,
    parse_time,
    table,
    tell,
    unlock,
)
from powerpact.errors import BadChoice

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount

    from powerpact.chain.client import Chain
    from powerpact.market.orders import Order
    from powerpact.market.rules import MarketAttribute, Mode, Rules

market_group = typer.Typer(help="Markets, each for one delivery slot.", no_args_is_help=True)
order_group = typer.Typer(
    help="Orders: posted by their traders, or signed and relayed by anybody.", no_args_is_help=True
)

EnergyWh = Annotated[int, typer.Option(min=1, help="Energy, Wh.")]
Nonce = Annotated[
    int | None,
    typer.Option(
        min=0,
        help="In pages of 32 for each side; by default unused, of the page in use. A buy order uses it when it is "
        "posted, a sell order when it is cancelled.",
    ),
]
Expiry = Annotated[str | None, typer.Option(metavar="TIME", help="Not posted later; by default gate closure.")]
SignOnly = Annotated[
    str | None,
    typer.Option(
        "--sign-only", metavar="FILE", help="Do not post; write the signed order here, - for standard output."
    ),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(market_group, name="market")
    app.add_typer(order_group, name="order")


@market_group.command("open")
def open_(
    account: As,
    arbiter: Annotated[str, typer.Option(metavar="WHO", help="Third key of the trade escrows.")],
    slot: Annotated[str, typer.Option(metavar="TIME", help="Start of the delivery slot, ISO 8601 or Unix seconds.")],
    gate_before: Annotated[int, typer.Option(metavar="SECONDS", help="Gate closure before the slot.")] = 300,
    final_after: Annotated[
        int, typer.Option(metavar="SECONDS", help="Time for a final round after gate closure.")
    ] = 300,
    refund_after: Annotated[int, typer.Option(metavar="SECONDS", help="Refunds start so long after the slot.")] = 3_600,
    attribute: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME:KIND:SOURCE",
            help="Soft attribute: income or cost; declared, ask, credibility, reliability or completed-trades. "
            "Repeatable; by default those of the demonstration.",
        ),
    ] = None,
    category: Annotated[
        list[str] | None,
        typer.Option("--category", metavar="NAME", help="Category of hard constraints; repeatable, `none` for none."),
    ] = None,
    source_category: Annotated[
        str | None, typer.Option(metavar="NAME", help="Category that is filled with the device's energy source.")
    ] = None,
    price_rule: Annotated[str, typer.Option(help="pay-as-bid or midpoint.")] = "midpoint",
    carrier: Annotated[str, typer.Option(help="electricity, heat, cold or gas.")] = "electricity",
    subnet: Annotated[int, typer.Option(help="Subnet whose devices may sell; 0 for every one.")] = 0,
    tolerance_ppm: Annotated[int, typer.Option(help="Shortfall that is not penalised.")] = 50_000,
    penalty_ppm: Annotated[int, typer.Option(help="Penalty on the value of the rest.")] = 100_000,
    zone: Annotated[str, typer.Option(help="Label of the local network, up to 24 ASCII characters.")] = "",
    mode: Annotated[str, typer.Option(help="one-to-one, or divisible: whole Wh, in parts.")] = "one-to-one",
    challenge_window: Annotated[
        int, typer.Option(metavar="SECONDS", help="Time to refute a sealed proposal; 0: prove every round whole.")
    ] = 0,
    bond_upoints: Annotated[
        int, typer.Option(metavar="UPOINTS", help="What an agent loses with a refuted proposal, micro-points.")
    ] = 0,
    endorser: Annotated[
        list[str] | None, typer.Option(metavar="WHO", help="Who may sign proposals; repeatable, the order counts.")
    ] = None,
    endorsements: Annotated[int, typer.Option(metavar="K", help="So many endorsers must sign a proposal.")] = 0,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Open a market; its rules cannot be changed afterwards.

    [bold]Example:[/bold] powerpact market open -a alice --arbiter ann --slot 2026-11-21T12:00Z
    """
    from powerpact.chain.contracts import markets
    from powerpact.market.rules import Carrier, PriceRule, Rules

    if len(zone) > 24 or not zone.isascii():
        raise BadChoice("zone", zone, "is not up to 24 ASCII characters", remedy="Choose a shorter label.")
    chain, key = open_chain(deployment), unlock(account)
    slot_start = parse_time(slot)
    closes_at = slot_start - gate_before
    slot_end = slot_start + chain.deployment.parameters.slot_length_s
    categories = _categories(category)
    if source_category is None and category is None:
        source_category = "source"
    if source_category is not None and source_category not in categories:
        raise BadChoice(
            "source category", source_category, "is not a category of the market", remedy="Name it with --category too."
        )
    rules = Rules(
        arbiter=address_of(arbiter),
        slot_start=slot_start,
        closes_at=closes_at,
        final_by=closes_at + final_after,
        refund_from=max(slot_end, closes_at + final_after + challenge_window) + refund_after,
        attributes=_attributes(attribute),
        categories=categories,
        source_category=source_category,
        carrier=enum_member(Carrier, "carrier", carrier),
        price_rule=enum_member(PriceRule, "price rule", price_rule),
        subnet=subnet,
        tolerance_ppm=tolerance_ppm,
        penalty_ppm=penalty_ppm,
        zone=zone,
        mode=_mode(mode),
        challenge_window_s=challenge_window,
        bond_upoints=bond_upoints,
        endorsements=endorsements,
        endorsers=markets.endorsers_hash([address_of(who) for who in endorser or []]),
    )
    mined = chain.sender(key).send(markets.open_market(chain, rules))
    id_ = f"0x{chain.event(mined, 'MarketOpened').arguments['market'].hex()}"
    data = {"market": id_, "slot_start": slot_start, "closes_at": closes_at, "final_by": rules.final_by}
    done(f"opened a market; the gate closes at {clock(closes_at)}", [mined], data, as_json=as_json, result=id_)


@market_group.command("list")
def list_markets(deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """List all markets.

    [bold]Example:[/bold] powerpact market list
    """
    from powerpact.chain.contracts import rounds
    from powerpact.chain.contracts.markets import markets

    chain = open_chain(deployment)
    now = chain.now()
    rows = []
    for market in markets(chain):
        rules = market.rules
        is_final = rounds.final_of(chain, market.id) != 0
        late = "expired" if now > rules.final_by else "closed"
        rows.append(
            {
                "market": f"0x{market.id.hex()}",
                "slot": clock(rules.slot_start),
                "gate": clock(rules.closes_at),
                "zone": rules.zone,
                "state": "final" if is_final else "open" if now < rules.closes_at else late,
            }
        )
    table(rows, as_json=as_json)


@order_group.command()
def buy(
    market: MarketId,
    account: As,
    energy_wh: EnergyWh,
    bid: Annotated[int, typer.Option(min=1, help="Most that you pay, micro-points per kWh.")],
    term: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=EXPECT:LIMIT[:WEIGHT]",
            help="What you want of an attribute; repeatable. Weights in ppm sum to 1000000; left out, they are equal. "
            "An attribute that you do not name is all the same to you.",
        ),
    ] = None,
    require: Annotated[
        list[str] | None, typer.Option(metavar="CATEGORY=CODE", help="What the seller must be; repeatable.")
    ] = None,
    nonce: Nonce = None,
    expiry: Expiry = None,
    sign_only: SignOnly = None,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Buy energy.

    [bold]Example:[/bold] powerpact order buy 0x5f3a -a alice --energy-wh 1200 --bid 110000 --term price=90000:120000
    """
    from powerpact.chain.contracts import markets
    from powerpact.chain.contracts.orders import unused_nonce
    from powerpact.market.orders import Order, Side

    chain, key = open_chain(deployment), unlock(account)
    id_ = market_of(chain, market)
    rules = markets.market(chain, id_).rules
    levels, limits, weights_ppm = _terms(rules, term or [])
    order = Order(
        side=Side.BUY,
        trader=key.address,
        energy_wh=energy_wh,
        price_upoints_per_kwh=bid,
        levels=levels,
        limits=limits,
        weights_ppm=weights_ppm,
        classes=_codes(rules, require or []),
        nonce=unused_nonce(chain, key.address, Side.BUY) if nonce is None else nonce,
        expiry=parse_time(expiry) if expiry else rules.closes_at,
    )
    _place(chain, key, id_, order, sign_only, as_json=as_json)


@order_group.command()
def sell(
    market: MarketId,
    account: As,
    energy_wh: EnergyWh,
    ask: Annotated[int, typer.Option(min=1, help="Price that satisfies you fully, micro-points per kWh.")],
    minimum: Annotated[int, typer.Option("--min", min=0, help="Least that you accept, micro-points per kWh.")],
    device: Annotated[int, typer.Option(min=1, help="Device that delivers.")],
    attribute: Annotated[
        list[str] | None, typer.Option(metavar="NAME=VALUE", help="Declared value of an attribute; repeatable.")
    ] = None,
    category: Annotated[
        list[str] | None, typer.Option("--class", metavar="CATEGORY=CODE", help="What you are; repeatable.")
    ] = None,
    nonce: Nonce = None,
    expiry: Expiry = None,
    sign_only: SignOnly = None,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Sell energy that a device of yours will deliver.

    [bold]Example:[/bold] powerpact order sell 0x5f3a -a bob --energy-wh 1500 --ask 100000 --min 80000 --device 1
    """
    from powerpact.chain.contracts import markets
    from powerpact.chain.contracts.orders import unused_nonce
    from powerpact.market.orders import Order, Side
    from powerpact.units import MAX_ATTRIBUTES

    chain, key = open_chain(deployment), unlock(account)
    id_ = market_of(chain, market)
    rules = markets.market(chain, id_).rules
    names = tuple(entry.name for entry in rules.attributes)
    levels = [0] * MAX_ATTRIBUTES
    for text in attribute or ():
        name, value = assignment("attribute", text, names)
        levels[names.index(name)] = numbers("attribute", value, (1,))[0]
    order = Order(
        side=Side.SELL,
        trader=key.address,
        energy_wh=energy_wh,
        price_upoints_per_kwh=ask,
        levels=tuple(levels),
        min_upoints_per_kwh=minimum,
        classes=_codes(rules, category or []),
        device=device,
        nonce=unused_nonce(chain, key.address, Side.SELL, id_[-1] + device) if nonce is None else nonce,
        expiry=parse_time(expiry) if expiry else rules.closes_at,
    )
    _place(chain, key, id_, order, sign_only, as_json=as_json)


@order_group.command()
def relay(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help="Signed orders of one market.")],
    account: As,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Post orders that others signed, as one batch, all or nothing.

    [bold]Example:[/bold] powerpact order relay alice.order.json bob.order.json -a rita
    """
    from powerpact.chain.contracts import orders
    from powerpact.codec.orderfile import parse_order
    from powerpact.market.orders import id_text, order_id

    parsed = [parse_order(file, read_input(file)) for file in files]
    market = parsed[0][0]
    for file, (other, _) in zip(files, parsed, strict=True):
        if other != market:
            raise BadChoice("file", file, "is for another market", remedy="Relay the orders of each market apart.")
    chain, key = open_chain(deployment), unlock(account)
    mined = chain.sender(key).send(orders.place_signed(chain, market, [signed for _, signed in parsed]))
    batch = orders.batch_of(chain, mined)
    ids = [id_text(order_id(batch, index)) for index in range(len(parsed))]
    data = {"market": f"0x{market.hex()}", "orders": ids}
    done(f"posted {len(ids)} orders", [mined], data, as_json=as_json, result="\n".join(ids))


@order_group.command()
def cancel(
    market: MarketId,
    order: Annotated[str, typer.Argument(metavar="ORDER", help="Id of the order, such as 3:17.")],
    account: As,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Cancel an order of one's own before the gate closes.

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
    side: Annotated[str, typer.Option(help="buy or sell: nonces of the two sides are apart.")],
    nonce: Annotated[list[int], typer.Option(min=0, help="A nonce of one's signed orders; repeatable.")],
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Use up nonces of one's own, so that signed orders with them can never be posted.

    All of the nonces named are of one page of 32, and all pages before it close.

    [bold]Example:[/bold] powerpact order revoke -a alice --side buy --nonce 4 --nonce 5
    """
    from powerpact.chain.contracts import orders
    from powerpact.market.orders import NONCES_PER_PAGE, Side

    pages = {number // NONCES_PER_PAGE for number in nonce}
    if len(pages) != 1:
        remedy = f"Revoke those of one page of {NONCES_PER_PAGE} at a time, the lowest page first."
        raise BadChoice("nonces", ", ".join(map(str, nonce)), "are not of one page", remedy=remedy)
    mask = sum(1 << offset for offset in {number % NONCES_PER_PAGE for number in nonce})
    chain, key = open_chain(deployment), unlock(account)
    call = orders.cancel_nonces(chain, enum_member(Side, "side", side), pages.pop(), mask)
    mined = chain.sender(key).send(call)
    data = {"side": side, "nonces": sorted(set(nonce))}
    done(f"revoked {len(data['nonces'])} nonces of {side} orders", [mined], data, as_json=as_json)


@order_group.command("list")
def list_orders(market: MarketId, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """List the orders of a market.

    [bold]Example:[/bold] powerpact order list 0x5f3a
    """
    from powerpact.chain.contracts import rounds
    from powerpact.market.orders import id_text

    chain = open_chain(deployment)
    posted = rounds.read_round(chain, market_of(chain, market))
    rows = (
        {
            "order": id_text(id_),
            "side": order.side.name.lower(),
            "trader": order.trader,
            "energy_wh": order.energy_wh,
            "price_upoints_per_kwh": order.price_upoints_per_kwh,
            "min_upoints_per_kwh": order.min_upoints_per_kwh,
            "device": order.device,
            "state": "closed" if posted.is_closed(id_) else "open",
        }
        for id_, order in posted.orders.items()
    )
    table(rows, as_json=as_json)


def _place(
    chain: Chain, key: LocalAccount, market: bytes, order: Order, sign_only: str | None, *, as_json: bool
) -> None:
    from powerpact.chain.contracts import orders
    from powerpact.codec.orderfile import format_order
    from powerpact.market.orders import id_text, order_id

    if sign_only is not None:
        write_output(sign_only, format_order(market, orders.sign_order(chain, key, market, order)))
        tell(f"signed; anybody can post it with `powerpact order relay {sign_only}`")
        return
    mined = chain.sender(key).send(orders.place(chain, market, order))
    id_ = id_text(order_id(orders.batch_of(chain, mined), 0))
    data = {"market": f"0x{market.hex()}", "order": id_, "reserved_upoints": order.reservation_upoints}
    held = f", {order.reservation_upoints} micro-points reserved" if order.reservation_upoints else ""
    done(f"posted order {id_}{held}", [mined], data, as_json=as_json, result=id_)


def _attributes(texts: list[str] | None) -> tuple[MarketAttribute, ...]:
    from powerpact.market.rules import AttributeSource, Kind, MarketAttribute
    from powerpact.simulation.community import ATTRIBUTES

    if texts is None:
        return ATTRIBUTES
    attributes = []
    for text in texts:
        parts = text.split(":")
        if len(parts) != 3 or parts[1] not in set(Kind):
            raise BadChoice("attribute", text, "is not NAME:KIND:SOURCE", remedy="Write, for instance, price:cost:ask.")
        source = enum_member(AttributeSource, "source", parts[2])
        attributes.append(MarketAttribute(parts[0], Kind(parts[1]), source))
    return tuple(attributes)


def _mode(word: str) -> Mode:
    from powerpact.market.rules import Mode

    try:
        return Mode(word)
    except ValueError:
        raise BadChoice("mode", word, "is unknown", remedy=f"Choose one of {', '.join(Mode)}.") from None


def _categories(names: list[str] | None) -> tuple[str, ...]:
    from powerpact.simulation.community import CATEGORIES

    if names is None:
        return tuple(CATEGORIES)
    return () if names == ["none"] else tuple(names)


def _terms(rules: Rules, texts: list[str]) -> tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]:
    """Expectations, limits and weights of a buyer, eight of each."""
    from powerpact.market.orders import equal_weights_ppm
    from powerpact.market.rules import Kind
    from powerpact.units import ATTRIBUTE, MAX_ATTRIBUTES

    names = tuple(entry.name for entry in rules.attributes)
    given: dict[str, list[int]] = {}
    for text in texts:
        name, value = assignment("term", text, names)
        given[name] = numbers("term", value, (2, 3))
    stated = [name for name in names if name in given] or list(names)
    weights = dict(zip(stated, equal_weights_ppm(len(stated)), strict=True))
    has_weights = {len(values) for values in given.values()}
    if has_weights == {2, 3}:
        raise BadChoice("term", texts[0], "some terms have weights, some not", remedy="Weigh all of them, or none.")
    levels, limits, weights_ppm = ([0] * MAX_ATTRIBUTES for _ in range(3))
    for f, entry in enumerate(rules.attributes):
        indifferent = 0 if entry.kind is Kind.INCOME else ATTRIBUTE.maximum
        values = given.get(entry.name, [indifferent, indifferent])
        levels[f], limits[f] = values[:2]
        weights_ppm[f] = values[2] if len(values) == 3 else weights.get(entry.name, 0) * (has_weights != {3})
    return tuple(levels), tuple(limits), tuple(weights_ppm)


def _codes(rules: Rules, texts: list[str]) -> bytes:
    """Class codes, eight bytes: a number from 1 to 255, or a label of the demonstration's categories."""
    from powerpact.simulation.community import CATEGORIES, class_code
    from powerpact.units import MAX_CATEGORIES

    codes = bytearray(MAX_CATEGORIES)
    for text in texts:
        name, value = assignment("class", text, rules.categories)
        if value.isdecimal() and 0 < int(value) < 256:
            codes[rules.categories.index(name)] = int(value)
        elif value in CATEGORIES.get(name, ()):
            codes[rules.categories.index(name)] = class_code(name, value)
        else:
            known = ", ".join(CATEGORIES.get(name, ()))
            raise BadChoice("class", text, "has no such code", remedy=f"Write a number from 1 to 255; known: {known}.")
    return bytes(codes)
