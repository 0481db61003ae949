"""A community and its markets on a test chain: from deployment to settlement, each step one method.

A `Community` deploys the contracts and admits people; `open_market` returns a `TestMarket`, which remembers the orders
posted, the trades proposed and the readings reported, so that a test only says what happens.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, NamedTuple

from eth_abi.abi import encode
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils import keccak

from powerpact.chain.artifacts import CONTRACTS, Artifact, artifact
from powerpact.chain.contracts.orders import order_signatures
from powerpact.chain.contracts.participants import Participant
from powerpact.chain.deployment import Parameters, constructor_arguments, create_address
from powerpact.codec.abi import Interface
from powerpact.codec.devicekeys import DeviceKey, sign_by_device
from powerpact.codec.eip712 import Domain, sign
from powerpact.codec.packing import order_tree, reading_tree, trade_tree
from powerpact.market.mandates import Mandate
from powerpact.market.orders import Order, PackedOrder, Side, SignedOrder, SoftTerm, order_id
from powerpact.market.readings import PackedReading, Reading
from powerpact.market.rules import ROWS, Attribute, Kind, Mode, RulesStruct
from powerpact.market.slots import Slot
from powerpact.market.trades import PackedTrade, Trade
from powerpact.mechanisms.satisfaction.round import Buyer, Round, Seller, Solution
from powerpact.mechanisms.satisfaction.spec import match
from testkit.admitting import MEMBERSHIP, WINDOW_S, Admission, candidate
from testkit.chains import Receipt, TestChain
from testkit.meters import p256_key, packed

SLOT_LENGTH_S = 3_600
PPM = 1_000_000
DECLARED, ASK, CREDIBILITY, RELIABILITY, COMPLETED_TRADES = range(5)
"""Where a seller's attribute comes from, as in Markets.sol."""

MODES = (Mode.ONE_TO_ONE, Mode.DIVISIBLE)
"""As in Markets.sol."""

MOST_ADMITTED = 100
"""Candidates that one transaction admits."""

Solver = Callable[[Round], Solution]


def _rules(**given: Any) -> Any:
    """Rules as the contract takes them, by their names in `powerpact.market.rules`; what is not given is zero."""
    zero = {"address": "0x" + "00" * 20, "bytes8": bytes(8), "bytes24": bytes(24), "bytes32": bytes(32)}
    zeros = {name: zero.get(ROWS[name].type, 0) for name in RulesStruct._fields}
    return RulesStruct(**zeros | given)


def key(name: str) -> LocalAccount:
    """The account of this name, the same in each run."""
    account: LocalAccount = Account.from_key(keccak(text=name))
    return account


@dataclass(frozen=True, slots=True)
class Trader:
    """A participant with a certified device."""

    account: LocalAccount
    meter: DeviceKey
    device: int

    @property
    def address(self) -> str:
        return self.account.address


@dataclass(slots=True)
class Counters:
    """Lifetime counters of a device, Wh, and the start of its last interval, Unix seconds."""

    exported_wh: int = 0
    imported_wh: int = 0
    start_at: int = 0


