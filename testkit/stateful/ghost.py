"""The ghost: a model of the whole market in a few dictionaries, told of every step and compared with the chain."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from eth_account.signers.local import LocalAccount

from powerpact.chain.contracts.rounds import ProposalStatus
from powerpact.market.orders import Order, Side
from powerpact.market.rules import Mode
from powerpact.market.trades import Trade
from powerpact.mechanisms.satisfaction.round import Solution
from powerpact.mechanisms.satisfaction.spec import uncovered_pairs
from powerpact.units import value_down_upoints
from testkit.mandates import Gateway
from testkit.market import MODES, TestMarket, Trader
from testkit.stateful.lots import Lot
from testkit.stateful.nonces import Nonces
from testkit.stateful.payment import payment_upoints
from testkit.stateful.rewards import Rewards
from testkit.stateful.stops import Stops

MOST_EXTENSIONS = 2
"""How often refutations can put off the last moment for proposals."""

Position = tuple[int, int]
"""A trade's chunk, and its index in the chunk."""


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


@dataclass(slots=True)
class GhostOrder:
    """An order in the book."""

    order: Order
    trader: Trader
    sold_before_wh: int = 0
    """What the device of a sell order sold of the slot before."""
    is_open: bool = True
    """Neither cancelled nor released."""


@dataclass(slots=True, eq=False)
class GhostProposal:
    """A proposal: what its agent claims, and what has become of it."""

    id: int
    agent: LocalAccount
    chunks: list[list[Trade]]
    claimed: Solution
    """Objective, trades and the dual prices of the orders that trade."""
    bound: int
    status: ProposalStatus = ProposalStatus.DRAFT
    proven_rows: int = 0
    final_from: int = 0
    is_watched: bool = False
    """An honest watcher has looked at it while it stood, and found no pair that refutes it."""
    is_proven: bool = False
    """All its pairs were checked on chain."""

    @property
    def is_exact(self) -> bool:
        """Whether the dual bound equals the objective."""
        return self.bound == self.claimed.objective

    def beats(self, other: GhostProposal) -> bool:
        """Whether it may take the place of one that stands."""
        return (self.claimed.objective, self.is_exact) > (other.claimed.objective, other.is_exact)

    def trades(self) -> list[tuple[int, int, Trade]]:
        """Chunk, index and trade."""
        return [(c, k, trade) for c, chunk in enumerate(self.chunks) for k, trade in enumerate(chunk)]

    def traded_wh(self) -> Mapping[int, int]:
        """Energy that each order trades, by id."""
        energies: Counter[int] = Counter()
        for _, _, trade in self.trades():
            energies[trade.buy_id] += trade.energy_wh
            energies[trade.sell_id] += trade.energy_wh
        return energies


