"""Signed orders as files, so that anybody can carry them to the chain."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any, Final

from eth_utils import is_checksum_address

from powerpact.chain.errors import BadOrderFile
from powerpact.chain.orders import SignedOrder
from powerpact.chain.packing import Order, Side
from powerpact.units import MAX_ATTRIBUTES, MAX_CATEGORIES

SCHEMA: Final = "powerpact/order/1"

_BITS: Final = {
    "energy_wh": 64,
    "price_upoints_per_kwh": 32,
    "min_upoints_per_kwh": 32,
    "device": 32,
    "nonce": 32,
    "expiry": 40,
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
    BadOrderFile
        At the first field that is missing, unknown or out of range.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise BadOrderFile(name, "$", f"is not JSON: {error}") from error
    _fields(name, "$", data, {"schema", "market", "order", "signature"})
    if data["schema"] != SCHEMA:
        raise BadOrderFile(name, "$.schema", f"is {data['schema']!r}, expected {SCHEMA!r}")
    order = data["order"]
    _fields(name, "$.order", order, {"side", "trader", "classes", *_BITS, *_LANES})
    if order["side"] not in ("buy", "sell"):
        raise BadOrderFile(name, "$.order.side", "is neither 'buy' nor 'sell'")
    if not is_checksum_address(order["trader"]):
        raise BadOrderFile(name, "$.order.trader", "is not an address with checksum")
    for field, bits in _BITS.items():
        _integer(name, f"$.order.{field}", order[field], bits)
    for field in _LANES:
        lanes = order[field]
        if not isinstance(lanes, list) or len(lanes) != MAX_ATTRIBUTES:
            raise BadOrderFile(name, f"$.order.{field}", f"is not a list of {MAX_ATTRIBUTES} numbers")
        for position, value in enumerate(lanes):
            _integer(name, f"$.order.{field}[{position}]", value, 32)
    terms: dict[str, Any] = {field: order[field] for field in _BITS}
    terms |= {field: tuple(order[field]) for field in _LANES}
    classes = _bytes(name, "$.order.classes", order["classes"], MAX_CATEGORIES)
    parsed = Order(side=Side[order["side"].upper()], trader=order["trader"], classes=classes, **terms)
    signature = _bytes(name, "$.signature", data["signature"], 64, 65)
    return _bytes(name, "$.market", data["market"], 32), SignedOrder(parsed, signature)


def _fields(name: str, path: str, value: Any, expected: set[str]) -> None:
    if not isinstance(value, dict):
        raise BadOrderFile(name, path, "is not an object")
    odd = sorted(expected ^ set(value))
    if odd:
        raise BadOrderFile(name, f"{path}.{odd[0]}", "is missing" if odd[0] in expected else "is unknown")


def _integer(name: str, path: str, value: Any, bits: int) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << bits:
        raise BadOrderFile(name, path, f"is not an integer from 0 to {(1 << bits) - 1}")


def _bytes(name: str, path: str, value: Any, *lengths: int) -> bytes:
    try:
        data = bytes.fromhex(value.removeprefix("0x"))
    except (ValueError, AttributeError):
        data = b""
    if len(data) not in lengths:
        raise BadOrderFile(name, path, f"is not {' or '.join(map(str, lengths))} bytes in hexadecimal")
    return data
