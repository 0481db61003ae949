"""Mandates: what a delegate may order in a trader's name (contracts/types/Mandates.sol)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, NamedTuple

from eth_typing import ChecksumAddress
from eth_utils import to_checksum_address

from powerpact.errors import BadChoice
from powerpact.market.orders import ZEROS, Order, Side, lanes_of, word_of
from powerpact.units import MAX_CATEGORIES

_BUYS: Final = 1
_SELLS: Final = 2

_SIGNED: Final = {
    "trader": "trader",
    "delegate": "delegate",
    "design": "design",
    "buys": "buys",
    "sells": "sells",
    "device": "device",
    "most_wh_per_slot": "mostWhPerSlot",
    "most_wh": "mostWh",
    "highest_bid_upoints_per_kwh": "highestBid",
    "lowest_min_upoints_per_kwh": "lowestMinPrice",
    "min_fill_ppm": "minFill",
    "requires": "requires",
    "classes": "classes",
    "from_s": "from",
    "until_s": "until",
    "shortest_lead_s": "shortestLead",
    "longest_lead_s": "longestLead",
    "shortest_refund_s": "shortestRefund",
    "longest_refund_s": "longestRefund",
    "longest_ahead_s": "longestAhead",
    "serial": "serial",
    "expectations": "expectations",
    "limits": "limits",
    "weights_ppm": "weights",
    "attributes": "attributes",
}
"""By field: its name in the signed type."""


class PackedMandate(NamedTuple):
    """The nine words of a mandate."""

    head: int
    keys: int
    times: int
    amounts: int
    design: bytes
    expectations: int
    limits: int
    weights: int
    attributes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """What a delegate may order in a trader's name.

    Attributes
    ----------
    trader : ChecksumAddress
        Who gives it, and trades.
    delegate : ChecksumAddress
        Whose key signs the orders.
    design : bytes
        The design of the markets, 32 bytes: the hash of their rules without their times but that for proposals.
    buys, sells : bool
        For which sides it is.
    device : int
        The device of sell orders, and the meter of buy orders where one counts; 0: none.
    most_wh_per_slot : int
        The most energy of the orders of one slot, of both sides, that are open or have traded.
    most_wh : int
        The most energy of all orders that are open or have traded.
    highest_bid_upoints_per_kwh : int
        Of buy orders.
    lowest_min_upoints_per_kwh : int
        Lowest minimum of sell orders.
    min_fill_ppm : int
        Of every order.
    requires : bytes
        Eight class codes that buy orders require; 0: nothing.
    classes : bytes
        Eight class codes of sell orders.
    from_s, until_s : int
        Delivery slots begin and end between them, Unix seconds.
    shortest_lead_s, longest_lead_s : int
        How long before its slot the gate of a market closes.
    shortest_refund_s, longest_refund_s : int
        How long after its slot begins a market refunds.
    longest_ahead_s : int
        How long before its slot an order may be posted.
    serial : int
        Tells equal mandates apart.
    expectations, limits, weights_ppm : tuple of 8 int
        Of buy orders.
    attributes : tuple of 8 int
        Values of sell orders.
    """

    trader: ChecksumAddress
    delegate: ChecksumAddress
    design: bytes
    buys: bool
    sells: bool
    device: int
    most_wh_per_slot: int
    most_wh: int
    highest_bid_upoints_per_kwh: int
    lowest_min_upoints_per_kwh: int
    min_fill_ppm: int
    from_s: int
    until_s: int
    shortest_lead_s: int
    longest_lead_s: int
    shortest_refund_s: int
    longest_refund_s: int
    longest_ahead_s: int
    serial: int = 0
    requires: bytes = bytes(MAX_CATEGORIES)
    classes: bytes = bytes(MAX_CATEGORIES)
    expectations: tuple[int, ...] = ZEROS
    limits: tuple[int, ...] = ZEROS
    weights_ppm: tuple[int, ...] = ZEROS
    attributes: tuple[int, ...] = ZEROS

    def pack(self) -> PackedMandate:
        """The nine words."""
        sides = self.buys * _BUYS | self.sells * _SELLS
        return PackedMandate(
            int(self.trader, 16) << 96 | self.most_wh_per_slot << 32 | self.highest_bid_upoints_per_kwh,
            int(self.delegate, 16) << 96
            | self.lowest_min_upoints_per_kwh << 64
            | self.device << 32
            | self.min_fill_ppm,
            self.shortest_refund_s << 216
            | self.serial << 184
            | sides << 176
            | self.longest_refund_s << 144
            | self.longest_lead_s << 112
            | self.shortest_lead_s << 80
            | self.until_s << 40
            | self.from_s,
            self.longest_ahead_s << 192
            | self.most_wh << 128
            | int.from_bytes(self.requires, "big") << 64
            | int.from_bytes(self.classes, "big"),
            self.design,
            word_of(self.expectations),
            word_of(self.limits),
            word_of(self.weights_ppm),
            word_of(self.attributes),
        )

    @classmethod
    def unpack(cls, packed: Sequence[Any]) -> Mandate:
        """The fields of nine words."""
        head, keys, times, amounts, design, expectations, limits, weights, attributes = packed
        return cls(
            trader=_address(head >> 96),
            delegate=_address(keys >> 96),
            design=bytes(design),
            buys=bool(times >> 176 & _BUYS),
            sells=bool(times >> 176 & _SELLS),
            device=_part(keys, 32, 32),
            most_wh_per_slot=_part(head, 32, 64),
            most_wh=_part(amounts, 128, 64),
            highest_bid_upoints_per_kwh=_part(head, 0, 32),
            lowest_min_upoints_per_kwh=_part(keys, 64, 32),
            min_fill_ppm=_part(keys, 0, 32),
            from_s=_part(times, 0, 40),
            until_s=_part(times, 40, 40),
            shortest_lead_s=_part(times, 80, 32),
            longest_lead_s=_part(times, 112, 32),
            shortest_refund_s=_part(times, 216, 32),
            longest_refund_s=_part(times, 144, 32),
            longest_ahead_s=_part(amounts, 192, 32),
            serial=_part(times, 184, 32),
            requires=_part(amounts, 64, 64).to_bytes(MAX_CATEGORIES, "big"),
            classes=_part(amounts, 0, 64).to_bytes(MAX_CATEGORIES, "big"),
            expectations=lanes_of(expectations),
            limits=lanes_of(limits),
            weights_ppm=lanes_of(weights),
            attributes=lanes_of(attributes),
        )

    def message(self) -> tuple[str, dict[str, Any]]:
        """The signed type's name and the message that the trader signs."""
        return "Mandate", {signed: getattr(self, field) for field, signed in _SIGNED.items()}

    @classmethod
    def of_message(cls, message: dict[str, Any]) -> Mandate:
        """The mandate that `message` describes."""
        return cls(**{field: message[signed] for field, signed in _SIGNED.items()})

    def buy_order(self, number: int, energy_wh: int, expiry: int, bid_upoints_per_kwh: int, meter: int = 0) -> Order:
        """A buy order inside the mandate.

        Parameters
        ----------
        number : int
            The mandate's, as the contract registered it.
        energy_wh : int
            What is wanted.
        expiry : int
            Unix seconds.
        bid_upoints_per_kwh : int
            At most the mandate's highest.
        meter : int
            The mandate's device, in a market where the import counts; else 0.

        Raises
        ------
        BadChoice
            If the mandate is not for buy orders, or the bid is above its highest.
        """
        if not self.buys:
            raise BadChoice("side", "buy", "is not in the mandate", remedy="It is for sell orders only.")
        most = self.highest_bid_upoints_per_kwh
        if bid_upoints_per_kwh > most:
            raise BadChoice("bid", bid_upoints_per_kwh, f"is above the mandate's {most}", remedy=f"Bid {most} at most.")
        order = Order(
            side=Side.BUY,
            trader=self.trader,
            energy_wh=energy_wh,
            price_upoints_per_kwh=bid_upoints_per_kwh,
            levels=self.expectations,
            limits=self.limits,
            weights_ppm=self.weights_ppm,
            classes=self.requires,
            device=meter,
        )
        return self._numbered(order, number, expiry)

    def sell_order(
        self, number: int, energy_wh: int, expiry: int, ask_upoints_per_kwh: int, min_upoints_per_kwh: int
    ) -> Order:
        """A sell order inside the mandate.

        Parameters
        ----------
        number : int
            The mandate's, as the contract registered it.
        energy_wh : int
            What is offered.
        expiry : int
            Unix seconds.
        ask_upoints_per_kwh : int
            Price that satisfies the seller fully.
        min_upoints_per_kwh : int
            At least the mandate's lowest.

        Raises
        ------
        BadChoice
            If the mandate is not for sell orders, or the minimum is below its lowest.
        """
        if not self.sells:
            raise BadChoice("side", "sell", "is not in the mandate", remedy="It is for buy orders only.")
        least = self.lowest_min_upoints_per_kwh
        if min_upoints_per_kwh < least:
            raise BadChoice(
                "min", min_upoints_per_kwh, f"is below the mandate's {least}", remedy=f"Ask for {least} at least."
            )
        order = Order(
            side=Side.SELL,
            trader=self.trader,
            energy_wh=energy_wh,
            price_upoints_per_kwh=ask_upoints_per_kwh,
            min_upoints_per_kwh=min_upoints_per_kwh,
            levels=self.attributes,
            classes=self.classes,
            device=self.device,
        )
        return self._numbered(order, number, expiry)

    def _numbered(self, order: Order, number: int, expiry: int) -> Order:
        return replace(order, nonce=number, expiry=expiry, min_fill_ppm=self.min_fill_ppm, is_mandated=True)


def mandated_message(market: bytes, order: Order, turn: int) -> tuple[str, dict[str, Any]]:
    """The signed type's name and the message that a delegate signs of an order.

    Parameters
    ----------
    market : bytes
        Id of the market.
    order : Order
        With the number of the mandate in place of a nonce.
    turn : int
        How many orders of this mandate, market and side there were before.
    """
    primary_type, message = order.message(market)
    return f"Mandated{primary_type}", {"order": message, "turn": turn}


@dataclass(frozen=True, slots=True)
class SignedMandate:
    """A mandate that anybody may register.

    Attributes
    ----------
    mandate : Mandate
        What was signed.
    signature : bytes
        The trader's, 65 or 64 bytes; of a contract account whatever it takes.
    """

    mandate: Mandate
    signature: bytes


def _part(word: int, shift: int, bits: int) -> int:
    return word >> shift & (1 << bits) - 1


def _address(number: int) -> ChecksumAddress:
    return to_checksum_address(number.to_bytes(20, "big"))
