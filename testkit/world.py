"""A small market world on a real node: admitted traders, certified meters, and what tests do with them."""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, field, replace

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils import keccak, to_wei

from powerpact.chain.client import Chain
from powerpact.chain.contracts import devices, markets, meters, motions, orders, participants, points
from powerpact.chain.contracts.motions import Motion
from powerpact.chain.deploying import deploy
from powerpact.chain.deployment import Parameters
from powerpact.chain.local.clock import ChainClock, fund, request
from powerpact.chain.transactions import Sender
from powerpact.devices import Meter
from powerpact.index import attach
from powerpact.market.orders import Order, Side, SignedOrder
from powerpact.market.rules import BOND_OF_COST, AttributeSource, Kind, MarketAttribute, Rules
from testkit.admitting import MEMBERSHIP, REASON, candidate

SLOT_S = 3_600
SOLAR_ONLY = bytes([1]) + bytes(7)
HELD_UPOINTS = 132
"""What a buy order of `World.buy` reserves at its default terms: 1 200 Wh at 110."""

BOND_UPOINTS = 1_001
CONTEST = {"challenge_window_s": 300, "bond_upoints": BOND_UPOINTS}
"""Rules of a market whose rounds are sealed."""

TRADERS = ("alice", "bob", "carol", "dave")
SELLERS = ("bob", "dave")


def account(role: str) -> LocalAccount:
    """The account of a role."""
    return Account.from_key(keccak(text=f"test {role}"))


