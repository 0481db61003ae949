"""Between the words of a market on a chain and those of the call auction.

Public prices are one word (`ICallAuction`): price 32 bits, low 32, high 32, side 8 (1 buyers, 2 sellers, 0 neither),
level 64, and 40 for the first id that gets no Wh more. In a round without trades everything is 0 but the level, a
threshold: no bid reaches it, and no minimum is below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from powerpact.blocks import BlockExecutor
from powerpact.market.orders import Order as PostedOrder
from powerpact.market.orders import Side, parse_id
from powerpact.market.rules import Rules
from powerpact.mechanisms.call.round import Certificate, Order, OrderName, Orders, Round, Solution, Trade
from powerpact.mechanisms.call.verifier import refuting_order
from powerpact.mechanisms.claims import Claim, Claims, Exhibits
from powerpact.units import PPM, PRICE

_SIDES: Final = {1: Side.BUY, 2: Side.SELL}
_WORD: Final = 32
"""Bytes of public prices."""


@dataclass(frozen=True, slots=True)
class PriceWord:
    """Public prices, field by field.

    Attributes
    ----------
    price_upoints_per_kwh, low_upoints_per_kwh, high_upoints_per_kwh : int
        The price and its interval.
    side : Side, optional
        The side whose orders at the price are not all full.
    level_wh : int
        What each of them gets, or its energy if that is less; the threshold where nothing trades.
    until : int
        Those of them with a lower id get 1 Wh more.
    """

    price_upoints_per_kwh: int
    low_upoints_per_kwh: int
    high_upoints_per_kwh: int
    side: Side | None
    level_wh: int
    until: int

    def encode(self) -> bytes:
        """The word, 32 bytes."""
        side = next((code for code, side in _SIDES.items() if side is self.side), 0)
        word = 0
        fields = (
            (self.price_upoints_per_kwh, 32),
            (self.low_upoints_per_kwh, 32),
            (self.high_upoints_per_kwh, 32),
            (side, 8),
            (self.level_wh, 64),
            (self.until, 40),
        )
        for value, bits in fields:
            word = word << bits | value
        return word.to_bytes(_WORD)

    @classmethod
    def decode(cls, prices: bytes) -> PriceWord:
        """The fields of a word that a contract has taken."""
        word = int.from_bytes(prices)
        fields = []
        for bits in (40, 64, 8, 32, 32, 32):
            fields.append(word & ((1 << bits) - 1))
            word >>= bits
        until, level, side, high, low, price = fields
        return cls(price, low, high, _SIDES.get(side), level, until)


def round_of(rules: Rules, orders: Iterable[tuple[str, PostedOrder]]) -> Round:
    """The round of a market's orders, given by rising id."""
    buyers, sellers = [], []
    for id_, order in orders:
        if order.side is Side.BUY:
            buyers.append(Order(id_, order.price_upoints_per_kwh, order.energy_wh))
        else:
            sellers.append(Order(id_, order.min_upoints_per_kwh, order.energy_wh))
    return Round(rules.k_ppm, buyers, sellers)


def claims_of(round_: Round, solution: Solution) -> Claims:
    """A result as a proposal states it: dual prices are ``bid - price`` and ``price - min``, micro-points per kWh."""
    certificate = solution.certificate
    price = certificate.price_upoints_per_kwh
    if price is None:
        return Claims(solution.objective, (), PriceWord(0, 0, 0, None, _threshold(certificate), 0).encode())
    bids, minimums = _limits(round_.buyers), _limits(round_.sellers)
    trades = (
        Claim(trade.buyer, trade.seller, trade.energy_wh, bids[trade.buyer] - price, price - minimums[trade.seller])
        for trade in solution.trades
    )
    until = 0 if certificate.last is None else parse_id(certificate.last) + 1
    low, high = certificate.low_upoints_per_kwh or 0, certificate.high_upoints_per_kwh or 0
    word = PriceWord(price, low, high, certificate.side, certificate.level_wh or 0, until)
    return Claims(solution.objective, tuple(trades), word.encode())


