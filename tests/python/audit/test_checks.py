"""The audit: it finds nothing on an honest chain, and each seeded violation by its law."""

from dataclasses import replace

import pytest

from powerpact.agent import Agent
from powerpact.audit import LAWS, audit, checks
from powerpact.chain.connection import connect
from powerpact.chain.contracts import certificates, orders, points, rounds, settlement
from powerpact.chain.contracts.agreements import sign_agreement
from powerpact.chain.node_errors import LogsIncomplete
from powerpact.index import attach
from powerpact.index.records import read_records
from powerpact.market.candidates import Candidate
from powerpact.market.orders import order_id
from powerpact.market.permissions import SIDES, Permission
from powerpact.market.readings import Reading
from powerpact.market.rules import Mode
from testkit.badlogs import topic
from testkit.proxy import Proxy
from testkit.world import CONTEST, SLOT_S


@pytest.fixture
def day(world):
    """A market that was settled, one whose trades are locked, and one that is open; certificates moved and retired."""
    agent = Agent(world.chain, world.sender("agent"))
    first, rules = world.open_market()
    world.post(first, world.buy("alice", rules), world.sell("bob", rules), world.buy("carol", rules))
    world.post(first, world.buy("carol", rules, energy_wh=10), world.sell("dave", rules))
    posted = rounds.read_round(world.chain, first)
    world.sender("carol").send(orders.cancel(world.chain, first, posted.placed(order_id(1, 0))))
    world.warp(rules.closes_at)
    agent.clear(first)
    second, later = world.open_market()
    world.post(second, world.buy("alice", later), world.sell("bob", later))
    world.warp(later.closes_at)
    agent.clear(second)
    world.warp(rules.slot_start + SLOT_S)
    world.report(rules.slot_start, bob=800, dave=2_000)
    agent.settle(first)
    for (holder, id_), energy in certificates.holdings(world.chain).items():
        if energy > 100:
            name = world.name_of(holder)
            world.sender(name).send(certificates.retire(world.chain, id_, 100, holder, "test"))
    third, rules = world.open_market()
    world.post(third, world.buy("carol", rules))
    world.sender("alice").send(points.withdraw(world.chain, 5, world.address("alice")))
    return world


def test_an_honest_chain_breaks_no_law(day):
    findings = audit(day.chain)
    assert [finding.law for finding in findings] == list(LAWS)
    assert [finding.faults for finding in findings] == [()] * len(LAWS)
    assert all(finding.holds and finding.detail and finding.sentence for finding in findings)


def test_nobody_is_owed_the_bond_of_a_final_round_while_another_market_has_no_proposal(world):
    market, rules = world.open_market(**CONTEST)
    world.post(market, world.buy("alice", rules), world.sell("bob", rules))
    world.warp(rules.closes_at)
    Agent(world.chain, world.sender("agent")).clear(market)
    world.open_market()
    assert broken(world.chain) == {}


@pytest.fixture
def parted(world):
    """A divisible market in which alice buys of bob and of dave."""
    market, rules = world.open_market(mode=Mode.DIVISIBLE)
    world.post(market, world.buy("alice", rules), world.sell("bob", rules, energy_wh=701))
    world.post(market, world.sell("dave", rules, energy_wh=499))
    world.warp(rules.closes_at)
    Agent(world.chain, world.sender("agent")).clear(market)
    first, second = settlement.final_trades(world.chain, market)
    assert (first.trade.energy_wh, second.trade.energy_wh) == (701, 499)
    return world, market, rules


def agree(world, market, trade, to_seller_upoints, seller):
    """End a trade as buyer and seller say."""
    signed = [
        sign_agreement(world.chain, world.keys[name], market, trade, to_seller_upoints) for name in ("alice", seller)
    ]
    world.sender("agent").send(
        world.chain.call(
            "settle",
            "Settlement",
            "settleAgreed",
            market,
            trade.proof,
            to_seller_upoints,
            [release.signer for release in signed],
            [release.signature for release in signed],
        )
    )


