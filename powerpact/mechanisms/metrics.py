"""What a solution is worth, without a chain: welfare, energy, prices, satisfaction and fairness.

All figures are in units that compare between modes and mechanisms, unlike objectives: money in micro-points, energy in
Wh, rates in ppm. They say what was agreed; what is delivered later is the meters' to say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final, NamedTuple

from powerpact.errors import MalformedInput
from powerpact.market.rules import Mode, PriceRule
from powerpact.mechanisms.registry import CALL, SATISFACTION, mechanism_for
from powerpact.progress import silent
from powerpact.units import PPM, WH_PER_KWH, value_down_upoints

HALF_PPM: Final = PPM // 2
"""Where the price of `compare`'s call auction lies between its lowest and its highest possible value."""


class PricedTrade(NamedTuple):
    """A trade with its price, whatever mechanism made it: ids of the orders, Wh, micro-points per kWh."""

    buyer: str
    seller: str
    energy_wh: int
    price_upoints_per_kwh: int


@dataclass(frozen=True, slots=True)
class Metrics:
    """Figures of the trades of a round.

    Attributes
    ----------
    buyers, sellers, trades : int
        How many orders of each side there are, and how many trades.
    wanted_wh, offered_wh : int
        Energy of all orders of each side.
    energy_wh : int
        Energy traded.
    money_upoints : int
        What buyers pay, each trade rounded down in the buyer's favour.
    welfare_upoints : int
        Σ (bid - min)·energy: what the trades are worth to both sides together, rounded down.
    buyer_gain_upoints, seller_gain_upoints : int
        How the two sides share it: what buyers pay less than they would, what sellers get more than they must.
    best_welfare_upoints : int
        The most that any trades between these bids and minima are worth, if nothing but price and energy counts.
    mean_price_upoints_per_kwh, lowest_price_upoints_per_kwh, highest_price_upoints_per_kwh : int or None
        Of the trades, the mean weighted by energy and rounded down; None without traded energy.
    buyer_satisfaction_ppm, seller_satisfaction_ppm : int or None
        Means over the traded energy, by the round's own terms, rounded down; None without traded energy. Energy of
        pairs that are not eligible counts as 0.
    not_eligible_wh : int
        Energy traded between orders whose terms exclude each other: a mechanism that looks at prices only does that.
    fairness_of_energy_ppm : int or None
        Jain's index over all orders of the share of its energy that each trades: 1 000 000 if all are alike, 1/n of
        it if one has everything; None if nothing is traded.
    fairness_of_gain_ppm : int or None
        The same of what each gains for each Wh that it wants or offers.
    """

    buyers: int
    sellers: int
    trades: int
    wanted_wh: int
    offered_wh: int
    energy_wh: int
    money_upoints: int
    welfare_upoints: int
    buyer_gain_upoints: int
    seller_gain_upoints: int
    best_welfare_upoints: int
    mean_price_upoints_per_kwh: int | None
    lowest_price_upoints_per_kwh: int | None
    highest_price_upoints_per_kwh: int | None
    buyer_satisfaction_ppm: int | None
    seller_satisfaction_ppm: int | None
    not_eligible_wh: int
    fairness_of_energy_ppm: int | None
    fairness_of_gain_ppm: int | None

    def as_dict(self) -> dict[str, int | None]:
        """The figures by their names: a row of a table or of a data frame."""
        return asdict(self)


class _Order(NamedTuple):
    """What metrics look at in an order: the bid or the minimum, and the energy."""

    limit_upoints_per_kwh: int
    energy_wh: int


