"""Signed mandates as files, so that a delegate can register them and order inside them.

A file is the typed data that the trader's wallet signs, with the same names as the signed type, and the signature:
``{"schema": …, "types": …, "primaryType": "Mandate", "domain": …, "message": …, "signature": "0x…"}``.
"""

from __future__ import annotations

from typing import Final

from powerpact.codec.eip712 import Domain
from powerpact.codec.eip712.typeddata import check_domain, message_in, text_of, typed_data
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
    return text_of(SCHEMA, domain, *signed.mandate.message(), signed.signature)


def parse_mandate(name: str, text: str | bytes, *, domain: Domain | None = None) -> SignedMandate:
    """The signed mandate in a file's text.

    Parameters
    ----------
    name : str
        The file's name, for messages.
    text : str or bytes
        Its content.
    domain : Domain, optional
        Of the contract Mandates, which the file must be signed for.

    Raises
    ------
    BadSignedFile
        At the first field that is missing, unknown or out of range.
    """
    file = SignedFile.read(name, text)
    file.check_schema(SCHEMA, {"types", "primaryType", "domain", "message", "signature"})
    if file.data["primaryType"] != "Mandate":
        file.fail("$.primaryType", "is not Mandate")
    named = check_domain(file, domain)
    mandate = Mandate.of_message(message_in(file, "Mandate"))
    if file.data["types"] != typed_data(named, *mandate.message())["types"]:
        file.fail("$.types", "is not what Mandate consists of")
    return SignedMandate(mandate, file.signature("$.signature", file.data["signature"]))