def broken(chain):
    return {finding.law: finding.faults for finding in audit(chain) if not finding.holds}


def veto(world, market, trade):
    """Have as many auditors veto a trade as decide."""
    for auditor in ("auditor", "second auditor"):
        world.sender(auditor).send(settlement.veto(world.chain, market, trade, "a reason"))


def test_a_veto_is_right(parted):
    world, market, rules = parted
    veto(world, market, settlement.final_trades(world.chain, market)[0])
    assert broken(world.chain) == {}
    world.warp(rules.slot_start + SLOT_S)
    world.report(rules.slot_start, bob=600, dave=499)
    Agent(world.chain, world.sender("agent")).settle(market)
    assert broken(world.chain) == {}


@pytest.mark.parametrize(
    ("change", "said"), [({"paid": 1}, "paid"), ({"delivered": 1}, "paid"), ({}, "after its slot")]
)
def test_a_veto_that_does_more_than_it_may_is_found(parted, change, said):
    world, market, rules = parted
    world.warp(rules.slot_start)
    agree(world, market, settlement.final_trades(world.chain, market)[0], 0, "bob")
    records = read_records(world.chain)
    (record,) = records.rounds
    ((id_, (end,)),) = record.ends.items()
    forged = replace(end, arguments=end.arguments | {"outcome": settlement.End.VETOED} | change)
    _, faults = checks._CHECKS["REG-1"](replace(records, rounds=[replace(record, ends={id_: [forged]})]))
    assert any(said in fault for fault in faults)


def test_the_money_of_an_order_in_parts_is_right(parted):
    world, market, rules = parted
    assert broken(world.chain) == {}
    world.warp(rules.slot_start + SLOT_S)
    world.report(rules.slot_start, bob=600, dave=499)
    Agent(world.chain, world.sender("agent")).settle(market)
    assert broken(world.chain) == {}


@pytest.mark.parametrize(("part", "seller"), [(0, "bob"), (1, "dave")])
def test_one_part_of_an_order_may_end_before_the_other(parted, part, seller):
    world, market, rules = parted
    trade = settlement.final_trades(world.chain, market)[part]
    agree(world, market, trade, 40, seller)
    assert broken(world.chain) == {}
    world.warp(rules.refund_from)
    Agent(world.chain, world.sender("agent")).refund(market)
    assert broken(world.chain) == {}


def tampered(event, **changes):
    return replace(event, arguments=event.arguments | changes)


def change_money(records, name, **changes):
    index = next(i for i, event in enumerate(records.money) if event.name == name)
    money = list(records.money)
    money[index] = tampered(money[index], **changes)
    return replace(records, money=money)


def change_trade(records, **changes):
    """The first trade of the first round, changed."""
    first = records.rounds[0]
    chunks = [list(chunk) for chunk in first.chunks]
    chunks[0][0] = chunks[0][0]._replace(**changes)
    return replace(records, rounds=[replace(first, chunks=[tuple(chunk) for chunk in chunks]), *records.rounds[1:]])


def change_end(records, **changes):
    """The end of a trade of the first round, changed."""
    first = records.rounds[0]
    id_, (end, *others) = next(iter(first.ends.items()))
    ends = {**first.ends, id_: [tampered(end, **changes), *others]}
    return replace(records, rounds=[replace(first, ends=ends), *records.rounds[1:]])


def change_reading(records, **changes):
    """The last reading again, changed, as one more batch."""
    last = records.readings[-1]
    reading = Reading.unpack(last.arguments["readings"][-1])._replace(**changes)
    return replace(records, readings=[*records.readings, tampered(last, readings=(tuple(reading.pack()),))])


def without(records, kind, name):
    return replace(records, **{kind: [event for event in getattr(records, kind) if event.name != name]})


def twice(records, kind, name):
    events = getattr(records, kind)
    return replace(records, **{kind: [*events, next(event for event in events if event.name == name)]})


