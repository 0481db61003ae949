"""Sign a transaction again with a higher fee, from what was sent before."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import rlp
from eth_account.signers.local import LocalAccount
from eth_utils import to_checksum_address

RAISE: Final = 9, 8
"""A replacement offers at least this much of what it replaces: nodes ask for a tenth more, some for an eighth."""

_DYNAMIC: Final = 2
_LEGACY_FIELDS: Final = ("nonce", "gasPrice", "gas", "to", "value", "data")
_DYNAMIC_FIELDS: Final = ("chainId", "nonce", "maxPriorityFeePerGas", "maxFeePerGas", "gas", "to", "value", "data")
_FIRST_CHAIN_V: Final = 35


def terms_of(raw: bytes) -> dict[str, Any]:
    """The fields of a signed transaction as it is signed: with a fee for each gas (EIP-1559), or with a gas price."""
    if raw[0] == _DYNAMIC:
        return _named(_DYNAMIC_FIELDS, rlp.decode(raw[1:]))
    fields = rlp.decode(raw)
    v = int.from_bytes(fields[6], "big")
    terms = _named(_LEGACY_FIELDS, fields)
    return terms | {"chainId": (v - _FIRST_CHAIN_V) // 2} if v >= _FIRST_CHAIN_V else terms


def offered_wei(terms: Mapping[str, Any]) -> int:
    """The most that a transaction pays for each gas, wei."""
    return int(terms.get("maxFeePerGas", terms.get("gasPrice", 0)))


def raised(raw: bytes, account: LocalAccount, offer: Mapping[str, int]) -> bytes:
    """The same transaction, signed again with a fee that replaces it.

    Parameters
    ----------
    raw : bytes
        The transaction to replace.
    account : LocalAccount
        Its sender.
    offer : mapping
        The fee fields that a new transaction would have now.

    Returns
    -------
    bytes
        The signed transaction: each fee is at least an eighth higher, and at least what is offered now.
    """
    terms = terms_of(raw)
    fields = ("maxPriorityFeePerGas", "maxFeePerGas") if "maxFeePerGas" in terms else ("gasPrice",)
    now_wei = offered_wei(offer)
    for field in fields:
        at_least = offer.get(field, 0 if field == "maxPriorityFeePerGas" else now_wei)
        terms[field] = max(-(-terms[field] * RAISE[0] // RAISE[1]), terms[field] + 1, at_least)
    if len(fields) == 2:
        terms["maxFeePerGas"] = max(terms["maxFeePerGas"], terms["maxPriorityFeePerGas"])
    return bytes(account.sign_transaction(terms).raw_transaction)


def _named(names: tuple[str, ...], fields: list[bytes]) -> dict[str, Any]:
    terms: dict[str, Any] = {}
    for name, value in zip(names, fields, strict=False):
        if name == "to":
            if value:  # a transaction without a receiver creates a contract
                terms["to"] = to_checksum_address(value)
        else:
            terms[name] = value if name == "data" else int.from_bytes(value, "big")
    return terms