@dataclass(eq=False)
class GhostMarket:
    """One market with its orders, its proposals and what is settled of the final one."""

    market: TestMarket
    orders: dict[int, GhostOrder] = field(default_factory=dict)
    proposals: list[GhostProposal] = field(default_factory=list)
    settled: set[Position] = field(default_factory=set)
    certified: set[Position] = field(default_factory=set)
    extensions: int = 0
    """How often a refutation put off the last moment for proposals."""
    extended_to: int = 0
    """That moment, if one did."""

    @property
    def rules(self) -> Any:
        return self.market.rules

    @property
    def mode(self) -> Mode:
        return MODES[self.rules.mode]

    @property
    def final_by(self) -> int:
        """The last moment for proposals."""
        return self.extended_to or int(self.rules.final_by)

    @property
    def active(self) -> GhostProposal | None:
        """The proposal that stands."""
        return self._first(ProposalStatus.ACTIVE)

    @property
    def final(self) -> GhostProposal | None:
        """The proposal that is final."""
        return self._first(ProposalStatus.FINAL)

    def of_status(self, *statuses: ProposalStatus) -> list[GhostProposal]:
        """Proposals in one of these states."""
        return [proposal for proposal in self.proposals if proposal.status in statuses]

    def about(self, proposal: GhostProposal) -> TestMarket:
        """The driver, speaking of this proposal."""
        self.market.proposal, self.market.chunks = proposal.id, proposal.chunks
        return self.market

    def about_final(self) -> TestMarket:
        """The driver, speaking of the final proposal."""
        assert self.final is not None
        return self.about(self.final)

    def uncovered(self, proposal: GhostProposal) -> list[tuple[int, int]]:
        """The pairs that refute a proposal, by ids."""
        return [(int(buy), int(sell)) for buy, sell in uncovered_pairs(self.market.round(), proposal.claimed)]

    def bound_wh(self, id_: int) -> int:
        """What of an order trades in the final proposal."""
        return self.final.traded_wh()[id_] if self.final else 0

    def filled_wh(self, id_: int) -> int:
        """What Clearing says of that: the whole of an order that trades one-to-one."""
        bound_wh = self.bound_wh(id_)
        return self.orders[id_].order.energy_wh if bound_wh and self.mode is Mode.ONE_TO_ONE else bound_wh

    def rest_upoints(self, id_: int) -> int:
        """What an order reserves beyond its trades."""
        order = self.orders[id_].order
        if order.side is Side.SELL:
            return 0
        return order.reservation_upoints - value_down_upoints(self.bound_wh(id_), order.price_upoints_per_kwh)

    def unsettled(self) -> list[tuple[int, int, Trade]]:
        """Chunk, index and trade of what is not settled in the final round."""
        return [trade for trade in self.final.trades() if trade[:2] not in self.settled] if self.final else []

    def locked_upoints(self) -> int:
        """Money locked in unsettled trades."""
        return sum(trade.reserved_upoints for _, _, trade in self.unsettled())

    def held_upoints(self) -> int:
        """All money that is held on behalf of this market: for open orders, in trades, as a bond."""
        rests = sum(self.rest_upoints(id_) for id_, entry in self.orders.items() if entry.is_open)
        return rests + self.locked_upoints() + (self.rules.bond_upoints if self.active else 0)

    def releasable(self, now: int) -> list[int]:
        """Orders of which anyone may free what did not trade now."""
        is_over = now > self.final_by and self.active is None
        return [
            id_
            for id_, entry in self.orders.items()
            if entry.is_open and (self.final or is_over) and self.bound_wh(id_) < entry.order.energy_wh
        ]

    def _first(self, status: ProposalStatus) -> GhostProposal | None:
        return next(iter(self.of_status(status)), None)


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
        self.undecided: set[Lot] = set()
        self.sold_wh: Counter[Lot] = Counter()
        self.exported_wh: dict[Lot, int] = {}
        self.issued: set[Lot] = set()
        self.certificates_wh: dict[Lot, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self.retired_wh: dict[Lot, dict[str, int]] = defaultdict(lambda: defaultdict(int))
        self.suspended_until: dict[str, int] = {}
        self.stops = Stops()
        self.has_late_device = False
        self.leaving: set[str] = set()
        self.gateways: list[Gateway] = []
        self.revoked: set[int] = set()

    def may_trade(self, trader: Trader, now: int) -> bool:
        """Whether the trader is active at a time."""
        return trader.address not in self.leaving and self.suspended_until.get(trader.address, 0) <= now

    def suspended(self, address: str, now: int, until: int) -> None:
        """The auditors decided on a suspension."""
        self.suspended_until[address] = until
        self.stops.suspensions[address].append((now, until))

    def posted(self, market: GhostMarket, id_: int, order: Order, trader: Trader) -> None:
        """An order is in the book."""
        lot = order.device, market.rules.slot_start
        market.orders[id_] = GhostOrder(order, trader, self.sold_wh[lot] if order.side is Side.SELL else 0)
        if order.side is Side.BUY and not order.is_mandated:
            self.nonces[trader.address, Side.BUY].use(order.nonce)
        if order.side is Side.SELL:
            self.undecided.add(lot)
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
            self.undecided.discard((entry.order.device, market.rules.slot_start))
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

    def decided(self, market: GhostMarket, sell_id: int) -> None:
        """A sell order that traded is decided."""
        lot = self._lot_of(market, sell_id)
        self.undecided.remove(lot)
        self.sold_wh[lot] += market.final.traded_wh()[sell_id]

    def decidable(self, market: GhostMarket, sell_id: int) -> bool:
        """Whether a sell order that traded is undecided."""
        lot = self._lot_of(market, sell_id)
        return lot in self.undecided and self.sold_wh[lot] == market.orders[sell_id].sold_before_wh

    def share_wh(self, market: GhostMarket, position: Position) -> int:
        """A trade's share of the export: of the order's D' = min(max(D - S, 0), X), by cumulative rounding."""
        chunks = market.about_final().chunks
        trade = chunks[position[0]][position[1]]
        before_wh = sum(
            other.energy_wh
            for c, chunk in enumerate(chunks)
            for k, other in enumerate(chunk)
            if (c, k) < position and other.sell_id == trade.sell_id
        )
        sold_wh = market.final.traded_wh()[trade.sell_id]
        exported_wh = self.exported_wh[trade.device, market.rules.slot_start]
        due_wh = min(max(exported_wh - market.orders[trade.sell_id].sold_before_wh, 0), sold_wh)
        return due_wh * (before_wh + trade.energy_wh) // sold_wh - due_wh * before_wh // sold_wh

    def delivered(self, market: GhostMarket, position: Position) -> None:
        """A trade is settled by its reading."""
        trade = market.about_final().chunks[position[0]][position[1]]
        delivered_wh = self.share_wh(market, position)
        self.settled(market, position, payment_upoints(trade, delivered_wh, market.rules))
        self.recorded(trade, delivered_wh)
        self.certified(market, position, is_kept=False)

    def certified(self, market: GhostMarket, position: Position, *, is_kept: bool) -> int:
        """A trade's share of the export is certified, to the seller if it is kept; and once for the slot, the surplus.

        Nothing if the device was stopped when the slot began; nothing to a seller who was suspended then. Return the
        trade's share, Wh, as far as it is certified.
        """
        market.certified.add(position)
        trade = market.about_final().chunks[position[0]][position[1]]
        lot = trade.device, market.rules.slot_start
        if self.stops.is_stopped(lot):
            return 0
        is_suspended = self.stops.is_suspended(trade.seller, lot[1])
        share_wh = 0 if is_kept and is_suspended else self.share_wh(market, position)
        self.certificates_wh[lot][trade.seller if is_kept else trade.buyer] += share_wh
        if not is_suspended:
            self._issue_surplus(market, trade, lot)
        return share_wh

    def _issue_surplus(self, market: GhostMarket, trade: Trade, lot: Lot) -> None:
        """Certify to a seller what its device exported beyond what it sold, unless an order of it is undecided."""
        sold_wh = self.sold_wh[lot]
        if self.decidable(market, trade.sell_id):
            sold_wh += market.final.traded_wh()[trade.sell_id]
        elif lot in self.undecided:
            return
        if self.exported_wh[lot] > sold_wh and lot not in self.issued:
            self.issued.add(lot)
            self.certificates_wh[lot][trade.seller] += self.exported_wh[lot] - sold_wh

    def _lot_of(self, market: GhostMarket, sell_id: int) -> Lot:
        return market.orders[sell_id].order.device, market.rules.slot_start

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
