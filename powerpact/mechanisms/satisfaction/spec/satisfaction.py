"""How well a buyer and a seller satisfy each other. None means *eliminated*: the pair may not trade."""

from __future__ import annotations

from collections.abc import Sequence

from powerpact.market.rules import Kind, Mode
from powerpact.mechanisms.satisfaction.round import Buyer, Round, Seller
from powerpact.units import PPM


def income_satisfaction_ppm(value: int, expect: int, limit: int) -> int | None:
    """Satisfaction by an attribute of which more is better.

    ``a = ⌊(h − L)·10⁶ / (E − L)⌋`` between the limit L and the expectation E; eliminated below L, full from E on.
    Source: BC-TMS, income attributes.

    >>> income_satisfaction_ppm(870_000, expect=900_000, limit=500_000)
    925000
    """
    if value < limit:
        return None
    if value >= expect:
        return PPM
    return (value - limit) * PPM // (expect - limit)


def cost_satisfaction_ppm(value: int, expect: int, limit: int) -> int | None:
    """Satisfaction by an attribute of which less is better.

    ``a = ⌊(L − h)·10⁶ / (L − E)⌋`` between the expectation E and the limit L; eliminated above L, full up to E.
    Source: BC-TMS, cost attributes.

    >>> cost_satisfaction_ppm(100_000, expect=90_000, limit=120_000)
    666666
    """
    if value > limit:
        return None
    if value <= expect:
        return PPM
    return (limit - value) * PPM // (limit - expect)


def buyer_satisfaction_ppm(weights_ppm: Sequence[int], satisfactions_ppm: Sequence[int]) -> int:
    """Weighted satisfaction of the buyer, ``t = ⌊Σ weight·a / 10⁶⌋``. Source: BC-TMS, preference weights.

    >>> buyer_satisfaction_ppm([600_000, 400_000], [666_666, 925_000])
    769999
    """
    return sum(weight * a for weight, a in zip(weights_ppm, satisfactions_ppm, strict=True)) // PPM


def seller_satisfaction_ppm(bid: int, minimum: int, ask: int) -> int | None:
    """Satisfaction of the seller by the buyer's bid.

    ``g = ⌊(bid − min)·10⁶ / (ask − min)⌋`` between the minimum and the ask; eliminated below the minimum, full from
    the ask on. Prices in micro-points per kWh. Source: BC-TMS, seller satisfaction.

    >>> seller_satisfaction_ppm(90_000, minimum=80_000, ask=100_000)
    500000
    """
    if bid < minimum:
        return None
    if bid >= ask:
        return PPM
    return (bid - minimum) * PPM // (ask - minimum)


def score_ppm(buyer_ppm: int, seller_ppm: int) -> int:
    """Score of a pair, ``w = t + g``, 0 to 2 000 000. Source: BC-TMS, objective."""
    return buyer_ppm + seller_ppm


def meets_requirements(buyer: Buyer, seller: Seller) -> bool:
    """Whether the seller has the class that the buyer requires in every category. Source: BC-TMS, hard constraints."""
    pairs = zip(buyer.require, seller.classes, strict=True)
    return all(required is None or required == stated for required, stated in pairs)


def different_persons(buyer: Buyer, seller: Seller) -> bool:
    """Whether the orders are two persons': nobody trades with oneself."""
    return buyer.person != seller.person


def fills_both(buyer: Buyer, seller: Seller) -> bool:
    """Whether a one-to-one trade of the pair would give each order the least share of its energy that it accepts.

    ``min(e_i, e_j)·10⁶ ≥ minFill·e`` for the energy e and the least share of either order. An order without energy asks
    for nothing, and takes any energy: the smaller one is then the other's.
    """
    stated = [order for order in (buyer, seller) if order.energy_wh is not None]
    smaller_wh = min((order.energy_wh or 0 for order in stated), default=0)
    return all(smaller_wh * PPM >= order.min_fill_ppm * (order.energy_wh or 0) for order in stated)


def is_eligible(round_: Round, buyer: Buyer, seller: Seller) -> bool:
    """Whether a pair may trade, as far as its satisfactions do not tell."""
    return (
        meets_requirements(buyer, seller)
        and different_persons(buyer, seller)
        and (round_.mode is Mode.DIVISIBLE or fills_both(buyer, seller))
    )


def pair_score_ppm(round_: Round, buyer: Buyer, seller: Seller) -> int | None:
    """Score of a pair from the orders' own terms, None if the pair is not eligible."""
    if not is_eligible(round_, buyer, seller):
        return None
    satisfactions = []
    for attribute, term, value in zip(round_.attributes, buyer.soft, seller.attributes, strict=True):
        satisfaction = income_satisfaction_ppm if attribute.kind is Kind.INCOME else cost_satisfaction_ppm
        a = satisfaction(value, term.expect, term.limit)
        if a is None:
            return None
        satisfactions.append(a)
    g = seller_satisfaction_ppm(buyer.bid_upoints_per_kwh, seller.min_upoints_per_kwh, seller.ask_upoints_per_kwh)
    if g is None:
        return None
    return score_ppm(buyer_satisfaction_ppm([term.weight_ppm for term in buyer.soft], satisfactions), g)
