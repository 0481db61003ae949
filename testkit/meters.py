"""Devices with their keys, the readings that they sign, and the proofs of those readings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils import keccak

from powerpact.codec.eip712 import Domain, sign
from powerpact.codec.packing import reading_tree
from powerpact.market.readings import PackedReading, Reading


def device_key(name: str) -> LocalAccount:
    """The key of the device of this name, the same in every run."""
    account: LocalAccount = Account.from_key(keccak(text=f"device {name}"))
    return account


KEYS = {1: device_key("roof"), 2: device_key("barn"), 3: device_key("shed")}
"""By device; the shed's is not bound unless a test does it."""


def domain_of(contract: Any, chain_id: int) -> Domain:
    """The EIP-712 domain of a deployed contract."""
    return Domain(chain_id, contract.address)


def packed(readings: Sequence[Reading]) -> list[PackedReading]:
    """The readings as the contracts take them."""
    return [reading.pack() for reading in readings]


def sign_readings(key: LocalAccount, domain: Domain, readings: Sequence[Reading]) -> list[bytes]:
    """The device's signature for each reading."""
    return [sign(key, domain, "Reading", reading.message()) for reading in readings]


def reading_proof(batch: int, readings: Sequence[Reading], index: int) -> tuple[int, int, list[bytes]]:
    """The proof of one reading of a reported batch, as the contracts take it."""
    return batch, index, reading_tree(readings).proof(index)
