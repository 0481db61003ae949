"""The day itself: who does what, slot by slot.

A market for each slot opens a quarter of an hour ahead. The homes sign their orders, the agent relays them to the
chain, reads them back from it, solves and proves the round. When the slot is over the meters sign what was really
delivered, trades are settled, and certificates are minted, moved and, at the end of the day, by some homes retired.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from eth_account.signers.local import LocalAccount
from eth_utils import to_wei

from powerpact.agent import Agent
from powerpact.agent.pieces import send_in_pieces
from powerpact.audit import audit
from powerpact.chain.connection import Connection
from powerpact.chain.contracts import certificates, devices, markets, meters, motions, orders, participants, points
from powerpact.chain.deploying import deploy
from powerpact.chain.deployment import MembershipRules, Parameters
from powerpact.chain.local.clock import ChainClock, fund
from powerpact.chain.transactions import Call, Sender
from powerpact.codec.packing import trade_id
from powerpact.devices import Meter
from powerpact.index import attach
from powerpact.market.candidates import ApprovalReason, Candidate
from powerpact.market.orders import MAX_BATCH, SignedOrder
from powerpact.market.rules import MarketMechanism, Mode, Rules
from powerpact.market.slots import Slot
from powerpact.market.trades import Trade
from powerpact.series.limits import DAY_S, HOUR_S
from powerpact.simulation.cast import THRESHOLD, Cast
from powerpact.simulation.community import DayPlan, OrderIntent, Side, SlotPlan
from powerpact.simulation.orders import GATE_LEAD_S, OPEN_LEAD_S, market_rules, order_of
from powerpact.simulation.results import ClearedSlot, DayResult
from powerpact.simulation.stopwatch import Stopwatch
from powerpact.units import value_down_upoints

Progress = Callable[[str, float], None]
"""Called with what happens, and which share of the day is done (0 to 1)."""

ETHER_EACH_WEI: Final = to_wei(10, "ether")
SETUP_S: Final = 1_800 + MembershipRules().admission_window_s
"""Time that the chain must have before the first market opens, s: members may object to candidates meanwhile."""
SUBNET: Final = 1
FUSE_WH: Final = 100_000
"""Energy that a house connection carries in an hour, Wh, unless the series show more."""


def run_market_day(
    web3: Connection,
    plan: DayPlan,
    progress: Progress = lambda _, __: None,
    mechanism: MarketMechanism = MarketMechanism.SATISFACTION,
    mode: Mode = Mode.DIVISIBLE,
) -> DayResult:
    """Run a market day on a development chain.

    Parameters
    ----------
    web3 : Connection
        Connection to a node whose time can be moved and that holds ether.
    plan : DayPlan
        The community's day.
    progress : callable
        Called with each message.
    mechanism : MarketMechanism
        What clears the markets.
    mode : Mode
        Whether orders trade in parts; a call auction is divisible whatever is said.

    Raises
    ------
    ChainError
        If the chain refuses a step.
    """
    auction = mechanism is MarketMechanism.CALL
    return _MarketDay(web3, plan, progress, mechanism, Mode.DIVISIBLE if auction else mode).run()


class _MarketDay:
    """The state of a running day."""

    def __init__(
        self, web3: Connection, plan: DayPlan, progress: Progress, mechanism: MarketMechanism, mode: Mode
    ) -> None:
        self.plan = plan
        self.slot_s = plan.profiles.slot_s
        self.mechanism = mechanism
        self.mode = mode
        self.progress = progress
        self.watch = Stopwatch()
        self.clock = ChainClock(web3)
        self.cast = Cast.of(plan.profiles.homes, plan.seed)
        self.nonces: Counter[str] = Counter()
        self.meters: dict[str, Meter] = {}
        self.shift_s = shift_for(self.clock.now(), plan.slots[0].start_s)
        with self.watch.measure("deploy"):
            progress("deploying the contracts", 0.0)
            fund(web3, [account.address for account in self.cast.senders], ETHER_EACH_WEI)
            auditors = tuple(account.address for account in self.cast.auditors)
            parameters = Parameters(self.cast.utility.address, auditors, THRESHOLD, self.slot_s, self.slot_s)
            deploying = Sender(web3, self.cast.utility)
            self.chain = attach(web3, deploy(deploying, parameters))
            self.chain.gas_log = deploying.log
        self._senders: dict[str, Sender] = {}
        self.carrier = self._sender(self.cast.agent)
        self.agent = Agent(self.chain, self.carrier)

    def _sender(self, account: LocalAccount) -> Sender:
        """The account's sender, the same one all day, which knows its nonce."""
        return self._senders.setdefault(account.address, self.chain.sender(account))

    def run(self) -> DayResult:
        """All steps, in their order."""
        with self.watch.measure("admit and register"):
            self._admit()
            self._register_devices()
            self._deposit()
        slots: list[ClearedSlot | None] = []
        for number, slot in enumerate([*self.plan.slots, None]):
            if slot is not None:
                clock = f"{self.plan.profiles.local(slot.start_s):%H:%M}"
                self.progress(f"{clock}: orders and clearing", 0.1 + 0.8 * number / len(self.plan.slots))
                slots.append(self._trade(slot))
            if number > 0:
                self._deliver(number - 1, slots[number - 1])
        with self.watch.measure("retire and pay bills"):
            self.progress("retiring certificates, paying bills", 0.9)
            self._retire()
            self._pay_bills(slots)
        with self.watch.measure("audit"):
            findings = audit(self.chain, lambda what: self.progress(f"auditing: {what}", 0.95))
        self.progress("done", 1.0)
        seconds = self.watch.seconds
        return DayResult(self.plan, self.mechanism, self.mode, self.chain, self.cast, slots, findings, seconds)

    def _admit(self) -> None:
        """Everyone applies and shows an attribute set; two of three auditors announce all, and no member objects."""
        self.progress("admitting the homes", 0.02)
        credibility = {plan.home: plan.credibility_ppm for plan in self.plan.homes}
        applicants = [(name, account, credibility[name]) for name, account in self.cast.homes.items()]
        applicants.append(("agent", self.cast.agent, 1_000_000))
        candidates = []
        for name, account, attested_ppm in applicants:
            salt, tag = (hashlib.sha256(f"{self.plan.seed}|{of}|{name}".encode()).digest() for of in ("salt", "person"))
            attributes = participants.attributes_hash({"name": name, "zone": self.plan.profiles.community}, salt)
            self._sender(account).send(participants.apply(self.chain, attributes))
            candidates.append(Candidate(account.address, 1, tag, attested_ppm))
        first, *others = (self._sender(auditor) for auditor in self.cast.auditors[:THRESHOLD])
        first.send(motions.nominate(self.chain, candidates, ApprovalReason.DOCUMENTS))
        for auditor in others:
            auditor.send(motions.approve(self.chain, motions.root_of(candidates), ApprovalReason.DOCUMENTS))
        motion = motions.motions(self.chain)[-1]
        self.clock.advance_to(motion.ends_at)
        indices = range(len(candidates))
        send_in_pieces(self.carrier, indices, MAX_BATCH, lambda piece: motions.admit(self.chain, motion, piece))

    def _register_devices(self) -> None:
        """Each home binds its meter; two of three auditors certify it."""
        self.progress("registering the meters", 0.05)
        profiles = self.plan.profiles
        flows_wh = abs(profiles.solar_wh - profiles.load_wh)
        certified = []
        for index, (home, account) in enumerate(self.cast.homes.items()):
            key = self.cast.meters[home]
            capacity_wh = max(FUSE_WH * self.slot_s // HOUR_S, int(flows_wh[:, index].max()))
            described = devices.Description(subnet=SUBNET, capacity_wh=capacity_wh)
            signature = devices.sign_binding(self.chain, key, account.address, described)
            mined = self._sender(account).send(devices.add(self.chain, key.address, described, signature))
            id_ = devices.added_id(self.chain, mined)
            self.meters[home] = Meter(self.chain, key, id_)
            content = devices.content(id_, account.address, key.address, described)
            certified.append(devices.certify(self.chain, id_, content))
        self._by_auditors(certified)

    def _by_auditors(self, calls: Iterable[Call]) -> None:
        """As many auditors as decide send the calls, one auditor after another."""
        motions = list(calls)
        for auditor in self.cast.auditors[:THRESHOLD]:
            self._sender(auditor).send_all(motions)

    def _deposit(self) -> None:
        """The utility issues each home the points for its day's bids; the home puts them into its wallet."""
        self.progress("depositing points", 0.08)
        needs: Counter[str] = Counter()
        for slot in self.plan.slots:
            for intent in slot.orders:
                if intent.side is Side.BUY:
                    needs[intent.home] += value_down_upoints(intent.energy_wh, intent.price_upoints_per_kwh)
        due = [(home, upoints) for home, upoints in sorted(needs.items()) if upoints]
        utility = self._sender(self.cast.utility)
        utility.send_all(
            points.mint(
                self.chain, self.cast.homes[home].address, upoints, points.reference(f"deposit {home} {self.plan.day}")
            )
            for home, upoints in due
        )
        accounts = [self.cast.homes[home] for home, _ in due]
        nonces = points.permit_nonces(self.chain, [account.address for account in accounts])
        deadline = self.chain.now() + points.PERMIT_S
        for account, (_, upoints), nonce in zip(accounts, due, nonces, strict=True):
            call = points.deposit(self.chain, account, upoints, nonce=nonce, deadline=deadline)
            self._sender(account).send(call)

    def _trade(self, slot: SlotPlan) -> ClearedSlot | None:
        """Open the slot's market, post the orders, close the gate, clear."""
        if not slot.orders:
            return None
        slot_start = slot.start_s + self.shift_s
        self.clock.advance_to(slot_start - OPEN_LEAD_S)
        zone = zone_of(self.plan.profiles.community)
        traded = Slot(slot_start, self.slot_s)
        wait_s = self.chain.deployment.parameters.readings_wait_s
        rules = market_rules(self.cast.arbiter.address, traded, zone, self.mechanism, self.mode, readings_wait_s=wait_s)
        market = markets.market_id(self.chain, rules)
        with self.watch.measure("open markets"):
            self.carrier.send(markets.open_market(self.chain, rules))
        with self.watch.measure("sign and post orders"):
            signed = [self._signed(intent, rules, market) for intent in slot.orders]
            send_in_pieces(
                self.carrier, signed, MAX_BATCH, lambda piece: orders.place_signed(self.chain, market, piece)
            )
        self.clock.advance_to(slot_start - GATE_LEAD_S)
        with self.watch.measure("read, solve, verify, propose and prove"):
            cleared = self.agent.clear(market)
        trades: dict[bytes, Trade] = {}
        proposed_in: dict[bytes, str] = {}
        agent = self.cast.agent.address
        for event in (event for mined in cleared.transactions for event in self.chain.decode(mined)):
            if event.name == "TradesProposed":
                for trade in map(Trade.unpack, event.arguments["trades"]):
                    id_ = trade_id(market, agent, trade)
                    trades[id_], proposed_in[id_] = trade, event.transaction_hash
        return ClearedSlot(slot, market, cleared, trades, proposed_in, transactions=list(cleared.transactions))

    def _signed(self, intent: OrderIntent, rules: Rules, market: bytes) -> SignedOrder:
        """The home's order, signed by its own key."""
        account = self.cast.homes[intent.home]
        order = order_of(intent, rules, account.address, self.meters[intent.home].device, self.nonces[intent.home])
        self.nonces[intent.home] += 1
        return orders.sign_order(self.chain, account, market, order)

    def _deliver(self, number: int, slot: ClearedSlot | None) -> None:
        """When the slot is over: readings, payouts, certificates."""
        slot_start = self.plan.slots[number].start_s + self.shift_s
        self.clock.advance_to(slot_start + self.slot_s)
        profiles = self.plan.profiles
        with self.watch.measure("sign and report readings"):
            readings = []
            for index, meter in enumerate(self.meters.values()):
                surplus_wh = int(profiles.solar_wh[number, index] - profiles.load_wh[number, index])
                readings.append(meter.measure(slot_start, max(surplus_wh, 0), max(-surplus_wh, 0)))
            send_in_pieces(self.carrier, readings, MAX_BATCH, lambda piece: meters.report(self.chain, piece))
        with self.chain.reading():
            if slot is not None:
                with self.watch.measure("settle and release"):
                    settled = self.agent.settle(slot.market)
                    slot.transactions.extend(settled.transactions)
                    slot.events.extend(event for mined in settled.transactions for event in self.chain.decode(mined))
            with self.watch.measure("issue certificates"):
                self._issue(slot_start)

    def _issue(self, slot_start: int) -> None:
        """Turn the export that nobody bought into certificates of its owner."""
        slot = Slot(slot_start, self.slot_s)
        measured = meters.measured_in(self.chain, slot)
        exporting = {device: found for device, found in measured.items() if any(one.exported_wh for one, _ in found)}
        unissued = meters.uncertified(self.chain, exporting, slot)
        self.carrier.send_all(meters.issue(self.chain, slot, exporting[device]) for device in unissued)

    def _retire(self) -> None:
        """Homes that buy solar energy only retire what they bought, for themselves."""
        green = {
            self.cast.homes[plan.home].address: self.cast.homes[plan.home]
            for plan in self.plan.homes
            if "solar" in plan.require
        }
        own = {self.cast.homes[home].address: meter.device for home, meter in self.meters.items()}
        due: dict[LocalAccount, list[Call]] = {}
        for (holder, id_), energy_wh in sorted(certificates.holdings(self.chain).items()):
            if holder in green and certificates.lot_of(id_)[0] != own[holder]:
                call = certificates.retire(self.chain, id_, energy_wh, holder, f"own consumption on {self.plan.day}")
                due.setdefault(green[holder], []).append(call)
        for account, calls in due.items():
            self._sender(account).send_all(calls)

    def _pay_bills(self, slots: list[ClearedSlot | None]) -> None:
        """Each home pays what it drew from the grid beyond its trades with points, as far as they reach."""
        charges = self._grid_charges(slots)
        accounts = [self.cast.homes[home] for home in charges]
        wallets = points.wallets_of(self.chain, [account.address for account in accounts])
        for (home, charge_upoints), account, wallet in zip(charges.items(), accounts, wallets, strict=True):
            sum_upoints = min(wallet.free_upoints, charge_upoints)
            if sum_upoints:
                sender = self._sender(account)
                sender.send(points.withdraw(self.chain, sum_upoints, account.address))
                sender.send(points.redeem(self.chain, sum_upoints, points.reference(f"bill {home} {self.plan.day}")))

    def _grid_charges(self, slots: list[ClearedSlot | None]) -> Counter[str]:
        """Micro-points that the utility charges each home for the day."""
        names = {account.address: home for home, account in self.cast.homes.items()}
        profiles = self.plan.profiles
        charges: Counter[str] = Counter()
        for number, plan in enumerate(self.plan.slots):
            residual_wh = Counter(
                {
                    home: int(profiles.load_wh[number, index] - profiles.solar_wh[number, index])
                    for index, home in enumerate(profiles.homes)
                }
            )
            slot = slots[number]
            for event in slot.settled if slot else ():
                a = event.arguments
                residual_wh[names[a["buyer"]]] -= a["delivered"]
                residual_wh[names[a["seller"]]] += a["delivered"]
            for home, energy_wh in residual_wh.items():
                charges[home] += value_down_upoints(max(0, energy_wh), plan.retail_upoints_per_kwh)
        return charges


def shift_for(now: int, first_slot_start: int) -> int:
    """Whole days by which the series are moved so that the chain's time is before their first hour, s."""
    late_s = now + SETUP_S + OPEN_LEAD_S - first_slot_start
    return max(0, -(-late_s // DAY_S)) * DAY_S


def zone_of(community: str) -> str:
    """The community's name as a market's zone: ASCII, at most 24 characters."""
    return community.encode("ascii", "ignore")[:24].decode()
