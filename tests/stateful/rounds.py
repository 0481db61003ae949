"""Rules of the round: proposals good and bad, proofs in pieces and at once, and claims that are refused."""

from __future__ import annotations

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from powerpact.spec import match, pair_score_ppm, uncovered_pairs
from powerpact.types import Round, Solution
from tests.stateful.checks import Checks
from tests.stateful.ghost import GhostMarket
from tests.stateful.stage import INDICES, RUNS, refused


class RoundRules(Checks):
    """Propose, extend, prove, clear."""

    @precondition(lambda self: self.markets(self.is_clearing))
    @rule(which=INDICES, hidden=st.one_of(st.none(), INDICES), dropped=st.booleans(), pieces=st.booleans())
    def propose(self, which, hidden, dropped, pieces):
        """The best matching; or one of the round without an order, or without its last trade."""
        market = self._clearing(which)
        solution = self._solution(market, hidden, dropped)
        claims = market.market.claims(solution)
        first = len(claims) // 2 if pieces else len(claims)
        market.market.propose(claims[:first])
        if claims[first:]:
            market.market.extend(claims[first:])
            RUNS["extend"] += 1
        self._remember(market, solution)
        RUNS["propose suboptimal" if self._uncovered(market) else "propose optimal"] += 1
        if hidden is not None:
            RUNS["propose hiding an order"] += 1

    @precondition(lambda self: self.markets(lambda m: self.is_clearing(m) and m.proven_rows is not None))
    @rule(which=INDICES, rows=st.integers(1, 8))
    def prove(self, which, rows):
        """The next rows of a proposal: taken exactly if no pair of them refutes it."""
        choices = self.markets(lambda m: self.is_clearing(m) and m.proven_rows is not None)
        market = choices[which % len(choices)]
        count = sum(map(len, market.market.batches))
        row_of = {id_: row for row, id_ in enumerate(self._ids(market))}
        begin, end = market.proven_rows, min(market.proven_rows + rows, count)
        if any(begin <= row_of[int(buyer)] < end for buyer, _ in self._uncovered(market)):
            with refused("Clearing_BetterPair"):
                market.market.prove(rows)
            RUNS["prove refused"] += 1
            return
        market.market.prove(rows)
        market.proven_rows = end
        if end < count:
            RUNS["prove a piece"] += 1
        else:
            self._finalized(market)
            RUNS["prove to the end"] += 1

    @precondition(lambda self: self.markets(self.is_clearing))
    @rule(which=INDICES, hidden=st.one_of(st.none(), st.none(), INDICES))
    def clear(self, which, hidden):
        """Propose and prove in one transaction."""
        market = self._clearing(which)
        solution = self._solution(market, hidden, dropped=False)
        pairs = market.market.pairs(solution)
        claimed = _full_duals(market.market.round(), solution)
        if uncovered_pairs(market.market.round(), claimed):
            with refused("Clearing_BetterPair"):
                market.market.clear_at_once(pairs)
            return
        self._clear(market, solution)
        RUNS["clear"] += 1

    def _clear(self, market: GhostMarket, solution: Solution) -> None:
        market.market.clear_at_once(market.market.pairs(solution))
        self._finalized(market)

    def _finalized(self, market: GhostMarket) -> None:
        self.ghost.finalized(market)
        self.final_rounds_are_optimal(market)
        self.orders_trade_within_their_terms(market)

    def _clearing(self, which: int) -> GhostMarket:
        choices = self.markets(self.is_clearing)
        return choices[which % len(choices)]

    @staticmethod
    def _solution(market: GhostMarket, hidden: int | None, dropped: bool) -> Solution:
        ids = list(market.market.orders())
        without = [ids[hidden % len(ids)]] if hidden is not None and ids else []
        solution = match(market.market.round(without))
        if dropped and solution.trades:
            kept = solution.trades[:-1]
            return Solution(sum(trade.score_ppm for trade in kept), kept, solution.buyer_duals_ppm)
        return solution

    @staticmethod
    def _remember(market: GhostMarket, solution: Solution) -> None:
        market.proven_rows = 0
        claimed = _full_duals(market.market.round(), solution)
        market.buyer_duals_ppm, market.seller_duals_ppm = claimed.buyer_duals_ppm, claimed.seller_duals_ppm

    @staticmethod
    def _uncovered(market: GhostMarket) -> list[tuple[str, str]]:
        claimed = Solution(0, (), market.buyer_duals_ppm, market.seller_duals_ppm)
        return uncovered_pairs(market.market.round(), claimed)

    @precondition(lambda self: self.markets(self.is_clearing))
    @rule(which=INDICES)
    def overclaim(self, which):
        """A pair that is not eligible, an order used twice, a false dual price, a cancelled order."""
        market = self._clearing(which)
        round_ = market.market.round()
        scores = {(b.id, s.id): pair_score_ppm(round_, b, s) for b in round_.buyers for s in round_.sellers}
        for pair, score in scores.items():
            ids = tuple(map(int, pair))
            if score is None:
                self._refused_claims(market, [(*ids, 0)], "Clearing_NotEligible")
                RUNS["overclaim: not eligible"] += 1
                break
        for pair, score in scores.items():
            ids = tuple(map(int, pair))
            if score is not None:
                self._refused_claims(market, [(*ids, 0), (*ids, 0)], "Clearing_OrderUsedTwice")
                self._refused_claims(market, [(*ids, score + 1)], "Clearing_DualAboveScore")
                RUNS["overclaim: twice, false dual"] += 1
                break
        cancelled = next((id_ for id_, entry in market.orders.items() if not entry.is_open), None)
        if cancelled is not None:
            self._refused_claims(market, [(cancelled, cancelled, 0)], "Clearing_OrderClosed")
            RUNS["overclaim: cancelled"] += 1

    def _refused_claims(self, market: GhostMarket, pairs: list[tuple[int, int, int]], error: str) -> None:
        placed = market.market.placed
        claims = [(placed(buy), placed(sell), dual) for buy, sell, dual in pairs]
        agent, id_ = self.community.agent, market.market.id
        with refused(error):
            self.community.send(agent, "Clearing", "propose", id_, claims)
        with refused(error):
            self.community.send(agent, "Clearing", "clear", id_, market.market.batches, pairs)


def _full_duals(round_: Round, solution: Solution) -> Solution:
    """The dual prices that Clearing derives from the claims: the seller's is what the score leaves."""
    buyers = {trade.buyer: solution.buyer_duals_ppm.get(trade.buyer, 0) for trade in solution.trades}
    sellers = {trade.seller: trade.score_ppm - buyers[trade.buyer] for trade in solution.trades}
    return Solution(solution.objective, (), buyers, sellers)
