"""Commands ``mandate``: what a delegate may order in a trader's name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from powerpact.cli.delegated import read_mandate
from powerpact.cli.names import people_names
from powerpact.cli.orders import ClassOf, Declared, MinFill, Require, Terms, least_fill
from powerpact.cli.output import STANDARD_STREAM, print_json, write_output
from powerpact.cli.session import (
    DEPLOYMENT_FILE,
    PER_KWH,
    As,
    AsJson,
    Deployed,
    MarketId,
    Whose,
    address_of,
    clock,
    done,
    market_of,
    names_of,
    open_chain,
    parse_time,
    table,
    tell,
    unlock,
    utc,
)
from powerpact.cli.terms import coded, stated_values, wanted
from powerpact.errors import BadChoice
from powerpact.market import wording
from powerpact.market.wording import parse_price

if TYPE_CHECKING:
    from powerpact.chain.client import Chain
    from powerpact.chain.contracts.mandates import MandateState
    from powerpact.market.mandates import Mandate
    from powerpact.market.rules import Rules

TWO_DAYS_S = 172_800

Range = tuple[int | None, int | None]
Texts = list[str] | None

group = typer.Typer(
    help="Mandates: orders that a delegate, such as a home's gateway, signs in a trader's name.", no_args_is_help=True
)

Delegate = Annotated[str, typer.Option(metavar="WHO", help="Whose key signs the orders.", autocompletion=people_names)]
MostPerSlot = Annotated[int, typer.Option(min=1, help="Most energy of the orders of a slot, Wh.")]
Most = Annotated[int, typer.Option(min=1, help="Most energy of all orders that are open or traded, Wh.")]
Until = Annotated[str, typer.Option(metavar="TIME", help="Its slots have ended by then.")]
From = Annotated[
    str | None, typer.Option("--from", metavar="TIME", help="Its slots begin from then on; by default now.")
]
HighestBid = Annotated[str | None, typer.Option("--bid", metavar="PRICE", help=f"To buy: highest bid, {PER_KWH}.")]
LowestMinimum = Annotated[str | None, typer.Option("--min", metavar="PRICE", help="To sell: lowest minimum, likewise.")]
ShortestLead = Annotated[
    int | None, typer.Option(min=0, help="The gate closes at least so long before the slot, s; by default as here.")
]
LongestLead = Annotated[
    int | None, typer.Option(min=0, help="The gate closes at most so long before the slot, s; by default as here.")
]
ShortestRefund = Annotated[
    int | None, typer.Option(min=0, help="Refunds begin at least so long after the slot, s; by default as here.")
]
LongestRefund = Annotated[
    int | None, typer.Option(min=0, help="Refunds begin at most so long after the slot, s; by default as here.")
]
LongestAhead = Annotated[int, typer.Option(min=0, help="Orders are posted at most so long before their slot, s.")]
Serial = Annotated[int, typer.Option(min=0, help="Tells equal mandates apart, after one was revoked.")]
Output = Annotated[
    str, typer.Option("-o", "--output", metavar="FILE", help="Where the mandate goes, - for standard output.")
]
MandateFile = Annotated[str, typer.Argument(metavar="FILE", help="A signed mandate, - for standard input.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(group, name="mandate")


@group.command()
def sign(
    market: MarketId,
    account: As,
    delegate: Delegate,
    most_wh_per_slot: MostPerSlot,
    most_wh: Most,
    until: Until,
    from_: From = None,
    bid: HighestBid = None,
    minimum: LowestMinimum = None,
    device: Annotated[int, typer.Option(min=0, help="Device that delivers, or meter where the import counts.")] = 0,
    term: Terms = None,
    require: Require = None,
    attribute: Declared = None,
    category: ClassOf = None,
    min_fill_ppm: MinFill = None,
    shortest_lead_s: ShortestLead = None,
    longest_lead_s: LongestLead = None,
    shortest_refund_s: ShortestRefund = None,
    longest_refund_s: LongestRefund = None,
    longest_ahead_s: LongestAhead = TWO_DAYS_S,
    serial: Serial = 0,
    output: Output = STANDARD_STREAM,
    deployment: Deployed = DEPLOYMENT_FILE,
) -> None:
    """Sign a mandate for all markets that differ from this one in nothing but their times; nothing is sent.

    [bold]Example:[/bold] powerpact mandate sign 0x5f3a -a alice --delegate gateway --bid 0.11 \
    --most-wh-per-slot 3000 --most-wh 500000 --until 2027-01-01 -o alice.mandate.json
    """
    from powerpact.chain.contracts import mandates
    from powerpact.chain.contracts.markets import market as find
    from powerpact.codec.mandatefile import format_mandate
    from powerpact.market.mandates import Mandate

    chain, key = open_chain(deployment), unlock(account)
    id_ = market_of(chain, market)
    rules = find(chain, id_).rules
    terms = _terms(rules, (bid, term, require), (minimum, attribute, category, device))
    leads, refunds = (shortest_lead_s, longest_lead_s), (shortest_refund_s, longest_refund_s)
    times = _times(rules, parse_time(from_) if from_ else chain.now(), parse_time(until), leads, refunds)
    mandate = Mandate(
        trader=key.address,
        delegate=address_of(delegate),
        design=mandates.design_of(chain, id_),
        most_wh_per_slot=most_wh_per_slot,
        most_wh=most_wh,
        min_fill_ppm=least_fill(rules, min_fill_ppm),
        longest_ahead_s=longest_ahead_s,
        serial=serial,
        **times,
        **terms,
    )
    write_output(output, format_mandate(chain.domain("Mandates"), mandates.sign_mandate(chain, key, mandate)))
    tell("signed; its delegate orders with `powerpact order buy|sell --mandate FILE`")


@group.command()
def show(file: MandateFile, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """Show a mandate, what of it is used, and whether it is revoked.

    [bold]Example:[/bold] powerpact mandate show alice.mandate.json
    """
    from powerpact.chain.contracts import mandates

    chain = open_chain(deployment)
    signed = read_mandate(chain, file)
    mandate, state = signed.mandate, mandates.state_of(chain, signed.mandate)
    is_signed = mandates.is_signed_by_key(chain, signed)
    if as_json:
        print_json(_data(mandate, state) | {"is_signed_by_key": is_signed})
        return
    rows = [*_words(chain, mandate, state), *_term_words(mandate)]
    rows.append(("signature", f"{'' if is_signed else 'not '}by the trader's key"))
    table(({"field": field, "value": value} for field, value in rows), as_json=False)


@group.command("list")
def list_mandates(who: Whose, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """List the mandates of an account that are registered.

    [bold]Example:[/bold] powerpact mandate list alice
    """
    from powerpact.chain.contracts import mandates

    chain = open_chain(deployment)
    own = mandates.mandates_of(chain, address_of(who))
    states = mandates.states_of(chain, list(own.values()))
    name_of, now = names_of(chain), chain.now()
    rows = [
        {
            "number": number,
            "delegate": mandate.delegate,
            "for": _sides(mandate),
            "used_wh": state.used_wh,
            "most_wh": mandate.most_wh,
            "until": utc(mandate.until_s),
            "state": _state_word(mandate, state, now),
        }
        for (number, mandate), state in zip(own.items(), states, strict=True)
    ]
    table(
        rows,
        as_json=as_json,
        shown=lambda row: {
            **row,
            "delegate": name_of(row["delegate"]),
            "until": clock(own[row["number"]].until_s),
        },
    )


@group.command()
def revoke(
    mandate: Annotated[str, typer.Argument(metavar="FILE|NUMBER", help="A signed mandate, or its number.")],
    account: As,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Revoke a mandate for good, registered or not; what is open under it can be cancelled as any other order.

    [bold]Example:[/bold] powerpact mandate revoke alice.mandate.json -a alice
    """
    from powerpact.chain.contracts import mandates

    chain, key = open_chain(deployment), unlock(account)
    if mandate.isdecimal():
        found = mandates.mandates_of(chain, key.address).get(int(mandate))
        if found is None:
            raise BadChoice("mandate", mandate, f"is none of {account}", remedy="See `powerpact mandate list`.")
    else:
        found = read_mandate(chain, mandate).mandate
    mined = chain.sender(key).send(mandates.revoke(chain, found))
    done("revoked the mandate", [mined], {"delegate": found.delegate}, as_json=as_json)