@dataclass
class World:
    """A deployment with alice and carol who buy, bob and dave who sell, and an agent."""

    chain: Chain
    keys: dict[str, LocalAccount]
    meters: dict[str, Meter] = field(default_factory=dict)
    nonce: int = 0

    def again(self) -> World:
        """The same world with meters of its own, for a test that goes back afterwards."""
        return replace(self, meters={name: copy(meter) for name, meter in self.meters.items()})

    def sender(self, name: str) -> Sender:
        return self.chain.sender(self.keys[name])

    def address(self, name: str):
        return self.keys[name].address

    def next_slot(self) -> int:
        """The first slot that begins over ten minutes from now. The latest block can be older than the clock."""
        now = self.chain.web3.eth.get_block("pending")["timestamp"]
        return ((now + 600) // SLOT_S + 1) * SLOT_S

    def warp(self, time_s: int) -> None:
        ChainClock(self.chain.web3).advance_to(time_s)

    def admit(self, *accounts, **attested) -> Motion:
        """Admit accounts that have applied, in one motion, once its window is over."""
        states = participants.participants_at(self.chain, accounts)
        candidates = [candidate(a, state.application, **attested) for a, state in zip(accounts, states, strict=True)]
        self.sender("auditor").send(motions.nominate(self.chain, candidates, REASON))
        self.sender("second auditor").send(motions.approve(self.chain, motions.root_of(candidates), REASON))
        motion = motions.motions(self.chain)[-1]
        self.warp(motion.ends_at)
        self.sender("agent").send(motions.admit(self.chain, motion, range(len(candidates))))
        return motion

    def rules(self, **changes) -> Rules:
        slot = self.next_slot()
        rules = Rules(
            arbiter=self.address("arbiter"),
            slot_start=slot + SLOT_S,
            closes_at=slot,
            final_by=slot + 600,
            refund_from=slot + 4 * SLOT_S,
            attributes=(
                MarketAttribute("price", Kind.COST, AttributeSource.ASK),
                MarketAttribute("distance", Kind.COST, AttributeSource.DECLARED),
                MarketAttribute("credibility", Kind.INCOME, AttributeSource.CREDIBILITY),
            ),
            categories=("source", "grade"),
            source_category="source",
            zone="test",
            least_energy_wh=1,
            least_reservation_upoints=1,
        )
        if changes.get("bond_upoints"):
            changes.setdefault("challenge_cost_upoints", changes["bond_upoints"] // BOND_OF_COST)
        return replace(rules, **changes)

    def open_market(self, **changes) -> tuple[bytes, Rules]:
        rules = self.rules(**changes)
        mined = self.sender("alice").send(markets.open_market(self.chain, rules))
        return self.chain.event(mined, "MarketOpened").arguments["market"], rules

    def buy(self, name: str, rules: Rules, **changes) -> Order:
        self.nonce += 1
        order = Order(
            side=Side.BUY,
            trader=self.address(name),
            energy_wh=1_200,
            price_upoints_per_kwh=110,
            levels=(90, 100, 900_000, 0, 0, 0, 0, 0),
            limits=(120, 500, 500_000, 0, 0, 0, 0, 0),
            weights_ppm=(600_000, 200_000, 200_000, 0, 0, 0, 0, 0),
            classes=SOLAR_ONLY,
            nonce=self.nonce,
            expiry=rules.closes_at,
        )
        return replace(order, **changes)

    def sell(self, name: str, rules: Rules, **changes) -> Order:
        self.nonce += 1
        order = Order(
            side=Side.SELL,
            trader=self.address(name),
            energy_wh=1_500,
            price_upoints_per_kwh=100,
            min_upoints_per_kwh=80,
            levels=(0, 200, 0, 0, 0, 0, 0, 0),
            classes=bytes([0, 1]) + bytes(6),
            device=self.meters[name].device,
            nonce=self.nonce,
            expiry=rules.closes_at,
        )
        return replace(order, **changes)

    def name_of(self, address) -> str:
        return next(name for name, key in self.keys.items() if key.address == address)

    def signed(self, market: bytes, order: Order) -> SignedOrder:
        return orders.sign_order(self.chain, self.keys[self.name_of(order.trader)], market, order)

    def post(self, market: bytes, *given: Order):
        signed = [self.signed(market, order) for order in given]
        return self.sender("agent").send(orders.place_signed(self.chain, market, signed))

    def report(self, slot_start: int, **exported_wh: int):
        readings = [self.meters[name].measure(slot_start, energy, 0) for name, energy in exported_wh.items()]
        return self.sender("agent").send(meters.report(self.chain, readings))

    def report_import(self, start: int, **imported_wh: int):
        readings = [self.meters[name].measure(start, 0, energy) for name, energy in imported_wh.items()]
        return self.sender("agent").send(meters.report(self.chain, readings))


def make_world(web3, base_interval_s: int = SLOT_S) -> World:
    """Deploy and admit everyone; slots last up to an hour."""
    names = ("utility", "auditor", "second auditor", "arbiter", "agent", "rival", "outsider", *TRADERS)
    keys = {name: account(name) for name in names}
    fund(web3, [key.address for key in keys.values()], to_wei(10, "ether"))
    auditors = (keys["auditor"].address, keys["second auditor"].address)
    parameters = Parameters(keys["utility"].address, auditors, 2, base_interval_s, SLOT_S, membership=MEMBERSHIP)
    world = World(attach(web3, deploy(Sender(web3, keys["utility"]), parameters), patience_s=0.05), keys)
    for name in TRADERS:
        world.sender(name).send(participants.apply(world.chain, keccak(text=name)))
    world.admit(*(keys[name].address for name in TRADERS))
    for name in SELLERS:
        meter_key = account(f"{name}'s meter")
        described = devices.Description(capacity_wh=5_000)
        signature = devices.sign_binding(world.chain, meter_key, keys[name].address, described)
        mined = world.sender(name).send(devices.add(world.chain, meter_key.address, described, signature))
        device = devices.added_id(world.chain, mined)
        content = devices.content(device, keys[name].address, meter_key.address, described)
        for auditor in ("auditor", "second auditor"):
            world.sender(auditor).send(devices.certify(world.chain, device, content))
        world.meters[name] = Meter(world.chain, meter_key, device)
    for name in ("alice", "carol"):
        world.sender("utility").send(
            points.mint(world.chain, keys[name].address, 10_000, points.reference(f"deposit of {name}"))
        )
        world.sender(name).send(points.deposit(world.chain, keys[name], 1_000))
    return world


def snapshot(web3):
    """A point to go back to."""
    return request(web3, "evm_snapshot")


def go_back(web3, point) -> None:
    """Go back to it."""
    request(web3, "evm_revert", point)
