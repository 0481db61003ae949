"""Commands ``account``: keys, each in an encrypted file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from powerpact.cli.output import read_input
from powerpact.cli.session import AsJson, ask_password, ask_secret, done, table, tell

if TYPE_CHECKING:
    from powerpact.codec.devicekeys import DeviceKey

group = typer.Typer(help="Keys, each in an encrypted file.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(metavar="NAME", help="What it is called.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(group, name="account")


@group.command()
def new(
    name: Name,
    p256: Annotated[
        bool,
        typer.Option("--p256", help="A P-256 key, as secure elements and TPMs have them: for a device alone."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Make a new key.

    The password comes from the terminal, from the file in POWERPACT_PASSWORD_FILE, or from the file descriptor in
    POWERPACT_PASSWORD_FD; the encrypted file goes to POWERPACT_HOME, by default ~/.powerpact.

    [bold]Example:[/bold] powerpact account new alice
    """
    from powerpact.keystore import Keystore

    keystore = Keystore.default()
    make = keystore.create_p256 if p256 else keystore.create
    address = make(name, ask_password(name, is_new=True))
    done(f"made account {name}", [], {"name": name, "address": address}, as_json=as_json, result=address)


@group.command("import")
def import_key(
    name: Name,
    file: Annotated[
        str | None,
        typer.Option(metavar="FILE", help="Encrypted file of Geth or ethers, or MetaMask's vault; - for input."),
    ] = None,
    address: Annotated[str | None, typer.Option(metavar="ADDRESS", help="Which account of a vault.")] = None,
    as_json: AsJson = False,
) -> None:
    """Bring a key that another wallet has: from its encrypted file, or its hexadecimal digits, asked for hidden.

    The file's own password comes from the terminal or from the file in POWERPACT_IMPORT_PASSWORD_FILE; a script gives
    the digits in the file that POWERPACT_IMPORT_KEY_FILE names.

    [bold]Example:[/bold] powerpact account import alice --file UTC--2026-11-21T12-00-00Z--70997970
    """
    from powerpact.keystore import Keystore
    from powerpact.keystore.foreign import from_file, from_hex

    account: DeviceKey
    if file is None:
        account = from_hex(name, ask_secret("POWERPACT_IMPORT_KEY_FILE", f"private key of {name}, hexadecimal"))
    else:
        content = read_input(file)
        account = from_file(name, content, ask_secret("POWERPACT_IMPORT_PASSWORD_FILE", f"password of {file}"), address)
    added = Keystore.default().add(name, account, ask_password(name, is_new=True))
    done(f"imported account {name}", [], {"name": name, "address": added}, as_json=as_json, result=added)


@group.command()
def export(
    name: Name,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="A new file; else standard output.")
    ] = None,
    unencrypted: Annotated[
        bool,
        typer.Option("--unencrypted", help="The private key itself: whoever sees it has all that the account has."),
    ] = False,
) -> None:
    """Hand out a key as an encrypted file with the same password, which Geth, ethers and MetaMask import.

    The file of a P-256 key is for another keystore of PowerPact: `powerpact account import --file`.

    [bold]Example:[/bold] powerpact account export alice -o alice.json
    """
    import os

    from powerpact.errors import FileProblem
    from powerpact.keystore import Keystore

    keystore = Keystore.default()
    if unencrypted:
        keystore.address(name)
        text = f"0x{bytes(keystore.unlock_device(name, ask_password(name)).key).hex()}"
    else:
        text = keystore.encrypted(name)
    if output is None:
        typer.echo(text)
        return
    try:
        handle = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise FileProblem(str(output), error.strerror or str(error)) from error
    with os.fdopen(handle, "w", encoding="utf-8") as stream:
        stream.write(f"{text}\n")
    tell(f"wrote {output}")


@group.command()
def passwd(name: Name) -> None:
    """Change the password of an account; the new one comes from the terminal or from POWERPACT_NEW_PASSWORD_FILE.

    [bold]Example:[/bold] powerpact account passwd alice
    """
    from powerpact.keystore import Keystore

    keystore = Keystore.default()
    keystore.address(name)
    old = ask_password(name)
    new_one = ask_secret("POWERPACT_NEW_PASSWORD_FILE", f"new password of {name}", is_new=True)
    keystore.change_password(name, old, new_one)
    tell(f"{name} has a new password")


@group.command("list")
def list_accounts(as_json: AsJson = False) -> None:
    """List the accounts of the keystore.

    [bold]Example:[/bold] powerpact account list
    """
    from powerpact.keystore import P256, Keystore

    keystore = Keystore.default()
    rows = (
        {"name": name, "address": address, "curve": P256 if keystore.is_p256(name) else "secp256k1"}
        for name, address in keystore.names().items()
    )
    table(rows, as_json=as_json)
