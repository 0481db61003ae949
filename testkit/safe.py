"""A Safe, the account that most organisations use: several owners, of whom a number must sign.

The contracts are those of its npm package, as they are deployed on public chains.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

from eth_abi.abi import encode
from eth_account.signers.local import LocalAccount
from web3 import Web3
from web3.contract import Contract

from powerpact.chain.calls import Call
from powerpact.chain.transactions import Sender
from toolchain.places import ROOT

FOLDER: Final = ROOT / "node_modules/@safe-global/safe-contracts/build/artifacts/contracts"
NOBODY: Final = "0x" + 40 * "0"


@dataclass(frozen=True, slots=True)
class Safe:
    """A Safe with its owners, all of whom sign what `signed_by` does not leave out."""

    web3: Web3
    sender: Sender
    owners: Sequence[LocalAccount]
    contract: Contract
    handler: Contract

    @property
    def address(self) -> str:
        return self.contract.address

    def execute(self, call: Call) -> None:
        """Make a call as this account."""
        gas_and_refund = (0, 0, 0, NOBODY, NOBODY)
        asked = (call.to, call.value_wei, call.data, 0, *gas_and_refund)
        hash_ = self.contract.functions.getTransactionHash(*asked, self.contract.functions.nonce().call()).call()
        data = self.contract.encode_abi("execTransaction", [*asked, _by(self.owners, hash_)])
        self.sender.send(Call("safe", self.contract.address, bytes.fromhex(data[2:])))

    def signature(self, hash_: bytes, owners: Sequence[LocalAccount] | None = None) -> bytes:
        """The owners' signatures of a hash, as the Safe judges them (ERC-1271): 65 bytes each, by rising address."""
        message = self.handler.functions.getMessageHashForSafe(self.address, encode(["bytes32"], [hash_])).call()
        return _by(self.owners if owners is None else owners, message)


def deploy_safe(web3: Web3, sender: Sender, owners: Sequence[LocalAccount], threshold: int) -> Safe:
    """A new Safe, of which so many owners must sign."""
    singleton, handler = (
        _create(web3, sender, name) for name in ("Safe.sol/Safe", "handler/CompatibilityFallbackHandler")
    )
    proxy = _create(web3, sender, "proxies/SafeProxy", singleton.address)
    safe = web3.eth.contract(proxy.address, abi=singleton.abi)
    addresses = [owner.address for owner in owners]
    setup = safe.encode_abi("setup", [addresses, threshold, NOBODY, b"", handler.address, NOBODY, 0, NOBODY])
    sender.send(Call("safe", safe.address, bytes.fromhex(setup[2:])))
    return Safe(web3, sender, owners, safe, handler)


def _create(web3: Web3, sender: Sender, name: str, *arguments: Any) -> Contract:
    compiled = _artifact(name)
    data = web3.eth.contract(abi=compiled["abi"], bytecode=compiled["bytecode"]).constructor(*arguments)
    mined = sender.send(Call("safe", None, bytes.fromhex(data.data_in_transaction[2:])))
    return web3.eth.contract(mined.created, abi=compiled["abi"])


@cache
def _artifact(name: str) -> dict[str, Any]:
    folder, contract = name.rsplit("/", 1)
    path = FOLDER / folder if folder.endswith(".sol") else FOLDER / folder / f"{contract}.sol"
    found: dict[str, Any] = json.loads((path / f"{contract}.json").read_text(encoding="utf-8"))
    return found


def _by(owners: Sequence[LocalAccount], hash_: bytes) -> bytes:
    ordered = sorted(owners, key=lambda owner: int(owner.address, 16))
    return b"".join(owner.unsafe_sign_hash(hash_).signature for owner in ordered)
