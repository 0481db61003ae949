"""Signed orders as files, so that anyone can relay them to the chain."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, Final

from powerpact.codec.errors import BadSignedFile
from powerpact.codec.files import SignedFile
from powerpact.market.errors import FieldWithoutRule
from powerpact.market.orders import Order, Side, SignedOrder
from powerpact.units import MAX_ATTRIBUTES, MAX_CATEGORIES

SCHEMA: Final = "powerpact/order/1"

_BITS: Final = {
    "energy_wh": 64,
    "price_upoints_per_kwh": 32,
    "min_upoints_per_kwh": 32,
    "device": 32,
    "nonce": 32,
    "expiry": 40,
    "min_fill_ppm": 20,
}
_LANES: Final = ("levels", "limits", "weights_ppm")


def format_order(market: bytes, signed: SignedOrder) -> str:
    """The file of a signed order.

    Parameters
    ----------
    market : bytes
        The market that it is signed for.
    signed : SignedOrder
        The order and its signature.
    """
    order = asdict(signed.order) | {
        "side": signed.order.side.name.lower(),
        "classes": f"0x{signed.order.classes.hex()}",
    }
    data = {"schema": SCHEMA, "market": f"0x{market.hex()}", "order": order, "signature": f"0x{signed.signature.hex()}"}
    return json.dumps(data, indent=2) + "\n"


def parse_order(name: str, text: str | bytes) -> tuple[bytes, SignedOrder]:
    """The market and the signed order in a file's text.

    Parameters
    ----------
    name : str
        The file's name, for messages.
    text : str or bytes
        Its content.

    Raises
    ------
    BadSignedFile
        At the first field that is missing, unknown, out of range, or not neutral though no rule uses it yet.
    """
    file = SignedFile.parse(name, text, SCHEMA, {"market", "order", "signature"})
    order = file.data["order"]
    file.check_members("$.order", order, {"side", "trader", "classes", "accept", *_BITS, *_LANES})
    if order["side"] not in ("buy", "sell"):
        raise BadSignedFile(name, "$.order.side", "is neither 'buy' nor 'sell'")
    file.check_address("$.order.trader", order["trader"])
    for field, bits in _BITS.items():
        file.check_integer(f"$.order.{field}", order[field], bits)
    if not isinstance(order["accept"], bool):
        raise BadSignedFile(name, "$.order.accept", "is neither true nor false")
    for field in _LANES:
        lanes = order[field]
        if not isinstance(lanes, list) or len(lanes) != MAX_ATTRIBUTES:
            raise BadSignedFile(name, f"$.order.{field}", f"is not a list of {MAX_ATTRIBUTES} numbers")
        for position, value in enumerate(lanes):
            file.check_integer(f"$.order.{field}[{position}]", value, 32)
    terms: dict[str, Any] = {field: order[field] for field in _BITS}
    terms |= {field: tuple(order[field]) for field in _LANES} | {"accept": order["accept"]}
    classes = file.octets("$.order.classes", order["classes"], MAX_CATEGORIES)
    parsed = Order(side=Side[order["side"].upper()], trader=order["trader"], classes=classes, **terms)
    try:
        parsed.check_neutral()
    except FieldWithoutRule as error:
        raise BadSignedFile(name, f"$.order.{error.field}", f"is not {error.neutral}: no rule uses it yet") from error
    signature = file.octets("$.signature", file.data["signature"], 64, 65)
    return file.octets("$.market", file.data["market"], 32), SignedOrder(parsed, signature)
