"""What can be wrong with the result of a call auction."""

from __future__ import annotations

from enum import StrEnum


class FaultKind(StrEnum):
    """Names of faults, in the order in which they are looked for."""

    UNKNOWN_ORDER = "unknown order"
    """A trade or the certificate names an order that the round does not have."""
    WRONG_ENERGY = "wrong energy"
    """A trade is of no energy."""
    TOO_MUCH_ENERGY = "too much energy"
    """An order's trades exceed its energy."""
    WRONG_OBJECTIVE = "wrong objective"
    """The objective is not the welfare of the trades."""
    INCOMPLETE_CERTIFICATE = "incomplete certificate"
    """The certificate lacks a number or an order, or has one that means nothing."""
    WRONG_PRICE = "wrong price"
    """The price is not where the rules put it between low and high, or there is one without trades."""
    NOT_ATTAINED = "bound not attained"
    """The named order does not attain low or high, so that the interval could be wider."""
    ORDERS_CROSS = "orders cross"
    """There are no trades, and low and high do not separate bids from minimums."""
    NARROWER_INTERVAL = "narrower interval"
    """One order leaves less than [low, high] for the price, or, without trades, lies between."""
    WORSE_BUT_FILLED = "worse than the price but filled"
    """One order trades at a loss."""
    BETTER_BUT_NOT_FULL = "better than the price but not full"
    """One order would gain from trading more."""
    WRONG_MARGINAL_FILL = "wrong fill at the price"
    """One order at the price has another fill than the certificate gives it."""