def metrics(round_: Any, solution: Any, price_rule: PriceRule = PriceRule.MIDPOINT) -> Metrics:
    """Figures of a solution of a round.

    Parameters
    ----------
    round_ : Round
        A round of any mechanism; all its orders state their energy.
    solution : Solution
        A solution of the same mechanism. Whether it is right is for `powerpact.verify` to say.
    price_rule : PriceRule
        How the price of a trade follows from its orders, where the mechanism leaves that to the market's rules.

    Returns
    -------
    Metrics
        Exact integers; the same input gives the same figures on every machine.

    Raises
    ------
    MalformedInput
        If an order states no energy, or a trade names an order that the round does not have.

    Notes
    -----
    Takes time in proportion to orders and trades, but for the sorting of the orders by price.

    Examples
    --------
    >>> import powerpact
    >>> example = powerpact.read_round("docs/example-round.json")
    >>> found = metrics(example, powerpact.solve(example))
    >>> found.trades, found.energy_wh, found.welfare_upoints
    (2, 2000, 41600)
    >>> found.buyer_gain_upoints + found.seller_gain_upoints == found.welfare_upoints
    True
    """
    return metrics_of(round_, priced(round_, solution, price_rule))


def priced(round_: Any, solution: Any, price_rule: PriceRule = PriceRule.MIDPOINT) -> list[PricedTrade]:
    """The trades of a solution with their prices: one for all, or by the price rule between minimum and bid."""
    common = mechanism_for(round_).price_of(solution)
    bids, minima = _sides(round_)
    found = []
    for trade in solution.trades:
        bid = _named(bids, "buyer", trade.buyer).limit_upoints_per_kwh
        minimum = _named(minima, "seller", trade.seller).limit_upoints_per_kwh
        own = bid if price_rule is PriceRule.PAY_AS_BID else (bid + minimum) // 2
        found.append(PricedTrade(trade.buyer, trade.seller, trade.energy_wh, own if common is None else common))
    return found


def metrics_of(round_: Any, trades: Sequence[PricedTrade]) -> Metrics:
    """Figures of any trades between the orders of a round, as `metrics` has them.

    Use it for trades that another algorithm made of the same orders.

    Raises
    ------
    MalformedInput
        If an order states no energy, or a trade names an order that the round does not have, or no whole number.
    """
    buyers, sellers = _sides(round_)
    for place, trade in enumerate(trades):
        for name in ("energy_wh", "price_upoints_per_kwh"):
            if not isinstance(getattr(trade, name), int):
                raise MalformedInput(f"trades[{place}].{name}", "is not a whole number", getattr(trade, name))
        _named(buyers, f"trades[{place}].buyer", trade.buyer)
        _named(sellers, f"trades[{place}].seller", trade.seller)
    prices = [trade.price_upoints_per_kwh for trade in trades if trade.energy_wh]
    energy_wh = sum(trade.energy_wh for trade in trades)
    gains = _gains(buyers, sellers, trades)
    welfare = sum(map(sum, gains)) // WH_PER_KWH
    buyer_gain = sum(gain for gain, _ in gains) // WH_PER_KWH
    satisfactions, not_eligible_wh = _satisfactions(round_, trades)
    energy_shares, gain_shares = _shares(buyers, sellers, trades, gains)
    return Metrics(
        buyers=len(buyers),
        sellers=len(sellers),
        trades=len(trades),
        wanted_wh=sum(order.energy_wh for order in buyers.values()),
        offered_wh=sum(order.energy_wh for order in sellers.values()),
        energy_wh=energy_wh,
        money_upoints=sum(value_down_upoints(trade.energy_wh, trade.price_upoints_per_kwh) for trade in trades),
        welfare_upoints=welfare,
        buyer_gain_upoints=buyer_gain,
        seller_gain_upoints=welfare - buyer_gain,
        best_welfare_upoints=_best_welfare(buyers.values(), sellers.values()),
        mean_price_upoints_per_kwh=_mean(
            energy_wh, sum(trade.energy_wh * trade.price_upoints_per_kwh for trade in trades)
        ),
        lowest_price_upoints_per_kwh=min(prices, default=None),
        highest_price_upoints_per_kwh=max(prices, default=None),
        buyer_satisfaction_ppm=_mean(energy_wh, satisfactions[0]),
        seller_satisfaction_ppm=_mean(energy_wh, satisfactions[1]),
        not_eligible_wh=not_eligible_wh,
        fairness_of_energy_ppm=jain_ppm(energy_shares),
        fairness_of_gain_ppm=jain_ppm(gain_shares),
    )


