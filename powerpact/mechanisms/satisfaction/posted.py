"""Between the words of a market on a chain and those of satisfaction matching."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from powerpact.blocks import BlockExecutor
from powerpact.market.orders import Order, Side, SoftTerm, parse_id
from powerpact.market.rules import Rules
from powerpact.mechanisms.claims import Claim, Claims, Exhibits
from powerpact.mechanisms.satisfaction.round import Buyer, Round, Seller, Solution, Trade


def round_of(rules: Rules, orders: Iterable[tuple[str, Order]]) -> Round:
    """The round of a market's orders, given by rising id; class codes become decimal text, accounts are traders.

    Persons are their numbers in decimal text.
    """
    terms, categories = len(rules.attributes), len(rules.categories)
    buyers, sellers = [], []
    for id_, order in orders:
        codes = tuple(str(code) if code else None for code in order.classes[:categories])
        if order.side is Side.BUY:
            soft = zip(order.levels[:terms], order.limits[:terms], order.weights_ppm[:terms], strict=True)
            buyers.append(
                Buyer(
                    id=id_,
                    bid_upoints_per_kwh=order.price_upoints_per_kwh,
                    soft=tuple(SoftTerm(expect, limit, weight) for expect, limit, weight in soft),
                    require=codes,
                    energy_wh=order.energy_wh,
                    trader=order.trader,
                    min_fill_ppm=order.min_fill_ppm,
                    person_id=str(order.person) if order.person else None,
                )
            )
        else:
            sellers.append(
                Seller(
                    id=id_,
                    ask_upoints_per_kwh=order.price_upoints_per_kwh,
                    min_upoints_per_kwh=order.min_upoints_per_kwh,
                    attributes=order.levels[:terms],
                    classes=codes,
                    energy_wh=order.energy_wh,
                    trader=order.trader,
                    min_fill_ppm=order.min_fill_ppm,
                    person_id=str(order.person) if order.person else None,
                )
            )
    return Round(rules.mode, rules.schema, rules.categories, buyers, sellers)


def claims_of(_: Round, solution: Solution) -> Claims:
    """A solution as a proposal states it, its trades by rising ids of seller and buyer; there are no public prices."""
    u, v = solution.buyer_duals_ppm, solution.seller_duals_ppm
    trades = (
        Claim(trade.buyer, trade.seller, trade.energy_wh or 0, u.get(trade.buyer, 0), v.get(trade.seller, 0))
        for trade in sorted(solution.trades, key=lambda trade: (parse_id(trade.seller), parse_id(trade.buyer)))
    )
    return Claims(solution.objective, tuple(trades))


def solution_of(round_: Round, claims: Claims) -> Solution:
    """The solution that a proposal states, each trade with the score of its pair, 0 if it is not eligible."""
    pairs = [(claim.buyer, claim.seller) for claim in claims.trades]
    worth = worth_of(round_, pairs)
    return Solution(
        objective=claims.objective,
        trades=tuple(
            Trade(claim.buyer, claim.seller, score or 0, claim.energy_wh)
            for claim, score in zip(claims.trades, worth, strict=True)
        ),
        buyer_duals_ppm={claim.buyer: claim.buyer_dual for claim in claims.trades},
        seller_duals_ppm={claim.seller: claim.seller_dual for claim in claims.trades},
    )


def completing(_: Solution) -> Exhibits:
    """The orders that complete a sealed proposal: none."""
    return ()


def refuting(round_: Round, claims: Claims, executor: BlockExecutor | None = None) -> Exhibits | None:
    """A pair that refutes a feasible proposal, the buyer first; None if none does."""
    from powerpact.mechanisms.satisfaction.verifier.cover import uncovered_pair

    pair = uncovered_pair(
        round_,
        {claim.buyer: claim.buyer_dual for claim in claims.trades},
        {claim.seller: claim.seller_dual for claim in claims.trades},
        executor,
    )
    return None if pair is None else ((Side.BUY, pair[0].id), (Side.SELL, pair[1].id))


def worth_of(round_: Round, pairs: Sequence[tuple[str, str]]) -> list[int | None]:
    """Scores of pairs of a buyer and a seller, ppm; None for those that are not eligible."""
    return [None if both is None else sum(both) for both in satisfactions_of(round_, pairs)]


def satisfactions_of(round_: Round, pairs: Sequence[tuple[str, str]]) -> list[tuple[int, int] | None]:
    """Satisfaction of buyer and seller with each other, ppm; None for pairs that are not eligible."""
    from powerpact.mechanisms.satisfaction.spec import pair_score_ppm, seller_satisfaction_ppm

    buyer_at, seller_at = ({id_: at for at, id_ in enumerate(o.ids)} for o in (round_.buyers, round_.sellers))
    found: list[tuple[int, int] | None] = []
    for buyer_id, seller_id in pairs:
        buyer, seller = round_.buyers[buyer_at[buyer_id]], round_.sellers[seller_at[seller_id]]
        score = pair_score_ppm(round_, buyer, seller)
        g = seller_satisfaction_ppm(buyer.bid_upoints_per_kwh, seller.min_upoints_per_kwh, seller.ask_upoints_per_kwh)
        found.append(None if score is None or g is None else (score - g, g))
    return found
