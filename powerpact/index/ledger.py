"""What happened to one account: its points, its energy, its orders and its admission, oldest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from eth_typing import ChecksumAddress

from powerpact.chain.client import Chain
from powerpact.chain.contracts import certificates
from powerpact.chain.contracts.settlement import End
from powerpact.codec.abi import Event
from powerpact.index.membership import ABOUT, REGISTRY
from powerpact.market.orders import Order, Side, id_text, order_id

NOBODY = certificates.NOBODY


class EntryKind(StrEnum):
    """What an entry is about."""

    ISSUED = "points issued"
    REDEEMED = "bill paid with points"
    BURNT = "points burnt"
    RECEIVED = "points received"
    GIVEN = "points given"
    DEPOSITED = "points deposited"
    WITHDRAWN = "points withdrawn"
    BOUGHT = "energy bought"
    SOLD = "energy sold"
    BOND_LOST = "bond lost"
    REWARD = "reward for a challenge"
    PAID = "paid in a channel"
    EARNED = "earned in a channel"
    ORDER_POSTED = "order posted"
    ORDER_CANCELLED = "order cancelled"
    CERTIFIED = "certificates issued"
    CERTIFICATES_RECEIVED = "certificates received"
    CERTIFICATES_GIVEN = "certificates given"
    RETIRED = "certificates retired"
    DEVICE_ADDED = "device added"
    APPLIED = "applied"
    ADMITTED = "admitted"
    REJECTED = "rejected"
    SUSPENDED = "suspended"
    LEAVING = "exit announced"
    STAYED = "exit withdrawn"
    LEFT = "left"
    LINKED = "made a further account"
    UNLINKED = "no further account any more"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of the history of an account.

    Attributes
    ----------
    time_s : int
        Time of its block, Unix seconds.
    kind : EntryKind
        What happened.
    transaction_hash : str
        The transaction.
    change_upoints : int
        By how much all of the account's points, in custody and outside, changed.
    energy_wh : int
        Energy that it is about, 0 if about none.
    other : ChecksumAddress or None
        The other side.
    detail : str
        Order, device or purpose.
    """

    time_s: int
    kind: EntryKind
    transaction_hash: str
    change_upoints: int = 0
    energy_wh: int = 0
    other: ChecksumAddress | None = None
    detail: str = ""


_Draft = tuple[Event, EntryKind, int, int, ChecksumAddress | None, str]
"""An event with kind, change, energy, other side and detail of its entry."""

_ADMISSION = {
    "Applied": EntryKind.APPLIED,
    "Admitted": EntryKind.ADMITTED,
    "Rejected": EntryKind.REJECTED,
    "Suspended": EntryKind.SUSPENDED,
    "ExitRequested": EntryKind.LEAVING,
    "Stayed": EntryKind.STAYED,
    "Linked": EntryKind.LINKED,
    "Unlinked": EntryKind.UNLINKED,
    "Left": EntryKind.LEFT,
}


def history_of(chain: Chain, account: ChecksumAddress, since: int = 0, until: int | None = None) -> list[Entry]:
    """Everything that the chain says of an account, oldest first.

    The changes of points of all entries sum to the points that it has now, in custody and outside.

    Parameters
    ----------
    chain : Chain
        The deployment.
    account : ChecksumAddress
        Whose history.
    since, until : int
        Unix seconds; entries from the first on and before the second.
    """
    with chain.reading():
        drafts = [
            *_points(chain, account),
            *_settlements(chain, account),
            *_bonds(chain, account),
            *_channels(chain, account),
            *_orders(chain, account),
            *_certificates(chain, account),
            *_registries(chain, account),
        ]
        drafts.sort(key=lambda draft: (draft[0].block, draft[0].position))
        entries = [
            Entry(chain.time_of(event.block), kind, event.transaction_hash, change, energy_wh, other, detail)
            for event, kind, change, energy_wh, other, detail in drafts
        ]
    return [entry for entry in entries if entry.time_s >= since and (until is None or entry.time_s < until)]


