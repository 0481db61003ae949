"""What can be seen of a deployment: every state that the power table names, item by item, each with whose it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from powerpact.chain.errors import ContractError
from powerpact.market.orders import Side
from testkit.powers.cast import CREDENTIAL, Stage
from testkit.powers.terms import State

WORD = 32


@dataclass(frozen=True, slots=True)
class Item:
    """Something that can change: of which kind, whose, and how it is read. It is nobody's if `owner` is empty."""

    state: State
    owner: str = field(compare=False)
    label: str


class Reading(NamedTuple):
    """One view function, and the words of its answer that count."""

    item: Item
    to: str
    data: bytes
    words: slice = slice(None)


def look(stage: Stage, readings: Iterable[Reading]) -> dict[Item, bytes]:
    """Everything as it is now."""
    chain = stage.community.chain
    seen = {}
    for item, to, data, words in readings:
        try:
            answer = chain.read(to, data)
        except ContractError as error:
            answer = error.name.encode()
        seen[item] = answer[slice(*(None if end is None else end * WORD for end in (words.start, words.stop)))]
    return seen


def readings(stage: Stage) -> Iterator[Reading]:
    """How everything is read, what the next call may add included."""
    yield from _of_accounts(stage)
    yield from _of_motions(stage)
    yield from _of_devices(stage)
    yield from _of_proposals(stage)
    for id_ in stage.coming:
        yield _read(stage, State.MARKETS, "", "Markets", "designOf", id_)
    for channel in stage.channels:
        yield _read(stage, State.CHANNELS, "", "PaymentChannels", "meteredOf", channel)
        yield _read(stage, State.CHANNELS, "", "PaymentChannels", "mutualOf", channel)
    for market in stage.markets:
        yield from _of_market(stage, market)


def _read(
    stage: Stage, state: State, owner: str, contract: str, function: str, *arguments: object, words: slice = slice(None)
) -> Reading:
    community = stage.community
    data = community.interfaces[contract].encode_call(function, arguments)
    label = f"{contract}.{function}{arguments}[{words.start}:{words.stop}]"
    return Reading(Item(state, owner, label), community.addresses[contract], data, words)


def _of_accounts(stage: Stage) -> Iterator[Reading]:
    custody = stage.community.addresses["Accounts"]
    lots = [stage.lot(trader) for trader in stage.community.traders] if stage.markets else []
    for who in stage.accounts:
        yield _read(stage, State.POINTS, who, "PowerPoints", "balanceOf", who)
        yield _read(stage, State.POINTS, who, "Accounts", "walletOf", who, words=slice(0, 2))
        yield _read(stage, State.ORDERS, who, "Accounts", "walletOf", who, words=slice(2, 3))
        yield _read(stage, State.TRADES, who, "Accounts", "trackRecordOf", who, words=slice(0, 3))
        yield _read(stage, State.ORDERS, who, "Accounts", "trackRecordOf", who, words=slice(3, 4))
        for spender in (custody, stage.approved.address):
            yield _read(stage, State.APPROVALS, who, "PowerPoints", "allowance", who, spender)
            yield _read(stage, State.APPROVALS, who, "GreenCertificates", "isApprovedForAll", who, spender)
        yield _read(stage, State.ADMISSIONS, who, "ParticipantRegistry", "participant", who)
        yield _read(stage, State.MOTIONS, who, "Motions", "exitOf", who)
        yield _read(stage, State.CREDENTIALS, who, "Credentials", "revokedAt", who, CREDENTIAL)
        for lot in lots:
            yield _read(stage, State.CERTIFICATES, who, "GreenCertificates", "balanceOf", who, lot)
            yield _read(stage, State.CERTIFICATES, who, "GreenCertificates", "retiredFor", lot, who)
    for lot in lots:
        yield _read(stage, State.HOLDS, "", "GreenCertificates", "heldUntil", lot)
    yield _read(stage, State.POINTS, "", "PowerPoints", "totalSupply")
    yield _read(stage, State.POINTS, "", "Accounts", "totalCredits")


