"""Green certificates: who holds what, where it came from, and its retirement."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from eth_typing import ChecksumAddress

from powerpact.chain.client import Chain
from powerpact.chain.transactions import Call
from powerpact.codec.abi import Event
from powerpact.market.slots import Slot

NOBODY = "0x0000000000000000000000000000000000000000"
"""Transfers from here are mints, transfers to here retirements."""


@dataclass(frozen=True, slots=True)
class Transfer:
    """Certificates that moved.

    Attributes
    ----------
    source, target : ChecksumAddress
        From whom to whom; the zero address for minting and retiring.
    id : int
        The certificate: device and slot.
    energy_wh : int
        How much of it.
    transaction_hash : str
        The transaction.
    block : int
        Its block.
    """

    source: ChecksumAddress
    target: ChecksumAddress
    id: int
    energy_wh: int
    transaction_hash: str
    block: int


def lot_of(id_: int) -> tuple[int, Slot]:
    """The device and the slot of a certificate.

    Examples
    --------
    >>> lot_of(id_of(7, Slot(1_700_000_100, 900)))
    (7, Slot(start=1700000100, length_s=900))
    """
    return id_ >> 72, Slot.unpack(id_ & (1 << 72) - 1)


def id_of(device: int, slot: Slot) -> int:
    """The certificate of a device's slot: device 32 | slot length 32 | slot start 40."""
    return device << 72 | slot.pack()


def transfers(chain: Chain) -> list[Transfer]:
    """Everything that certificates ever did, oldest first."""
    return transfers_in(chain.events("GreenCertificates", "TransferSingle", "TransferBatch"))


def transfers_in(events: Iterable[Event]) -> list[Transfer]:
    """The transfers among events, in their order."""
    return [transfer for event in events for transfer in _transfers(event)]


def holdings(chain: Chain) -> dict[tuple[ChecksumAddress, int], int]:
    """Energy in Wh by holder and certificate, replayed from the transfers."""
    return holdings_after(transfers(chain))


def holdings_after(moved: Iterable[Transfer]) -> dict[tuple[ChecksumAddress, int], int]:
    """Energy in Wh by holder and certificate, after these transfers from nothing."""
    balances: defaultdict[tuple[ChecksumAddress, int], int] = defaultdict(int)
    for transfer in moved:
        balances[transfer.source, transfer.id] -= transfer.energy_wh
        balances[transfer.target, transfer.id] += transfer.energy_wh
    return {key: energy for key, energy in balances.items() if key[0] != NOBODY and energy}


def balance_of(chain: Chain, holder: ChecksumAddress, id_: int) -> int:
    """Energy of a certificate that the holder can still move, Wh."""
    return int(chain.read("GreenCertificates", "balanceOf", holder, id_))


def balances_of(chain: Chain, held: Sequence[tuple[ChecksumAddress, int]]) -> list[int]:
    """Energy that holders can still move of certificates, Wh, by holder and certificate; in one request."""
    return chain.read_all([("GreenCertificates", "balanceOf", [holder, id_]) for holder, id_ in held])


def all_retired_for(chain: Chain, retired: Sequence[tuple[int, ChecksumAddress]]) -> list[int]:
    """Energy retired for beneficiaries, Wh, by certificate and beneficiary; in one request."""
    return chain.read_all([("GreenCertificates", "retiredFor", [id_, beneficiary]) for id_, beneficiary in retired])


def retired_for(chain: Chain, id_: int, beneficiary: ChecksumAddress) -> int:
    """Energy of a certificate retired for a beneficiary, Wh."""
    return int(chain.read("GreenCertificates", "retiredFor", id_, beneficiary))


def retire(chain: Chain, id_: int, energy_wh: int, beneficiary: ChecksumAddress, purpose: str) -> Call:
    """Retire energy of the sender's certificate, for good."""
    return chain.call("retire certificates", "GreenCertificates", "retire", id_, energy_wh, beneficiary, purpose)


def transfer(chain: Chain, sender: ChecksumAddress, to: ChecksumAddress, id_: int, energy_wh: int) -> Call:
    """Give energy of the sender's certificate to another holder."""
    return chain.call("transfer certificates", "GreenCertificates", "safeTransferFrom", sender, to, id_, energy_wh, b"")


def _transfers(event: Event) -> list[Transfer]:
    a = event.arguments
    if event.name == "TransferSingle":
        pairs = [(a["id"], a["value"])]
    elif event.name == "TransferBatch":
        pairs = list(zip(a["ids"], a["values"], strict=True))
    else:
        pairs = []
    return [Transfer(a["from"], a["to"], id_, energy, event.transaction_hash, event.block) for id_, energy in pairs]
