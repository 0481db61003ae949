"""Commands ``channel``: payment channels on the chain, opened, funded, looked at and closed."""

from __future__ import annotations

import secrets
import time
from typing import TYPE_CHECKING, Annotated, Any

import typer

from powerpact.cli import offchain
from powerpact.cli.offchain import ChannelId
from powerpact.cli.session import (
    DEPLOYMENT_FILE,
    IN_POINTS,
    PER_KWH,
    As,
    AsJson,
    Deployed,
    address_of,
    clock,
    done,
    names_of,
    open_chain,
    table,
    tell,
    unlock,
)
from powerpact.errors import BadChoice
from powerpact.market.channels import LEAST_WINDOW_S, MOST_WINDOW_S, MeteredTerms, MutualTerms
from powerpact.market.wording import money, parse_money, parse_price

if TYPE_CHECKING:
    from eth_account.signers.local import LocalAccount
    from eth_typing import ChecksumAddress

    from powerpact.chain.client import Chain
    from powerpact.chain.contracts.channels import Channel, MeteredChannel, MutualChannel
    from powerpact.chain.transactions import Call, Mined
    from powerpact.cli.names import Names
    from powerpact.store.channels import ChannelBook

WINDOW_S = 4 * 3_600

group = typer.Typer(
    help="Payments off chain: thousands of them for two transactions, for readings or between two neighbours.",
    no_args_is_help=True,
)


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    offchain.register(group)
    app.add_typer(group, name="channel")


