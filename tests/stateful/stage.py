"""What the parts of the machine share: the people, the ghost, and what there is to choose from at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from powerpact.chain.errors import ContractError
from powerpact.chain.packing import Trade
from tests.helpers.market import Community, Counters, Trader
from tests.stateful.ghost import Ghost, GhostMarket

TRADERS = 4
PURSE_UPOINTS = 2_000_000
DEPOSIT_UPOINTS = 600_000
CREDIBILITIES_PPM = (700_000, 800_000, 900_000, 990_000)

RUNS: Counter[str] = Counter()
"""How often each rule ran."""

INDICES = st.integers(0, 1_000)
"""Chooses one of several, by the remainder."""

ORDERS = st.tuples(INDICES, INDICES, INDICES)
"""Who places an order, at what price, of how much energy."""

PERCENTS = st.lists(st.sampled_from((0, 60, 96, 100, 130)), min_size=TRADERS, max_size=TRADERS)
"""What each device exports, in percent of what it sold."""


def community_on(chain: Any, **options: Any) -> Community:
    """The people of the machine, with points outside and inside the escrow."""
    community = Community(chain, TRADERS, CREDIBILITIES_PPM, capacity_wh=5_000, **options)
    for trader in community.traders:
        community.endow(trader, PURSE_UPOINTS, DEPOSIT_UPOINTS)
        community.send(trader.account, "PowerPoints", "approve", community.addresses["EscrowWallets"], 1 << 255)
    return community


@contextmanager
def refused(*names: str) -> Iterator[None]:
    """Expect one of these errors of the contracts."""
    try:
        yield
    except ContractError as error:
        if error.name not in names:
            raise AssertionError(f"refused with {error}, not with {' or '.join(names)}") from error
    else:
        raise AssertionError(f"not refused with {' or '.join(names)}")


class Stage(RuleBasedStateMachine):
    """A market with a ghost beside it. Subclasses name a community, whose chain it goes back to at each start."""

    community: ClassVar[Community]
    start: ClassVar[Any]

    def __init__(self) -> None:
        super().__init__()
        self.chain = self.community.chain
        self.chain.revert(self.start)
        self.community.counters = {trader.device: Counters() for trader in self.community.traders}
        self.ghost = Ghost(self.community, PURSE_UPOINTS - DEPOSIT_UPOINTS, DEPOSIT_UPOINTS)
        self.traders = self.community.traders
        self.last_counters = dict.fromkeys((trader.device for trader in self.traders), (0, 0, 0))
        self.last_retired: dict[Any, int] = {}

    def markets(self, fits: Callable[[GhostMarket], Any]) -> list[GhostMarket]:
        return [market for market in self.ghost.markets if fits(market)]

    def is_gate_open(self, market: GhostMarket) -> bool:
        # A transaction is mined one second after the last block.
        return self.chain.now() + 1 < market.rules.closes_at

    def is_clearing(self, market: GhostMarket) -> bool:
        now = self.chain.now() + 1
        return market.rules.closes_at <= now < market.rules.final_by and not market.is_final

    def is_over(self, market: GhostMarket) -> bool:
        return self.chain.now() >= market.market.slot_end

    def reported(self, market: GhostMarket) -> list[tuple[int, int, Trade]]:
        """Unsettled trades whose device has reported the slot."""
        slot = market.rules.slot_start
        return [trade for trade in market.unsettled() if (trade[2].device, slot) in self.ghost.exported_wh]

    def idle(self) -> list[tuple[int, int]]:
        """Lots that are measured but neither sold nor issued."""
        return [
            lot
            for lot in self.ghost.exported_wh
            if lot not in self.ghost.issued and lot not in self.ghost.selling and self.market_of(lot)
        ]

    def market_of(self, lot: tuple[int, int]) -> GhostMarket | None:
        """A market in which the reading of this lot is known."""
        return next(
            (m for m in self.ghost.markets if m.rules.slot_start == lot[1] and lot[0] in m.market.readings), None
        )

    def cancellable(self) -> list[tuple[GhostMarket, int]]:
        return [
            (market, id_)
            for market in self.markets(self.is_gate_open)
            for id_, entry in market.orders.items()
            if entry.is_open
        ]

    def holdings(self) -> list[tuple[tuple[int, int], Trader, int]]:
        """Certificates that somebody holds: lot, holder, Wh."""
        by_address = {trader.address: trader for trader in self.traders}
        return [
            (lot, by_address[address], energy_wh)
            for lot, held in self.ghost.certificates_wh.items()
            for address, energy_wh in held.items()
            if energy_wh
        ]