def drop_sold_order_from_gate(records):
    """The first round as if a trading order had been cancelled."""
    first = records.rounds[0]
    sold = next(iter(first.trades.values())).sell_id
    closed = list(first.at_gate.closed)
    closed[sold >> 8] |= 1 << (sold & 0xFF)
    return replace(
        records, rounds=[replace(first, at_gate=replace(first.at_gate, closed=tuple(closed))), *records.rounds[1:]]
    )


def trade_twice(records):
    first = records.rounds[0]
    again = first.chunks[0][0]._replace(sell_id=first.chunks[0][0].sell_id ^ 256)  # bob, dave
    return replace(records, rounds=[replace(first, chunks=[(*first.chunks[0], again)]), *records.rounds[1:]])


def change_devices(records, **changes):
    """Every device was added otherwise."""
    added = [
        replace(event, arguments=event.arguments | changes) if event.name == "DeviceAdded" else event
        for event in records.devices
    ]
    return replace(records, devices=added)


def stop_devices(records):
    """Every device was retired in the block in which it was added."""
    retired = [replace(event, name="DeviceRetired") for event in records.devices if event.name == "DeviceAdded"]
    return replace(records, devices=[*records.devices, *retired])


def suspend_everyone(records):
    """Everybody was suspended in the block of the admission."""
    suspended = [
        replace(event, name="Suspended", arguments=event.arguments | {"until": 2**39})
        for event in records.participants
        if event.name == "Admitted"
    ]
    return replace(records, participants=[*records.participants, *suspended])


def hide_trades(records):
    first = records.rounds[0]
    proposal = replace(first.proposal, objective=0, bound=0)
    return replace(records, rounds=[replace(first, chunks=[], proposal=proposal), *records.rounds[1:]])


CANARIES = {
    "a deposit that is larger than it was": ("MON-1", lambda r: change_money(r, "Deposited", points=1)),
    "a withdrawal that is missing": ("MON-1", lambda r: without(r, "money", "Withdrawn")),
    "a payment that nobody made": ("MON-1", lambda r: change_money(r, "TradeSettled", paid=0)),
    "held points that belong to nothing": ("MON-2", lambda r: replace(r, rounds=r.rounds[:-1])),
    "an order that trades twice": ("ORD-1", trade_twice),
    "an order that trades more than its energy": ("ORD-1", lambda r: change_trade(r, energy_wh=1_201)),
    "a cancelled order that trades": ("ORD-1", drop_sold_order_from_gate),
    "a price above the bid": ("ORD-2", lambda r: change_trade(r, price_upoints_per_kwh=111)),
    "a price below the minimum": ("ORD-2", lambda r: change_trade(r, price_upoints_per_kwh=79)),
    "a payment above the bid": ("ORD-2", lambda r: change_end(r, paid=133)),
    "an objective that the trades do not have": ("CLR-1", lambda r: change_trade(r, buyer_dual_ppm=2_000_000)),
    "a better matching": ("CLR-2", hide_trades),
    "certificates that nobody measured": ("GRN-1", lambda r: replace(r, readings=[])),
    "certificates that vanish": ("GRN-2", lambda r: without(r, "certificates", "Retired")),
    "a retirement that is counted twice": ("GRN-2", lambda r: twice(r, "certificates", "Retired")),
    "certificates of a device that was stopped": ("GRN-3", stop_devices),
    "certificates of a storage": ("GRN-3", lambda r: change_devices(r, source=5)),
    "certificates of an owner who was suspended": ("GRN-3", suspend_everyone),
    "a trader who was never admitted": ("REG-1", lambda r: without(r, "participants", "Admitted")),
    "a slot that is reported twice": ("MET-1", change_reading),
    "a counter that falls": ("MET-1", lambda r: change_reading(r, start_at=2**39, export_counter_wh=100)),
}


@pytest.mark.parametrize("canary", CANARIES)
def test_a_seeded_violation_is_found(day, canary):
    law, change = CANARIES[canary]
    records = change(read_records(day.chain))
    _, faults = checks._CHECKS[law](records)
    assert faults