class Community:
    """Deployed contracts and admitted people.

    Parameters
    ----------
    chain : TestChain
        Where everything happens.
    traders : int
        Participants, each with one certified solar device.
    credibilities_ppm : sequence of int, optional
        What the auditors attest, in turn.
    artifacts : callable
        The compiled contract of a name; tests of seeded bugs pass mutants.
    base_interval_s, longest_slot_s : int
        Of the deployment.
    auditors, threshold : int
        How many auditors there are, and how many votes decide.
    linked : mapping of int to int
        Traders who are further accounts of another trader's person, which is not one of them.
    elements : collection of int
        Traders whose devices have secure elements: their keys are of P-256.
    """

    def __init__(
        self,
        chain: TestChain,
        traders: int,
        credibilities_ppm: Sequence[int] = (900_000,),
        capacity_wh: int = 100_000,
        artifacts: Callable[[str], Artifact] = artifact,
        base_interval_s: int = SLOT_LENGTH_S,
        longest_slot_s: int = SLOT_LENGTH_S,
        correction_window_s: int = SLOT_LENGTH_S,
        auditors: int = 3,
        threshold: int = 2,
        linked: Mapping[int, int] = MappingProxyType({}),
        elements: Collection[int] = (),
    ) -> None:
        self.chain = chain
        self.threshold = threshold
        self.base_interval_s = base_interval_s
        self.longest_slot_s = longest_slot_s
        self.correction_window_s = correction_window_s
        self.deployer = key("deployer")
        self.utility = key("utility")
        self.agent = key("agent")
        self.arbiter = key("arbiter")
        self.auditors = [key(f"auditor {i}") for i in range(auditors)]
        compiled = {name: artifacts(name) for name in CONTRACTS}
        self.interfaces = {name: Interface(compiled[name].abi) for name in CONTRACTS}
        self.addresses = self._deploy(compiled)
        self.counters: dict[int, Counters] = {}
        names = [f"trader {i}" for i in range(traders)]
        if names:
            self.admit([key(name) for i, name in enumerate(names) if i not in linked], credibilities_ppm)
        for other, first in linked.items():
            self.link(key(names[first]), key(names[other]))
        self.traders = [self.equip(name, capacity_wh, element=i in elements) for i, name in enumerate(names)]

    def send(self, sender: LocalAccount, contract: str, function: str, *arguments: Any) -> Receipt:
        """Execute a function. Raises ContractError if it reverts."""
        data = self.interfaces[contract].encode_call(function, arguments)
        return self.chain.send(sender.address, self.addresses[contract], data)

    def read(self, contract: str, function: str, *arguments: Any) -> Any:
        """Call a view function."""
        return self.read_all([(contract, function, *arguments)])[0]

    def read_all(self, calls: Sequence[tuple[Any, ...]]) -> list[Any]:
        """Call many view functions, each given as (contract, function, *arguments), in one request."""
        encoded = [
            (self.addresses[contract], self.interfaces[contract].encode_call(function, arguments))
            for contract, function, *arguments in calls
        ]
        answers = self.chain.read_all(encoded)
        return [
            self.interfaces[call[0]].decode_output(call[1], answer) for call, answer in zip(calls, answers, strict=True)
        ]

    def events(self, receipt: Receipt, name: str) -> list[dict[str, Any]]:
        """Arguments of the events of this name in a receipt."""
        found = []
        names = {address.lower(): contract for contract, address in self.addresses.items()}
        for log in receipt.logs:
            contract = names.get(log.address.lower())
            entry = {
                "topics": log.topics,
                "data": log.data,
                "blockNumber": 0,
                "logIndex": 0,
                "transactionHash": b"",
            }
            event = self.interfaces[contract].decode_event(entry) if contract else None
            if event is not None and event.name == name:
                found.append(event.arguments)
        return found

    def domain(self, contract: str) -> Domain:
        """The contract's EIP-712 domain."""
        return Domain(self.chain.chain_id, self.addresses[contract])

    def join(self, name: str, credibility_ppm: int = 900_000, capacity_wh: int = 100_000, source: int = 1) -> Trader:
        """Be admitted, and have a device certified."""
        self.admit([key(name)], [credibility_ppm])
        return self.equip(name, capacity_wh, source)

    def admit(
        self, accounts: Sequence[LocalAccount], credibilities_ppm: Sequence[int] = (900_000,), **attested: Any
    ) -> None:
        """Apply, and be admitted."""
        for account in accounts:
            self.send(account, "ParticipantRegistry", "applyFor", keccak(text=account.address))
        self.admit_applicants([account.address for account in accounts], credibilities_ppm, **attested)

    def admit_applicants(
        self, accounts: Sequence[str], credibilities_ppm: Sequence[int] = (900_000,), **attested: Any
    ) -> None:
        """Put up and approve applicants in one motion, and wait until its window is over."""
        candidates = [
            candidate(account, state.application, credibilities_ppm[i % len(credibilities_ppm)], **attested)
            for i, (account, state) in enumerate(zip(accounts, self.participants(accounts), strict=True))
        ]
        admission, (first, *others) = Admission(candidates), self.auditors[: self.threshold]
        self.send(first, *admission.nomination)
        for auditor in others:
            self.send(auditor, *admission.approval)
        self.chain.warp(self.chain.now() + WINDOW_S)
        for call in admission.admissions(self.read("Motions", "motionCount"), MOST_ADMITTED):
            self.send(first, *call)

    def participants(self, accounts: Sequence[str]) -> list[Participant]:
        """What the registry says about accounts, each in its place."""
        answers = self.read_all([("ParticipantRegistry", "participant", account) for account in accounts])
        return [Participant.of(answer) for answer in answers]

    def person_of(self, account: str) -> int:
        """The number of an account's person."""
        return self.participants([account])[0].person

    def link(self, member: LocalAccount, account: LocalAccount) -> Receipt:
        """Make an account one of a member's."""
        application = self.participants([account.address])[0].application + 1
        message = {"member": member.address, "account": account.address, "application": application}
        signature = sign(account, self.domain("ParticipantRegistry"), "Link", message)
        return self.send(member, "ParticipantRegistry", "link", account.address, signature)

    def equip(self, name: str, capacity_wh: int = 100_000, source: int = 1, *, element: bool = False) -> Trader:
        """Have a participant's device certified."""
        account, meter = key(name), (p256_key if element else key)(f"meter of {name}")
        return Trader(account, meter, self.bind(account, meter, capacity_wh, source))

    def bind(
        self,
        account: LocalAccount,
        meter: DeviceKey,
        capacity_wh: int = 100_000,
        source: int = 1,
        certified: bool = True,
        kind: int = 0,
        carrier: int = 0,
    ) -> int:
        """Bind a device to a participant and have it certified, unless told otherwise; its id."""
        subnet = 1
        terms = {
            "owner": account.address,
            "kind": kind,
            "carrier": carrier,
            "source": source,
            "subnet": subnet,
            "capacityWh": capacity_wh,
        }
        signature = sign_by_device(meter, self.domain("DeviceRegistry"), "Device", terms)
        self.send(
            account, "DeviceRegistry", "add", meter.address, kind, carrier, source, subnet, capacity_wh, signature
        )
        device = int(self.read("DeviceRegistry", "deviceOf", meter.address))
        if certified:
            self.certify(device)
        self.counters[device] = Counters()
        return device

    def capacity_wh(self, device: int) -> int:
        """The most energy of a device in one base interval."""
        return int(self.read("DeviceRegistry", "meterTermsOf", device) >> 160 & (1 << 40) - 1)

    def certify(self, device: int) -> None:
        """Have a device certified by as many auditors as decide."""
        content = self.read("DeviceRegistry", "contentOf", device)
        for auditor in self.auditors[: self.threshold]:
            self.send(auditor, "DeviceRegistry", "certify", device, content)

    def decertify(self, device: int, reason: str = "the seal is broken") -> None:
        """Have a device taken out of service by as many auditors as decide."""
        content = self.read("DeviceRegistry", "contentOf", device)
        for auditor in self.auditors[: self.threshold]:
            self.send(auditor, "DeviceRegistry", "decertify", device, content, reason)

    def endow(self, trader: Trader, upoints: int, deposit_upoints: int | None = None) -> Receipt:
        """Issue points to a trader, who approves the accounts and deposits them, or part of them."""
        return self.fund(trader.account, upoints, deposit_upoints)

    def fund(self, account: LocalAccount, upoints: int, deposit_upoints: int | None = None) -> Receipt:
        """`endow` for any account, such as an agent's."""
        reference = keccak(text=f"{account.address} {self.chain.now()} {upoints}")
        custody = self.addresses["Accounts"]
        self.send(self.utility, "PowerPoints", "mint", account.address, upoints, reference)
        self.send(account, "PowerPoints", "approve", custody, upoints)
        deposited_upoints = upoints if deposit_upoints is None else deposit_upoints
        return self.send(account, "Accounts", "deposit", deposited_upoints)

    @property
    def refund_after_s(self) -> int:
        """The usual time from a slot's start to refunds, without a challenge window, s."""
        return 2 * self.longest_slot_s + self.correction_window_s

    def next_slot(self, after_s: int = SLOT_LENGTH_S) -> int:
        """Start of the first slot that begins at least `after_s` seconds from now."""
        return -(-(self.chain.now() + after_s) // SLOT_LENGTH_S) * SLOT_LENGTH_S

    def open_market(
        self,
        sources: Sequence[int] = (),
        income: Sequence[bool] = (),
        category_count: int = 0,
        source_category: int = 0,
        **changes: Any,
    ) -> TestMarket:
        """Open a market for a coming slot; `changes` replace rules."""
        slot_start = changes.pop("slot_start", None) or self.next_slot()
        rules = _rules(
            arbiter=self.arbiter.address,
            slot_start=slot_start,
            slot_length_s=self.longest_slot_s,
            underuse_ppm=PPM,
            least_energy_wh=1,
            least_reservation_upoints=1,
            closes_at=slot_start - SLOT_LENGTH_S // 4,
            final_by=slot_start + SLOT_LENGTH_S // 2,
            refund_from=slot_start + self.refund_after_s + 5 * changes.get("challenge_window_s", 0),
            attribute_count=len(sources),
            income_mask=sum(1 << f for f, is_income in enumerate(income) if is_income),
            category_count=category_count,
            source_category=source_category,
            sources=bytes(sources).ljust(8, b"\0"),
            zone=b"orchard lane".ljust(24, b"\0"),
        )._replace(**changes)
        if rules.bond_upoints and not rules.challenge_cost_upoints:
            rules = rules._replace(challenge_cost_upoints=rules.bond_upoints // 16)
        names = [f"attribute {f}" for f in range(len(sources))], [f"category {c}" for c in range(category_count)]
        receipt = self.send(self.traders[0].account, "Markets", "openMarket", rules, *names)
        return TestMarket(self, self.events(receipt, "MarketOpened")[0]["market"], rules)

    def _deploy(self, compiled: Mapping[str, Artifact]) -> dict[str, Any]:
        nonce = self.chain.nonce(self.deployer.address)
        addresses = {name: create_address(self.deployer.address, nonce + i) for i, name in enumerate(CONTRACTS)}
        auditors = tuple(auditor.address for auditor in self.auditors)
        parameters = Parameters(
            self.utility.address,
            auditors,
            threshold=self.threshold,
            base_interval_s=self.base_interval_s,
            longest_slot_s=self.longest_slot_s,
            membership=MEMBERSHIP,
            correction_window_s=self.correction_window_s,
        )
        arguments = constructor_arguments(addresses, parameters)
        for name in CONTRACTS:
            code = compiled[name].bytecode + encode(self.interfaces[name].constructor, arguments[name])
            created = self.chain.create(self.deployer.address, code)
            assert created == addresses[name], f"{name} was created at {created}, not at {addresses[name]}"
        return addresses


Proven = tuple[PackedReading, tuple[int, int, list[bytes]]]
"""A reading with its proof: batch, index, siblings."""


class Claims(NamedTuple):
    """A chunk of trades as Clearing takes it: orders with their dual prices, and links between their places."""

    orders: list[Any]
    links: list[tuple[int, int, int]]


@dataclass
class TestMarket:
    """One market: what was posted in it, proposed for it and reported about it."""

    __test__ = False

    community: Community
    id: bytes
    rules: Any
    """The struct, as `powerpact.market.rules.RulesStruct`."""
    batches: list[list[PackedOrder]] = field(default_factory=list)
    """Orders as they are in the book, with what was attested, by batch."""
    closed: set[int] = field(default_factory=set)
    """Ids of orders that are cancelled or released."""
    chunks: list[list[Trade]] = field(default_factory=list)
    """Trades of the latest proposal, by chunk."""
    proposal: int = 0
    prices: bytes = b""
    """Public prices of the latest proposal."""
    measured: defaultdict[int, list[Proven]] = field(default_factory=lambda: defaultdict(list))
    """By device: the readings of this slot's intervals with their proofs, as the contracts take them."""

    # Orders

    def signature(self, trader: Trader, order: Order) -> bytes:
        """The trader's signature of the order."""
        return sign(trader.account, self.community.domain("OrderBook"), *order.message(self.id))

    def post(self, orders: Sequence[Order], signers: Sequence[Trader], relayer: LocalAccount | None = None) -> Receipt:
        """Relay signed orders in one batch."""
        signatures = [self.signature(trader, order) for order, trader in zip(orders, signers, strict=True)]
        return self.post_signed(orders, signatures, relayer)

    def post_signed(
        self, orders: Sequence[Order], signatures: Sequence[bytes], relayer: LocalAccount | None = None
    ) -> Receipt:
        """Relay orders that are signed already."""
        relayer = relayer or self.community.agent
        receipt = self.community.send(relayer, "OrderBook", "placeSigned", *self.batch(orders, signatures))
        self._remember(receipt)
        return receipt

    def batch(self, orders: Sequence[Order], signatures: Sequence[bytes]) -> tuple[Any, ...]:
        """What `placeSigned` takes for the orders."""
        signed = [SignedOrder(order, signature) for order, signature in zip(orders, signatures, strict=True)]
        words, of_contracts = order_signatures(self.community.domain("OrderBook"), self.id, signed)
        return self.id, [order.pack() for order in orders], words, of_contracts

    def post_mandated(
        self, orders: Sequence[Order], mandates: Sequence[Mandate], signatures: Sequence[tuple[bytes, bytes]]
    ) -> Receipt:
        """Relay orders that delegates signed."""
        packed = [order.pack() for order in orders], [mandate.pack() for mandate in mandates], list(signatures)
        receipt = self.community.send(self.community.agent, "OrderBook", "placeMandated", self.id, *packed)
        self._remember(receipt)
        return receipt

    def place(self, trader: Trader, order: Order) -> Receipt:
        """Post an order by its trader."""
        receipt = self.community.send(trader.account, "OrderBook", "place", self.id, order.pack())
        self._remember(receipt)
        return receipt

    def cancel(self, trader: Trader, id_: int) -> Receipt:
        """Cancel an order by its trader."""
        return self.cancel_by(trader.account, id_)

    def cancel_by(self, sender: LocalAccount, id_: int) -> Receipt:
        """Cancel an order by anybody's account."""
        receipt = self.community.send(sender, "OrderBook", "cancel", self.id, self.placed(id_))
        self.closed.add(id_)
        return receipt

    def release(self, ids: Sequence[int]) -> Receipt:
        """Free orders that did not trade."""
        receipt = self.community.send(self.community.agent, "Releases", "release", *self.untraded(ids))
        self.closed.update(ids)
        return receipt

    def untraded(self, ids: Sequence[int]) -> tuple[Any, ...]:
        """What `release` takes: the market, the orders with their proofs, and a trade of each that trades."""
        place = {id_: (c, k) for c, k, trade in self.trades() for id_ in trade[:2]}
        proofs = [self.proof(*place[id_]) if id_ in place else ((0, 0, 0, 0), (0, 0), []) for id_ in ids]
        return self.id, [self.placed(id_) for id_ in ids], proofs

    def placed(self, id_: int) -> tuple[int, PackedOrder, list[bytes]]:
        """An order with its proof."""
        batch, index = id_ >> 8, id_ & 0xFF
        orders = self.batches[batch]
        return id_, orders[index], order_tree(orders).proof(index)

    def orders(self) -> dict[int, Order]:
        """All orders that are not closed, by id."""
        return {
            id_: Order.unpack(packed)
            for batch, orders in enumerate(self.batches)
            for index, packed in enumerate(orders)
            if (id_ := order_id(batch, index)) not in self.closed
        }

    def _remember(self, receipt: Receipt) -> None:
        for event in self.community.events(receipt, "OrdersPlaced"):
            self.batches.append([PackedOrder(*words) for words in event["orders"]])

    # The round

    def close(self) -> None:
        """Let the gate close."""
        self.community.chain.warp(self.rules.closes_at)

    def round(self, without: Sequence[int] = ()) -> Round:
        """The round as the solver sees it, with order ids as text; `without` hides orders."""
        orders = {str(id_): order for id_, order in self.orders().items() if id_ not in without}
        count = self.rules.attribute_count
        kinds = [Kind.INCOME if self.rules.income_mask >> f & 1 else Kind.COST for f in range(count)]
        return Round(
            mode=MODES[self.rules.mode],
            attributes=tuple(Attribute(f"attribute {f}", kind) for f, kind in enumerate(kinds)),
            categories=tuple(f"category {c}" for c in range(self.rules.category_count)),
            buyers=tuple(
                Buyer(
                    id_,
                    order.price_upoints_per_kwh,
                    tuple(map(SoftTerm, order.levels[:count], order.limits[:count], order.weights_ppm[:count])),
                    self._classes(order),
                    order.energy_wh,
                    trader=order.trader,
                    min_fill_ppm=order.min_fill_ppm,
                    person_id=str(order.person),
                )
                for id_, order in orders.items()
                if order.side is Side.BUY
            ),
            sellers=tuple(
                Seller(
                    id_,
                    order.price_upoints_per_kwh,
                    order.min_upoints_per_kwh,
                    order.levels[:count],
                    self._classes(order),
                    order.energy_wh,
                    trader=order.trader,
                    min_fill_ppm=order.min_fill_ppm,
                    person_id=str(order.person),
                )
                for id_, order in orders.items()
                if order.side is Side.SELL
            ),
        )

    def claims(self, solution: Solution) -> Claims:
        """A solution as one chunk for `propose`: orders that trade, with proofs and dual prices, and the trades."""
        ids, links = self.links(solution)
        priced = [(self.placed(id_), dual, False) for id_, dual in ids]
        return Claims(priced, links)

    def links(self, solution: Solution) -> Claims:
        """A solution as one chunk for `clear`: ids and dual prices of the orders that trade, and the trades."""
        buys = sorted({int(trade.buyer) for trade in solution.trades})
        sells = sorted({int(trade.seller) for trade in solution.trades})
        place = {id_: k for k, id_ in enumerate([*buys, *sells])}
        priced = [(id_, solution.buyer_duals_ppm.get(str(id_), 0)) for id_ in buys]
        priced += [(id_, solution.seller_duals_ppm.get(str(id_), 0)) for id_ in sells]
        ordered = sorted(solution.trades, key=lambda trade: (int(trade.seller), int(trade.buyer)))
        return Claims(
            priced, [(place[int(trade.buyer)], place[int(trade.seller)], trade.energy_wh) for trade in ordered]
        )

    def propose(self, claims: Claims, agent: LocalAccount | None = None) -> Receipt:
        """Begin a proposal."""
        receipt = self.community.send(
            agent or self.community.agent, "Clearing", "propose", self.id, *self.told(claims), self.prices
        )
        self.proposal = self.community.events(receipt, "Proposed")[0]["proposal"]
        self.chunks = []
        self._follow(receipt)
        return receipt

    def propose_batches(self, claims: Claims, agent: LocalAccount | None = None) -> Receipt:
        """Begin a proposal with whole batches, from what `links` gives."""
        receipt = self.community.send(
            agent or self.community.agent, "Clearing", "proposeBatches", self.id, self.batches, *claims, self.prices
        )
        self.proposal = self.community.events(receipt, "Proposed")[0]["proposal"]
        self.chunks = []
        self._follow(receipt)
        return receipt

    def extend(self, claims: Claims, agent: LocalAccount | None = None) -> Receipt:
        """Add trades to the latest proposal."""
        receipt = self.community.send(
            agent or self.community.agent,
            "Clearing",
            "extend",
            self.proposal,
            *self.told(claims, self.chunks),
            self.prices,
        )
        self._follow(receipt)
        return receipt

    def seal(
        self,
        endorsers: Sequence[str] = (),
        endorsements: Sequence[tuple[int, bytes]] = (),
        agent: LocalAccount | None = None,
        proposal: int | None = None,
        shown: Sequence[Any] = (),
    ) -> Receipt:
        """Seal a proposal, by default the latest; `shown` are exhibits that complete it."""
        id_ = self.proposal if proposal is None else proposal
        return self.community.send(
            agent or self.community.agent,
            "Clearing",
            "seal",
            id_,
            (list(endorsers), list(endorsements)),
            list(shown),
            self.prices,
        )

    def exhibit(self, id_: int, chunks: Sequence[Sequence[Trade]] | None = None) -> tuple[Any, ...]:
        """An order as a challenge shows it: with its trade in the latest proposal, if it has one.

        `chunks` are those to look for the trade in.
        """
        filled_wh = sum(trade.energy_wh for _, _, trade in self.trades() if id_ in trade[:2])
        placed = self.placed(id_)
        if filled_wh and MODES[self.rules.mode] is Mode.ONE_TO_ONE:
            filled_wh = Order.unpack(placed[1]).energy_wh
        for c, chunk in enumerate(self.chunks if chunks is None else chunks):
            for k, trade in enumerate(chunk):
                if id_ in trade[:2]:
                    tree = trade_tree(chunk)
                    return placed, filled_wh, trade.pack(), (c, k), tree.root, tree.proof(k)
        return placed, 0, (0, 0, 0, 0), (0, 0), bytes(32), []

    def refuting_pair(self, solution: Solution) -> tuple[int, int]:
        """Ids of a pair of open orders that a solution's dual prices do not cover, by the independent verifier."""
        from powerpact.mechanisms.satisfaction.verifier.cover import uncovered_pair

        pair = uncovered_pair(self.round(), solution.buyer_duals_ppm, solution.seller_duals_ppm)
        if pair is None:
            raise ValueError("the dual prices cover every pair")
        return int(pair[0].id), int(pair[1].id)

    def challenge(
        self, buy_id: int, sell_id: int, challenger: LocalAccount | None = None, proposal: int | None = None
    ) -> Receipt:
        """Challenge a proposal, by default the latest, with a pair."""
        return self.community.send(
            challenger or self.community.arbiter,
            "Clearing",
            "challenge",
            self.proposal if proposal is None else proposal,
            [self.exhibit(buy_id), self.exhibit(sell_id)],
            self.prices,
        )

    def finalize(self, proposal: int | None = None) -> Receipt:
        """Make a proposal final after its window."""
        id_ = self.proposal if proposal is None else proposal
        return self.community.send(self.community.agent, "Clearing", "finalize", id_)

    def prove(
        self, rows: int = 1 << 40, agent: LocalAccount | None = None, part: tuple[bytes, int, int] | None = None
    ) -> Receipt:
        """Prove the next rows of the latest proposal, or what a part names."""
        trades = [[trade.pack() for trade in chunk] for chunk in self.chunks]
        part = part or self.part(rows)
        return self.community.send(
            agent or self.community.agent, "Clearing", "prove", self.proposal, self.batches, trades, part, self.prices
        )

    def part(self, rows: int = 1 << 40) -> tuple[bytes, int, int]:
        """The next rows of the latest proposal, as `prove` names them."""
        asked = ("Clearing", "tradesHash", self.proposal), ("Clearing", "proposal", self.proposal)
        trades_hash, state = self.community.read_all(asked)
        return trades_hash, state[4], rows

    def clear_at_once(self, claims: Claims, agent: LocalAccount | None = None) -> Receipt:
        """Propose and prove in one transaction."""
        receipt = self.community.send(
            agent or self.community.agent, "Clearing", "clear", self.id, self.batches, *claims, self.prices
        )
        self.proposal = self.community.events(receipt, "Proposed")[0]["proposal"]
        self.chunks = []
        self._follow(receipt)
        return receipt

    def clear(self, solve: Solver = match) -> Solution:
        """Close, solve, propose and prove."""
        self.close()
        solution = solve(self.round())
        self.propose(self.claims(solution))
        self.prove()
        return solution

    @staticmethod
    def told(claims: Claims, chunks: Sequence[Sequence[Trade]] = ()) -> Claims:
        """The claims with what each order traded in the chunks before, Wh, unless they say it."""
        before_wh: Counter[int] = Counter()
        for trade in (trade for chunk in chunks for trade in chunk):
            before_wh[trade.buy_id] += trade.energy_wh
            before_wh[trade.sell_id] += trade.energy_wh
        return Claims([(*priced, before_wh[priced[0][0]])[:4] for priced in claims.orders], claims.links)

    def _follow(self, receipt: Receipt) -> None:
        for event in self.community.events(receipt, "TradesProposed"):
            self.chunks.append([Trade.unpack(trade) for trade in event["trades"]])

    def _classes(self, order: Order) -> tuple[str | None, ...]:
        return tuple(str(code) if code else None for code in order.classes[: self.rules.category_count])

    # Delivery

    @property
    def slot_end(self) -> int:
        """End of the delivery slot, Unix seconds."""
        return self.slot.end

    @property
    def slot(self) -> Slot:
        """The delivery slot."""
        return Slot(self.rules.slot_start, self.rules.slot_length_s)

    def trades(self) -> list[tuple[int, int, Trade]]:
        """Chunk, index and trade of the latest proposal."""
        return [(c, k, trade) for c, chunk in enumerate(self.chunks) for k, trade in enumerate(chunk)]

    def report(
        self,
        exported_wh: Mapping[int, int],
        relayer: LocalAccount | None = None,
        imported_wh: Mapping[int, int] | None = None,
        start: int | None = None,
        signers: Mapping[int, DeviceKey] | None = None,
        falls_wh: Mapping[int, int] | None = None,
        waits: bool = True,
    ) -> Receipt:
        """Report what devices exported and imported in an interval, by default the slot's first, as one batch.

        Others may sign for a device, its export counter may fall, and nobody may wait for the interval's end.
        """
        community, imported_wh = self.community, imported_wh or {}
        start = self.rules.slot_start if start is None else start
        if waits:
            community.chain.warp(start + community.base_interval_s)
        meters = {trader.device: trader.meter for trader in community.traders} | dict(signers or {})
        falls_wh = falls_wh or {}
        readings, signatures = [], []
        for device in {**exported_wh, **imported_wh}:
            out_wh, in_wh = exported_wh.get(device, 0), imported_wh.get(device, 0)
            counters = community.counters[device]
            reading = Reading.measured(
                device,
                start,
                community.base_interval_s,
                exported_wh=out_wh,
                imported_wh=in_wh,
                export_counter_wh=counters.exported_wh + out_wh - falls_wh.get(device, 0),
                import_counter_wh=counters.imported_wh + in_wh,
                previous_start_at=counters.start_at if counters.start_at < start else 0,
            )
            readings.append(reading)
            signatures.append(
                sign_by_device(meters[device], community.domain("Metering"), "Reading", reading.message())
            )
        receipt = community.send(relayer or community.agent, "Metering", "report", packed(readings), signatures)
        (event,) = community.events(receipt, "ReadingsReported")
        batch, taken = event["batch"], [Reading.unpack(words) for words in event["readings"]]
        tree = reading_tree(taken)
        for index, reading in enumerate(taken):
            if not reading.device:
                continue
            counters = community.counters[reading.device]
            counters.exported_wh, counters.imported_wh = reading.export_counter_wh, reading.import_counter_wh
            counters.start_at = reading.start_at
            self.measured[reading.device].append((reading.pack(), (batch, index, tree.proof(index))))
        return receipt

    def correct(self, device: int, exported_wh: int) -> Receipt:
        """A device says again what it exported in the interval that it reported last."""
        community = self.community
        words, proof = self.measured[device][-1]
        reported = Reading.unpack(words)
        version = max(community.read("Metering", "correctionOf", device, reported.start_at)[0], reported.version)
        again = reported._replace(version=version).corrected(exported_wh, reported.imported_wh)
        meter = next(trader.meter for trader in community.traders if trader.device == device)
        signature = sign_by_device(meter, community.domain("Metering"), "Reading", again.message())
        receipt = community.send(community.agent, "Metering", "correct", again.pack(), signature, (words, proof), [])
        community.counters[device].exported_wh = again.export_counter_wh
        return receipt

    def locked_upoints(self) -> int:
        """Money locked in the trades of the final round that have not ended."""
        if not self.community.read("Clearing", "finalOf", self.id):
            return 0
        trades = self.trades()
        ended = self.community.read_all([("Settlement", "isSettled", self.id, (c, k)) for c, k, _ in trades])
        return sum(trade.reserved_upoints for (_, _, trade), end in zip(trades, ended, strict=True) if not end)

    def proof(self, chunk: int, index: int) -> tuple[PackedTrade, tuple[int, int], list[bytes]]:
        """A trade with its proof."""
        trades = self.chunks[chunk]
        return trades[index].pack(), (chunk, index), trade_tree(trades).proof(index)

    def delivery(self, chunk: int, index: int) -> tuple[Any, tuple[list[Proven], list[Proven]]]:
        """A trade with its proof and its readings, those of the buyer's meter among them where it counts."""
        trade = self.chunks[chunk][index]
        imported = self.measured.get(trade.meter, []) if trade.meter else []
        return self.proof(chunk, index), (self.measured[trade.device], imported)

    def issue(self, device: int, sender: LocalAccount | None = None) -> Receipt:
        """Turn what a device exported beyond all that it sold into certificates."""
        measured = self.measured[device]
        return self.community.send(sender or self.community.agent, "Deliveries", "issue", self.slot.pack(), measured)

    def settle(self, chunk: int = 0) -> Receipt:
        """Pay the trades of a chunk by their devices' last readings."""
        trades = [trade.pack() for trade in self.chunks[chunk]]
        return self.community.send(self.community.agent, "Settlement", "settle", self.id, chunk, trades)

    def settle_late(self, positions: Sequence[tuple[int, int]]) -> Receipt:
        """Pay trades by the proofs of their readings."""
        deliveries = [self.delivery(*position) for position in positions]
        return self.community.send(self.community.agent, "Settlement", "settleLate", self.id, deliveries)

    def certify(self, positions: Sequence[tuple[int, int]]) -> Receipt:
        """Certify to the sellers what trades no longer sell."""
        deliveries = [self.delivery(*position) for position in positions]
        return self.community.send(self.community.agent, "Settlement", "certify", self.id, deliveries)

    def decide(self, positions: Sequence[tuple[int, int]]) -> Receipt:
        """Decide the sell orders of trades."""
        proofs = [self.proof(*position) for position in positions]
        return self.community.send(self.community.agent, "Settlement", "decide", self.id, proofs)

    def decide_purchases(self, positions: Sequence[tuple[int, int]]) -> Receipt:
        """Decide the buy orders of trades."""
        proofs = [self.proof(*position) for position in positions]
        return self.community.send(self.community.agent, "Settlement", "decidePurchases", self.id, proofs)

    def refund(self, positions: Sequence[tuple[int, int]]) -> Receipt:
        """Give trades' money back to the buyers."""
        proofs = [self.proof(*position) for position in positions]
        return self.community.send(self.community.agent, "Settlement", "refund", self.id, proofs)

    def flag(self, position: tuple[int, int], auditor: LocalAccount, reason: str = "a reason") -> Receipt:
        """Have an auditor flag a trade."""
        return self.community.send(auditor, "Settlement", "flag", self.id, self.proof(*position), reason)

    def veto(self, position: tuple[int, int], auditor: LocalAccount, reason: str = "a reason") -> Receipt:
        """Have an auditor vote to veto a trade."""
        return self.community.send(auditor, "Settlement", "veto", self.id, self.proof(*position), reason)

    def settle_agreed(
        self,
        position: tuple[int, int],
        to_seller_upoints: int,
        signers: Sequence[LocalAccount],
        agent: LocalAccount | None = None,
    ) -> Receipt:
        """Pay a trade, of a round of `agent`, as two parties sign."""
        community = self.community
        proof, trade = self.proof(*position), self.chunks[position[0]][position[1]]
        trade_id = keccak(
            encode(
                ["uint40", "uint40", "address", "bytes32"],
                [trade.sell_id, trade.buy_id, (agent or community.agent).address, self.id],
            )
        )
        message = {"tradeId": trade_id, "toSeller": to_seller_upoints}
        signatures = [sign(signer, community.domain("Settlement"), "Agreement", message) for signer in signers]
        return community.send(
            community.agent,
            "Settlement",
            "settleAgreed",
            self.id,
            proof,
            to_seller_upoints,
            [signer.address for signer in signers],
            signatures,
        )
