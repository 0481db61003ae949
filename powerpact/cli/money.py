"""Commands ``points``, ``deposit``, ``withdraw`` and ``balance``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from powerpact.cli.names import people_names
from powerpact.cli.output import print_json
from powerpact.cli.session import (
    DEPLOYMENT_FILE,
    IN_POINTS,
    As,
    AsJson,
    Deployed,
    Whose,
    address_of,
    done,
    names_of,
    open_chain,
    unlock,
)
from powerpact.market import wording

if TYPE_CHECKING:
    from powerpact.chain.client import Chain

group = typer.Typer(help="The currency: issued by the utility, redeemed against its bills.", no_args_is_help=True)

Amount = Annotated[
    str,
    typer.Argument(metavar="AMOUNT", help=f"How much, {IN_POINTS}."),
]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(group, name="points")
    for command in (deposit, withdraw, balance):
        app.command()(command)


@group.command()
def mint(
    to: Whose,
    amount: Amount,
    account: As,
    reference: Annotated[str, typer.Option(help="Reference of the deposit; each counts once.")],
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Issue points against a deposit, as the utility.

    [bold]Example:[/bold] powerpact points mint alice 50.0 -a utility --reference "transfer 4711"
    """
    from powerpact.chain.contracts import points

    upoints = wording.parse_money(amount)
    chain, key, holder = open_chain(deployment), unlock(account), address_of(to)
    mined = chain.sender(key).send(points.mint(chain, holder, upoints, points.reference(reference)))
    done(f"issued {wording.money(upoints)} to {to}", [mined], {"to": holder, "upoints": upoints}, as_json=as_json)


@group.command()
def transfer(
    to: Whose, amount: Amount, account: As, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False
) -> None:
    """Give points to another account. They come from outside custody: `powerpact withdraw` first what is deposited.

    [bold]Example:[/bold] powerpact points transfer bob 2.5 -a alice
    """
    from powerpact.chain.contracts import points

    upoints = wording.parse_money(amount)
    chain, key, target = open_chain(deployment), unlock(account), address_of(to)
    mined = chain.sender(key).send(points.transfer(chain, target, upoints))
    left = points.balance_of(chain, key.address)
    data = {"from": key.address, "to": target, "upoints": upoints, "points_upoints": left}
    done(f"gave {wording.money(upoints)} to {to}; {wording.money(left)} left", [mined], data, as_json=as_json)


@group.command()
def redeem(
    amount: Amount,
    account: As,
    bill: Annotated[str, typer.Option(help="The electricity bill that is paid.")],
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Pay an electricity bill with points.

    [bold]Example:[/bold] powerpact points redeem 30.0 -a alice --bill 2026-11
    """
    from powerpact.chain.contracts import points

    upoints = wording.parse_money(amount)
    chain, key = open_chain(deployment), unlock(account)
    mined = chain.sender(key).send(points.redeem(chain, upoints, points.reference(bill)))
    done(
        f"paid bill {bill} with {wording.money(upoints)}", [mined], {"bill": bill, "upoints": upoints}, as_json=as_json
    )


def deposit(amount: Amount, account: As, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """Deposit points into your account, with a signed permit.

    [bold]Example:[/bold] powerpact deposit 5.5 -a alice
    """
    from powerpact.chain.contracts import points

    upoints = wording.parse_money(amount)
    chain, key = open_chain(deployment), unlock(account)
    sender = chain.sender(key)
    with sender.turn():  # the permit is signed for the state after what was sent before
        mined = sender.send(points.deposit(chain, key, upoints))
    with chain.as_of(mined):
        free = points.wallet_of(chain, key.address).free_upoints
    data = {"trader": key.address, "upoints": upoints, "free_upoints": free}
    done(f"deposited {wording.money(upoints)}; free now: {wording.money(free)}", [mined], data, as_json=as_json)


def withdraw(
    amount: Amount,
    account: As,
    to: Annotated[str | None, typer.Option(metavar="WHO", help="Who gets them; by default the sender.")] = None,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Withdraw free points from your account.

    [bold]Example:[/bold] powerpact withdraw 20.0 -a alice
    """
    from powerpact.chain.contracts import points

    upoints = wording.parse_money(amount)
    chain, key = open_chain(deployment), unlock(account)
    target = address_of(to) if to else key.address
    mined = chain.sender(key).send(points.withdraw(chain, upoints, target))
    with chain.as_of(mined):
        free = points.wallet_of(chain, key.address).free_upoints
    data = {"to": target, "upoints": upoints, "free_upoints": free}
    done(f"withdrew {wording.money(upoints)}; free now: {wording.money(free)}", [mined], data, as_json=as_json)


def balance(
    who: Annotated[
        list[str] | None,
        typer.Argument(metavar="[WHO...]", help="By default the whole keystore.", autocompletion=people_names),
    ] = None,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Show admission, points, record and ether of accounts.

    [bold]Example:[/bold] powerpact balance alice bob
    """
    from powerpact.keystore import Keystore

    chain = open_chain(deployment)
    rows = [balance_of(chain, name) for name in who or Keystore.default().people()]
    if as_json:
        print_json(rows)
        return
    names = names_of(chain)
    typer.echo("\n\n".join(balance_text(row, names(row["address"])) for row in rows))


def balance_of(chain: Chain, who: str) -> dict[str, Any]:
    """What an account has, as data; wei as text, since they exceed what JSON numbers hold exactly."""
    from powerpact.chain.connection import translated
    from powerpact.chain.contracts import participants, points

    address = address_of(who)
    wallet = points.wallet_of(chain, address)
    reliability_ppm, sales = points.reliability_of(chain, address)
    with translated(chain.web3, "the balance of ether"):
        wei = chain.web3.eth.get_balance(address)
    return {
        "account": who,
        "address": address,
        "admission": participants.admission_text(chain, address),
        "points_upoints": points.balance_of(chain, address),
        "free_upoints": wallet.free_upoints,
        "held_upoints": wallet.held_upoints,
        "reliability_ppm": reliability_ppm,
        "sales": sales,
        "wei": str(wei),
    }


def balance_text(row: Mapping[str, Any], name: str) -> str:
    """The same in words."""
    sales = row["sales"]
    told = f"{wording.share(row['reliability_ppm'])} of {wording.count(sales, 'sale')}" if sales else "no sales yet"
    lines = {
        "admission": row["admission"],
        "outside": wording.money(row["points_upoints"]),
        "free": wording.money(row["free_upoints"]),
        "held": wording.money(row["held_upoints"]),
        "delivered": told,
        "ether": wording.ether(int(row["wei"])),
    }
    called = name if name == row["address"] else f"{name}  {row['address']}"
    return "\n".join([called, *(f"  {label:<10} {value}" for label, value in lines.items())])