def _of_motions(stage: Stage) -> Iterator[Reading]:
    for function in ("auditors", "threshold", "committee", "memberCount", "motionCount", "changeCount"):
        yield _read(stage, State.MOTIONS, "", "Motions", function)
    for motion in range(1, stage.community.read("Motions", "motionCount") + 1):
        yield _read(stage, State.MOTIONS, "", "Motions", "objectionsTo", motion, 0)
    for number in range(1, 3):
        yield _read(stage, State.MOTIONS, "", "Motions", "changeOf", number)
        yield _read(stage, State.MOTIONS, "", "Motions", "proposalOf", number)


def _of_devices(stage: Stage) -> Iterator[Reading]:
    community = stage.community
    for device in range(1, len(community.counters) + 2):
        owner = community.read("DeviceRegistry", "certificationOf", device)[0]
        owner = owner if int(owner, 16) else ""
        yield _read(stage, State.DEVICES, owner, "DeviceRegistry", "device", device)
        yield _read(stage, State.DEVICES, owner, "DeviceRegistry", "offeredTo", device)
        yield _read(stage, State.DEVICES, owner, "DeviceRegistry", "descriptionOf", device)
        yield _read(stage, State.READINGS, owner, "Metering", "last", device)
        yield _read(stage, State.READINGS, owner, "Metering", "correctionsOf", device)
    yield _read(stage, State.READINGS, "", "Metering", "batchCount")
    yield _read(stage, State.ROOTS, "", "RouterBatches", "batchCount")
    yield _read(stage, State.ROOTS, "", "RouterBatches", "turnOf", stage.router)
    for subnet in range(1, 3):
        yield _read(stage, State.SUBNETS, "", "Subnets", "subnetOf", subnet)


def _of_proposals(stage: Stage) -> Iterator[Reading]:
    count = stage.community.read("Clearing", "proposalCount")
    for proposal in range(1, count + 2):
        yield _read(stage, State.PROPOSALS, "", "Clearing", "proposal", proposal)
        yield _read(stage, State.PROPOSALS, "", "Clearing", "tradesHash", proposal)
        yield _read(stage, State.PROPOSALS, "", "Refutations", "refutationOf", proposal)


def _of_market(stage: Stage, market) -> Iterator[Reading]:
    id_, slot = market.id, market.slot.pack()
    yield _read(stage, State.MARKETS, "", "Markets", "rulesOf", id_)
    yield _read(stage, State.ORDERS, "", "Markets", "batchCount", id_)
    for batch in range(len(market.batches) + 1):
        yield _read(stage, State.ORDERS, "", "OrderBook", "batchState", id_, batch)
    yield _read(stage, State.PROPOSALS, "", "Clearing", "activeOf", id_)
    yield _read(stage, State.PROPOSALS, "", "Clearing", "finalByOf", id_)
    yield _read(stage, State.TRADES, "", "Clearing", "finalOf", id_)
    for index in range(3):
        yield _read(stage, State.TRADES, "", "Settlement", "isSettled", id_, (0, index))
        yield _read(stage, State.TRADES, "", "Settlement", "isCertified", id_, (0, index))
    for trader in stage.community.traders:
        yield _read(stage, State.ORDERS, "", "DeviceRegistry", "lengthOf", trader.device, market.rules.slot_start)
        for side in (Side.BUY, Side.SELL):
            yield _read(stage, State.ORDERS, "", "DeviceRegistry", "promisedOf", trader.device, side, slot)
        yield _read(stage, State.CERTIFICATES, trader.address, "Deliveries", "isIssued", trader.device, slot)
    for gateway in stage.gateways:
        hash_ = stage.community.interfaces["Mandates"].encode_call("hashOf", [gateway.mandate.pack()])
        hash_ = stage.community.chain.read(stage.community.addresses["Mandates"], hash_)
        yield _read(stage, State.MANDATES, gateway.trader.address, "Mandates", "stateOf", hash_)
