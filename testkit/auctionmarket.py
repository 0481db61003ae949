"""Call auctions on a test chain: a market's orders as a round, and a solution as proposals, exhibits and proofs."""

from __future__ import annotations

from collections.abc import Sequence

from powerpact.chain.contracts.rounds import ProposalStatus
from powerpact.chain.errors import ContractError
from powerpact.market.orders import Order, Side, id_text, parse_id
from powerpact.mechanisms.call import posted
from powerpact.mechanisms.call.round import Order as Entry
from powerpact.mechanisms.call.round import Round, Solution
from powerpact.mechanisms.claims import Claim
from powerpact.units import value_down_upoints
from testkit.market import Claims, Community, TestMarket
from testkit.orders import buy, sell

PURSE_UPOINTS = 2 * 10**15
"""What each trader of an auction begins with."""

SCALE = 1_009
"""By how much energies are larger where a bid would reserve nothing: a prime, so that shares leave rests."""

CALL = 1
"""The number of the mechanism, as in Markets.sol."""


def open_auction(community: Community, k_ppm: int, **changes: int) -> TestMarket:
    """A call auction with a challenge window."""
    return community.open_market(mechanism=CALL, mode=1, k_ppm=k_ppm, **changes)


def post(market: TestMarket, round_: Round, batch: int = 3) -> None:
    """Post the orders of a round, each of a trader of its own, in batches of so many, and close the gate."""
    traders = market.community.traders
    orders: list[Order] = [
        buy(trader, price_upoints_per_kwh=entry.price_upoints_per_kwh, energy_wh=entry.energy_wh)
        for trader, entry in zip(traders, round_.buyers, strict=False)
    ]
    orders += [
        sell(
            trader,
            price_upoints_per_kwh=entry.price_upoints_per_kwh,
            min_upoints_per_kwh=entry.price_upoints_per_kwh,
            energy_wh=entry.energy_wh,
            nonce=2,
        )
        for trader, entry in zip(traders, round_.sellers, strict=False)
    ]
    signers = [*traders[: len(round_.buyers)], *traders[: len(round_.sellers)]]
    for first in range(0, len(orders), batch):
        market.post(orders[first : first + batch], signers[first : first + batch])
    market.close()


def round_of(market: TestMarket) -> Round:
    """The market's round, ids as ``batch:index``."""
    entries: tuple[list[Entry], list[Entry]] = [], []
    for id_, order in sorted(market.orders().items()):
        price = order.price_upoints_per_kwh if order.side is Side.BUY else order.min_upoints_per_kwh
        entries[order.side].append(Entry(id_text(id_), price, order.energy_wh))
    return Round(market.rules.k_ppm, *entries)


def chunks_of(market: TestMarket, solution: Solution, most: int = 128) -> list[Claims]:
    """A solution as chunks of at most `most` trades, with its public prices in the driver."""
    claims = posted.claims_of(round_of(market), solution)
    market.prices = claims.prices
    trades = sorted(claims.trades, key=lambda trade: (parse_id(trade.seller), parse_id(trade.buyer)))
    pieces = [trades[first : first + most] for first in range(0, len(trades), most)]
    return [_chunk(market, piece, pieces[k + 1 :]) for k, piece in enumerate(pieces)]


def _chunk(market: TestMarket, trades: Sequence[Claim], later: Sequence[Sequence[Claim]]) -> Claims:
    duals = {parse_id(trade.buyer): trade.buyer_dual for trade in trades}
    duals |= {parse_id(trade.seller): trade.seller_dual for trade in trades}
    ids = sorted(duals)
    after = {parse_id(id_) for piece in later for trade in piece for id_ in trade[:2]}
    links = [(ids.index(parse_id(t.buyer)), ids.index(parse_id(t.seller)), t.energy_wh) for t in trades]
    return Claims([(market.placed(id_), duals[id_], id_ in after) for id_ in ids], links)


def propose(market: TestMarket, solution: Solution, most: int = 128) -> None:
    """Propose a solution in chunks of at most `most` trades."""
    first, *rest = chunks_of(market, solution, most) or [Claims([], [])]
    market.propose(first)
    for chunk in rest:
        market.extend(chunk)


def clear_at_once(market: TestMarket, solution: Solution) -> None:
    """Propose and prove a solution of one chunk."""
    (chunk,) = chunks_of(market, solution) or [Claims([], [])]
    priced = [(placed[0], dual) for placed, dual, *_ in chunk.orders]
    market.clear_at_once(Claims(priced, chunk.links))


def seal(market: TestMarket, solution: Solution) -> None:
    """Seal the latest proposal with the orders that complete it."""
    market.seal(shown=[market.exhibit(parse_id(id_)) for _, id_ in posted.completing(solution)])


def error_of(market: TestMarket, id_: int) -> str | None:
    """The error of a challenge by one order, None if it refutes the proposal."""
    chain, challenger = market.community.chain, market.community.arbiter
    point = chain.snapshot()
    try:
        market.community.send(
            challenger, "Clearing", "challenge", market.proposal, [market.exhibit(id_)], market.prices
        )
    except ContractError as error:
        return error.name
    finally:
        chain.undo(point)
    return None


def status(market: TestMarket) -> ProposalStatus:
    """The status of the latest proposal."""
    return ProposalStatus(market.community.read("Clearing", "proposal", market.proposal)[-2])


def propose_and_seal(market: TestMarket, solution: Solution) -> None:
    """Propose and seal a solution, true or false."""
    propose(market, solution)
    seal(market, solution)


def postable(round_: Round) -> Round:
    """The orders of a round that a book takes: with energy, at a price above zero; larger if a bid reserves nothing."""
    sides = [
        [order for order in round_.orders(side) if order.energy_wh and order.price_upoints_per_kwh] for side in Side
    ]
    bids = sides[Side.BUY]
    if all(value_down_upoints(order.energy_wh, order.price_upoints_per_kwh) for order in bids):
        return Round(round_.k_ppm, *sides)
    larger = [[order._replace(energy_wh=SCALE * order.energy_wh) for order in side] for side in sides]
    return Round(round_.k_ppm, *larger)


def worked() -> Round:
    """The example of the specification."""
    bids = [Entry("b0", 100, 4), Entry("b1", 90, 5), Entry("b2", 90, 1), Entry("b3", 80, 9)]
    asks = [Entry("s0", 50, 3), Entry("s1", 70, 4), Entry("s2", 95, 9)]
    return Round(500_000, bids, asks)