def _times(rules: Rules, from_s: int, until_s: int, leads: Range, refunds: Range) -> dict[str, Any]:
    """When, and the ranges of lead and refund times: what is left out is as in the market with these rules."""
    if from_s >= until_s:
        raise BadChoice("until", utc(until_s), "is not after its start", remedy="Name a later end.")
    lead, refund = rules.slot_start - rules.closes_at, rules.refund_from - rules.slot_start
    ranges = _range("lead", *leads, lead) | _range("refund", *refunds, refund)
    return {"from_s": from_s, "until_s": until_s, **ranges}


def _range(name: str, shortest: int | None, longest: int | None, here: int) -> dict[str, int]:
    """The shortest and longest lead or refund time; what is left out is as in the market that was named."""
    shortest, longest = here if shortest is None else shortest, here if longest is None else longest
    if shortest > longest:
        problem = f"is longer than the longest, {longest}"
        raise BadChoice(f"shortest-{name}-s", shortest, problem, remedy=f"Give --longest-{name}-s, too.")
    return {f"shortest_{name}_s": shortest, f"longest_{name}_s": longest}


def _terms(
    rules: Rules, buyer: tuple[str | None, Texts, Texts], seller: tuple[str | None, Texts, Texts, int]
) -> dict[str, Any]:
    """The buyer's bid, wants and required classes; the seller's minimum, values, classes and device."""
    from powerpact.market.terms import buyer_terms, declared_values, require_classes

    (bid, term, require), (minimum, attribute, category, device) = buyer, seller
    if bid is None and minimum is None:
        raise BadChoice("side", "none", "is not clear", remedy="Give --bid to buy, --min to sell, or both.")
    terms: dict[str, Any] = {"buys": bid is not None, "sells": minimum is not None, "device": device}
    terms["highest_bid_upoints_per_kwh"] = 0 if bid is None else parse_price(bid, "bid")
    terms["lowest_min_upoints_per_kwh"] = 0 if minimum is None else parse_price(minimum, "min", least=0)
    if bid is not None:
        expectations, limits, weights_ppm = buyer_terms(rules, wanted(term or [], rules))
        terms |= {"expectations": expectations, "limits": limits, "weights_ppm": weights_ppm}
        terms["requires"] = coded(rules, require)
    if minimum is not None:
        terms |= {"attributes": declared_values(rules, stated_values(attribute)), "classes": coded(rules, category)}
        require_classes(rules, terms["classes"])
        if device == 0:
            raise BadChoice("device", device, "is no device", remedy="Name the device that delivers: --device ID.")
    return terms


