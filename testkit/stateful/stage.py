"""What the parts of the machine share: the people, the ghost, and what there is to choose from at a time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from eth_account.signers.local import LocalAccount
from eth_utils import keccak
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine

from powerpact.chain.contracts.rounds import ProposalStatus
from powerpact.chain.errors import ContractError
from powerpact.market.orders import Side
from testkit.market import Community, Counters, Trader
from testkit.stateful.ghost import Ghost, Wallet
from testkit.stateful.ghostmarket import GhostMarket, GhostProposal, Position
from testkit.stateful.rewards import Rewards

TRADERS = 5
LINKED = {4: 2}
"""Accounts that are one person's: the first one's admission is the other's, too."""
PERSONS = (1, 2, 3, 4, 3)
"""The persons of the traders, by the order of their admission."""
ELEMENTS = {1, 3}
"""Traders whose devices have secure elements: keys of P-256."""
CAPACITY_WH = 5_000
"""Of each device."""
PURSE_UPOINTS = 2_000_000
DEPOSIT_UPOINTS = 600_000
CREDIBILITIES_PPM = (700_000, 800_000, 900_000, 990_000)
BOND_UPOINTS = 70_001
"""What an agent loses with a refuted proposal: odd, so that its eighth is rounded."""
AGENT_DEPOSIT_UPOINTS = 2 * BOND_UPOINTS

RUNS: Counter[str] = Counter()
"""How often each rule ran."""

INDICES = st.integers(0, 1_000)
"""Chooses one of several, by the remainder."""

ORDERS = st.tuples(INDICES, INDICES, INDICES)
"""Who places an order, at what price, of how much energy."""

LESS_PERCENT, MOST_PERCENT = 60, 130

PERCENTS = st.lists(st.sampled_from((0, LESS_PERCENT, 96, 100, MOST_PERCENT)), min_size=TRADERS, max_size=TRADERS)
"""What each device exports, in percent of what it sold."""


def community_on(chain: Any, **options: Any) -> Community:
    """The people of the machine; all but the watcher have points outside and inside their accounts."""
    community = Community(
        chain, TRADERS, CREDIBILITIES_PPM, capacity_wh=CAPACITY_WH, linked=LINKED, elements=ELEMENTS, **options
    )
    custody = community.addresses["Accounts"]
    for account, deposit_upoints in depositors(community):
        reference = keccak(text=f"purse of {account.address}")
        community.send(community.utility, "PowerPoints", "mint", account.address, PURSE_UPOINTS, reference)
        community.send(account, "PowerPoints", "approve", custody, 1 << 255)
        community.send(account, "Accounts", "deposit", deposit_upoints)
    return community


def depositors(community: Community) -> list[tuple[LocalAccount, int]]:
    """Who has points, and how many of them in the account, micro-points."""
    traders = [(trader.account, DEPOSIT_UPOINTS) for trader in community.traders]
    return [(community.agent, AGENT_DEPOSIT_UPOINTS), *traders]


@contextmanager
def refused(*names: str, **arguments: Any) -> Iterator[None]:
    """Expect one of these errors of the contracts, and some of its arguments."""
    try:
        yield
    except ContractError as error:
        if error.name not in names:
            raise AssertionError(f"refused with {error}, not with {' or '.join(names)}") from error
        if {**error.arguments, **arguments} != error.arguments:
            raise AssertionError(f"{error.name} says {error.arguments}, not {arguments}") from error
    else:
        raise AssertionError(f"not refused with {' or '.join(names)}")