def compare(round_: Any, price_rule: PriceRule = PriceRule.MIDPOINT) -> dict[str, Metrics]:
    """Clear the same orders in every way that there is, and measure all by the orders' own terms.

    Parameters
    ----------
    round_ : Round
        A round of satisfaction matching, of either mode; all its orders state their energy.
    price_rule : PriceRule
        How prices follow from orders in satisfaction matching.

    Returns
    -------
    dict of str to Metrics
        ``one-to-one``, ``divisible``, and ``call``: an auction of the same bids and minima, which knows neither
        attributes nor categories, so that some of its trades may be of pairs that are not eligible. A least share of
        its energy that an order asks counts one-to-one only.

    Raises
    ------
    MalformedInput
        If the round is none of satisfaction matching, or an order states no energy.

    Examples
    --------
    >>> import powerpact
    >>> designs = compare(powerpact.read_round("docs/example-round.json"))
    >>> [(name, found.welfare_upoints, found.buyer_satisfaction_ppm) for name, found in designs.items()]
    [('one-to-one', 41600, 731332), ('divisible', 41600, 731332), ('call', 44000, 645332)]
    """
    round_type: Any = SATISFACTION.round_type
    if not isinstance(round_, round_type):
        raise MalformedInput("round", "is none of satisfaction matching", type(round_).__name__)
    buyers, sellers = _sides(round_)
    found = {}
    both = round_.buyers, round_.sellers
    for mode in Mode:
        same = round_type(mode, round_.attributes, round_.categories, *(_in_mode(mode, side) for side in both))
        found[mode.value] = metrics(same, SATISFACTION.solve(same, silent), price_rule)
    auction_type: Any = CALL.round_type
    auction = auction_type(HALF_PPM, _auctioned(buyers), _auctioned(sellers))
    cleared = priced(auction, CALL.solve(auction, silent))
    return {**found, CALL.name: metrics_of(round_, cleared)}


def jain_ppm(shares: Sequence[int]) -> int | None:
    """Jain's index of fairness, (Σx)² / (n Σx²), rounded down; None if there is nothing to share.

    Source: R. Jain, D. Chiu, W. Hawe, "A quantitative measure of fairness and discrimination", DEC-TR-301, 1984.

    Examples
    --------
    >>> jain_ppm([3, 3, 3]), jain_ppm([1, 0, 0, 0]), jain_ppm([0, 0])
    (1000000, 250000, None)
    """
    squares = sum(share * share for share in shares)
    return sum(shares) ** 2 * PPM // (len(shares) * squares) if squares else None


def _sides(round_: Any) -> tuple[dict[str, _Order], dict[str, _Order]]:
    """Buyers and sellers of a round by id: the bid or the minimum, and the energy."""
    sides = []
    for side in ("buyers", "sellers"):
        found = {}
        for place, order in enumerate(getattr(round_, side)):
            if order.energy_wh is None:
                raise MalformedInput(f"{side}[{place}].energy_wh", "is not stated, and metrics count energy", order)
            found[order.id] = _Order(_limit(order), order.energy_wh)
        sides.append(found)
    return sides[0], sides[1]


def _in_mode(mode: Mode, orders: Iterable[Any]) -> Iterable[Any]:
    """Orders of a round of a mode: the least share of its energy that one asks has no meaning where orders split."""
    return orders if mode is Mode.ONE_TO_ONE else [replace(order, min_fill_ppm=0) for order in orders]


def _limit(order: Any) -> int:
    """A buyer's bid or a seller's minimum, by whichever name the mechanism's orders have for it."""
    for name in ("bid_upoints_per_kwh", "min_upoints_per_kwh", "price_upoints_per_kwh"):
        if hasattr(order, name):
            limit: int = getattr(order, name)
            return limit
    raise TypeError(f"{type(order).__name__} has no price")


def _named(orders: Mapping[str, _Order], field: str, id_: str) -> _Order:
    try:
        return orders[id_]
    except KeyError:
        raise MalformedInput(field, f"names {id_!r}, which the round does not have", id_) from None