def test_a_vote_that_touches_money_is_found(day, monkeypatch):
    """The transaction of a deposit, presented as if it had been an auditor's vote."""
    records = read_records(day.chain)
    deposit = next(event for event in records.money if event.name == "Deposited")
    vote = next(event for event in records.votes if event.name == "VoteCast")
    forged = replace(vote, transaction_hash=deposit.transaction_hash)
    _, faults = checks._CHECKS["REG-1"](replace(records, votes=[*records.votes, forged]))
    assert any("Accounts" in fault for fault in faults)


def test_a_suspended_trader_is_found(day):
    records = read_records(day.chain)
    admitted = next(
        event
        for event in records.participants
        if event.name == "Admitted" and event.arguments["participant"] == day.address("alice")
    )
    suspension = replace(admitted, name="Suspended", arguments=admitted.arguments | {"until": 2**39}, position=10**6)
    _, faults = checks._CHECKS["REG-1"](replace(records, participants=[*records.participants, suspension]))
    assert faults


def test_an_order_of_a_carrier_that_is_not_permitted_is_found(day):
    """The registry's event, as if alice had been permitted heat alone."""
    records = read_records(day.chain)
    others = [
        tampered(event, candidate=heat_alone(event.arguments["candidate"]))
        if event.name == "Admitted" and event.arguments["participant"] == day.address("alice")
        else event
        for event in records.participants
    ]
    _, faults = checks._CHECKS["REG-1"](replace(records, participants=others))
    assert faults
    assert all("Order_CarrierNotPermitted" in fault and day.address("alice") in fault for fault in faults)


def heat_alone(words):
    return replace(Candidate.unpack(words), permissions=SIDES | Permission.HEAT).pack()


def test_an_order_of_another_person_is_found(day):
    """The registry's event, as if alice had been admitted as somebody else."""
    records = read_records(day.chain)
    others = [
        tampered(event, person=event.arguments["person"] + 7)
        if event.name == "Admitted" and event.arguments["participant"] == day.address("alice")
        else event
        for event in records.participants
    ]
    _, faults = checks._CHECKS["REG-1"](replace(records, participants=others))
    assert faults
    assert all("says person" in fault and day.address("alice") in fault for fault in faults)


LOGS = [
    ("OrderBook", "OrdersPlaced"),
    ("Clearing", "TradesProposed"),
    ("Clearing", "RoundFinalized"),
    ("Clearing", "Proposed"),
    ("Metering", "ReadingsReported"),
    ("Markets", "MarketOpened"),
]


@pytest.fixture
def outside(day, node, tmp_path):
    """The day as an auditor sees it through a machine that may have lost logs, and that machine."""
    with Proxy(node.rpc_url) as gate:
        yield attach(connect(gate.url), day.chain.deployment, tmp_path), gate


@pytest.mark.parametrize(("contract", "event"), LOGS)
def test_no_audit_of_half_the_logs(outside, contract, event):
    chain, gate = outside
    lost = f"0x{topic(chain, contract, event).hex()}"
    gate.hidden = lambda entry: entry["topics"][0] == lost
    with pytest.raises(LogsIncomplete):
        audit(chain)
    gate.hidden = None
    assert broken(chain) == {}


def test_a_law_that_seems_broken_is_checked_on_logs_that_are_read_again(outside):
    """No root shows that a deposit is missing."""
    chain, gate = outside
    lost, told = f"0x{topic(chain, 'Accounts', 'Deposited').hex()}", []
    gate.hidden = lambda entry: entry["topics"][0] == lost

    def report(text):
        told.append(text)
        if "again" in text:
            gate.hidden = None

    assert all(finding.holds for finding in audit(chain, report))
    assert any("reading every log again" in text for text in told)


def test_a_market_that_cannot_be_checked_does_not_end_the_audit(day, monkeypatch):
    def raise_odd(*_):
        raise OverflowError("a weight of its own")

    monkeypatch.setattr(checks.rounds, "stated", raise_odd)
    findings = {finding.law: finding for finding in audit(day.chain)}
    assert "cannot be checked: OverflowError" in findings["CLR-2"].detail
    assert findings["CLR-2"].holds