def _points(chain: Chain, account: ChecksumAddress) -> Iterator[_Draft]:
    """Points that come, go, and move into and out of custody."""
    custody = chain.address("Accounts")
    moved = _either(chain, "PowerPoints", "Transfer", ("from", "to"), account)
    bills = {event.transaction_hash for event in _about(chain, "PowerPoints", "Redeemed", "from", account)}
    for event in moved:
        source, target, upoints = (event.arguments[name] for name in ("from", "to", "value"))
        if custody in (source, target) or source == target:
            continue  # custody has its own events
        if source == NOBODY:
            yield event, EntryKind.ISSUED, upoints, 0, None, ""
        elif target == NOBODY:
            kind = EntryKind.REDEEMED if event.transaction_hash in bills else EntryKind.BURNT
            yield event, kind, -upoints, 0, None, ""
        elif target == account:
            yield event, EntryKind.RECEIVED, upoints, 0, source, ""
        else:
            yield event, EntryKind.GIVEN, -upoints, 0, target, ""
    for event in chain.events("Accounts", "Deposited", trader=account):
        yield event, EntryKind.DEPOSITED, 0, 0, None, _amount(event.arguments["points"])
    yield from _withdrawals(chain, account, custody)


def _withdrawals(chain: Chain, account: ChecksumAddress, custody: ChecksumAddress) -> Iterator[_Draft]:
    """Withdrawals of the account, and those of others that went to it."""
    targets = _about(chain, "PowerPoints", "Transfer", "from", custody)
    for event in chain.events("Accounts", "Withdrawn"):
        trader, upoints = event.arguments["trader"], event.arguments["points"]
        target = _target(event, targets)
        if trader == account:
            change = 0 if target == account else -upoints
            yield event, EntryKind.WITHDRAWN, change, 0, None if target == account else target, _amount(upoints)
        elif target == account:
            yield event, EntryKind.RECEIVED, upoints, 0, trader, "from its custody"


def _target(withdrawn: Event, transfers: Sequence[Event]) -> ChecksumAddress | None:
    """Whom a withdrawal went to: the transfer beside it in its transaction."""
    beside = [
        event
        for event in transfers
        if event.transaction_hash == withdrawn.transaction_hash
        and event.arguments["value"] == withdrawn.arguments["points"]
    ]
    nearest = min(beside, key=lambda event: abs(event.position - withdrawn.position), default=None)
    return None if nearest is None else nearest.arguments["to"]


def _settlements(chain: Chain, account: ChecksumAddress) -> Iterator[_Draft]:
    for event in _either(chain, "Settlement", "TradeSettled", ("buyer", "seller"), account):
        a = event.arguments
        said = f"trade 0x{a['tradeId'].hex()[:8]}" + (", vetoed" if a["outcome"] == End.VETOED else "")
        if a["seller"] == account:
            fined = f", {_amount(a['penalty'])} taken off for the shortfall" if a["penalty"] else ""
            yield event, EntryKind.SOLD, a["paid"], a["delivered"], a["buyer"], said + fined
        if a["buyer"] == account:
            yield event, EntryKind.BOUGHT, -a["paid"], a["delivered"], a["seller"], said


def _bonds(chain: Chain, account: ChecksumAddress) -> Iterator[_Draft]:
    for event in chain.events("Accounts", "BondForfeited"):
        a = event.arguments
        if a["agent"] == account:
            yield event, EntryKind.BOND_LOST, -a["reward"] - a["open"] - a["burnt"], 0, a["challenger"], ""
        if a["challenger"] == account:
            yield event, EntryKind.REWARD, a["reward"] + a["open"], 0, a["agent"], _open_part(a["open"])
    for event in chain.events("Accounts", "RewardAwarded"):
        a = event.arguments
        if a["challenger"] == account != a["winner"]:
            yield event, EntryKind.REWARD, -a["points"], 0, a["winner"], "to who was earlier"
        if a["winner"] == account != a["challenger"]:
            yield event, EntryKind.REWARD, a["points"], 0, a["challenger"], "as the earlier one"