class Stage(RuleBasedStateMachine):
    """A market with a ghost beside it. Subclasses name a community, whose chain it goes back to at each start.

    There are four traders, of whom two are one person, two agents, of whom one is a trader, too, and a watcher, who is
    the arbiter.
    """

    community: ClassVar[Community]
    start: ClassVar[Any]

    def __init__(self) -> None:
        super().__init__()
        self.chain = self.community.chain
        self.chain.revert(self.start)
        self.community.counters = {trader.device: Counters() for trader in self.community.traders}
        self.traders = self.community.traders
        self.agents = (self.community.agent, self.traders[1].account)
        self.watcher = self.community.arbiter
        wallets = {self.watcher.address: Wallet(0, 0)}
        self.accounts = {self.watcher.address: self.watcher}
        for account, deposit_upoints in depositors(self.community):
            wallets[account.address] = Wallet(PURSE_UPOINTS - deposit_upoints, deposit_upoints)
            self.accounts[account.address] = account
        self.ghost = Ghost(wallets, Rewards(self.chain.now))
        self.last_counters = dict.fromkeys((trader.device for trader in self.traders), (0, 0, 0, 0, 0))

    def accounts_of(self, trader: Trader) -> list[Trader]:
        """The traders who are this one's person, the first account first."""
        persons = {other.address: person for other, person in zip(self.traders, PERSONS, strict=True)}
        return [other for other in self.traders if persons[other.address] == persons[trader.address]]

    def markets(self, fits: Callable[[GhostMarket], Any]) -> list[GhostMarket]:
        return [market for market in self.ghost.markets if fits(market)]

    def is_gate_open(self, market: GhostMarket) -> bool:
        # A transaction is mined one second after the last block.
        return self.chain.now() + 1 < market.rules.closes_at

    def is_clearing(self, market: GhostMarket) -> bool:
        now = self.chain.now() + 1
        return market.rules.closes_at <= now < market.final_by and market.final is None

    def proposals(self, fits: Callable[[GhostMarket, GhostProposal], Any]) -> list[tuple[GhostMarket, GhostProposal]]:
        return [(market, p) for market in self.ghost.markets for p in market.proposals if fits(market, p)]

    def sealable(self) -> list[tuple[GhostMarket, GhostProposal]]:
        waiting = ProposalStatus.DRAFT, ProposalStatus.OUTRANKED
        return self.proposals(lambda market, proposal: self.is_clearing(market) and proposal.status in waiting)

    def provable(self) -> list[tuple[GhostMarket, GhostProposal]]:
        unproven = ProposalStatus.DRAFT, ProposalStatus.ACTIVE
        return self.proposals(lambda market, proposal: self.is_clearing(market) and proposal.status in unproven)

    def _is_fit(self, trader: Trader) -> bool:
        """Whether the trader's device is in service."""
        return trader.device not in self.ghost.stops.devices

    def is_over(self, market: GhostMarket) -> bool:
        return self.chain.now() >= market.market.slot_end

    def reported(self, market: GhostMarket) -> list[Position]:
        """Unsettled trades whose device has reported the slot, and their meter if it counts and is still waited for."""
        slot = market.rules.slot_start
        is_waited_for = market.is_both_sides and self.chain.now() + 1 < market.import_until
        return [
            (c, k)
            for c, k, trade in market.unsettled()
            if (trade.device, slot) in self.ghost.exported_wh
            and not (is_waited_for and (trade.meter, slot) not in self.ghost.imported_wh)
        ]

    def refundable_from(self, market: GhostMarket, device: int) -> int:
        """From when on a trade of this device can be refunded: earlier if it has not reported the slot."""
        is_silent = self.last_slots()[device] < market.rules.slot_start
        return int(market.rules.refund_from) if is_silent else market.refunded_by

    def payable(self, market: GhostMarket) -> dict[int, list[Position]]:
        """By chunk, unsettled trades whose device, and meter if it counts, have reported the slot, and none since."""
        latest = self.last_slots()
        by_chunk: dict[int, list[Position]] = {}
        for chunk, index, trade in market.unsettled():
            meters = {trade.device, trade.meter or trade.device}
            if all(latest[meter] == market.rules.slot_start for meter in meters):
                by_chunk.setdefault(chunk, []).append((chunk, index))
        return by_chunk

    def last_slots(self) -> dict[int, int]:
        """By device, the last slot that it has reported; 0 if none."""
        latest = dict.fromkeys(self.last_counters, 0)
        for device, slot in self.ghost.exported_wh:
            latest[device] = max(latest[device], slot)
        return latest

    def idle(self) -> list[tuple[int, int]]:
        """Lots that are measured, with no undecided order, and whose surplus is not issued."""
        return [
            lot
            for lot in self.ghost.exported_wh
            if lot not in self.ghost.issued and lot not in self.ghost.undecided[Side.SELL] and self.market_of(lot)
        ]

    def market_of(self, lot: tuple[int, int]) -> GhostMarket | None:
        """A market in which the reading of this lot is known."""
        return next(
            (m for m in self.ghost.markets if m.rules.slot_start == lot[1] and lot[0] in m.market.measured), None
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
