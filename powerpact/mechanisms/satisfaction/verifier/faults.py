"""What can be wrong with a solution."""

from __future__ import annotations

from enum import StrEnum


class FaultKind(StrEnum):
    """Names of faults, in the order in which they are looked for, the first seven for each trade in turn."""

    UNKNOWN_ORDER = "unknown order"
    """A trade or a dual price names an order that the round does not have."""
    INELIGIBLE_PAIR = "ineligible pair"
    """A trade's orders may not trade with each other."""
    WRONG_SCORE = "wrong score"
    """A trade states another score than the orders' terms give."""
    PAIR_TRADES_TWICE = "pair trades twice"
    """An earlier trade is of the same two orders."""
    ORDER_USED_TWICE = "order used twice"
    """An order of a one-to-one round is in two trades."""
    WRONG_ENERGY = "wrong energy"
    """A one-to-one trade is not of the smaller energy, or a divisible one is of none."""
    TOO_MUCH_ENERGY = "too much energy"
    """An order's trades exceed its energy."""
    WRONG_OBJECTIVE = "wrong objective"
    """The objective is not the sum over the trades."""
    NEGATIVE_DUAL = "negative dual price"
    """A dual price is below 0."""
    IDLE_DUAL = "dual price without trade"
    """An order that is not filled has a dual price above 0."""
    DUAL_GAP = "dual sum is not the objective"
    """The dual prices prove another bound than the objective."""
    UNCOVERED_PAIR = "uncovered pair"
    """An eligible pair has a higher score than the sum of its dual prices: a better matching may exist."""
