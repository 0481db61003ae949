"""Signed orders as files, so that anyone can relay them to the chain.

A file is the typed data that the trader's wallet signs, with the same names as the signed type, and the signature:
``{"schema": …, "types": …, "primaryType": "BuyOrder", "domain": …, "message": …, "signature": "0x…"}``. Files of the
first schema, with names of their own and without domain, are still read.
"""

from __future__ import annotations

from typing import Any, Final

from powerpact.codec.eip712 import Domain
from powerpact.codec.eip712.typeddata import check_domain, message_in, text_of, typed_data
from powerpact.codec.errors import BadSignedFile
from powerpact.codec.files import SignedFile
from powerpact.market.errors import FieldWithoutRule
from powerpact.market.orders import Order, Side, SignedOrder
from powerpact.units import MAX_ATTRIBUTES, MAX_CATEGORIES

SCHEMA: Final = "powerpact/order/2"
FIRST_SCHEMA: Final = "powerpact/order/1"

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
_LATER_FIELDS: Final = {"min_fill_ppm": 0, "accept": False}
_TYPES: Final = ("BuyOrder", "SellOrder")


def format_typed_order(domain: Domain, market: bytes, order: Order) -> str:
    """What a wallet signs of an order, as JSON: a file that lacks the signature alone.

    Parameters
    ----------
    domain : Domain
        The order book's.
    market : bytes
        The market that it is for.
    order : Order
        The order.
    """
    return text_of(SCHEMA, domain, *order.message(market))


def format_order(domain: Domain, market: bytes, signed: SignedOrder) -> str:
    """The file of a signed order.

    Parameters
    ----------
    domain : Domain
        The order book's.
    market : bytes
        The market that it is signed for.
    signed : SignedOrder
        The order and its signature.
    """
    return text_of(SCHEMA, domain, *signed.order.message(market), signed.signature)


def parse_order(
    name: str, text: str | bytes, *, domain: Domain | None = None, signature: str | None = None
) -> tuple[bytes, SignedOrder]:
    """The market and the signed order in a file's text.

    Parameters
    ----------
    name : str
        The file's name, for messages.
    text : str or bytes
        Its content.
    domain : Domain, optional
        The order book's, which the file must be signed for.
    signature : str, optional
        The signature, hexadecimal, of a file that has none.

    Raises
    ------
    BadSignedFile
        At the first field that is missing, unknown, out of range, or not neutral though no rule uses it yet.
    """
    file = SignedFile.read(name, text)
    if signature is not None:
        if "signature" in file.data:
            file.fail("$.signature", "is in the file already")
        file.data["signature"] = signature
    market, order = _first(file) if file.data.get("schema") == FIRST_SCHEMA else _typed(file, domain)
    try:
        order.check_neutral()
    except FieldWithoutRule as error:
        raise BadSignedFile(name, f"$.order.{error.field}", f"is not {error.neutral}: no rule uses it yet") from error
    return market, SignedOrder(order, file.signature("$.signature", file.data["signature"]))


def _typed(file: SignedFile, domain: Domain | None) -> tuple[bytes, Order]:
    """Market and order of a file of typed data."""
    file.check_schema(SCHEMA, {"types", "primaryType", "domain", "message", "signature"})
    primary_type = file.data["primaryType"]
    if primary_type not in _TYPES:
        file.fail("$.primaryType", f"is not {' or '.join(_TYPES)}")
    named = check_domain(file, domain)
    message = message_in(file, primary_type)
    order = _buy(message) if primary_type == "BuyOrder" else _sell(message)
    if file.data["types"] != typed_data(named, *order.message(message["market"]))["types"]:
        file.fail("$.types", f"is not what {primary_type} consists of")
    return message["market"], order


def _buy(message: dict[str, Any]) -> Order:
    return Order(
        side=Side.BUY,
        price_upoints_per_kwh=message["bid"],
        levels=message["expectations"],
        limits=message["limits"],
        weights_ppm=message["weights"],
        classes=message["requires"],
        device=message["meter"],
        **_common(message),
    )


def _sell(message: dict[str, Any]) -> Order:
    return Order(
        side=Side.SELL,
        price_upoints_per_kwh=message["ask"],
        min_upoints_per_kwh=message["minPrice"],
        levels=message["attributes"],
        classes=message["classes"],
        device=message["device"],
        **_common(message),
    )


def _common(message: dict[str, Any]) -> dict[str, Any]:
    return {
        "trader": message["trader"],
        "energy_wh": message["energyWh"],
        "nonce": message["nonce"],
        "expiry": message["expiry"],
        "min_fill_ppm": message["minFill"],
        "accept": message["accept"],
    }


def _first(file: SignedFile) -> tuple[bytes, Order]:
    """Market and order of a file of the first schema."""
    file.check_schema(FIRST_SCHEMA, {"market", "order", "signature"})
    order: Any = file.data["order"]
    if isinstance(order, dict):
        order = {**_LATER_FIELDS, **order}
    file.check_members("$.order", order, {"side", "trader", "classes", "accept", *_BITS, *_LANES})
    if order["side"] not in ("buy", "sell"):
        file.fail("$.order.side", "is neither 'buy' nor 'sell'")
    for field, bits in _BITS.items():
        file.check_integer(f"$.order.{field}", order[field], bits)
    if not isinstance(order["accept"], bool):
        file.fail("$.order.accept", "is neither true nor false")
    for field in _LANES:
        lanes = order[field]
        if not isinstance(lanes, list) or len(lanes) != MAX_ATTRIBUTES:
            file.fail(f"$.order.{field}", f"is not a list of {MAX_ATTRIBUTES} numbers")
        for position, value in enumerate(lanes):
            file.check_integer(f"$.order.{field}[{position}]", value, 32)
    terms: dict[str, Any] = {field: order[field] for field in _BITS}
    terms |= {field: tuple(order[field]) for field in _LANES} | {"accept": order["accept"]}
    trader = file.address("$.order.trader", order["trader"])
    classes = file.octets("$.order.classes", order["classes"], MAX_CATEGORIES)
    parsed = Order(side=Side[order["side"].upper()], trader=trader, classes=classes, **terms)
    return file.octets("$.market", file.data["market"], 32), parsed
