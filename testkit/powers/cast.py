"""Who tries what on the market day: everyone who could have power, and those whose day it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from eth_abi.abi import encode
from eth_account.signers.local import LocalAccount
from eth_utils import keccak

from powerpact.chain.artifacts import Artifact, artifact
from testkit.chains import EvmChain
from testkit.mandates import Gateway
from testkit.market import SLOT_LENGTH_S, Community, TestMarket, Trader, key
from testkit.powers.terms import Role

AUDITORS, THRESHOLD = 5, 3
PURSE_UPOINTS, DEPOSIT_UPOINTS = 100_000_000, 50_000_000
DAY_S = 86_400
CREDENTIAL = keccak(text="a credential")
ENDORSERS = [key(f"endorser {seat}") for seat in range(2)]
ENDORSERS_HASH = keccak(encode(["address[]"], [[endorser.address for endorser in ENDORSERS]]))


@dataclass(frozen=True, slots=True)
class Actor:
    """One or several accounts that try a call, and the roles that they have wherever they come."""

    name: str
    accounts: tuple[LocalAccount, ...]
    roles: frozenset[Role] = frozenset()


@dataclass
class Stage:
    """A community of which everyone has points, in custody and outside, and an approval for the custody."""

    community: Community
    alice: Trader
    bob: Trader
    carol: Trader
    dan: Trader
    eve: Trader
    frank: Trader
    grace: Trader
    stranger: LocalAccount = field(default_factory=lambda: key("stranger"))
    approved: LocalAccount = field(default_factory=lambda: key("approved"))
    delegate: LocalAccount = field(default_factory=lambda: key("delegate"))
    newcomer: LocalAccount = field(default_factory=lambda: key("newcomer"))
    shop: LocalAccount = field(default_factory=lambda: key("Grace's shop"))
    other_shop: LocalAccount = field(default_factory=lambda: key("somebody's shop"))
    candidates: list[LocalAccount] = field(default_factory=lambda: [key(f"candidate {i}") for i in range(4)])
    uncertified: int = 0
    """A device of Grace's that no auditor has seen."""
    router: int = 0
    """A router of Grace's."""
    exchange: int = 0
    """An exchange of Grace's, for the subnet of all devices."""
    coming: list[bytes] = field(default_factory=list)
    """Ids of markets that may be opened."""
    markets: list[TestMarket] = field(default_factory=list)
    gateways: list[Gateway] = field(default_factory=list)
    channels: list[bytes] = field(default_factory=list)
    """Ids of payment channels."""

    @property
    def cast(self) -> list[Actor]:
        """Everyone who tries every call, none of whom is a party of the day."""
        community = self.community
        auditors, votes = tuple(community.auditors), frozenset({Role.AUDITOR})
        return [
            Actor("a stranger", (self.stranger,)),
            Actor("a participant", (self.grace.account,), frozenset({Role.TRADER, Role.PARTICIPANT, Role.MEMBER})),
            Actor("a suspended participant", (self.eve.account,), frozenset({Role.PARTICIPANT, Role.MEMBER})),
            Actor("the agent", (community.agent,)),
            Actor("one auditor", auditors[:1], votes),
            Actor("k - 1 auditors", auditors[: THRESHOLD - 1], votes),
            Actor("the utility", (community.utility,), frozenset({Role.UTILITY})),
            Actor("the deployer", (community.deployer,)),
        ]

    @property
    def accounts(self) -> dict[str, LocalAccount]:
        """Everyone who has anything, by address."""
        people = [account for actor in self.cast for account in actor.accounts]
        people += [trader.account for trader in self.community.traders]
        people += [
            *self.candidates,
            self.shop,
            self.other_shop,
            self.approved,
            self.delegate,
            self.newcomer,
            self.community.arbiter,
            *self.community.auditors,
        ]
        return {account.address: account for account in people}

    def parties(self, market: TestMarket, *indices: int) -> tuple[str, ...]:
        """Buyers and sellers of trades, by their meters and devices."""
        trades = [market.chunks[0][index] for index in indices]
        owners = {trader.device: trader.address for trader in self.community.traders}
        return tuple({owners[device] for trade in trades for device in (trade.device, trade.meter)})

    def lot(self, trader: Trader) -> int:
        """The id of the certificates of a trader's device, of the slot of the first market."""
        return trader.device << 72 | self.markets[0].slot.pack()

    def vote(self, contract: str, function: str, *arguments: object) -> None:
        """Have as many auditors vote as decide."""
        for auditor in self.community.auditors[:THRESHOLD]:
            self.community.send(auditor, contract, function, *arguments)

    def suspend(self, trader: Trader) -> None:
        """Have a participant suspended for twenty days."""
        until = self.community.chain.now() + 20 * DAY_S
        self.vote("ParticipantRegistry", "suspend", trader.address, until, "a reason")


def set_stage(artifacts: Callable[[str], Artifact] = artifact) -> Stage:
    """Deploy, admit seven traders, and give everyone points."""
    community = Community(
        EvmChain(largest_code=1 << 16),
        traders=7,
        capacity_wh=5_000,
        artifacts=artifacts,
        longest_slot_s=2 * SLOT_LENGTH_S,
        correction_window_s=4 * SLOT_LENGTH_S,
        auditors=AUDITORS,
        threshold=THRESHOLD,
    )
    stage = Stage(community, *community.traders)
    for account in stage.accounts.values():
        community.fund(account, PURSE_UPOINTS, DEPOSIT_UPOINTS)
        community.send(account, "PowerPoints", "approve", community.addresses["Accounts"], PURSE_UPOINTS)
    return stage
