"""Rules of the round: proposals good and bad, challenged, outranked, proven; and claims that are refused."""

from __future__ import annotations

from dataclasses import replace

from eth_utils import keccak
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from powerpact.chain.contracts.rounds import ProposalStatus
from powerpact.codec.packing import trade_tree
from powerpact.market.rules import Mode
from powerpact.mechanisms.satisfaction.round import Round, Solution
from powerpact.mechanisms.satisfaction.spec import dual_sum_ppm, match, pair_score_ppm, uncovered_pairs
from testkit.market import Claims, TestMarket
from testkit.stateful.claims import GAP, HIDING, HONEST, KINDS, SHIFTED, chunks_of, claim
from testkit.stateful.ghostmarket import GhostMarket, GhostProposal
from testkit.stateful.knowing import KnowingRules
from testkit.stateful.sealing import SealRules
from testkit.stateful.stage import INDICES, RUNS, refused

MOST_PROPOSALS = 5

CLAIM_KINDS = st.sampled_from((HONEST, HONEST, *KINDS))


class RoundRules(SealRules, KnowingRules):
    """Propose, extend, watch, challenge, finalize, prove, clear."""

    @precondition(lambda self: self._open_rounds())
    @rule(which=INDICES, who=st.booleans(), kind=CLAIM_KINDS, pieces=st.integers(1, 3), is_sure=st.booleans())
    def propose(self, which, who, kind, pieces, is_sure):
        """One of the agents claims something, and seals it if it is sure; a trade cannot be claimed twice."""
        rounds = self._open_rounds()
        market = rounds[which % len(rounds)]
        proposal = self._propose(market, claim(market, kind, which), who, pieces)
        RUNS[f"propose {kind}"] += 1
        if len(proposal.chunks) > 1:
            RUNS["extend"] += 1
            if market.mode is Mode.DIVISIBLE and self._continues(proposal):
                RUNS["continue an order in a later chunk"] += 1
        if proposal.chunks:
            driver = market.about(proposal)
            trade = proposal.chunks[-1][-1]
            orders = [(trade.buy_id, trade.buyer_dual_ppm), (trade.sell_id, trade.seller_dual_ppm)]
            anew = [(market.market.placed(id_), dual, False, 0) for id_, dual in orders]
            with refused("Clearing_OrderUsedTwice"):
                driver.extend(Claims(anew, [(0, 1, trade.energy_wh)]), proposal.agent)
        if is_sure:
            self._seal(market, proposal)

    def _propose(self, market: GhostMarket, claimed: Solution, who: bool, pieces: int = 1) -> GhostProposal:
        driver, agent = market.market, self.agents[who]
        chunks = chunks_of(driver, claimed, pieces)
        driver.propose(chunks[0] if chunks else Claims([], []), agent)
        for chunk in chunks[1:]:
            driver.extend(chunk, agent)
        return self._proposed(market, claimed, who)

    def _proposed(self, market: GhostMarket, claimed: Solution, who: bool) -> GhostProposal:
        """The ghost hears of the proposal that the driver made last."""
        driver = market.market
        proposal = GhostProposal(
            driver.proposal, self.agents[who], driver.chunks, claimed, dual_sum_ppm(driver.round(), claimed)
        )
        market.proposals.append(proposal)
        return proposal

    @staticmethod
    def _continues(proposal: GhostProposal) -> bool:
        """Whether an order trades in more than one chunk."""
        ids = [{id_ for t in chunk for id_ in (t.buy_id, t.sell_id)} for chunk in proposal.chunks]
        return any(first & second for k, first in enumerate(ids) for second in ids[k + 1 :])

    @precondition(lambda self: self._open_rounds())
    @rule(
        which=INDICES,
        opening=st.sampled_from((GAP, GAP, *HIDING)),
        answers=st.lists(st.sampled_from((SHIFTED, SHIFTED, HONEST, GAP)), min_size=1, max_size=2),
    )
    def contest(self, which, opening, answers):
        """The agents seal in turn, a watcher looks at what stands then, and who was outranked tries again."""
        rounds = self._open_rounds()
        self._contest(rounds[which % len(rounds)], which, (opening, *answers))

    def _contest(self, market: GhostMarket, which: int, kinds: tuple[str, ...]) -> None:
        for turn, kind in enumerate(kinds):
            self._seal(market, self._propose(market, claim(market, kind, which), turn % 2 == 1))
        if market.active:
            self._watch(market, market.active, which)
        for proposal in market.of_status(ProposalStatus.OUTRANKED)[:1]:
            self._seal(market, proposal)

    @precondition(lambda self: self.markets(lambda m: m.active))
    @rule(which=INDICES)
    def watch(self, which):
        """An honest watcher refutes what a pair can refute, once, and leaves the rest alone."""
        choices = self.markets(lambda m: m.active)
        market = choices[which % len(choices)]
        self._watch(market, market.active, which)

    def _watch(self, market: GhostMarket, proposal: GhostProposal, which: int) -> None:
        pairs = market.uncovered(proposal)
        if not pairs:
            proposal.is_watched = True
            RUNS["watch in vain"] += 1
            return
        driver = market.about(proposal)
        pair = pairs[which % len(pairs)]
        for who in range((which + 1) % 3):
            self._commit(proposal, pair, which + who)
        driver.challenge(*pair, self.watcher)
        extensions, was_late = market.extensions, self.chain.now() > market.final_by
        self.ghost.challenged(market, proposal, self.watcher.address, self.chain.now())
        RUNS["challenge"] += 1
        if was_late:
            RUNS["challenge after the time for proposals"] += 1
        if market.extensions > extensions:
            RUNS["extend the time for proposals"] += 1
        traded = proposal.traded_wh()
        RUNS[f"challenge with {sum(id_ in traded for id_ in pair)} orders that trade"] += 1
        with refused("Clearing_WrongStatus"):
            driver.challenge(*pair, self.watcher)
        if proposal.id in self.ghost.rewards.pots:
            self._commit(proposal, pair, which + 2)
            if which % 4 < 2:
                self._reveal_all(market, proposal)

    @precondition(lambda self: self.proposals(lambda *_: True))
    @rule(which=INDICES, pick=INDICES)
    def challenge_falsely(self, which, pick):
        """A pair that is covered, best exactly, refutes nothing; nor does any pair what does not stand."""
        choices = self.proposals(lambda *_: True)
        active = self.proposals(lambda _, p: p.status is ProposalStatus.ACTIVE)
        market, proposal = (active or choices)[which % len(active or choices)]
        round_ = market.market.round()
        pairs = [(int(buyer.id), int(seller.id)) for buyer in round_.buyers for seller in round_.sellers]
        if not pairs:
            return
        driver = market.about(proposal)
        if proposal.status is not ProposalStatus.ACTIVE:
            with refused("Clearing_WrongStatus"):
                driver.challenge(*pairs[pick % len(pairs)], self.watcher)
            RUNS["challenge what does not stand"] += 1
            return
        refuting = set(market.uncovered(proposal))
        covered = [pair for pair in pairs if pair not in refuting]
        trading = [(trade.buy_id, trade.sell_id) for _, _, trade in proposal.trades()]
        tight = [pair for pair in trading if pair not in refuting]
        for several in filter(None, (covered, tight)):
            with refused("Satisfaction_PairCovered"):
                driver.challenge(*several[pick % len(several)], self.watcher)
            RUNS["challenge falsely"] += 1
        if trading:
            self._hide_the_trade(market, proposal, trading[pick % len(trading)])

    def _hide_the_trade(self, market: GhostMarket, proposal: GhostProposal, pair: tuple[int, int]) -> None:
        """A challenge as if an order did not trade, with sides changed, with a forged or somebody else's trade."""
        driver = market.about(proposal)
        buy, sell = map(driver.exhibit, pair)
        naked = driver.exhibit(pair[0], chunks=[])
        trade = next(trade for _, _, trade in proposal.trades() if trade.buy_id == pair[0])
        forged = trade._replace(buyer_dual_ppm=trade.buyer_dual_ppm ^ 1)
        own = (*buy[:2], forged.pack(), buy[3], trade_tree([forged]).root, [])
        strangers = [driver.exhibit(trade.buy_id) for _, _, trade in proposal.trades() if pair[0] != trade.buy_id]
        attempts = [((naked, sell), "Clearing_WrongExhibit"), ((sell, buy), "Clearing_WrongSide")]
        attempts += [((own, sell), "Clearing_UnknownTrade")]
        attempts += [(((*buy[:2], *strangers[0][2:]), sell), "Clearing_ForeignTrade")] if strangers else []
        for exhibits, error in attempts:
            with refused(error):
                self.community.send(self.watcher, "Clearing", "challenge", proposal.id, exhibits, b"")
            RUNS[f"challenge falsely: {error}"] += 1

    @precondition(lambda self: self.proposals(lambda *_: True))
    @rule(which=INDICES)
    def finalize(self, which):
        """What stood its window becomes final, and nothing else does."""
        choices = self.proposals(lambda *_: True)
        if which % 2:
            choices = self.proposals(lambda _, p: p.status is ProposalStatus.ACTIVE) or choices
        market, proposal = choices[which % len(choices)]
        if proposal.status is not ProposalStatus.ACTIVE:
            with refused("Clearing_WrongStatus"):
                market.about(proposal).finalize()
            RUNS[f"finalize refused: {proposal.status.name.lower()}"] += 1
        elif self.chain.now() + 1 < proposal.final_from:
            with refused("Clearing_WindowOpen"):
                market.about(proposal).finalize()
            RUNS["finalize refused: window open"] += 1
        else:
            self._finalize(market, proposal)

    @precondition(lambda self: self.provable())
    @rule(which=INDICES, rows=st.integers(1, 20))
    def prove(self, which, rows):
        """The next rows of a proposal: taken exactly if it is endorsed, exact, and no pair of them refutes it."""
        choices = self.provable()
        market, proposal = choices[which % len(choices)]
        driver = market.about(proposal)
        if market.rules.endorsements and proposal.status is ProposalStatus.DRAFT:
            with refused("Clearing_WrongStatus"):
                driver.prove(rows, proposal.agent)
            RUNS["prove refused: not endorsed"] += 1
            return
        if not proposal.is_exact:
            with refused("Clearing_NotExact"):
                driver.prove(rows, proposal.agent)
            RUNS["prove refused: not exact"] += 1
            return
        self._prove_other_trades(driver, proposal, rows)
        count = len(market.orders)
        row_of = {id_: row for row, id_ in enumerate(market.orders)}
        begin, end = proposal.proven_rows, min(proposal.proven_rows + rows, count)
        if any(begin <= row_of[buy] < end for buy, _ in market.uncovered(proposal)):
            with refused("Satisfaction_BetterPair"):
                driver.prove(rows, proposal.agent)
            RUNS["prove refused"] += 1
            return
        active = market.active
        driver.prove(rows, proposal.agent)
        proposal.proven_rows = end
        if end < count:
            RUNS["prove a piece"] += 1
            return
        self._proven(market, proposal)
        RUNS["prove to the end"] += 1
        if active:
            RUNS["prove what stands" if active is proposal else "prove beside what stands"] += 1

    @staticmethod
    def _prove_other_trades(driver: TestMarket, proposal: GhostProposal, rows: int) -> None:
        """Dual prices that cover everything prove nothing where the proposal has others."""
        if not driver.chunks:
            return
        true, first = driver.chunks, driver.chunks[0]
        driver.chunks = [[first[0]._replace(buyer_dual_ppm=2**32 - 1), *first[1:]], *true[1:]]
        given = keccak(b"".join(trade_tree(chunk).root for chunk in driver.chunks))
        with refused("Clearing_WrongTrades"):
            driver.prove(agent=proposal.agent, part=(given, proposal.proven_rows, rows))
        driver.chunks = true
        RUNS["prove other trades"] += 1

    @precondition(lambda self: self.markets(self.is_clearing))
    @rule(which=INDICES, who=st.booleans(), kind=st.sampled_from(KINDS))
    def clear(self, which, who, kind):
        """Propose and prove in one transaction."""
        market = self._clearing(which)
        if not market.rules.endorsements:
            self._hide(market)
        claimed = claim(market, kind, which)
        round_ = market.market.round()
        if market.rules.endorsements:
            error = "Clearing_TooFewEndorsements"
        elif dual_sum_ppm(round_, claimed) != claimed.objective:
            error = "Clearing_NotExact"
        elif uncovered_pairs(round_, claimed):
            error = "Satisfaction_BetterPair"
        else:
            self._clear(market, claimed, who)
            RUNS["clear"] += 1
            return
        with refused(error):
            market.market.clear_at_once(market.market.links(claimed), self.agents[who])
        RUNS[f"clear refused: {error}"] += 1

    def _hide(self, market: GhostMarket) -> None:
        """What is best without an order that should trade proves nothing, unless another is as good in its place."""
        round_ = market.market.round()
        wanted = {int(id_) for trade in match(round_).trades for id_ in (trade.buyer, trade.seller)}
        for place, id_ in enumerate(market.orders):
            if id_ not in wanted:
                continue
            hiding = claim(market, HIDING[0], place)
            if uncovered_pairs(round_, hiding):
                with refused("Satisfaction_BetterPair"):
                    market.market.clear_at_once(market.market.links(hiding))
                RUNS["clear refused: Satisfaction_BetterPair"] += 1

    def _decide(self, market: GhostMarket, which: int) -> None:
        """The best matching is final: at once, or sealed first where endorsers have a say."""
        best = claim(market, HONEST, which)
        if not market.rules.endorsements:
            self._clear(market, best)
            return
        proposal = self._propose(market, best, False)
        with refused("Clearing_WrongStatus"):
            market.about(proposal).prove()
        self._seal(market, proposal)
        market.about(proposal).prove()
        proposal.proven_rows = len(market.orders)
        self._proven(market, proposal)

    def _clear(self, market: GhostMarket, claimed: Solution, who: bool = False) -> None:
        market.market.clear_at_once(market.market.links(claimed), self.agents[who])
        proposal = self._proposed(market, claimed, who)
        proposal.proven_rows = len(market.orders)
        self._proven(market, proposal)

    def _proven(self, market: GhostMarket, proposal: GhostProposal) -> None:
        proposal.is_proven = True
        self._finalized(market, proposal)

    def _clearing(self, which: int) -> GhostMarket:
        choices = self.markets(self.is_clearing)
        return choices[which % len(choices)]

    def _open_rounds(self) -> list[GhostMarket]:
        """Markets that are clearing and have room for a proposal."""
        return self.markets(lambda m: self.is_clearing(m) and len(m.proposals) < MOST_PROPOSALS)

    @precondition(lambda self: self.markets(self.is_clearing))
    @rule(which=INDICES)
    def overclaim(self, which):
        """A pair that is not eligible; false energy or dual prices; an order used twice, in vain, or cancelled."""
        market = self._clearing(which)
        round_ = market.market.round()
        scores = {
            (int(buyer.id), int(seller.id)): pair_score_ppm(round_, buyer, seller)
            for buyer in round_.buyers
            for seller in round_.sellers
        }
        unfit = [pair for pair, score in scores.items() if score is None]
        fit = [(pair, score) for pair, score in scores.items() if score is not None]
        small = [pair for pair in unfit if self._is_small_alone(round_, pair)]
        for pair in (*unfit[which % len(unfit) :][:1], *small[:1]) if unfit else ():
            orders = [(pair[0], 1_000_000), (pair[1], 1_000_000)]
            self._refused_claims(market, orders, [(0, 1, self._most_wh(market, pair))], "Satisfaction_NotEligible")
            RUNS["overclaim: below the least fill" if pair in small else "overclaim: not eligible"] += 1
        if fit:
            self._overclaim(market, *fit[which % len(fit)])
            self._use_twice(market, fit)
        cancelled = next((id_ for id_, entry in market.orders.items() if not entry.is_open), None)
        if cancelled is not None:
            with refused("Clearing_OrderClosed"):
                market.market.propose(self._claims(market, [(cancelled, 0)], [(0, 0, 1)]))
            RUNS["overclaim: cancelled"] += 1

    @staticmethod
    def _is_small_alone(round_: Round, pair: tuple[int, int]) -> bool:
        """Whether a pair that is not eligible would be, if its orders took any share of their energy."""
        buyer = next(replace(buyer, min_fill_ppm=0) for buyer in round_.buyers if int(buyer.id) == pair[0])
        seller = next(replace(seller, min_fill_ppm=0) for seller in round_.sellers if int(seller.id) == pair[1])
        return pair_score_ppm(round_, buyer, seller) is not None

    def _overclaim(self, market: GhostMarket, pair: tuple[int, int], score: int) -> None:
        """Everything that can be wrong with a trade of an eligible pair."""
        buy, sell = pair
        most_wh = self._most_wh(market, pair)
        orders, link = [(buy, score), (sell, 0)], (0, 1, most_wh)
        divisible = market.mode is Mode.DIVISIBLE
        wrong_wh = 0 if divisible else most_wh + 1
        self._refused_claims(market, orders, [(0, 1, wrong_wh)], "Clearing_WrongEnergy")
        if divisible:
            self._refused_claims(market, orders, [(0, 1, most_wh + 1)], "Clearing_Overfilled")
            RUNS["overclaim: overfilled"] += 1
        self._refused_claims(market, orders, [link, link], "Clearing_LinkNotRising")
        RUNS["overclaim: a pair twice"] += 1
        if score:
            low = [(buy, score - 1), (sell, 0)]
            self._refused_claims(market, low, [link], "Satisfaction_DualsBelowScore")
            RUNS["overclaim: dual prices too low"] += 1
        idle = next((id_ for id_, entry in market.orders.items() if entry.is_open and id_ not in pair), None)
        if idle is not None:
            self._refused_claims(market, [*orders, (idle, 2_000_000)], [link], "Clearing_OrderUnused")
            RUNS["overclaim: an order without a trade"] += 1

    def _use_twice(self, market: GhostMarket, fit: list[tuple[tuple[int, int], int]]) -> None:
        """A sell order in two trades of a one-to-one round."""
        by_seller: dict[int, list[tuple[int, int]]] = {}
        for (buy, sell), score in fit:
            by_seller.setdefault(sell, []).append((buy, score))
        sell, buys = max(by_seller.items(), key=lambda found: len(found[1]))
        if market.mode is Mode.DIVISIBLE or len(buys) == 1:
            return
        (one, _), (other, _) = orders = sorted(buys)[:2]
        links = [(k, 2, self._most_wh(market, (buy, sell))) for k, buy in enumerate((one, other))]
        self._refused_claims(market, [*orders, (sell, 0)], links, "Clearing_OrderUsedTwice")
        RUNS["overclaim: used twice"] += 1

    @staticmethod
    def _most_wh(market: GhostMarket, pair: tuple[int, int]) -> int:
        return min(market.orders[id_].order.energy_wh for id_ in pair)

    @staticmethod
    def _claims(market: GhostMarket, orders: list[tuple[int, int]], links: list[tuple[int, int, int]]) -> Claims:
        return Claims([(market.market.placed(id_), dual, False) for id_, dual in orders], links)

    def _refused_claims(
        self, market: GhostMarket, orders: list[tuple[int, int]], links: list[tuple[int, int, int]], error: str
    ) -> None:
        with refused(error):
            market.market.propose(self._claims(market, orders, links))
        with refused("Clearing_TooFewEndorsements" if market.rules.endorsements else error):
            market.market.clear_at_once(Claims(orders, links))
