"""Chunks of trades made by hand, right or wrong."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from powerpact.market.orders import Order
from testkit.market import Claims, TestMarket

NO_DUALS: Mapping[int, int] = {}
NOTHING = Claims([], [])
"""No trades."""


def claim(
    market: TestMarket,
    trades: Sequence[tuple[int, ...]],
    duals_ppm: Mapping[int, int] = NO_DUALS,
    continued: Collection[int] = (),
) -> Claims:
    """A chunk of trades, each its buy id, its sell id and its energy, Wh, unless that is the smaller one of the two.

    Orders come in the order in which trades name them; a dual price that is not given is 0.
    """
    placed = {id_: market.placed(id_) for trade in trades for id_ in trade[:2]}
    ids = list(placed)
    energies_wh = {id_: Order.unpack(packed).energy_wh for id_, (_, packed, _) in placed.items()}
    links = [
        (ids.index(buy), ids.index(sell), *(energy or [min(energies_wh[buy], energies_wh[sell])]))
        for buy, sell, *energy in trades
    ]
    return Claims([(placed[id_], duals_ppm.get(id_, 0), id_ in continued) for id_ in ids], links)


def priced(claims: Claims) -> Claims:
    """The same chunk as `clear` takes it: ids instead of orders with their proofs."""
    return Claims([(placed[0], dual) for placed, dual, _ in claims.orders], claims.links)