def _auctioned(orders: Mapping[str, _Order]) -> Iterator[Any]:
    from powerpact.mechanisms.call.round import Order

    return (Order(id_, order.limit_upoints_per_kwh, order.energy_wh) for id_, order in orders.items())


def _gains(
    buyers: Mapping[str, _Order], sellers: Mapping[str, _Order], trades: Sequence[PricedTrade]
) -> list[tuple[int, int]]:
    """What buyer and seller gain by each trade, thousandths of micro-points."""
    found = []
    for trade in trades:
        paid = WH_PER_KWH * value_down_upoints(trade.energy_wh, trade.price_upoints_per_kwh)
        bid, minimum = buyers[trade.buyer].limit_upoints_per_kwh, sellers[trade.seller].limit_upoints_per_kwh
        found.append((bid * trade.energy_wh - paid, paid - minimum * trade.energy_wh))
    return found


def _shares(
    buyers: Mapping[str, _Order],
    sellers: Mapping[str, _Order],
    trades: Sequence[PricedTrade],
    gains: Sequence[tuple[int, int]],
) -> tuple[list[int], list[int]]:
    """Of each order that has energy, the part of it that trades, ppm, and what it gains for each Wh, scaled alike."""
    traded_wh: defaultdict[tuple[str, str], int] = defaultdict(int)
    gained: defaultdict[tuple[str, str], int] = defaultdict(int)
    for trade, (buyer_gain, seller_gain) in zip(trades, gains, strict=True):
        for key, gain in ((("buyer", trade.buyer), buyer_gain), (("seller", trade.seller), seller_gain)):
            traded_wh[key] += trade.energy_wh
            gained[key] += max(gain, 0)  # rounding can take a seller less than a micro-point below its minimum
    orders = [(("buyer", id_), order) for id_, order in buyers.items()]
    orders += [(("seller", id_), order) for id_, order in sellers.items()]
    counted = [(key, order.energy_wh) for key, order in orders if order.energy_wh]
    return (
        [traded_wh[key] * PPM // energy_wh for key, energy_wh in counted],
        [gained[key] * WH_PER_KWH // energy_wh for key, energy_wh in counted],
    )


def _satisfactions(round_: Any, trades: Sequence[PricedTrade]) -> tuple[tuple[int, int], int]:
    """Sums over the energy of both sides' satisfaction, ppm Wh; and the energy of pairs that are not eligible."""
    pairs = [(trade.buyer, trade.seller) for trade in trades]
    buyer_sum = seller_sum = not_eligible_wh = 0
    for trade, both in zip(trades, mechanism_for(round_).satisfactions_of(round_, pairs), strict=True):
        if both is None:
            not_eligible_wh += trade.energy_wh
        else:
            buyer_sum += both[0] * trade.energy_wh
            seller_sum += both[1] * trade.energy_wh
    return (buyer_sum, seller_sum), not_eligible_wh


def _best_welfare(buyers: Iterable[_Order], sellers: Iterable[_Order]) -> int:
    """The welfare of supply and demand where they meet, micro-points, rounded down."""
    demand = sorted(buyers, key=lambda order: -order.limit_upoints_per_kwh)
    supply = sorted(sellers, key=lambda order: order.limit_upoints_per_kwh)
    welfare = i = j = 0
    left_i, left_j = (side[0].energy_wh if side else 0 for side in (demand, supply))
    while i < len(demand) and j < len(supply):
        gain = demand[i].limit_upoints_per_kwh - supply[j].limit_upoints_per_kwh
        if gain <= 0:
            break
        energy_wh = min(left_i, left_j)
        welfare += gain * energy_wh
        left_i, left_j = left_i - energy_wh, left_j - energy_wh
        if not left_i:
            i += 1
            left_i = demand[i].energy_wh if i < len(demand) else 0
        if not left_j:
            j += 1
            left_j = supply[j].energy_wh if j < len(supply) else 0
    return welfare // WH_PER_KWH


def _mean(energy_wh: int, weighted_sum: int) -> int | None:
    return weighted_sum // energy_wh if energy_wh else None
