"""Commands ``agreement``."""

from __future__ import annotations

from typing import Annotated

import typer

from powerpact.cli.output import STANDARD_STREAM, read_input, write_output
from powerpact.cli.session import (
    DEPLOYMENT_FILE,
    IN_POINTS,
    As,
    AsJson,
    Deployed,
    MarketId,
    done,
    market_of,
    open_chain,
    tell,
    unlock,
)
from powerpact.market.wording import money, parse_money

group = typer.Typer(
    help="A trade ended by agreement: two of buyer, seller and arbiter sign, anyone relays.", no_args_is_help=True
)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(group, name="agreement")


@group.command()
def sign(
    market: MarketId,
    trade: Annotated[
        str, typer.Argument(metavar="TRADE", help="Id of the trade or of either of its orders; see `round status`.")
    ],
    account: As,
    to_seller: Annotated[
        str, typer.Option(metavar="AMOUNT", help=f"What the seller gets, {IN_POINTS}; the buyer gets the rest back.")
    ],
    output: Annotated[
        str, typer.Option("-o", "--output", metavar="FILE", help="Where the agreement goes, - for standard output.")
    ] = STANDARD_STREAM,
    deployment: Deployed = DEPLOYMENT_FILE,
) -> None:
    """Sign, as a party, the amount that the seller receives; nothing is sent.

    [bold]Example:[/bold] powerpact agreement sign 0x5f3a 2:0 --to-seller 0.05 -a alice -o alice.agreement.json
    """
    from powerpact.chain.contracts import agreements
    from powerpact.codec.agreementfile import format_agreement

    to_seller_upoints = parse_money(to_seller, "to-seller", least=0)
    chain, key = open_chain(deployment), unlock(account)
    id_ = market_of(chain, market)
    final = agreements.find_trade(chain, id_, trade)
    write_output(output, format_agreement(agreements.sign_agreement(chain, key, id_, final, to_seller_upoints)))
    tell("signed; with a second party's agreement anyone can end the trade by `powerpact agreement submit`")


@group.command()
def submit(
    files: Annotated[tuple[str, str], typer.Argument(metavar="FILE FILE", help="Agreements that two parties signed.")],
    account: As,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """End a trade as two of its parties agreed. Anyone may call this.

    [bold]Example:[/bold] powerpact agreement submit alice.agreement.json ann.agreement.json -a bob
    """
    from powerpact.chain.contracts import agreements
    from powerpact.codec.agreementfile import parse_agreement

    one, other = (parse_agreement(file, read_input(file)) for file in files)
    chain, key = open_chain(deployment), unlock(account)
    mined = chain.sender(key).send(agreements.settle_agreed(chain, one, other))
    data = {
        "market": f"0x{one.market.hex()}",
        "trade": f"0x{one.trade.hex()}",
        "to_seller_upoints": one.to_seller_upoints,
    }
    done(f"ended the trade; the seller got {money(one.to_seller_upoints)}", [mined], data, as_json=as_json)
