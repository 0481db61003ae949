"""Signed releases as files, so that anybody can carry two of them to the chain."""

from __future__ import annotations

import json
from typing import Final

from powerpact.codec.files import SignedFile
from powerpact.market.trades import SignedRelease

SCHEMA: Final = "powerpact/release/1"


def format_release(release: SignedRelease) -> str:
    """The file of a signed release."""
    data = {
        "schema": SCHEMA,
        "market": f"0x{release.market.hex()}",
        "trade": f"0x{release.trade.hex()}",
        "to_seller_upoints": release.to_seller_upoints,
        "signer": release.signer,
        "signature": f"0x{release.signature.hex()}",
    }
    return json.dumps(data, indent=2) + "\n"


def parse_release(name: str, text: str | bytes) -> SignedRelease:
    """The signed release in a file's text.

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
    file.check_address("$.signer", data["signer"])
    return SignedRelease(
        market=file.octets("$.market", data["market"], 32),
        trade=file.octets("$.trade", data["trade"], 32),
        to_seller_upoints=data["to_seller_upoints"],
        signer=data["signer"],
        signature=file.octets("$.signature", data["signature"], 64, 65),
    )
