"""Commands ``points``, ``deposit``, ``withdraw`` and ``balance``."""

from __future__ import annotations

from typing import Annotated

import typer

from powerpact.cli.session import DEPLOYMENT_FILE, As, AsJson, Deployed, address_of, done, open_chain, table, unlock

group = typer.Typer(help="The currency: issued by the utility, redeemed against its bills.", no_args_is_help=True)

Upoints = Annotated[int, typer.Argument(metavar="UPOINTS", min=1, help="Micro-points.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(group, name="points")
    for command in (deposit, withdraw, balance):
        app.command()(command)


@group.command()
def mint(
    to: Annotated[str, typer.Argument(metavar="WHO", help="Account, by name or address.")],
    upoints: Upoints,
    account: As,
    reference: Annotated[str, typer.Option(help="Reference of the deposit; each counts once.")],
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Issue points against a deposit, as the utility.

    [bold]Example:[/bold] powerpact points mint alice 50000000 -a utility --reference "transfer 4711"
    """
    from powerpact.chain.contracts import points

    chain, key, holder = open_chain(deployment), unlock(account), address_of(to)
    mined = chain.sender(key).send(points.mint(chain, holder, upoints, points.reference(reference)))
    done(f"issued {upoints} micro-points to {to}", [mined], {"to": holder, "upoints": upoints}, as_json=as_json)


@group.command()
def redeem(
    upoints: Upoints,
    account: As,
    bill: Annotated[str, typer.Option(help="The electricity bill that is paid.")],
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Pay an electricity bill with points.

    [bold]Example:[/bold] powerpact points redeem 30000000 -a alice --bill 2026-11
    """
    from powerpact.chain.contracts import points

    chain, key = open_chain(deployment), unlock(account)
    mined = chain.sender(key).send(points.redeem(chain, upoints, points.reference(bill)))
    done(f"paid bill {bill} with {upoints} micro-points", [mined], {"bill": bill, "upoints": upoints}, as_json=as_json)


def deposit(upoints: Upoints, account: As, deployment: Deployed = DEPLOYMENT_FILE, as_json: AsJson = False) -> None:
    """Deposit points into your account, with a signed permit.

    [bold]Example:[/bold] powerpact deposit 50000000 -a alice
    """
    from powerpact.chain.contracts import points

    chain, key = open_chain(deployment), unlock(account)
    sender = chain.sender(key)
    with sender.turn():  # the permit is signed for the state after what was sent before
        mined = sender.send(points.deposit(chain, key, upoints))
    with chain.as_of(mined):
        free = points.wallet_of(chain, key.address).free_upoints
    data = {"trader": key.address, "upoints": upoints, "free_upoints": free}
    done(f"deposited {upoints} micro-points, {free} are free now", [mined], data, as_json=as_json)


def withdraw(
    upoints: Upoints,
    account: As,
    to: Annotated[str | None, typer.Option(metavar="WHO", help="Who gets them; by default the sender.")] = None,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Withdraw free points from your account.

    [bold]Example:[/bold] powerpact withdraw 20000000 -a alice
    """
    from powerpact.chain.contracts import points

    chain, key = open_chain(deployment), unlock(account)
    target = address_of(to) if to else key.address
    mined = chain.sender(key).send(points.withdraw(chain, upoints, target))
    with chain.as_of(mined):
        free = points.wallet_of(chain, key.address).free_upoints
    data = {"to": target, "upoints": upoints, "free_upoints": free}
    done(f"withdrew {upoints} micro-points, {free} are free now", [mined], data, as_json=as_json)


def balance(
    who: Annotated[list[str] | None, typer.Argument(metavar="[WHO...]", help="By default the whole keystore.")] = None,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Show admission, points, record and ether of accounts.

    [bold]Example:[/bold] powerpact balance alice bob
    """
    from powerpact.chain.connection import translated
    from powerpact.chain.contracts import participants, points
    from powerpact.keystore import Keystore

    chain = open_chain(deployment)

    def row(name: str) -> dict[str, object]:
        address = address_of(name)
        wallet = points.wallet_of(chain, address)
        reliability_ppm, trades = points.reliability_of(chain, address)
        with translated(chain.web3, "the balance of ether"):
            wei = chain.web3.eth.get_balance(address)
        return {
            "account": name,
            "address": address,
            "admission": participants.admission_text(chain, address),
            "points_upoints": points.balance_of(chain, address),
            "free_upoints": wallet.free_upoints,
            "held_upoints": wallet.held_upoints,
            "reliability_ppm": reliability_ppm,
            "sales": trades,
            "wei": wei,
        }

    table((row(name) for name in who or Keystore.default().names()), as_json=as_json)