@group.command(name="open")
def open_(
    with_: Annotated[str, typer.Option("--with", metavar="WHO", help="The other party, by name or address.")],
    amount: Annotated[str, typer.Option(metavar="AMOUNT", help=f"What is locked of one's own points, {IN_POINTS}.")],
    account: As,
    device: Annotated[
        int | None, typer.Option(min=1, help="Pay for readings of this device of the other party's, by vouchers.")
    ] = None,
    price: Annotated[str | None, typer.Option(metavar="PRICE", help=f"For its export, {PER_KWH}.")] = None,
    window: Annotated[
        int,
        typer.Option(
            metavar="SECONDS",
            min=LEAST_WINDOW_S,
            max=MOST_WINDOW_S,
            help="How long the other can answer when one closes alone.",
        ),
    ] = WINDOW_S,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Open a channel: with --device and --price one that pays for readings, else one in which both pay each other.

    In the second kind the other party can lock points, too: `powerpact channel fund`.

    [bold]Example:[/bold] powerpact channel open --with bob --amount 20.0 --device 2 --price 0.09 -a alice
    powerpact channel open --with bob --amount 10.0 -a alice
    """
    from powerpact.chain.contracts import channels

    upoints = parse_money(amount, "amount")
    if (device is None) != (price is None):
        raise BadChoice("device", device, "goes with --price", remedy="Give both of them, or neither.")
    chain, key, other = open_chain(deployment), unlock(account), address_of(with_)
    serial = secrets.randbits(64)
    terms = (
        MutualTerms(key.address, other, window, serial)
        if device is None or price is None
        else MeteredTerms(key.address, other, device, parse_price(price), window, serial)
    )
    if isinstance(terms, MeteredTerms):
        _require_owner(chain, terms)
    mined = chain.sender(key).send(channels.open_channel(chain, terms, upoints))
    id_ = f"0x{channels.terms_id(chain, terms).hex()}"
    data = {"channel": id_, **_terms(terms), "locked_upoints": upoints}
    done(f"the channel is open, {money(upoints)} are locked", [mined], data, as_json=as_json, result=id_)


@group.command()
def fund(
    channel: ChannelId,
    amount: Annotated[str, typer.Option(metavar="AMOUNT", help=f"What is locked besides, {IN_POINTS}.")],
    account: As,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Lock more of one's own points in a channel.

    [bold]Example:[/bold] powerpact channel fund 0x5f3a --amount 5.0 -a bob
    """
    from powerpact.chain.contracts import channels

    upoints = parse_money(amount, "amount")
    chain, key = open_chain(deployment), unlock(account)
    found = channels.channel(chain, channel)
    mined = chain.sender(key).send(channels.fund(chain, found, upoints))
    done(f"{money(upoints)} more are locked", [mined], {"locked_upoints": upoints}, as_json=as_json)


@group.command(name="list")
def list_(
    who: Annotated[str | None, typer.Option("--of", metavar="WHO", help="Only those of this account.")] = None,
    all_: Annotated[bool, typer.Option("--all", help="Closed ones, too.")] = False,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """List channels.

    [bold]Example:[/bold] powerpact channel list --of alice
    """
    from powerpact.chain.contracts import channels

    chain = open_chain(deployment)
    found = channels.channels_of(chain, None if who is None else address_of(who))
    names = names_of(chain)
    rows = [_row(one) for one in found if all_ or one.is_open]
    table(rows, as_json=as_json, shown=lambda row: _shown(row, names))


@group.command()
def show(
    channel: ChannelId,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Show a channel, and what of it is signed but not on the chain, as far as this machine's journal knows.

    [bold]Example:[/bold] powerpact channel show 0x5f3a
    """
    from powerpact.chain.contracts import channels
    from powerpact.payments.mutual import current_state

    chain = open_chain(deployment)
    found = channels.channel(chain, channel)
    row, books = _row(found), [offchain.book_of(chain, party) for party in found.parties]
    if isinstance(found, channels.MeteredChannel):
        last = [paid.signed.voucher for book in books if (paid := book.last_voucher(found.id)) is not None]
        row["vouchers"] = max((book.count_vouchers(found.id) for book in books), default=0)
        row["owed_upoints"] = max((voucher.total_upoints for voucher in last), default=0)
    else:
        state = max((current_state(book, found) for book in books), key=lambda state: state.version)
        row |= {
            "version": state.version,
            "to_one_upoints": state.to_one_upoints,
            "to_other_upoints": state.to_other_upoints,
        }
    table([row], as_json=as_json, shown=lambda row: _shown(row, names_of(chain)))


@group.command()
def claim(
    channel: ChannelId,
    account: As,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Have the last voucher paid that was received, and leave the channel open.

    [bold]Example:[/bold] powerpact channel claim 0x5f3a -a bob
    """
    from powerpact.chain.contracts import channels

    chain, key = open_chain(deployment), unlock(account)
    found = offchain.metered(channels.channel(chain, channel))
    last = offchain.book_of(chain, key.address).last_voucher(found.id)
    if last is None:
        raise BadChoice("channel", channel, "has no voucher", remedy="Take some: `powerpact channel receive`.")
    mined = chain.sender(key).send(channels.claim(chain, found, last.signed))
    paid = chain.event(mined, "VoucherPaid").arguments["points"]
    done(f"{money(paid)} were paid", [mined], {"paid_upoints": paid}, as_json=as_json)


@group.command()
def close(
    channel: ChannelId,
    account: As,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Close a channel alone: at once as the receiver of a metered one, else after the time to answer.

    The receiver has the last voucher paid; the payer gives notice; a party of a mutual channel shows the newest state
    that both signed. Two who agree close at once: `powerpact channel agree`.

    [bold]Example:[/bold] powerpact channel close 0x5f3a -a bob
    """
    from powerpact.chain.contracts import channels

    chain, key = open_chain(deployment), unlock(account)
    found, book = channels.channel(chain, channel), offchain.book_of(chain, key.address)
    mined = _close(chain, book, found, key)
    after = channels.channel(chain, found.id.hex())
    ends_at = after.ends_at if isinstance(after, channels.MeteredChannel) else after.closes_at
    what = f"the channel can end from {clock(ends_at)} on: `powerpact channel finish`" if after.is_open else "closed"
    done(what, [mined], {"open": after.is_open, "ends_at": ends_at}, as_json=as_json)


@group.command()
def finish(
    channel: ChannelId,
    account: As,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """End a channel whose time to answer is over. Anyone may.

    [bold]Example:[/bold] powerpact channel finish 0x5f3a -a alice
    """
    from powerpact.chain.contracts import channels

    chain, key = open_chain(deployment), unlock(account)
    found = channels.channel(chain, channel)
    mined = chain.sender(key).send(channels.finish(chain, found))
    done("the channel is closed", [mined], {"channel": f"0x{found.id.hex()}"}, as_json=as_json)


@group.command()
def watch(
    account: As,
    once: Annotated[bool, typer.Option("--once", help="Look once, then exit.")] = False,
    poll_s: Annotated[
        float, typer.Option("--poll", metavar="SECONDS", min=0.1, help="Pause between two looks.")
    ] = 60.0,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Watch over channels: answer whoever closes with an older state than the newest one, and claim what is owed.

    As a party, or as a watchtower that took states with `powerpact channel receive`; a tower that the newest state
    names is rewarded. As a receiver the last voucher is claimed once the payer gives notice. Can be stopped and
    restarted; Ctrl-C ends it.

    [bold]Example:[/bold] powerpact channel watch -a wendy
    """
    from powerpact.chain.errors import ChainError

    chain, key = open_chain(deployment), unlock(account)
    book, sender = offchain.book_of(chain, key.address), chain.sender(key)
    shown: list[Mined] = []
    while True:
        failed = 0
        try:
            calls = _answers(chain, book, key.address)
        except ChainError as error:
            calls, failed = [], 1
            tell(f"will look again: {error}")
        for call in calls:
            try:
                shown.append(sender.send(call))
            except ChainError as error:
                failed += 1
                tell(f"will try again: {error}")
        if once:
            break
        time.sleep(poll_s)
    done(f"{len(shown)} answers sent", shown, {"sent": len(shown)}, as_json=as_json, result=str(len(shown)))
    if failed:
        raise typer.Exit(1)


def _answers(chain: Chain, book: ChannelBook, own: ChecksumAddress) -> list[Call]:
    """What is to be sent now, most urgent first."""
    from powerpact.chain.contracts import channels
    from powerpact.payments.tower import old_closes, owed_in

    old = [channels.show_state(chain, one.channel, one.newest) for one in old_closes(chain, book)]
    return old + [channels.claim(chain, found, last) for found, last in owed_in(chain, book, own)]


def _close(chain: Chain, book: ChannelBook, found: Channel, key: LocalAccount) -> Mined:
    from powerpact.chain.contracts import channels
    from powerpact.codec.channelfile import Signed
    from powerpact.payments.mutual import state_by_lock

    sender = chain.sender(key)
    if isinstance(found, channels.MeteredChannel):
        if key.address == found.terms.payer:
            return sender.send(channels.give_notice(chain, found))
        last = book.last_voucher(found.id)
        return sender.send(channels.close_metered(chain, found, last.signed if last else None))
    with sender.turn():
        newest = book.newest_state(found.id, is_whole=True)
        if newest is None or newest.said.version <= found.base:
            newest = Signed(found.id, state_by_lock(found))
        book.note_closing(newest)
    return sender.send(channels.begin_close(chain, found, newest))


def _require_owner(chain: Chain, terms: MeteredTerms) -> None:
    """The receiver owns the device whose readings are paid for."""
    from powerpact.chain.contracts.devices import existing

    owner = existing(chain, terms.device).owner
    if owner != terms.receiver:
        raise BadChoice(
            "device", terms.device, f"belongs to {owner}", remedy="Name a device of the other party's: `device list`."
        )


def _terms(terms: MeteredTerms | MutualTerms) -> dict[str, Any]:
    if isinstance(terms, MeteredTerms):
        return {
            "kind": "metered",
            "payer": terms.payer,
            "receiver": terms.receiver,
            "device": terms.device,
            "price_upoints_per_kwh": terms.price_upoints_per_kwh,
            "window_s": terms.notice_s,
        }
    return {"kind": "mutual", "one": terms.one, "other": terms.other, "window_s": terms.window_s}


def _row(found: MeteredChannel | MutualChannel) -> dict[str, Any]:
    from powerpact.chain.contracts import channels

    row = {"channel": f"0x{found.id.hex()}", **_terms(found.terms), "open": found.is_open}
    if isinstance(found, channels.MeteredChannel):
        return row | {
            "locked_upoints": found.locked_upoints,
            "paid_upoints": found.paid_upoints,
            "ends_at": found.ends_at or None,
        }
    return row | {
        "locked_one_upoints": found.locked_one_upoints,
        "locked_other_upoints": found.locked_other_upoints,
        "ends_at": found.closes_at or None,
    }


def _shown(row: Any, names: Names) -> dict[str, Any]:
    """A row of the table, in words."""
    first, second = (row["payer"], row["receiver"]) if row["kind"] == "metered" else (row["one"], row["other"])
    if row["kind"] == "metered":
        locked = money(row["locked_upoints"])
        used = f"{money(row['paid_upoints'])} paid" if row["open"] else "paid, and the rest given back"
        if "owed_upoints" in row:
            used += f", {money(row['owed_upoints'])} by {row['vouchers']} vouchers"
    else:
        locked = f"{money(row['locked_one_upoints'])} and {money(row['locked_other_upoints'])}"
        used = ""
        if "to_one_upoints" in row:
            used = f"{money(row['to_one_upoints'])} and {money(row['to_other_upoints'])} (version {row['version']})"
    ends = "closed" if not row["open"] else f"ends {clock(row['ends_at'])}" if row["ends_at"] else "open"
    parties = f"{names(first)} → {names(second)}" if row["kind"] == "metered" else None
    return {
        "channel": row["channel"][:10],
        "parties": parties or f"{names(first)} ↔ {names(second)}",
        "locked": locked,
        "whose": used,
        "state": ends,
    }
