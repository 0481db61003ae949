"""A market as the ghost remembers it: its orders, its proposals, and what is settled of the final one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from eth_account.signers.local import LocalAccount

from powerpact.chain.contracts.rounds import ProposalStatus
from powerpact.market.orders import Order, Side
from powerpact.market.rules import Mode
from powerpact.market.schema import DeliveryRule
from powerpact.market.trades import Trade
from powerpact.mechanisms.satisfaction.round import Solution
from powerpact.mechanisms.satisfaction.spec import uncovered_pairs
from powerpact.units import value_down_upoints
from testkit.market import MODES, TestMarket, Trader

Position = tuple[int, int]
"""A trade's chunk, and its index in the chunk."""


@dataclass(slots=True)
class GhostOrder:
    """An order in the book."""

    order: Order
    trader: Trader
    before_wh: int = 0
    """What its device or meter traded of the slot before."""
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
    def is_both_sides(self) -> bool:
        """Whether the buyers' meters count, too."""
        return bool(self.rules.delivery == DeliveryRule.BOTH_SIDES)

    @property
    def import_until(self) -> int:
        """Until when a settlement waits for the meter of a buyer."""
        return int(self.rules.refund_from + self.rules.slot_length_s)

    @property
    def refunded_by(self) -> int:
        """From when on a trade can be refunded, whatever its seller's device has reported."""
        return self.import_until + int(self.rules.slot_length_s) if self.is_both_sides else int(self.rules.refund_from)

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
