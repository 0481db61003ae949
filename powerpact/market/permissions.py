"""What a member may order, in words: the rule that contracts/registry/libraries/Permissions.sol enforces."""

from __future__ import annotations

from enum import IntFlag
from typing import Final

from powerpact.errors import BadChoice
from powerpact.market.orders import Order, Side
from powerpact.market.schema import Carrier


class Permission(IntFlag):
    """What auditors attest that a member may do: a bit for each side, and for each carrier."""

    BUY = 1
    SELL = 2
    ELECTRICITY = 4
    HEAT = 8
    COLD = 16
    GAS = 32

    @classmethod
    def of_side(cls, side: Side) -> Permission:
        """To order on a side."""
        return cls.SELL if side is Side.SELL else cls.BUY

    @classmethod
    def of_carrier(cls, carrier: Carrier) -> Permission:
        """To trade a carrier.

        Examples
        --------
        >>> Permission.of_carrier(Carrier.COLD).name
        'COLD'
        """
        return cls(cls.ELECTRICITY << carrier)


SIDES: Final = Permission.BUY | Permission.SELL
CARRIERS: Final = Permission.ELECTRICITY | Permission.HEAT | Permission.COLD | Permission.GAS
EVERYTHING: Final = SIDES | CARRIERS


def most_energy_code(most_wh: int) -> int:
    """The code of the greatest bound on the energy of one order that is not above what was attested.

    Parameters
    ----------
    most_wh : int
        The most energy of one order, Wh, at least 1.

    Examples
    --------
    >>> [most_energy_code(most_wh) for most_wh in (1, 5_000, 8_191, 2**64 - 1)]
    [1, 12, 13, 0]
    >>> [most_energy_wh(code) for code in (1, 12, 13, 0)]
    [1, 4095, 8191, None]
    """
    if most_wh < 1:
        remedy = "State at least 1 Wh, or nothing for as much as fits."
        raise BadChoice("most energy", most_wh, "permits no order", remedy=remedy)
    code = (most_wh + 1).bit_length() - 1
    return 0 if code > 63 else code


def most_energy_wh(code: int) -> int | None:
    """The most energy of one order that a code permits, Wh; None for as much as fits."""
    return 2**code - 1 if code else None


def refusal_of(permissions: Permission, most_energy: int, order: Order, carrier: Carrier) -> str:
    """The error with which the order book refuses an order of a member who may trade now; empty if it is permitted.

    Parameters
    ----------
    permissions : Permission
        What was attested.
    most_energy : int
        Code of the most energy of one order.
    order : Order
        What the member would order.
    carrier : Carrier
        What flows in the order's market.

    Examples
    --------
    >>> buying = Order(Side.BUY, "0x" + "00" * 19 + "0A", energy_wh=1_000, price_upoints_per_kwh=90_000)
    >>> refusal_of(Permission.BUY | Permission.HEAT, 0, buying, Carrier.GAS)
    'Order_CarrierNotPermitted'
    >>> refusal_of(Permission.BUY | Permission.HEAT, 0, buying, Carrier.HEAT)
    ''
    """
    if Permission.of_side(order.side) not in permissions:
        return "Order_SideNotPermitted"
    if Permission.of_carrier(carrier) not in permissions:
        return "Order_CarrierNotPermitted"
    most_wh = most_energy_wh(most_energy)
    return "Order_EnergyNotPermitted" if most_wh is not None and order.energy_wh > most_wh else ""
