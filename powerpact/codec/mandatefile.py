"""Signed mandates as files, so that a delegate can register them and order inside them.

A file is the typed data that the trader's wallet signs, with the same names as the signed type, and the signature:
``{"schema": …, "types": …, "primaryType": "Mandate", "domain": …, "message": …, "signature": "0x…"}``.
"""

from __future__ import annotations

import json
from typing import Final

from powerpact.codec.eip712 import Domain
from powerpact.codec.eip712.typeddata import domain_in, message_in, typed_data
from powerpact.codec.files import SignedFile
from powerpact.market.mandates import Mandate, SignedMandate

SCHEMA: Final = "powerpact/mandate/1"


def format_mandate(domain: Domain, signed: SignedMandate) -> str:
    """The file of a signed mandate.

    Parameters
    ----------
    domain : Domain
        Of the contract Mandates.
    signed : SignedMandate
        The mandate and its signature.
    """
    data = {"schema": SCHEMA, **typed_data(domain, *signed.mandate.message())}
    return json.dumps(data | {"signature": f"0x{signed.signature.hex()}"}, indent=2) + "\n"


def parse_mandate(
    name: str, text: str | bytes, *, domain: Domain | None = None, signature: str | None = None
) -> SignedMandate:
    """The signed mandate in a file's text.

    Parameters
    ----------
    name : str
        The file's name, for messages.
    text : str or bytes
        Its content.
    domain : Domain, optional
        Of the contract Mandates, which the file must be signed for.
    signature : str, optional
        The signature, hexadecimal, of a file that has none.

    Raises
    ------
    BadSignedFile
        At the first field that is missing, unknown or out of range.
    """
    file = SignedFile.read(name, text)
    if signature is not None:
        if "signature" in file.data:
            file.fail("$.signature", "is in the file already")
        file.data["signature"] = signature
    file.check_schema(SCHEMA, {"types", "primaryType", "domain", "message", "signature"})
    if file.data["primaryType"] != "Mandate":
        file.fail("$.primaryType", "is not Mandate")
    named = domain_in(file)
    if domain is not None and named != domain:
        field = "chainId" if named.chain_id != domain.chain_id else "verifyingContract"
        file.fail(f"$.domain.{field}", "is of another deployment than this one")
    mandate = Mandate.of_message(message_in(file, "Mandate"))
    if file.data["types"] != typed_data(named, *mandate.message())["types"]:
        file.fail("$.types", "is not what Mandate consists of")
    return SignedMandate(mandate, file.signature("$.signature", file.data["signature"]))
