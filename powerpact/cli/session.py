"""What the commands that talk to a chain share: their options, keys, and how they show what they did."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from powerpact.cli import config
from powerpact.cli.names import account_names, people_names
from powerpact.cli.output import print_json
from powerpact.errors import BadChoice
from powerpact.series.zones import moments_of, zone_named

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from eth_typing import ChecksumAddress

    from powerpact.chain.client import Chain
    from powerpact.chain.transactions import Mined
    from powerpact.cli.names import Names
    from powerpact.codec.devicekeys import DeviceKey

Deployed = Annotated[
    Path,
    typer.Option(
        "--deployment", "-d", metavar="FILE", envvar="POWERPACT_DEPLOYMENT", help="Deployment file to work with."
    ),
]
DEPLOYMENT_FILE = Path("powerpact.deployment.json")

As = Annotated[
    str,
    typer.Option(
        "--account",
        "-a",
        metavar="NAME",
        envvar="POWERPACT_ACCOUNT",
        help="Account of the keystore that sends.",
        autocompletion=account_names,
    ),
]
Whose = Annotated[str, typer.Argument(metavar="WHO", help="Account, by name or address.", autocompletion=people_names)]
IN_POINTS = "in points with a decimal point (5.5 or 5.0), or in whole micro-points (5500000)"
PER_KWH = "in points per kWh with a decimal point (0.11), or in whole micro-points per kWh (110000)"
AsJson = Annotated[bool, typer.Option("--json", help="Print data as JSON.")]
Mine = Annotated[bool, typer.Option("--mine", help="Only those of the keystore's accounts.")]
MarketId = Annotated[str, typer.Argument(metavar="MARKET", help="Market id, or its first hexadecimal digits.")]


def open_chain(deployment: Path) -> Chain:
    """Connect to the chain of the deployment file, with its index and journal.

    ``POWERPACT_RPC`` names another node than the file's, ``POWERPACT_DATA`` another folder than ``.powerpact`` beside
    the file.
    """
    from powerpact import index

    return index.open_chain(deployment, config.setting("rpc"), data_folder(), tell)


def data_folder() -> Path | None:
    """The folder that ``POWERPACT_DATA`` or the configuration names for the data of all deployments."""
    data = config.setting("data")
    return Path(data) if data else None


def names_of(chain: Chain) -> Names:
    """The names that this user knows, with those of the deployment's contracts."""
    from powerpact.cli.names import Names

    return Names(chain.deployment.addresses)


def ask_password(name: str, *, is_new: bool = False) -> str:
    """The password of an account.

    It comes from the file in ``POWERPACT_PASSWORD_FILE``, from the file descriptor in ``POWERPACT_PASSWORD_FD``, or
    from the terminal.

    Raises
    ------
    BadChoice
        If the file or descriptor cannot be read.
    """
    prompt = f"new password of {name}" if is_new else f"password of {name}"
    return ask_secret("POWERPACT_PASSWORD_FILE", prompt, is_new=is_new, descriptor_variable="POWERPACT_PASSWORD_FD")


def ask_secret(variable: str, prompt: str, *, is_new: bool = False, descriptor_variable: str | None = None) -> str:
    """A secret from the file that an environment variable names, from a file descriptor, or hidden from the terminal.

    Raises
    ------
    BadChoice
        If the file or descriptor cannot be read, or there is neither, nor a terminal.
    """
    descriptor = os.environ.get(descriptor_variable) if descriptor_variable else None
    file = os.environ.get(variable)
    if file is None and descriptor is None and variable == config.SETTINGS["password_file"]:
        file = config.setting("password_file")
    try:
        if file:
            return Path(file).read_text(encoding="utf-8").rstrip("\r\n")
        if descriptor:
            with os.fdopen(int(descriptor), encoding="utf-8", closefd=False) as stream:
                return stream.readline().rstrip("\r\n")
    except (OSError, ValueError) as error:
        field = variable if file else descriptor_variable
        raise BadChoice(
            str(field),
            file or descriptor,
            f"cannot be read: {error}",
            remedy="Name a file or descriptor that can be read.",
        ) from error
    if not _has_terminal():
        remedy = f"Put it into a file that only you can read, and name the file in {variable}."
        raise BadChoice("terminal", "none", f"cannot ask for the {prompt}", remedy=remedy)
    answer: str = typer.prompt(prompt, hide_input=True, confirmation_prompt=is_new, err=True)
    return answer


def _has_terminal() -> bool:
    """Whether somebody can be asked without what they type being shown; what stands in for standard input counts."""
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        try:
            return os.isatty(sys.stdin.fileno())
        except OSError:  # no file: a program that feeds the command
            return True
    return True


def unlock(name: str) -> LocalAccount:
    """Open a person's key of the keystore with its password."""
    from powerpact.keystore import Keystore

    keystore = Keystore.default()
    keystore.person_address(name)
    return keystore.unlock(name, ask_password(name))


def unlock_device(name: str) -> DeviceKey:
    """Open a device's key of the keystore with its password."""
    from powerpact.keystore import Keystore

    keystore = Keystore.default()
    keystore.address(name)
    return keystore.unlock_device(name, ask_password(name))


def address_of(text: str, *, is_device_key: bool = False) -> ChecksumAddress:
    """An address from its hexadecimal form, the name of an account in the keystore, or one in the configuration.

    A P-256 key of the keystore is refused unless the address of a device's key is asked for: nobody can send from it.
    """
    from eth_utils import is_hex_address, to_checksum_address

    from powerpact.keystore import Keystore

    if is_hex_address(text):
        return to_checksum_address(text)
    keystore, others = Keystore.default(), config.read_config().names
    if text in others and text not in keystore.names():
        return to_checksum_address(others[text])
    return keystore.address(text) if is_device_key else keystore.person_address(text)


