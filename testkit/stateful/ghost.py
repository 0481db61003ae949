"""The ghost: a model of the whole market in a few dictionaries, told of every step and compared with the chain."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from powerpact.chain.contracts.rounds import ProposalStatus
from powerpact.market.orders import Order, Side
from powerpact.market.schema import Sharing
from powerpact.market.trades import Trade
from testkit.mandates import Gateway
from testkit.market import Proven, Trader
from testkit.stateful.ghostmarket import GhostMarket, GhostOrder, GhostProposal, Position
from testkit.stateful.lots import Lot
from testkit.stateful.nonces import Nonces
from testkit.stateful.payment import payment_upoints, share_wh
from testkit.stateful.rewards import Rewards
from testkit.stateful.stops import Stops

MOST_EXTENSIONS = 2
"""How often refutations can put off the last moment for proposals."""


@dataclass(slots=True)
class Wallet:
    """Points of an account, micro-points: outside the account, free in it, and held by it."""

    outside: int
    free: int
    held: int = 0

    def hold(self, upoints: int) -> None:
        """Move free points to the held ones; back, if negative."""
        self.free -= upoints
        self.held += upoints


class Ghost:
    """What the chain should hold.

    Parameters
    ----------
    wallets : mapping of str to Wallet
        Of everybody, by address, in the state from which the run starts.
    rewards : Rewards
        Of who knows that a proposal is false.
    """

    def __init__(self, wallets: dict[str, Wallet], rewards: Rewards) -> None:
        self.wallets = wallets
        self.rewards = rewards
        self.supply_upoints = sum(wallet.outside + wallet.free for wallet in wallets.values())
        self.records: dict[str, tuple[int, int, int]] = defaultdict(lambda: (0, 0, 0))
        self.nonces: dict[tuple[str, Side], Nonces] = defaultdict(Nonces)
        self.markets: list[GhostMarket] = []
        self.undecided: dict[Side, set[Lot]] = {side: set() for side in Side}
        self.decided_wh: dict[Side, Counter[Lot]] = {side: Counter() for side in Side}
        self.exported_wh: dict[Lot, int] = {}
        self.imported_wh: dict[Lot, int] = {}
        self.earlier: dict[Lot, list[Proven]] = {}
        self.issued: set[Lot] = set()
        self.certificates_wh: dict[Lot, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self.retired_wh: dict[Lot, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self.suspended_until: dict[str, int] = {}
        self.stops = Stops()
        self.held_until: dict[Lot, int] = {}
        self.has_late_device = False
        self.leaving: set[str] = set()
        self.gateways: list[Gateway] = []
        self.revoked: set[int] = set()

    def may_trade(self, trader: Trader, now: int) -> bool:
        """Whether the trader is active at a time."""
        return trader.address not in self.leaving and self.suspended_until.get(trader.address, 0) <= now

    def is_held(self, lot: Lot, now: int) -> bool:
        """Whether auditors hold a lot at a time."""
        return self.held_until.get(lot, 0) > now

    def suspended(self, address: str, now: int, until: int) -> None:
        """The auditors decided on a suspension."""
        self.suspended_until[address] = until
        self.stops.suspensions[address].append((now, until))

    def posted(self, market: GhostMarket, id_: int, order: Order, trader: Trader) -> None:
        """An order is in the book."""
        lot = order.device, market.rules.slot_start
        market.orders[id_] = GhostOrder(order, trader, self.decided_wh[order.side][lot])
        if order.side is Side.BUY and not order.is_mandated:
            self.nonces[trader.address, Side.BUY].use(order.nonce)
        if order.device:
            self.undecided[order.side].add(lot)
        self.wallets[trader.address].hold(order.reservation_upoints)

    def cancelled(self, market: GhostMarket, id_: int) -> None:
        """An order is withdrawn, and can never be posted again."""
        entry = market.orders[id_]
        self.closed(market, id_)
        if not entry.order.is_mandated:
            self.nonces[entry.trader.address, entry.order.side].use(entry.order.nonce)

    def closed(self, market: GhostMarket, id_: int) -> None:
        """An order is cancelled or released, as far as it did not trade."""
        entry = market.orders[id_]
        entry.is_open = False
        if entry.order.device and not market.bound_wh(id_):
            self.undecided[entry.order.side].discard((entry.order.device, market.rules.slot_start))
        self.wallets[entry.trader.address].hold(-market.rest_upoints(id_))

    def seal_error(self, market: GhostMarket, proposal: GhostProposal) -> str | None:
        """Why a proposal cannot be sealed, None if it can."""
        rules, active = market.rules, market.active
        if not rules.challenge_window_s:
            return "Clearing_ProofOnly"
        free, eighth = self.wallets[proposal.agent.address].free, rules.bond_upoints // 8
        if active:
            if not proposal.beats(active):
                return "Clearing_NotBetter"
            if self._is_refuted_by(active, proposal):
                free += 2 * eighth - self.rewards.waiting_upoints(active.id, eighth)
            elif active.agent is proposal.agent:
                free += rules.bond_upoints
        return "Accounts_InsufficientBalance" if free < rules.bond_upoints else None

    def sealed(self, market: GhostMarket, proposal: GhostProposal, now: int) -> None:
        """A proposal stands."""
        self._unseat(market, proposal)
        rules = market.rules
        proposal.status = ProposalStatus.ACTIVE
        earliest = 0 if proposal.is_exact else market.final_by + 1
        proposal.final_from = max(now + rules.challenge_window_s, earliest)
        self.rewards.sealed(proposal.id)
        self.wallets[proposal.agent.address].hold(rules.bond_upoints)

    def refuted(self, market: GhostMarket, proposal: GhostProposal, by: str) -> None:
        """An active proposal is wrong: two eighths of its bond go to who showed it, one can wait, the rest is burnt."""
        proposal.status = ProposalStatus.REFUTED
        bond = market.rules.bond_upoints
        self.wallets[proposal.agent.address].held -= bond
        self.wallets[by].free += 2 * (bond // 8)
        self.wallets[by].hold(self.rewards.refuted(proposal.id, by, bond // 8))
        self.supply_upoints -= bond - 2 * (bond // 8)

    def challenged(self, market: GhostMarket, proposal: GhostProposal, by: str, now: int) -> None:
        """An active proposal is refuted by a pair: there is time for another one."""
        self.refuted(market, proposal, by)
        window_s = market.rules.challenge_window_s
        until, latest = now + window_s, market.rules.final_by + 2 * MOST_EXTENSIONS * window_s
        if market.extensions < MOST_EXTENSIONS and market.final_by < until <= latest:
            market.extended_to, market.extensions = until, market.extensions + 1

    def finalized(self, market: GhostMarket, proposal: GhostProposal) -> None:
        """A proposal is final."""
        if market.active is proposal:
            self.wallets[proposal.agent.address].hold(-market.rules.bond_upoints)
        else:
            self._unseat(market, proposal)
        proposal.status = ProposalStatus.FINAL

    def settled(self, market: GhostMarket, position: Position, to_seller_upoints: int) -> Trade:
        """A trade has ended."""
        trade = market.about_final().chunks[position[0]][position[1]]
        market.settled.add(position)
        self.wallets[trade.buyer].hold(-trade.reserved_upoints)
        self.wallets[trade.buyer].free -= to_seller_upoints
        self.wallets[trade.seller].free += to_seller_upoints
        return trade

    def decided(self, market: GhostMarket, id_: int) -> None:
        """An order that traded is decided."""
        side, lot = self._lot_of(market, id_)
        self.undecided[side].remove(lot)
        self.decided_wh[side][lot] += market.final.traded_wh()[id_]

    def decidable(self, market: GhostMarket, id_: int) -> bool:
        """Whether an order that traded is undecided."""
        side, lot = self._lot_of(market, id_)
        return lot in self.undecided[side] and self.decided_wh[side][lot] == market.orders[id_].before_wh

    def share_wh(self, market: GhostMarket, position: Position, side: Side = Side.SELL) -> int:
        """A trade's share of what its device exported, or its meter imported, beyond the orders before."""
        chunks = market.about_final().chunks
        trade = chunks[position[0]][position[1]]
        id_ = trade.sell_id if side is Side.SELL else trade.buy_id
        before_wh = sum(
            other.energy_wh
            for c, chunk in enumerate(chunks)
            for k, other in enumerate(chunk)
            if (c, k) < position and id_ in (other.sell_id, other.buy_id)
        )
        device, measured = (trade.device, self.exported_wh) if side is Side.SELL else (trade.meter, self.imported_wh)
        left_wh = measured.get((device, market.rules.slot_start), 0) - market.orders[id_].before_wh
        traded_wh = market.final.traded_wh()[id_]
        is_fifo = market.rules.sharing == Sharing.FIRST_IN_FIRST_OUT
        return share_wh(trade.energy_wh, before_wh, traded_wh, left_wh, is_first_in_first_out=is_fifo)

    def used_wh(self, market: GhostMarket, position: Position) -> int:
        """What of a trade's share of the export the buyer's meter imported: all of it where that does not count."""
        delivered_wh = self.share_wh(market, position)
        return min(delivered_wh, self.share_wh(market, position, Side.BUY)) if market.is_both_sides else delivered_wh

    def payment(self, market: GhostMarket, position: Position) -> tuple[int, int]:
        """What a delivery pays, and the penalty that is taken off, micro-points. A missing import counts as used."""
        trade = market.about_final().chunks[position[0]][position[1]]
        delivered_wh, used_wh = self.share_wh(market, position), self.used_wh(market, position)
        is_measured = (trade.meter, market.rules.slot_start) in self.imported_wh
        return payment_upoints(trade, delivered_wh, used_wh if is_measured else delivered_wh, market.rules)

    def delivered(self, market: GhostMarket, position: Position) -> None:
        """A trade is settled by its readings."""
        trade = market.about_final().chunks[position[0]][position[1]]
        self.settled(market, position, self.payment(market, position)[0])
        self.recorded(trade, self.share_wh(market, position))
        self.certified(market, position, is_kept=False)

    def certified(self, market: GhostMarket, position: Position, *, is_kept: bool) -> int:
        """A trade's share of the export is certified, and once for the slot, the surplus.

        What was used to the buyer, the rest to the seller; all to the seller if it is kept. Nothing if the device was
        stopped when the slot began; nothing to a seller who was suspended then. Return what of the share is the
        seller's, Wh.
        """
        market.certified.add(position)
        trade = market.about_final().chunks[position[0]][position[1]]
        lot = trade.device, market.rules.slot_start
        if self.stops.is_stopped(lot):
            return 0
        used_wh = 0 if is_kept else self.used_wh(market, position)
        self.certificates_wh[lot][trade.buyer] += used_wh
        if self.stops.is_suspended(trade.seller, lot[1]):
            return 0
        kept_wh = self.share_wh(market, position) - used_wh
        self.certificates_wh[lot][trade.seller] += kept_wh
        self._issue_surplus(market, trade, lot)
        return kept_wh

    def _issue_surplus(self, market: GhostMarket, trade: Trade, lot: Lot) -> None:
        """Certify to a seller what its device exported beyond what it sold, unless an order of it is undecided."""
        sold_wh = self.decided_wh[Side.SELL][lot]
        if self.decidable(market, trade.sell_id):
            sold_wh += market.final.traded_wh()[trade.sell_id]
        elif lot in self.undecided[Side.SELL]:
            return
        if self.exported_wh[lot] > sold_wh and lot not in self.issued:
            self.issued.add(lot)
            self.certificates_wh[lot][trade.seller] += self.exported_wh[lot] - sold_wh

    def _lot_of(self, market: GhostMarket, id_: int) -> tuple[Side, Lot]:
        order = market.orders[id_].order
        return order.side, (order.device, market.rules.slot_start)

    def recorded(self, trade: Trade, delivered_wh: int) -> None:
        """A trade counts for the seller's reliability."""
        promised, delivered, trades = self.records[trade.seller]
        self.records[trade.seller] = promised + trade.energy_wh, delivered + delivered_wh, trades + 1

    def _unseat(self, market: GhostMarket, by: GhostProposal) -> None:
        """What stands is taken down for another proposal, if anything does."""
        active = market.active
        if active and self._is_refuted_by(active, by):
            self.refuted(market, active, by.agent.address)
        elif active:
            active.status = ProposalStatus.OUTRANKED
            self.wallets[active.agent.address].hold(-market.rules.bond_upoints)

    @staticmethod
    def _is_refuted_by(active: GhostProposal, by: GhostProposal) -> bool:
        """Whether a higher objective shows that a claim to be exact is false."""
        return active.is_exact and by.claimed.objective > active.claimed.objective