def _sides(mandate: Mandate) -> str:
    return " and ".join(side for side, is_for in (("buy", mandate.buys), ("sell", mandate.sells)) if is_for)


def _state_word(mandate: Mandate, state: MandateState, now: int) -> str:
    if state.is_revoked:
        return "revoked"
    if now >= mandate.until_s:
        return "over"
    return "in force" if state.number else "not registered"


def _words(chain: Chain, mandate: Mandate, state: MandateState) -> list[tuple[str, str]]:
    """A mandate for people, a row for each field."""
    name_of = names_of(chain)
    rows = [
        ("state", _state_word(mandate, state, chain.now())),
        ("number", str(state.number or wording.NOTHING)),
        ("trader", name_of(mandate.trader)),
        ("delegate", name_of(mandate.delegate)),
        ("for", _sides(mandate)),
        ("device", str(mandate.device or wording.NOTHING)),
        ("a slot", f"{mandate.most_wh_per_slot} Wh at most"),
        ("in all", f"{state.used_wh} of {mandate.most_wh} Wh"),
    ]
    if mandate.buys:
        rows.append(("bid", f"{wording.price(mandate.highest_bid_upoints_per_kwh)} at most"))
    if mandate.sells:
        rows.append(("minimum", f"{wording.price(mandate.lowest_min_upoints_per_kwh)} at least"))
    refund = f"{wording.span(mandate.shortest_refund_s)} to {wording.span(mandate.longest_refund_s)}"
    lead = f"{wording.span(mandate.shortest_lead_s)} to {wording.span(mandate.longest_lead_s)} before its slot"
    return [
        *rows,
        ("least share", wording.share(mandate.min_fill_ppm)),
        ("slots from", clock(mandate.from_s)),
        ("slots until", clock(mandate.until_s)),
        ("gate closes", lead),
        ("refunds begin", f"{refund} after its slot begins"),
        ("orders ahead", f"{wording.span(mandate.longest_ahead_s)} before their slot at most"),
        ("serial", str(mandate.serial)),
        ("design", f"0x{mandate.design.hex()}"),
    ]


def _term_words(mandate: Mandate) -> list[tuple[str, str]]:
    """What its orders say, in the order of the design's classes and attributes, unless all of it is zero."""
    eight = {
        "requires": tuple(mandate.requires),
        "classes": tuple(mandate.classes),
        "expectations": mandate.expectations,
        "limits": mandate.limits,
        "weights, ppm": mandate.weights_ppm,
        "values": mandate.attributes,
    }
    return [(name, " ".join(map(str, values))) for name, values in eight.items() if any(values)]


def _data(mandate: Mandate, state: MandateState) -> dict[str, Any]:
    """A mandate for programs."""
    _, message = mandate.message()
    written = {name: f"0x{value.hex()}" if isinstance(value, bytes) else value for name, value in message.items()}
    times = {"from": utc(mandate.from_s), "until": utc(mandate.until_s)}
    return {**written, **times, "number": state.number, "used_wh": state.used_wh, "is_revoked": state.is_revoked}
