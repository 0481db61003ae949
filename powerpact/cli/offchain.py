"""Commands ``channel pay``, ``receive``, ``agree``, ``submit``: what is signed in a channel and handed over."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from powerpact.cli.output import STANDARD_STREAM, read_input, write_output
from powerpact.cli.session import (
    DEPLOYMENT_FILE,
    IN_POINTS,
    As,
    AsJson,
    Deployed,
    address_of,
    clock,
    done,
    open_chain,
    tell,
    unlock,
)
from powerpact.errors import BadChoice
from powerpact.market.channels import LEAST_WINDOW_S, NOBODY
from powerpact.market.wording import money, parse_money

if TYPE_CHECKING:
    from eth_typing import ChecksumAddress

    from powerpact.chain.client import Chain
    from powerpact.chain.contracts.channels import Channel, MeteredChannel, MutualChannel
    from powerpact.codec.channelfile import Signed, SignedVoucher
    from powerpact.market.channels import ChannelChange, ChannelState
    from powerpact.store.channels import ChannelBook

ChannelId = Annotated[str, typer.Argument(metavar="CHANNEL", help="Id of the channel, or its first digits.")]
SignedFileName = Annotated[str, typer.Argument(metavar="FILE", help="What the other party handed over, - for input.")]
TrustContract = Annotated[
    bool,
    typer.Option(
        "--trust-contract",
        help="Take signatures of a contract account; it can take them back by changing its own rules.",
    ),
]
Output = Annotated[
    str, typer.Option("-o", "--output", metavar="FILE", help="Where what is signed goes, - for standard output.")
]

RELIED_WINDOW_S = 3_600


def register(group: typer.Typer) -> None:
    """Add the commands to those of channels."""
    for command in (pay, receive, agree, submit):
        group.command()(command)


def pay(
    channel: ChannelId,
    account: As,
    readings: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Of a metered channel: the readings to pay for, as the device signed them."),
    ] = None,
    amount: Annotated[
        str | None, typer.Option(metavar="AMOUNT", help=f"Of a mutual channel: how much to pay, {IN_POINTS}.")
    ] = None,
    tower: Annotated[str | None, typer.Option(metavar="WHO", help="A watchtower that the state names.")] = None,
    reward: Annotated[str, typer.Option(metavar="AMOUNT", help=f"What it gets if it is needed, {IN_POINTS}.")] = "0",
    output: Output = STANDARD_STREAM,
    deployment: Deployed = DEPLOYMENT_FILE,
) -> None:
    """Pay in a channel: sign, write down, and print what the other party needs. Nothing is sent.

    [bold]Example:[/bold] powerpact channel pay 0x5f3a --readings bob.jsonl -a alice -o vouchers.jsonl
    powerpact channel pay 0x77c1 --amount 0.5 -a alice -o payment.json
    """
    from powerpact.chain.contracts import channels
    from powerpact.codec.channelfile import format_signed, format_voucher
    from powerpact.devices.log import read_log
    from powerpact.payments.metered import pay as pay_for
    from powerpact.payments.mutual import Party

    chain, key = open_chain(deployment), unlock(account)
    book = book_of(chain, key.address)
    with chain.sender(key).turn():
        found = channels.channel(chain, channel)
        if isinstance(found, channels.MeteredChannel):
            if readings is None:
                raise BadChoice("readings", None, "is missing", remedy="Name the file of readings to pay for.")
            vouchers = pay_for(chain, book, found, key, read_log(readings))
            write_output(output, "".join(f"{format_voucher(voucher)}\n" for voucher in vouchers))
            tell(f"{len(vouchers)} vouchers signed; hand them over")
            return
        if amount is None:
            raise BadChoice("amount", None, "is missing", remedy="Say how much to pay.")
        guard = NOBODY if tower is None else address_of(tower)
        party = Party(chain, book, found, key)
        signed = party.pay(parse_money(amount), guard, parse_money(reward, "reward", least=0))
    write_output(output, f"{format_signed(signed)}\n")
    tell(f"version {signed.said.version} signed; hand it over, it counts once the other party has signed it")


def receive(
    file: SignedFileName,
    account: As,
    readings: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Of a metered channel: the own readings, as the device signed them."),
    ] = None,
    output: Output = STANDARD_STREAM,
    least_window: Annotated[
        int,
        typer.Option(
            metavar="SECONDS", min=LEAST_WINDOW_S, help="Rely on no channel in which there is less time to answer."
        ),
    ] = RELIED_WINDOW_S,
    trust_contract: TrustContract = False,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Take what the other party of a channel signed: check it, write it down, and print a state with both signatures.

    Whoever is no party keeps a state that both signed, in order to watch over the channel: `powerpact channel watch`.

    [bold]Example:[/bold] powerpact channel receive vouchers.jsonl --readings bob.jsonl -a bob
    powerpact channel receive payment.json -a bob -o signed.json
    """
    from powerpact.chain.contracts import channels
    from powerpact.codec.channelfile import VOUCHER, format_signed, parse_signed, parse_voucher
    from powerpact.payments.mutual import Party
    from powerpact.payments.tower import guard

    text = read_input(file)
    if not text.strip():
        raise BadChoice("file", file, "is empty", remedy="Have the other party sign: `powerpact channel pay`.")
    chain, key = open_chain(deployment), unlock(account)
    book = book_of(chain, key.address)
    with chain.sender(key).turn():
        if VOUCHER.encode() in text.splitlines()[0]:
            vouchers = [parse_voucher(f"{file}:{i}", line) for i, line in enumerate(text.splitlines(), start=1)]
            options = {"least_window_s": least_window, "trusts_contracts": trust_contract}
            _receive_vouchers(chain, book, key.address, vouchers, readings, options, as_json=as_json)
            return
        offered = parse_signed(file, text)
        found = mutual(channels.channel(chain, offered.channel.hex()))
        if key.address not in found.parties:
            guard(chain, book, found, _payment(file, offered))
            done("kept, to watch over the channel", [], {"version": offered.said.version}, as_json=as_json)
            return
        party = Party(chain, book, found, key, least_window_s=least_window, trusts_contracts=trust_contract)
        signed = party.accept(_payment(file, offered))
    write_output(output, f"{format_signed(signed)}\n")
    after = "both signed it" if signed.is_whole else "hand it over: it has both payments, and counts once both signed"
    tell(f"version {signed.said.version}: {after}")


