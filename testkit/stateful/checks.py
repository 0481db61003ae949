"""What holds at every step, and at the end of a run."""

from __future__ import annotations

import sys
from typing import Any

from eth_account.signers.local import LocalAccount
from hypothesis.stateful import invariant

from powerpact.chain.contracts.rounds import ProposalStatus
from powerpact.market.orders import Side
from powerpact.market.rules import Mode
from powerpact.mechanisms.satisfaction.round import Solution
from powerpact.mechanisms.satisfaction.spec import dual_sum_ppm, match, pair_score_ppm, uncovered_pairs
from powerpact.units import PPM, value_down_upoints
from testkit.invariants import holds
from testkit.stateful.gateways import used_wh
from testkit.stateful.ghostmarket import GhostMarket, GhostProposal, Position
from testkit.stateful.lots import Lot, hour_from, lot_id
from testkit.stateful.stage import RUNS, Stage, refused

EXIT_NOTICE_S = 7 * 86_400


def last_link(proposal: GhostProposal) -> int:
    """Where the last trade of a proposal stands, as Clearing keeps it."""
    return max((trade.sell_id << 40 | trade.buy_id for _, _, trade in proposal.trades()), default=0)


class Checks(Stage):
    """The state of the chain against the ghost and the register of invariants."""

    def everything(self) -> dict[str, Any]:
        """The state that matters, read in one request."""
        traders = [trader.address for trader in self.traders]
        lots = list(self.ghost.exported_wh)
        slots = {market.rules.slot_start for market in self.ghost.markets}
        sales = [(side, (trader.device, slot)) for side in Side for slot in slots for trader in self.traders]
        markets = [market.market.id for market in self.ghost.markets]
        positions = [
            (market.market.id, trade[:2])
            for market in self.ghost.markets
            if market.final
            for trade in market.final.trades()
        ]
        proposals = [proposal.id for market in self.ghost.markets for proposal in market.proposals]
        calls: list[tuple[Any, ...]] = [
            ("PowerPoints", "balanceOf", self.community.addresses["Accounts"]),
            ("PowerPoints", "totalSupply"),
            ("Accounts", "totalCredits"),
            *(("Accounts", "walletOf", account) for account in self.accounts),
            *(("PowerPoints", "balanceOf", account) for account in self.accounts),
            *(("Accounts", "trackRecordOf", trader) for trader in traders),
            *(("Metering", "last", trader.device) for trader in self.traders),
            *(("Settlement", "isSettled", market, position) for market, position in positions),
            *(("Settlement", "isCertified", market, position) for market, position in positions),
            *(("DeviceRegistry", "promisedOf", lot[0], side, hour_from(lot[1]).pack()) for side, lot in sales),
            *(("Clearing", name, market) for name in ("activeOf", "finalOf", "finalByOf") for market in markets),
            *(("Clearing", "proposal", proposal) for proposal in proposals),
            *(("Mandates", "usedIn", gateway.number, gateway.market.slot.pack()) for gateway in self.ghost.gateways),
            *self._holdings(lots, traders),
        ]
        answers = iter(self.community.read_all(calls))
        return {
            "custody": next(answers),
            "supply": next(answers),
            "claims": next(answers),
            "wallets": {account: tuple(next(answers)) for account in self.accounts},
            "outside": {account: next(answers) for account in self.accounts},
            "records": {trader: tuple(next(answers)) for trader in traders},
            "counters": {trader.device: tuple(next(answers)) for trader in self.traders},
            "settled": {place for place in positions if next(answers)},
            "certified": {place for place in positions if next(answers)},
            "sales": {sale: tuple(next(answers)) for sale in sales},
            "active": [next(answers) for _ in markets],
            "final": [next(answers) for _ in markets],
            "final by": [next(answers) for _ in markets],
            "proposals": {
                proposal: tuple(next(answers))[:-1] for proposal in proposals
            },  # without the block of the seal
            "mandates": [next(answers) for _ in self.ghost.gateways],
            "certificates": {lot: {t: (next(answers), next(answers)) for t in traders} for lot in lots},
        }

    @staticmethod
    def _holdings(lots: list[Lot], traders: list[str]) -> list[tuple[Any, ...]]:
        """What asks for the certificates of lots, those that traders hold and those retired for them."""
        return [
            ("GreenCertificates", function, *arguments)
            for lot in lots
            for trader in traders
            for function, arguments in (
                ("balanceOf", (trader, lot_id(*lot))),
                ("retiredFor", (lot_id(*lot), trader)),
            )
        ]

    @invariant()
    def the_chain_follows_the_ghost(self) -> None:
        state = self.everything()
        self.money_is_conserved(state)
        self.bonds_leave_once(state)
        self.refuted_proposals_stay_refuted(state)
        self.counters_never_fall(state)
        self.mandates_bound_their_orders(state)
        self.certificates_follow_the_meter(state)
        ghost = self.ghost
        nonces = {trader.address: ghost.nonces[trader.address, Side.SELL].word for trader in self.traders}
        assert state["records"] == {address: (*ghost.records[address], word) for address, word in nonces.items()}
        sales = {
            (side, lot): (lot in ghost.undecided[side], ghost.decided_wh[side][lot]) for side, lot in state["sales"]
        }
        assert state["sales"] == sales, f"sales {state['sales']}, expected {sales}"
        for end in ("settled", "certified"):
            ended = {(market.market.id, position) for market in ghost.markets for position in getattr(market, end)}
            assert state[end] == ended, f"{end} {state[end]}, expected {ended}"
        expected = {p.id: self._as_stored(market, p) for market, p in self.proposals(lambda *_: True)}
        assert state["proposals"] == expected, f"proposals {state['proposals']}, expected {expected}"
        assert state["active"] == [market.active.id if market.active else 0 for market in ghost.markets]
        assert state["final"] == [market.final.id if market.final else 0 for market in ghost.markets]
        assert state["final by"] == [market.final_by for market in ghost.markets]

    def money_is_conserved(self, state: dict[str, Any]) -> None:
        wallets, ghost = state["wallets"], self.ghost.wallets
        claims = sum(free + held for free, held, _ in wallets.values())
        holds(
            "MON-1", state["custody"] == claims == state["claims"], f"{state['custody']}, {claims}, {state['claims']}"
        )
        expected = {
            address: (wallet.free, wallet.held, self.ghost.nonces[address, Side.BUY].word)
            for address, wallet in ghost.items()
        }
        assert wallets == expected, f"wallets {wallets}, expected {expected}"
        assert state["outside"] == {address: wallet.outside for address, wallet in ghost.items()}

    def bonds_leave_once(self, state: dict[str, Any]) -> None:
        held = sum(held for _, held, _ in state["wallets"].values())
        owed = sum(market.held_upoints() for market in self.ghost.markets)
        owed += sum(pot.upoints for pot in self.ghost.rewards.pots.values())
        holds("MON-3", held == owed, f"{held} are held, {owed} for orders, trades, active proposals and who knew first")
        supply, expected = state["supply"], self.ghost.supply_upoints
        holds("MON-3", supply == expected, f"the supply is {supply}, not {expected}")

    def refuted_proposals_stay_refuted(self, state: dict[str, Any]) -> None:
        for _, proposal in self.proposals(lambda _, p: p.status is ProposalStatus.REFUTED):
            status = ProposalStatus(state["proposals"][proposal.id][-1])
            holds("CLR-4", status is ProposalStatus.REFUTED, f"proposal {proposal.id} is {status.name}")

    @staticmethod
    def _as_stored(market: GhostMarket, proposal: GhostProposal) -> tuple[Any, ...]:
        """A proposal as Clearing keeps it."""
        rules = market.rules
        return (
            market.market.id,
            proposal.agent.address,
            len(proposal.trades()),
            len(proposal.chunks),
            proposal.proven_rows,
            proposal.claimed.objective,
            proposal.bound,
            last_link(proposal),
            rules.bond_upoints,
            rules.mechanism,
            False,
            proposal.final_from,
            proposal.status,
        )

    def mandates_bound_their_orders(self, state: dict[str, Any]) -> None:
        for gateway, used in zip(self.ghost.gateways, state["mandates"], strict=True):
            most, expected = gateway.mandate.most_wh_per_slot, used_wh(self.ghost, gateway)
            holds("MAN-1", used == expected <= most, f"{used} Wh under {gateway.number}: {expected} of at most {most}")

    def counters_never_fall(self, state: dict[str, Any]) -> None:
        for device, counters in state["counters"].items():
            last = self.last_counters[device]
            holds(
                "MET-1",
                all(counters[i] >= last[i] for i in (0, 3, 4)),
                f"{device}: {last}, {counters}",
            )
            exported_wh = self.community.counters[device].exported_wh
            holds("MET-1", counters[3] == exported_wh, f"device {device} counts {counters[3]}, not {exported_wh}")
        self.last_counters = state["counters"]

    def certificates_follow_the_meter(self, state: dict[str, Any]) -> None:
        for lot, by_trader in state["certificates"].items():
            total = sum(balance + retired for balance, retired in by_trader.values())
            holds(
                "GRN-1", total <= self.ghost.exported_wh[lot], f"{total} Wh of {self.ghost.exported_wh[lot]} in {lot}"
            )
            most_wh = self._certifiable_wh(lot)
            holds("GRN-3", total <= most_wh, f"{total} Wh of at most {most_wh} in {lot}")
            for trader, (balance, retired) in by_trader.items():
                holds("GRN-2", retired == self.ghost.retired_wh[lot][trader], f"{lot}: {retired} Wh for {trader}")
                assert balance == self.ghost.certificates_wh[lot][trader], f"{lot}: {trader} holds {balance} Wh"

    def _certifiable_wh(self, lot: Lot) -> int:
        """The most certificates of a lot: none if its device was stopped, what it sold if its owner was suspended."""
        stops, (device, slot) = self.ghost.stops, lot
        owner = next(trader for trader in self.traders if trader.device == device)
        if stops.is_stopped(lot):
            return 0
        if not stops.is_suspended(owner.address, slot):
            return self.ghost.exported_wh[lot]
        finals = [market.final for market in self.ghost.markets if market.final and market.rules.slot_start == slot]
        return sum(trade.energy_wh for final in finals for _, _, trade in final.trades() if trade.device == device)

    def final_rounds_keep_their_promise(self, market: GhostMarket) -> None:
        """The recorded round against the rules, computed anew from the orders in the book."""
        round_, final = market.market.round(), market.final
        assert final is not None
        stored = self.community.read("Clearing", "proposal", final.id)
        objective, bound = stored[5], stored[6]
        trades = [trade for _, _, trade in final.trades()]
        duals = Solution(
            objective,
            (),
            {str(trade.buy_id): trade.buyer_dual_ppm for trade in trades},
            {str(trade.sell_id): trade.seller_dual_ppm for trade in trades},
        )
        buyers = {buyer.id: buyer for buyer in round_.buyers}
        sellers = {seller.id: seller for seller in round_.sellers}
        scores = [pair_score_ppm(round_, buyers[str(t.buy_id)], sellers[str(t.sell_id)]) for t in trades]
        holds("CLR-1", None not in scores, f"a trade is not eligible: {trades}")
        units = [trade.energy_wh if round_.mode is Mode.DIVISIBLE else 1 for trade in trades]
        worth = sum((w or 0) * x for w, x in zip(scores, units, strict=True))
        holds("CLR-1", (worth, dual_sum_ppm(round_, duals)) == (objective, bound), f"{scores}, {objective}, {bound}")
        if not (final.is_proven or final.is_watched):
            return
        uncovered, best = uncovered_pairs(round_, duals), match(round_).objective
        holds("CLR-2", not uncovered, f"{uncovered}")
        holds("CLR-2", objective <= best <= bound, f"the optimum {best} is not between {objective} and {bound}")
        holds("CLR-2", bound == objective or not final.is_proven, f"{bound} proves nothing about {objective}")

    def orders_trade_within_their_terms(self, market: GhostMarket) -> None:
        final = market.final
        assert final is not None
        ids = list(market.orders)
        whole_wh = {id_: market.orders[id_].order.energy_wh for id_ in ids}
        filled = self.community.read_all([("Clearing", "filledOf", final.id, id_, whole_wh[id_]) for id_ in ids])
        energies = final.traded_wh()
        for id_, filled_wh in zip(ids, filled, strict=True):
            holds("ORD-1", market.orders[id_].is_open or not filled_wh, f"order {id_} trades though it is cancelled")
            holds("ORD-1", energies[id_] <= whole_wh[id_], f"order {id_}: {energies[id_]} of {whole_wh[id_]} Wh")
            assert filled_wh == market.filled_wh(id_)
        trades = [trade for _, _, trade in final.trades()]
        pairs = [(trade.sell_id, trade.buy_id) for trade in trades]
        holds("FAIR-1", pairs == sorted(set(pairs)), f"a pair trades twice, or out of its order: {pairs}")
        if market.mode is Mode.ONE_TO_ONE:
            used = [id_ for trade in trades for id_ in (trade.buy_id, trade.sell_id)]
            holds("ORD-1", len(used) == len(set(used)), f"an order trades twice: {used}")
        for trade in trades:
            buy, sell = market.orders[trade.buy_id].order, market.orders[trade.sell_id].order
            price, bid, minimum = trade.price_upoints_per_kwh, buy.price_upoints_per_kwh, sell.min_upoints_per_kwh
            holds("ORD-2", minimum <= price <= bid, f"{minimum} <= {price} <= {bid}")
            assert value_down_upoints(trade.energy_wh, price) <= trade.reserved_upoints
            buyer, seller = market.orders[trade.buy_id].trader, market.orders[trade.sell_id].trader
            holds("ORD-3", seller not in self.accounts_of(buyer), f"{buyer} trades with itself, {seller}")
            if market.mode is Mode.ONE_TO_ONE:
                fills = [order.min_fill_ppm * order.energy_wh for order in (buy, sell)]
                holds(
                    "FAIR-1", trade.energy_wh * PPM >= max(fills), f"{trade.energy_wh} Wh fill less than is asked for"
                )

    def teardown(self) -> None:
        """Everyone gets the money out, whatever happened before, unless the run has failed already."""
        if self.ghost.markets and sys.exc_info()[0] is None:
            self.everyone_gets_the_money_out()

    def everyone_gets_the_money_out(self) -> None:
        self._refund_the_last()
        self.chain.warp(max(market.refunded_by for market in self.ghost.markets))
        for market in self.ghost.markets:
            for proposal in market.of_status(ProposalStatus.REFUTED):
                with refused("Clearing_WrongStatus"):
                    market.market.finalize(proposal.id)
            if market.active:
                self._finalize(market, market.active)
            for chunk, index, _ in market.unsettled():
                self._refund(market, (chunk, index))
            if free := market.releasable(self.chain.now() + 1):
                self._release(market, free)
        for proposal_id, pot in list(self.ghost.rewards.pots.items()):
            self.chain.warp(pot.until)
            self._award(proposal_id)
        for address, account in self.accounts.items():
            wallet = self.ghost.wallets[address]
            holds("MON-2", wallet.held == 0, f"{wallet.held} of {address} are still held")
            if wallet.free:
                self._withdraw(account, wallet.free)
                wallet.outside, wallet.free = wallet.outside + wallet.free, 0
        self.the_chain_follows_the_ghost()
        state = self.everything()
        holds("MON-2", state["custody"] == 0, f"{state['custody']} points are left behind")
        if self.ghost.leaving:
            self.chain.warp(self.chain.now() + EXIT_NOTICE_S)
            leaver = next(trader for trader in self.traders if trader.address in self.ghost.leaving)
            self.community.send(leaver.account, "ParticipantRegistry", "exit")
            RUNS["exit"] += 1

    def _refund_the_last(self) -> None:
        """A trade that is refunded later than the others, in the first second possible."""
        unsettled = [
            (self.refundable_from(market, trade.device), n, (chunk, index))
            for n, market in enumerate(self.ghost.markets)
            for chunk, index, trade in market.unsettled()
        ]
        if not unsettled:
            return
        begins, n, position = max(unsettled)
        market = self.ghost.markets[n]
        self.chain.warp(begins - 2)
        if self.chain.now() + 1 < begins:
            with refused("Settlement_TooEarly"):
                market.about_final().refund([position])
            self.chain.warp(begins - 1)
        self._refund(market, position)

    def _finalize(self, market: GhostMarket, proposal: GhostProposal) -> None:
        """Make a proposal whose window is over final."""
        market.about(proposal).finalize()
        self._finalized(market, proposal)
        RUNS["finalize"] += 1
        if not proposal.is_watched and market.uncovered(proposal):
            RUNS["finalize what nobody watched"] += 1
        if not proposal.is_exact:
            RUNS["finalize without a certificate"] += 1

    def _finalized(self, market: GhostMarket, proposal: GhostProposal) -> None:
        self.ghost.finalized(market, proposal)
        self.final_rounds_keep_their_promise(market)
        self.orders_trade_within_their_terms(market)

    def _award(self, proposal: int) -> None:
        """What waited of a bond goes to who knew first, or else to who challenged."""
        self._send_award(proposal)
        pot = self.ghost.rewards.pots.pop(proposal)
        self.ghost.wallets[pot.challenger].held -= pot.upoints
        self.ghost.wallets[pot.winner or pot.challenger].free += pot.upoints
        RUNS["award to who knew first" if pot.winner else "award to the challenger"] += 1
        with refused("Refutations_NothingOpen"):
            self._send_award(proposal)

    def _send_award(self, proposal: int) -> None:
        self.community.send(self.watcher, "Refutations", "award", proposal)

    def _refund(self, market: GhostMarket, position: Position) -> None:
        RUNS["refund"] += 1
        market.about_final().refund([position])
        self.ghost.recorded(self.ghost.settled(market, position, 0), 0)

    def _release(self, market: GhostMarket, ids: list[int]) -> None:
        if market.final:
            market.about_final()
        traded = [id_ for id_ in ids if market.bound_wh(id_)]
        if traded and market.mode is Mode.ONE_TO_ONE:
            id_, placed, ((trade, place, siblings),) = market.market.untraded(traded[:1])
            larger = (trade[0], trade[1] + (1 << 32), *trade[2:])
            with refused("Releases_UnknownTrade"):
                self.community.send(self.watcher, "Releases", "release", id_, placed, [(larger, place, siblings)])
            RUNS["release with another trade"] += 1
        id_, placed, proofs = market.market.untraded(ids)
        with refused("Releases_LengthMismatch"):
            self.community.send(self.watcher, "Releases", "release", id_, placed, [*proofs, proofs[0]])
        market.market.release(ids)
        for id_ in ids:
            self.ghost.closed(market, id_)
            if market.bound_wh(id_):
                RUNS["release a part"] += 1
        with refused("Order_AlreadyClosed"):
            market.market.release(ids[:1])
        if not market.final:
            late = market.of_status(ProposalStatus.REFUTED)
            why = "a late refutation" if late else "drafts alone" if market.proposals else "no proposal"
            RUNS[f"release after {why}"] += 1

    def _withdraw(self, account: LocalAccount, upoints: int) -> None:
        self.community.send(account, "Accounts", "withdraw", upoints, account.address)
