"""The whole market as a state machine: every step on the chain is told to the ghost, and both are compared.

A rule does what is allowed and expects it to work, or tries what is not and expects the typed error. `RUNS` counts how
often each rule ran, so that a run in which a rule never had its turn can fail.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule, run_state_machine_as_test

from powerpact.spec import match
from tests.helpers.market import Community
from tests.stateful.delivery import DeliveryRules
from tests.stateful.ghost import GhostMarket
from tests.stateful.orders import OrderRules
from tests.stateful.rounds import RoundRules
from tests.stateful.stage import INDICES, ORDERS, PERCENTS


class MarketMachine(OrderRules, RoundRules, DeliveryRules):
    """All rules, a start at any stage of a market, and a rule that leads to its end."""

    @initialize(
        orders=st.lists(ORDERS, min_size=4, max_size=8),
        changes_mind=st.booleans(),
        stage=st.sampled_from((0, 0, 0, 1, 1, 2, 3, 4)),
        percents=PERCENTS,
    )
    def begin(self, orders, changes_mind, stage, percents):
        """One market with orders, which stands where the run begins: open, closed, final, reported or settled."""
        self._open_market()
        market = self.ghost.markets[0]
        self._place_signed(market, orders)
        if changes_mind and market.orders:
            self._cancel(market, min(market.orders))
        if stage >= 1:
            self.chain.warp(market.rules.closes_at)
        if stage >= 2:
            self._clear(market, match(market.market.round()))
        if stage >= 3:
            self.chain.warp(market.market.slot_end)
            self._report(market, self._unreported(market), percents)
        if stage >= 4 and market.unsettled():
            self._settle(market, [trade[:2] for trade in market.unsettled()])

    @rule(which=INDICES, hidden=st.one_of(st.none(), st.none(), INDICES), yes=st.booleans(), percents=PERCENTS)
    def progress(self, which, hidden, yes, percents):
        """What comes next for a market, so that most runs get to its end."""
        market = self.ghost.markets[which % len(self.ghost.markets)]
        if self.is_clearing(market) and market.proven_rows is None:
            self.propose(self._at(market, self.is_clearing), hidden, which % 5 == 0, yes)
        elif self.is_clearing(market):
            self.prove(self._at(market, lambda m: self.is_clearing(m) and m.proven_rows is not None), 2 + which % 9)
        elif self.is_over(market) and self._unreported(market):
            self._report(market, self._unreported(market), percents)
        elif self.reported(market):
            self.settle(self._at(market, self.reported), yes)
        else:
            self.advance()

    def _at(self, market: GhostMarket, fits: Callable[[GhostMarket], Any]) -> int:
        return self.markets(fits).index(market)


RULES = (
    "deposit",
    "withdraw",
    "open_market",
    "place_signed",
    "place",
    "cancel",
    "cancel_nonces",
    "advance",
    "propose optimal",
    "propose suboptimal",
    "propose hiding an order",
    "extend",
    "prove a piece",
    "prove refused",
    "prove to the end",
    "clear",
    "report more",
    "report less",
    "report nothing",
    "settle",
    "settle_agreed",
    "refund",
    "release",
    "issue",
    "transfer_certificates",
    "retire_certificates",
    "suspend",
    "leave",
    "exit",
    "overreach: Market_GateClosed",
    "overreach: Order_TraderNotActive",
    "overreach: Order_NonceUsed",
    "overreach: Escrow_InsufficientBalance",
    "overreach: Order_DeviceAlreadySelling",
    "overclaim: not eligible",
    "overclaim: twice, false dual",
    "overclaim: cancelled",
)
"""What must have happened in a run that counts."""


def run_machine(
    community: Community, examples: int, steps: int, *, shrink: bool = True, derandomize: bool = False
) -> None:
    """Run the machine on a community.

    Raises
    ------
    AssertionError, ContractError
        If the chain and the ghost differ, or an invariant does not hold.
    """
    attributes = {"community": community, "start": community.chain.snapshot()}
    machine = type("MarketMachineOnChain", (MarketMachine,), attributes)
    phases = tuple(Phase) if shrink else (Phase.generate,)
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            phases=phases,
            derandomize=derandomize,
            database=None,
            report_multiple_bugs=False,
            suppress_health_check=list(HealthCheck),
        ),
    )
