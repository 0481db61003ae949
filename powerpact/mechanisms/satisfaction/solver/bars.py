"""What keeps two orders apart whatever they score: one person has both, or one does not fill the other.

What an order's least share asks of the other order is a number of Wh, its *need*: ``⌈minFill·energy / 10⁶⌉``. An order
without energy needs nothing, and has all the energy that anyone can need. So two orders fill each other if the need of
each is at most the energy of the other, in integers of 64 bits. In a round without needs, and where nobody buys and
sells, there are no bars, and the passes are compiled without them.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from powerpact.mechanisms.satisfaction.round import BuyOrders, Round, SellOrders
from powerpact.mechanisms.satisfaction.solver.arrays import Codes, Energies, Floats, Ints
from powerpact.mechanisms.satisfaction.solver.compiled import compiled
from powerpact.units import ENERGY, PPM

ELIMINATED: Final = -1.0e9
"""Added to the bound of a pair for each reason why it is not eligible."""

ONE_SIDED: Final = -1
"""Code of persons whose orders are all on one side: no pair is a trade with themselves."""


class Terms(NamedTuple):
    """What keeps the orders of one side apart from others, by their positions in the round.

    Attributes
    ----------
    energy, need : (orders,) uint64
        Energy, and what of it the other order must have, Wh; the most and 0 of orders that state no energy.
    person : (orders,) int32
        Codes of the persons, `ONE_SIDED` for those with orders on one side only.
    """

    energy: Energies
    need: Energies
    person: Codes

    def take(self, places: Ints) -> Terms:
        """Some of the orders, in the given order."""
        return Terms(self.energy[places], self.need[places], self.person[places])


class Bars(NamedTuple):
    """The terms of buyers and of sellers in chunks.

    Attributes
    ----------
    buyers, sellers : Terms
        The orders' terms, one for each row and column.
    least_energy, most_need : (chunks,) uint64
        Least energy and greatest need of each chunk, Wh.
    last_person : (chunks,) int32
        Greatest code of a person of each chunk.
    """

    buyers: Terms
    sellers: Terms
    least_energy: Energies
    most_need: Energies
    last_person: Codes


def terms_of(round_: Round) -> tuple[Terms, Terms] | None:
    """Terms of all buyers and sellers of a round, None if they keep no orders apart."""
    shared = set(round_.buyers.persons).intersection(round_.sellers.persons)
    if not (shared or any(round_.buyers.min_fills_ppm) or any(round_.sellers.min_fills_ppm)):
        return None
    codes = {person: code for code, person in enumerate(sorted(shared))}
    return _terms(round_.buyers, codes), _terms(round_.sellers, codes)


def bars_of(buyers: Terms, sellers: Terms, begin: Ints) -> Bars:
    """Bars of buyers, and of sellers in chunks that begin at the given columns."""
    if not len(sellers.person):
        return Bars(buyers, sellers, *sellers)
    firsts = begin[:-1]
    return Bars(
        buyers,
        sellers,
        np.minimum.reduceat(sellers.energy, firsts),
        np.maximum.reduceat(sellers.need, firsts),
        np.maximum.reduceat(sellers.person, firsts),
    )


@compiled
def bar_chunk(bars: Bars, i: int, c: int, lo: int, hi: int, out: Floats) -> None:
    """Eliminate those sellers of chunk `c`, which are those from `lo` to `hi`, that a buyer is kept apart from."""
    energy, need, person = bars.buyers.energy[i], bars.buyers.need[i], bars.buyers.person[i]
    if need > bars.least_energy[c] or energy < bars.most_need[c]:
        offered, needed = bars.sellers.energy[lo:hi], bars.sellers.need[lo:hi]
        for k in range(hi - lo):
            out[k] += ELIMINATED if (need > offered[k]) | (energy < needed[k]) else 0.0
    if person != ONE_SIDED and person <= bars.last_person[c]:
        persons = bars.sellers.person[lo:hi]
        for k in range(hi - lo):
            out[k] += ELIMINATED if persons[k] == person else 0.0


def _terms(orders: BuyOrders | SellOrders, codes: dict[str, int]) -> Terms:
    count = len(orders)
    stated = orders.energies_wh
    energy = np.fromiter((ENERGY.maximum if wh is None else wh for wh in stated), np.uint64, count)
    share = np.asarray(orders.min_fills_ppm).astype(np.uint64)
    share[[place for place, wh in enumerate(stated) if wh is None]] = 0
    # With e = 10⁶·q + r the share of e is share·q + share·r/10⁶, neither of them above e.
    whole, rest = np.divmod(energy, np.uint64(PPM))
    need = share * whole + (share * rest + np.uint64(PPM - 1)) // np.uint64(PPM)
    person = np.fromiter((codes.get(who, ONE_SIDED) for who in orders.persons), np.int32, count)
    return Terms(energy, need, person)