def _payment(file: str, offered: Signed[ChannelState] | Signed[ChannelChange]) -> Signed[ChannelState]:
    """A state, provided that it is no change."""
    from powerpact.codec.channelfile import Signed
    from powerpact.market.channels import ChannelState

    if not isinstance(offered.said, ChannelState):
        raise BadChoice(
            "file", file, "is a change of the channel", remedy="Sign and send it: `powerpact channel submit`."
        )
    return Signed(offered.channel, offered.said, offered.of_one, offered.of_other)


def agree(
    channel: ChannelId,
    account: As,
    out: Annotated[
        str | None,
        typer.Option(
            metavar="AMOUNT", help=f"Leave the channel open, and have only this out of one's own part, {IN_POINTS}."
        ),
    ] = None,
    output: Output = STANDARD_STREAM,
    deployment: Deployed = DEPLOYMENT_FILE,
) -> None:
    """Sign, as a party of a mutual channel, to close it at once, or to have points out. Nothing is sent.

    No payment is signed until the other party has sent it, or it has expired after an hour.

    [bold]Example:[/bold] powerpact channel agree 0x77c1 -a alice -o close.json
    """
    from powerpact.chain.contracts import channels
    from powerpact.codec.channelfile import format_signed
    from powerpact.payments.mutual import Party

    chain, key = open_chain(deployment), unlock(account)
    book = book_of(chain, key.address)
    with chain.sender(key).turn():
        party = Party(chain, book, mutual(channels.channel(chain, channel)), key)
        signed = party.agree(None if out is None else parse_money(out, "out"))
    write_output(output, f"{format_signed(signed)}\n")
    tell("signed; the other party signs and sends it: `powerpact channel submit`")


