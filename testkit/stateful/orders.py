"""Rules of money, orders, time and admission."""

from __future__ import annotations

from copy import copy
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from powerpact.market.orders import MOST_PAGES, NONCES_PER_PAGE, Order, Side
from powerpact.market.schema import DeliveryRule, Sharing
from powerpact.units import PPM
from testkit.invariants import holds
from testkit.market import ASK, COMPLETED_TRADES, CREDIBILITY, DECLARED, RELIABILITY, SLOT_LENGTH_S, Trader
from testkit.stateful.endorsing import ENDORSERS_HASH
from testkit.stateful.ghost import Nonces
from testkit.stateful.ghostmarket import GhostMarket
from testkit.stateful.misordering import MisorderingRules
from testkit.stateful.stage import BOND_UPOINTS, INDICES, LINKED, ORDERS, PERSONS, RUNS, TRADERS, refused

MOST_MARKETS = 3
MOST_ORDERS = 10

SOURCES = ASK, CREDIBILITY, DECLARED, RELIABILITY, DECLARED, COMPLETED_TRADES
INCOME = False, True, True, True, False, True
RULES_DRAWN = st.fixed_dictionaries(
    {
        "price_rule": st.integers(0, 1),
        "mode": st.sampled_from((0, 1)),
        "challenge_window_s": st.sampled_from((600, 600, 600, 3_600, 3_600, 0)),
        "endorsements": st.sampled_from((0, 0, 0, 1, 2)),
        "attributes": st.sampled_from((3, 3, 6)),
        "sharing": st.sampled_from((Sharing.PRO_RATA, Sharing.PRO_RATA, Sharing.FIRST_IN_FIRST_OUT)),
        "delivery": st.sampled_from((DeliveryRule.EXPORT, DeliveryRule.EXPORT, DeliveryRule.BOTH_SIDES)),
        "underuse_ppm": st.sampled_from((0, 400_000, PPM)),
    }
)
"""Rules that differ among markets. A window of an hour ends after the time for proposals; without one, rounds are
proven exhaustively only, and nobody endorses them."""


