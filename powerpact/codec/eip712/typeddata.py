"""What is signed as JSON that wallets take (``eth_signTypedData_v4``), and read back from it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from powerpact.codec.eip712.signing import Domain
from powerpact.codec.eip712.types import members_of, structs_in
from powerpact.codec.files import SignedFile

DOMAIN_MEMBERS: Final = (
    ("name", "string"),
    ("version", "string"),
    ("chainId", "uint256"),
    ("verifyingContract", "address"),
)

_EXACT: Final = 1 << 53
"""From here on numbers in JSON are not exact everywhere; they are written as text."""


def typed_data(domain: Domain, primary_type: str, message: Mapping[str, Any]) -> dict[str, Any]:
    """The types, domain and message of what is signed, as JSON.

    Parameters
    ----------
    domain : Domain
        Where the signature counts.
    primary_type : str
        A name in the table of types.
    message : mapping of str to value
        A value for each member.
    """
    members = members_of(primary_type)
    declared = {name: members_of(name) for name in (primary_type, *structs_in(primary_type))}
    return {
        "types": {
            name: [{"name": member, "type": type_} for member, type_ in its]
            for name, its in {"EIP712Domain": DOMAIN_MEMBERS, **declared}.items()
        },
        "primaryType": primary_type,
        "domain": {
            "name": domain.name,
            "version": domain.version,
            "chainId": domain.chain_id,
            "verifyingContract": domain.contract,
        },
        "message": {member.name: _json_of(message[member.name]) for member in members},
    }


def text_of(
    schema: str, domain: Domain, primary_type: str, message: Mapping[str, Any], signature: bytes | None = None
) -> str:
    """The file of what is signed, with the signature if there is one.

    Parameters
    ----------
    schema : str
        Of the file.
    domain, primary_type, message
        See `typed_data`.
    signature : bytes, optional
        None before it is signed; that of a contract account may be empty.
    """
    data = {"schema": schema, **typed_data(domain, primary_type, message)}
    signed = {"signature": f"0x{signature.hex()}"} if signature is not None else {}
    return json.dumps(data | signed, indent=2) + "\n"


def check_domain(file: SignedFile, domain: Domain | None) -> Domain:
    """The domain in a file of typed data, which must be this one if one is given.

    Raises
    ------
    BadSignedFile
        If it is another, or at the first member that is missing, unknown or not of its type.
    """
    named = domain_in(file)
    if domain is not None and named != domain:
        field = "chainId" if named.chain_id != domain.chain_id else "verifyingContract"
        file.fail(f"$.domain.{field}", "is of another deployment than this one")
    return named


def message_in(file: SignedFile, primary_type: str) -> dict[str, Any]:
    """The message in a file of typed data, each member of its type.

    Raises
    ------
    BadSignedFile
        At the first member that is missing, unknown or not of its type.
    """
    message, members = file.data["message"], members_of(primary_type)
    file.check_members("$.message", message, {member.name for member in members})
    return {name: _value(file, f"$.message.{name}", type_, message[name]) for name, type_ in members}


def domain_in(file: SignedFile) -> Domain:
    """The domain in a file of typed data.

    Raises
    ------
    BadSignedFile
        At the first member that is missing, unknown or not of its type.
    """
    domain = file.data["domain"]
    file.check_members("$.domain", domain, {name for name, _ in DOMAIN_MEMBERS})
    contract = file.address("$.domain.verifyingContract", domain["verifyingContract"])
    return Domain(file.integer("$.domain.chainId", domain["chainId"], 256), contract, domain["name"], domain["version"])


def _json_of(value: Any) -> Any:
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, tuple | list):
        return [_json_of(item) for item in value]
    if isinstance(value, Mapping):
        return {name: _json_of(item) for name, item in value.items()}
    return str(value) if isinstance(value, int) and not isinstance(value, bool) and value >= _EXACT else value


def _value(file: SignedFile, path: str, type_: str, value: Any) -> Any:
    if type_.endswith("]"):
        element, count = type_[: type_.index("[")], int(type_[type_.index("[") + 1 : -1])
        if not isinstance(value, list) or len(value) != count:
            file.fail(path, f"is not a list of {count} values")
        return tuple(_value(file, f"{path}[{k}]", element, item) for k, item in enumerate(value))
    if type_ == "address":
        return file.address(path, value)
    if type_ == "bool":
        if not isinstance(value, bool):
            file.fail(path, "is neither true nor false")
        return value
    if type_.startswith("bytes"):
        return file.octets(path, value, int(type_.removeprefix("bytes")))
    return file.integer(path, value, int(type_.removeprefix("uint")))