def _channels(chain: Chain, account: ChecksumAddress) -> Iterator[_Draft]:
    """What channels brought and cost: of each transaction that shares out what was locked, the account's part."""
    for event in chain.events("Accounts", "Shifted", trader=account):
        a = event.arguments
        change = a["free"] + a["held"] - a["taken"]
        if change:
            yield event, EntryKind.EARNED if change > 0 else EntryKind.PAID, change, 0, None, ""


def _open_part(upoints: int) -> str:
    """A part of a reward that is held until it is clear whose it is."""
    return f"{_amount(upoints)} of it held until it is clear whose they are" if upoints else ""


def _orders(chain: Chain, account: ChecksumAddress) -> Iterator[_Draft]:
    for event in chain.events("OrderBook", "OrdersPlaced"):
        for place, packed in enumerate(event.arguments["orders"]):
            order = Order.unpack(packed)
            if order.trader == account:
                id_ = id_text(order_id(event.arguments["batch"], place))
                verb = "buy" if order.side is Side.BUY else "sell"
                detail = f"{verb} order {id_} of market 0x{event.arguments['market'].hex()[:8]}"
                yield event, EntryKind.ORDER_POSTED, 0, order.energy_wh, None, detail
    for event in chain.events("OrderBook", "OrderCancelled", trader=account):
        detail = f"order {id_text(event.arguments['id'])} of market 0x{event.arguments['market'].hex()[:8]}"
        yield event, EntryKind.ORDER_CANCELLED, 0, 0, None, detail


def _certificates(chain: Chain, account: ChecksumAddress) -> Iterator[_Draft]:
    moves = chain.events("GreenCertificates", "TransferSingle", "TransferBatch")
    for event in moves:
        for transfer in certificates.transfers_in([event]):
            detail = f"certificate {transfer.id}"
            if transfer.source == NOBODY and transfer.target == account:
                yield event, EntryKind.CERTIFIED, 0, transfer.energy_wh, None, detail
            elif transfer.target == NOBODY and transfer.source == account:
                yield event, EntryKind.RETIRED, 0, transfer.energy_wh, None, detail
            elif account in (transfer.source, transfer.target) and transfer.source != transfer.target:
                is_given = transfer.source == account
                kind = EntryKind.CERTIFICATES_GIVEN if is_given else EntryKind.CERTIFICATES_RECEIVED
                other = transfer.target if is_given else transfer.source
                yield event, kind, 0, transfer.energy_wh, other, detail


def _registries(chain: Chain, account: ChecksumAddress) -> Iterator[_Draft]:
    for name, kind in _ADMISSION.items():
        for event in _about(chain, REGISTRY, name, ABOUT[name], account):
            yield event, kind, 0, 0, None, str(event.arguments.get("reason", ""))
    for event in chain.events("DeviceRegistry", "DeviceAdded", owner=account):
        yield event, EntryKind.DEVICE_ADDED, 0, 0, None, f"device {event.arguments['device']}"


def _about(chain: Chain, contract: str, name: str, argument: str, account: ChecksumAddress) -> list[Event]:
    """Events with the account in an indexed argument."""
    indexed: dict[str, Any] = {argument: account}
    return chain.events(contract, name, **indexed)


def _either(
    chain: Chain, contract: str, name: str, arguments: tuple[str, str], account: ChecksumAddress
) -> Iterable[Event]:
    """Events with the account in one of two arguments, each once."""
    found = {
        (event.block, event.position): event
        for argument in arguments
        for event in _about(chain, contract, name, argument, account)
    }
    return found.values()


def _amount(upoints: int) -> str:
    return f"{upoints} micro-points"
