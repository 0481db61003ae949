"""Devices with their keys, the readings that they sign, and the proofs of those readings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils import keccak

from powerpact.chain.contracts.meters import SignedReading
from powerpact.codec.devicekeys import DeviceKey, P256Key, sign_by_device
from powerpact.codec.eip712 import Domain
from powerpact.codec.packing import reading_tree
from powerpact.market.readings import PackedReading, Reading

P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def device_key(name: str) -> LocalAccount:
    """The key of the device of this name, the same in every run."""
    account: LocalAccount = Account.from_key(keccak(text=f"device {name}"))
    return account


def p256_key(name: str) -> P256Key:
    """The P-256 key of the device of this name, the same in every run."""
    return P256Key(keccak(text=f"P-256 {name}"))


def mirrored(signed: SignedReading) -> SignedReading:
    """A reading whose P-256 signature has the other half of s, as a secure element gives it every other time."""
    r, s, key = signed.signature[:32], int.from_bytes(signed.signature[32:64], "big"), signed.signature[64:]
    return replace(signed, signature=r + (P256_ORDER - s).to_bytes(32, "big") + key)


KEYS = {1: device_key("roof"), 2: device_key("barn"), 3: device_key("shed")}
"""By device; the shed's is not bound unless a test does it."""


def domain_of(contract: Any, chain_id: int) -> Domain:
    """The EIP-712 domain of a deployed contract."""
    return Domain(chain_id, contract.address)


def packed(readings: Sequence[Reading]) -> list[PackedReading]:
    """The readings as the contracts take them."""
    return [reading.pack() for reading in readings]


def sign_readings(key: DeviceKey, domain: Domain, readings: Sequence[Reading]) -> list[bytes]:
    """The device's signature for each reading."""
    return [sign_by_device(key, domain, "Reading", reading.message()) for reading in readings]


def reading_proof(batch: int, readings: Sequence[Reading], index: int) -> tuple[int, int, list[bytes]]:
    """The proof of one reading of a reported batch, as the contracts take it."""
    return batch, index, reading_tree(readings).proof(index)
