"""Signed agreements as files, so that anyone can relay two of them to the chain."""

from __future__ import annotations

import json
from typing import Final

from powerpact.codec.files import SignedFile
from powerpact.market.trades import SignedAgreement

SCHEMA: Final = "powerpact/agreement/1"


def format_agreement(agreement: SignedAgreement) -> str:
    """The file of a signed agreement."""
    data = {
        "schema": SCHEMA,
        "market": f"0x{agreement.market.hex()}",
        "trade": f"0x{agreement.trade.hex()}",
        "to_seller_upoints": agreement.to_seller_upoints,
        "signer": agreement.signer,
        "signature": f"0x{agreement.signature.hex()}",
    }
    return json.dumps(data, indent=2) + "\n"


def parse_agreement(name: str, text: str | bytes) -> SignedAgreement:
    """The signed agreement in a file's text.

    Parameters
    ----------
    name : str
        The file's name, for messages.
    text : str or bytes
        Its content.

    Raises
    ------
    BadSignedFile
        At the first field that is missing, unknown or out of range.
    """
    file = SignedFile.parse(name, text, SCHEMA, {"market", "trade", "to_seller_upoints", "signer", "signature"})
    data = file.data
    file.check_integer("$.to_seller_upoints", data["to_seller_upoints"], 128)
    return SignedAgreement(
        market=file.octets("$.market", data["market"], 32),
        trade=file.octets("$.trade", data["trade"], 32),
        to_seller_upoints=data["to_seller_upoints"],
        signer=file.address("$.signer", data["signer"]),
        signature=file.signature("$.signature", data["signature"]),
    )
