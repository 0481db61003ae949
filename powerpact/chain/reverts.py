"""Turn a contract's revert data into a typed error with why and remedy."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

from eth_abi.abi import decode
from eth_abi.exceptions import DecodingError

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
            why, remedy = advice_for(signature.name)
            return ContractError(
                signature.name, dict(zip(signature.names, values, strict=True)), why=why, remedy=remedy
            )
    except DecodingError:
        pass  # A selector by chance: shown raw below.
    why, remedy = advice_for("Unknown")
    return ContractError("Unknown", {"data": data}, why=why, remedy=remedy)
