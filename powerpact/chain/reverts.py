"""Turn a contract's revert data into a typed error with why and remedy."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

from powerpact.chain.arguments import in_words
from powerpact.chain.artifacts import CONTRACTS, artifact
from powerpact.chain.errors import ContractError
from powerpact.chain.remedies import advice_for
from powerpact.codec.abi import Interface, Signature, checksummed

_ERROR: Final = Signature("Error", ("message",), ("string",), (False,), ())
_PANIC: Final = Signature("Panic", ("code",), ("uint256",), (False,), ())


@cache
def known_errors() -> Mapping[bytes, Signature]:
    """Every custom error of the contracts, and Solidity's own two, by selector."""
    known = {signature.selector: signature for signature in (_ERROR, _PANIC)}
    for name in CONTRACTS:
        known |= {error.selector: error for error in Interface(artifact(name).abi).errors.values()}
    return known


@cache
def _internal_types() -> Mapping[bytes, tuple[str, ...]]:
    """The types of the arguments of every custom error as Solidity names them, by selector."""
    entries = [entry for name in CONTRACTS for entry in artifact(name).abi if entry["type"] == "error"]
    return {
        Signature.of(entry).selector: tuple(item.get("internalType", item["type"]) for item in entry["inputs"])
        for entry in entries
    }


def revert_error(data: bytes) -> ContractError:
    """The error that revert data encodes.

    Parameters
    ----------
    data : bytes
        Selector and ABI-encoded arguments.

    Returns
    -------
    ContractError
        With the Solidity error's name and arguments; unknown data is kept as ``Unknown(data)``.
    """
    signature = known_errors().get(data[:4])
    try:
        if signature is not None:
            values = checksummed(signature.types, decode(signature.types, data[4:]))
            arguments = dict(zip(signature.names, values, strict=True))
            why, remedy = advice_for(signature.name, arguments)
            types = _internal_types().get(data[:4], signature.types)
            shown = [in_words(name, type_, arguments[name]) for name, type_ in zip(arguments, types, strict=True)]
            return ContractError(signature.name, arguments, why=why, remedy=remedy, shown=shown)
    except DecodingError:
        pass  # A selector by chance: shown raw below.
    why, remedy = advice_for("Unknown")
    return ContractError("Unknown", {"data": data}, why=why, remedy=remedy)