def solution_of(round_: Round, claims: Claims) -> Solution:
    """The result that a proposal states; orders that attain low and high are looked up, None if none does."""
    trades = tuple(Trade(claim.buyer, claim.seller, claim.energy_wh) for claim in claims.trades)
    word = PriceWord.decode(claims.prices)
    if not trades:
        return Solution(claims.objective, (), _separating(round_, word.level_wh))
    last = None
    if word.side is not None:
        ids = [id_ for id_ in round_.orders(word.side).ids if parse_id(id_) < word.until]
        last = ids[-1] if ids else None
    low, high = word.low_upoints_per_kwh, word.high_upoints_per_kwh
    fills = _fills_wh(round_, trades)
    return Solution(
        claims.objective,
        trades,
        Certificate(
            price_upoints_per_kwh=word.price_upoints_per_kwh,
            low_upoints_per_kwh=low,
            high_upoints_per_kwh=high,
            low_order=_attaining(round_, fills, low, filled=Side.SELL),
            high_order=_attaining(round_, fills, high, filled=Side.BUY),
            side=word.side,
            level_wh=None if word.side is None else word.level_wh,
            last=last,
        ),
    )


def completing(solution: Solution) -> Exhibits:
    """The orders that complete a sealed proposal: one that attains high, one that attains low; none without trades."""
    certificate = solution.certificate
    if not solution.trades or certificate.high_order is None or certificate.low_order is None:
        return ()
    return certificate.high_order, certificate.low_order


def refuting(round_: Round, claims: Claims, _: BlockExecutor | None = None) -> Exhibits | None:
    """An order that refutes a feasible proposal, None if none does."""
    order = refuting_order(round_, solution_of(round_, claims))
    return None if order is None else (order,)


def worth_of(round_: Round, pairs: Sequence[tuple[str, str]]) -> list[int | None]:
    """Gains ``bid - min`` of pairs of a buyer and a seller, micro-points per kWh; None where there is none."""
    bids, minimums = _limits(round_.buyers), _limits(round_.sellers)
    gains = (bids[buyer] - minimums[seller] for buyer, seller in pairs)
    return [gain if gain >= 0 else None for gain in gains]


def satisfactions_of(round_: Round, pairs: Sequence[tuple[str, str]]) -> list[tuple[int, int] | None]:
    """Satisfaction of buyer and seller, ppm: full for each pair that can trade, since they state only a price."""
    return [None if gain is None else (PPM, PPM) for gain in worth_of(round_, pairs)]


def _limits(orders: Orders) -> dict[str, int]:
    return dict(zip(orders.ids, orders.prices_upoints_per_kwh, strict=True))


def _threshold(certificate: Certificate) -> int:
    """A price that no bid reaches and no minimum is below."""
    if certificate.high_upoints_per_kwh is not None:
        return certificate.high_upoints_per_kwh
    return 0 if certificate.low_upoints_per_kwh is None else certificate.low_upoints_per_kwh + 1


def _separating(round_: Round, threshold: int) -> Certificate:
    """The certificate of a round without trades, or what the threshold says of it where an order refutes that."""
    best: list[tuple[int | None, OrderName | None]] = []
    for side, choose in ((Side.BUY, max), (Side.SELL, min)):
        orders = [order for order in round_.orders(side) if order.energy_wh]
        order = choose(orders, key=lambda order: order.price_upoints_per_kwh, default=None)
        best.append((None, None) if order is None else (order.price_upoints_per_kwh, OrderName(side, order.id)))
    (bid, buyer), (minimum, seller) = best
    if (bid is not None and bid >= threshold) or (minimum is not None and minimum < threshold):
        low = threshold - 1 if threshold else None
        return Certificate(None, low, threshold if threshold <= PRICE.maximum else None)
    return Certificate(None, bid, minimum, buyer, seller)


def _fills_wh(round_: Round, trades: Sequence[Trade]) -> tuple[dict[str, int], dict[str, int]]:
    fills = dict.fromkeys(round_.buyers.ids, 0), dict.fromkeys(round_.sellers.ids, 0)
    for trade in trades:
        fills[Side.BUY][trade.buyer] += trade.energy_wh
        fills[Side.SELL][trade.seller] += trade.energy_wh
    return fills


def _attaining(
    round_: Round, fills: tuple[dict[str, int], dict[str, int]], bound: int, *, filled: Side
) -> OrderName | None:
    """An order of this price that has a fill, on the side `filled`, or is not full, on the other."""
    for side in Side:
        for id_, price, energy_wh in round_.orders(side):
            fill = fills[side][id_]
            if price == bound and (fill > 0 if side is filled else fill < energy_wh):
                return OrderName(side, id_)
    return None