def submit(
    file: SignedFileName,
    account: As,
    trust_contract: TrustContract = False,
    deployment: Deployed = DEPLOYMENT_FILE,
    as_json: AsJson = False,
) -> None:
    """Sign, as the other party, a change of a mutual channel, and send it.

    [bold]Example:[/bold] powerpact channel submit close.json -a bob
    """
    from powerpact.chain.contracts import channels
    from powerpact.codec.channelfile import Signed, parse_signed
    from powerpact.market.channels import ChannelChange
    from powerpact.payments.mutual import Party

    offered = parse_signed(file, read_input(file))
    if not isinstance(offered.said, ChannelChange):
        raise BadChoice("file", file, "is a payment", remedy="Take it: `powerpact channel receive`.")
    change = Signed(offered.channel, offered.said, offered.of_one, offered.of_other)
    chain, key = open_chain(deployment), unlock(account)
    book, found = book_of(chain, key.address), mutual(channels.channel(chain, offered.channel.hex()))
    if not change.is_whole:
        with chain.sender(key).turn():
            found = mutual(channels.channel(chain, offered.channel.hex()))
            change = Party(chain, book, found, key, trusts_contracts=trust_contract).join(change)
    mined = chain.sender(key).send(channels.change(chain, found, change))
    said = change.said
    outs = {"out_one_upoints": said.out_one_upoints, "out_other_upoints": said.out_other_upoints}
    what = f"{money(said.out_one_upoints)} and {money(said.out_other_upoints)} are free"
    done(what, [mined], outs, as_json=as_json)


def book_of(chain: Chain, own: ChecksumAddress) -> ChannelBook:
    """What an account signed and took in channels, in this machine's journal."""
    from powerpact.index import journal_of
    from powerpact.store.channels import ChannelBook

    return ChannelBook(journal_of(chain), own)


def metered(found: Channel) -> MeteredChannel:
    """The channel, provided that it pays for readings."""
    from powerpact.chain.contracts.channels import MeteredChannel

    if not isinstance(found, MeteredChannel):
        raise BadChoice(
            "channel", f"0x{found.id.hex()[:8]}", "has no vouchers", remedy="Use `powerpact channel close`."
        )
    return found


def mutual(found: Channel) -> MutualChannel:
    """The channel, provided that both pay each other in it."""
    from powerpact.chain.contracts.channels import MutualChannel

    if not isinstance(found, MutualChannel):
        raise BadChoice(
            "channel", f"0x{found.id.hex()[:8]}", "pays for readings", remedy="Use `powerpact channel claim`."
        )
    return found


def _receive_vouchers(
    chain: Chain,
    book: ChannelBook,
    receiver: ChecksumAddress,
    vouchers: list[SignedVoucher],
    readings: Path | None,
    options: dict[str, Any],
    *,
    as_json: bool,
) -> None:
    from powerpact.chain.contracts import channels
    from powerpact.devices.log import read_log
    from powerpact.payments.metered import receive as take

    if readings is None:
        raise BadChoice("readings", None, "is missing", remedy="Name the file of the own readings.")
    found = metered(channels.channel(chain, vouchers[0].channel.hex()))
    own = [signed.reading for signed in read_log(readings) if signed.reading.device == found.terms.device]
    taken = take(chain, book, found, receiver, vouchers, own, **options)
    data = {"new": taken.new, "known": taken.known, "total_upoints": taken.total_upoints}
    done(f"{taken.new} vouchers are new; {money(taken.total_upoints)} are earned", [], data, as_json=as_json)
    if found.ends_at:
        tell(f"the payer gave notice: claim until {clock(found.ends_at)} with `powerpact channel close`")