def market_of(chain: Chain, text: str) -> bytes:
    """The id of the one market whose id starts with these hexadecimal digits.

    Raises
    ------
    BadChoice
        If no market or more than one does.
    """
    from powerpact.chain.contracts.markets import markets

    digits = text.lower().removeprefix("0x")
    if len(digits) == 64:
        try:
            return bytes.fromhex(digits)
        except ValueError:
            pass  # reported below: no market's id starts like that
    found = [market.id for market in markets(chain) if market.id.hex().startswith(digits)]
    if len(found) != 1:
        problem = "no such market" if not found else f"{len(found)} markets start so"
        raise BadChoice("market", text, problem, remedy="List the markets with `powerpact market list`.")
    return found[0]


def parse_time(text: str) -> int:
    """A moment in Unix seconds from a number, or from an ISO 8601 time with an offset or a zone.

    A zone follows in brackets, or ``POWERPACT_ZONE`` names it.

    Raises
    ------
    BadChoice
        If it is neither, or if it is no moment or two: where the zone's clock goes forward or back.

    Examples
    --------
    >>> parse_time("2026-11-21T12:00Z") == parse_time("2026-11-21T13:00[Europe/Berlin]") == parse_time("1795262400")
    True
    """
    if text.isdecimal():
        return int(text)
    written, _, name = text.removesuffix("]").partition("[")
    try:
        moment = datetime.fromisoformat(written.strip())
    except ValueError:
        raise BadChoice("time", text, "is not a time", remedy="Write 2026-11-21T12:00Z or Unix seconds.") from None
    if moment.tzinfo is not None:
        return int(moment.timestamp())
    name = name or config.setting("zone") or ""
    if not name:
        remedy = f"Write {written}Z, {written}+01:00 or {written}[Europe/Berlin], or name your zone in POWERPACT_ZONE."
        raise BadChoice("time", text, "says neither its offset from UTC nor its zone", remedy=remedy)
    found = moments_of(moment, zone_named(name))
    if len(found) == 1:
        return found[0]
    offsets = [f"{datetime.fromtimestamp(time_s, zone_named(name)).isoformat(timespec='minutes')}" for time_s in found]
    problem = f"comes twice in {name}" if found else f"is skipped by the clock of {name}"
    remedy = f"Write {' or '.join(offsets)}." if found else "Write another time."
    raise BadChoice("time", text, problem, remedy=remedy)


def clock(time_s: int, now: int | None = None) -> str:
    """A moment for people, in the time zone that is set, with its offset and, given `now`, how far off it is."""
    from powerpact.market.wording import moment

    return moment(time_s, config.zone(), now)


def utc(time_s: int) -> str:
    """A moment for data: UTC; Unix seconds beyond the calendar, where a market's rules may be.

    Examples
    --------
    >>> utc(1_795_262_400), utc(2**40 - 1)
    ('2026-11-21 12:00:00Z', '1099511627775')
    """
    try:
        return f"{datetime.fromtimestamp(time_s, UTC):%Y-%m-%d %H:%M:%SZ}"
    except (OverflowError, OSError, ValueError):
        return str(time_s)


def tell(text: str) -> None:
    """Print a message to standard error."""
    typer.echo(text, err=True)


def done(what: str, transactions: Sequence[Mined], data: Mapping[str, Any], *, as_json: bool, result: str = "") -> None:
    """Show what was done: with ``--json`` all of it as data, else in words, and `result` alone as data.

    Parameters
    ----------
    what : str
        What was done, in words.
    transactions : sequence of Mined
        What was sent.
    data : mapping
        What came of it.
    as_json : bool
        Whether JSON was asked for.
    result : str
        What a script would want to catch, such as an id.
    """
    if as_json:
        sent = [
            {"step": mined.step, "hash": mined.transaction_hash, "gas": mined.gas_used, "block": mined.block}
            for mined in transactions
        ]
        print_json({"done": what, **data, "transactions": sent})
        return
    tell(what)
    for mined in transactions:
        tell(f"  {mined.step}: transaction {mined.transaction_hash}, {mined.gas_used} gas")
    if result:
        typer.echo(result)


def table(
    rows: Iterable[Mapping[str, Any]],
    *,
    as_json: bool,
    shown: Callable[[Mapping[str, Any]], Mapping[str, Any]] | None = None,
) -> None:
    """Show records on standard output: JSON, in exact units, or a table.

    Parameters
    ----------
    rows : iterable of mapping
        The records, as JSON has them.
    as_json : bool
        Whether JSON was asked for.
    shown : callable, optional
        From a record to its row in the table, in words; by default the record itself.
    """
    records = [dict(row) for row in rows]
    if as_json:
        print_json(records)
        return
    from rich.console import Console
    from rich.table import Table

    if not records:
        tell("none")
        return
    lines = [dict(record) if shown is None else dict(shown(record)) for record in records]
    drawn = Table(box=None, pad_edge=False)
    for name, value in lines[0].items():
        drawn.add_column(name.replace("_", " "), justify="right" if isinstance(value, int) else "left", overflow="fold")
    for line in lines:
        drawn.add_row(*("" if value is None else str(value) for value in line.values()))
    Console(width=None if os.isatty(1) else 200, highlight=False, markup=False).print(drawn)