class OrderRules(MisorderingRules):
    """Deposit, withdraw, open markets, post and cancel orders, let time pass, suspend, leave."""

    @rule(who=INDICES, share=st.integers(1, 4))
    def deposit(self, who, share):
        trader = self.traders[who % TRADERS]
        wallet = self.ghost.wallets[trader.address]
        upoints = wallet.outside * share // 4
        if upoints == 0:
            with refused("Accounts_ZeroPoints"):
                self.community.send(trader.account, "Accounts", "deposit", 0)
            return
        self.community.send(trader.account, "Accounts", "deposit", upoints)
        wallet.outside -= upoints
        wallet.free += upoints
        RUNS["deposit"] += 1

    @rule(who=INDICES, share=st.integers(1, 4))
    def withdraw(self, who, share):
        trader = self.traders[who % TRADERS]
        wallet = self.ghost.wallets[trader.address]
        with refused("Accounts_InsufficientBalance"):
            self._withdraw(trader.account, wallet.free + 1)
        upoints = wallet.free * share // 4
        if upoints:
            self._withdraw(trader.account, upoints)
            wallet.free -= upoints
            wallet.outside += upoints
            RUNS["withdraw"] += 1

    @precondition(lambda self: len(self.ghost.markets) < MOST_MARKETS)
    @rule(rules=RULES_DRAWN)
    def open_market(self, rules):
        """Another market at once: mostly of the same slot, so that the two share devices and readings."""
        opener = next((t for t in self.traders if self.ghost.may_trade(t, self.chain.now() + 1)), None)
        if opener is self.traders[0]:
            self._open_market(**rules)
            RUNS["open_market"] += 1

    def _open_market(
        self, challenge_window_s: int, endorsements: int, attributes: int, underuse_ppm: int, **changes: Any
    ) -> None:
        is_both_sides = changes["delivery"] == DeliveryRule.BOTH_SIDES
        number = len(self.ghost.markets)
        endorsements = endorsements if challenge_window_s else 0
        market = self.community.open_market(
            SOURCES[:attributes],
            INCOME[:attributes],
            category_count=1,
            source_category=1,
            tolerance_ppm=50_000,
            penalty_ppm=300_000,
            zone=f"lane {number}".encode().ljust(24, b"\0"),
            challenge_window_s=challenge_window_s,
            bond_upoints=BOND_UPOINTS if challenge_window_s else 0,
            endorsements=endorsements,
            endorsers=ENDORSERS_HASH if endorsements else bytes(32),
            underuse_ppm=underuse_ppm if is_both_sides else PPM,
            **changes,
        )
        self.ghost.markets.append(GhostMarket(market))

    @precondition(lambda self: self.markets(self.is_gate_open))
    @rule(which=INDICES, orders=st.lists(ORDERS, min_size=1, max_size=4))
    def place_signed(self, which, orders):
        open_markets = self.markets(self.is_gate_open)
        if self._place_signed(open_markets[which % len(open_markets)], orders):
            RUNS["place_signed"] += 1

    @precondition(lambda self: self.markets(self.is_gate_open))
    @rule(which=INDICES, order=ORDERS)
    def place(self, which, order):
        open_markets = self.markets(self.is_gate_open)
        market = open_markets[which % len(open_markets)]
        for trader, made in self._orders(market, [order]):
            market.market.place(trader, made)
            self._posted(market, [(trader, made)])
            RUNS["place"] += 1

    def _place_signed(self, market: GhostMarket, drawn: list[tuple[int, int, int]]) -> bool:
        orders = self._orders(market, drawn)
        if orders:
            self._post_unevenly(market, *orders[0])
            market.market.post([order for _, order in orders], [trader for trader, _ in orders])
            self._posted(market, orders)
        return bool(orders)

    def _post_unevenly(self, market: GhostMarket, trader: Trader, order: Order) -> None:
        id_, orders, words, of_contracts = market.market.batch([order], [market.market.signature(trader, order)])
        for lists in ((orders * 2, words), (orders, words * 2)):
            with refused("Order_LengthMismatch"):
                self.community.send(self.watcher, "OrderBook", "placeSigned", id_, *lists, of_contracts)

    def _orders(self, market: GhostMarket, drawn: list[tuple[int, int, int]]) -> list[tuple[Trader, Order]]:
        """Orders that the book takes: who may trade, has the money, or has a device that sells nothing yet."""
        orders: list[tuple[Trader, Order]] = []
        free = {address: wallet.free for address, wallet in self.ghost.wallets.items()}
        taken = {side: set(self.ghost.undecided[side]) for side in Side}
        nonces: dict[tuple[str, Side], Nonces] = {}
        for who, price, energy in drawn[: MOST_ORDERS - len(market.orders)]:
            trader = self.traders[who % TRADERS]
            if not self.ghost.may_trade(trader, self.chain.now() + 1):
                continue
            lot, is_fit = (trader.device, market.rules.slot_start), self._is_fit(trader)
            side = Side.SELL if who // TRADERS % 2 and is_fit and lot not in taken[Side.SELL] else Side.BUY
            if side is Side.BUY and market.is_both_sides and (not is_fit or lot in taken[side]):
                continue
            own = nonces.setdefault((trader.address, side), copy(self.ghost.nonces[trader.address, side]))
            nonce = own.next(turn=energy % 10 == 7)
            if side is Side.SELL:
                order = self._sell(market, trader, nonce, price, energy)
            else:
                order = self._buy(market, trader, nonce, price, energy)
                if order.reservation_upoints > free[trader.address]:
                    continue
                free[trader.address] -= order.reservation_upoints
                own.use(nonce)
            if order.device:
                taken[side].add(lot)
            orders.append((trader, order))
        return orders

    def _posted(self, market: GhostMarket, orders: list[tuple[Trader, Order]]) -> None:
        batch = len(market.market.batches) - 1
        for index, (trader, order) in enumerate(orders):
            self.ghost.posted(market, batch << 8 | index, order, trader)
            attested, own = Order.unpack(market.market.batches[batch][index]), PERSONS[self.traders.index(trader)]
            holds("ORD-3", attested.person == own, f"{trader} is person {own}, its order says {attested.person}")

    @precondition(lambda self: self.cancellable())
    @rule(which=INDICES)
    def cancel(self, which):
        choices = self.cancellable()
        market, id_ = choices[which % len(choices)]
        entry = market.orders[id_]
        stranger = next(trader for trader in self.traders if trader is not entry.trader)
        with refused("Order_NotTrader"):
            market.market.cancel(stranger, id_)
        self._cancel_altered(market, id_)
        self._cancel(market, id_)
        RUNS["cancel"] += 1

    def _cancel_altered(self, market: GhostMarket, id_: int) -> None:
        """An order is shown as it is in the book, or not at all: nobody gets back what it did not reserve."""
        trader, (_, packed, siblings) = market.orders[id_].trader, market.market.placed(id_)
        for word in range(len(packed)):
            words = [value ^ (word == place) << 40 for place, value in enumerate(packed)]
            with refused("Order_Unknown"):
                altered = id_, words, siblings
                self.community.send(trader.account, "OrderBook", "cancel", market.market.id, altered)

    def _cancel(self, market: GhostMarket, id_: int) -> None:
        entry = market.orders[id_]
        trader, nonces = entry.trader, self.ghost.nonces[entry.trader.address, entry.order.side]
        if entry.order.nonce >= (nonces.page + 1) * NONCES_PER_PAGE:
            RUNS["cancel: turn the page"] += 1
        market.market.cancel(trader, id_)
        self.ghost.cancelled(market, id_)
        with refused("Order_AlreadyClosed"):
            market.market.cancel(trader, id_)
        self._with_a_cancelled_sell_order(market)

    @precondition(lambda self: self.markets(self.is_gate_open))
    @rule(
        who=INDICES,
        side=st.sampled_from(Side),
        ahead=st.sampled_from((0, 0, 1, MOST_PAGES)),
        mask=st.integers(1, (1 << 32) - 1),
    )
    def cancel_nonces(self, who, side, ahead, mask):
        """Some nonces of the open page, or of a later one, which closes it: cancelling there then changes nothing."""
        trader = self.traders[who % TRADERS]
        nonces = self.ghost.nonces[trader.address, side]
        page = nonces.page + ahead
        far = {"nonce": nonces.far_page * NONCES_PER_PAGE, "most": nonces.far_page * NONCES_PER_PAGE - 1}
        with refused("Accounts_NonceFar", **far):
            self.community.send(trader.account, "OrderBook", "cancelNonces", side, nonces.far_page, mask)
        for cancelled in (page, page - 1) if ahead else (page,):
            self.community.send(trader.account, "OrderBook", "cancelNonces", side, cancelled, mask)
            nonces.mark(cancelled, mask)
        RUNS["cancel_nonces: turn the page" if ahead else "cancel_nonces"] += 1
        self._check_nonces(trader, side)
        market = self.markets(self.is_gate_open)[-1]
        self._with_a_used_nonce(market)
        self._with_a_nonce_of_a_closed_page(market)
        self._with_a_cancelled_sell_order(market)
        self._with_a_posted_sell_order(market)

    def _check_nonces(self, trader: Trader, side: Side) -> None:
        """What is used is the same as seen from outside."""
        own = self.ghost.nonces[trader.address, side]
        asked = [("Accounts", "isNonceUsed", trader.address, side, nonce) for nonce in own.telling]
        used = {nonce for nonce, is_used in zip(own.telling, self.community.read_all(asked), strict=True) if is_used}
        expected = {nonce for nonce in own.telling if own.is_used(nonce)}
        assert used == expected, f"nonces of {trader.address}: used {used}, expected {expected}"

    @rule()
    def advance(self):
        """To the next time at which something changes for a market."""
        now = self.chain.now()
        times = {
            time
            for market in self.ghost.markets
            for time in (
                market.rules.closes_at,
                market.market.slot_end,
                market.rules.final_by + 1,
                market.rules.refund_from,
                *((market.import_until, market.refunded_by) if market.is_both_sides else ()),
                *([market.active.final_from] if market.active else []),
            )
            if time > now
        }
        if times:
            self.chain.warp(min(times))
            RUNS["advance"] += 1

    @precondition(lambda self: len(self.ghost.suspended_until) < len(LINKED) + 2)
    @rule(who=st.integers(1, TRADERS - 1))
    def suspend(self, who):
        """Two auditors suspend: no balance, order or trade changes."""
        if self.ghost.may_trade(self.traders[who], self.chain.now() + 1):
            self._suspend(self.traders[who])

    def _suspend(self, trader: Trader) -> None:
        before = self.everything()
        first, *others = self.accounts_of(trader)
        until = self.chain.now() + SLOT_LENGTH_S // 2
        for auditor in self.community.auditors[:2]:
            self.community.send(auditor, "ParticipantRegistry", "suspend", first.address, until, "meter under review")
        holds("REG-1", self.everything() == before, f"after the suspension of {first.address}")
        for account in (first, *others):
            self.ghost.suspended(account.address, self.chain.now(), until)
        RUNS["suspend"] += 1

    @precondition(lambda self: not self.ghost.leaving)
    @rule(who=st.integers(1, TRADERS - 1))
    def leave(self, who):
        """Announce the exit; it is completed at the end of the run."""
        first, *others = self.accounts_of(self.traders[who])
        self.community.send(first.account, "ParticipantRegistry", "requestExit")
        self.ghost.leaving.update(account.address for account in (first, *others))
        with refused("Motion_NoticeRunning"):
            self.community.send(first.account, "ParticipantRegistry", "exit")
        RUNS["leave"] += 1
