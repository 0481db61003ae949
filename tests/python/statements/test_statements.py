"""Statements of people who traded on a real chain: right, complete, and refused where they do not agree with it."""

import csv
import io
from dataclasses import replace
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

import pytest

from powerpact.agent import Agent
from powerpact.chain.contracts import certificates, participants, points, settlement
from powerpact.index import attach
from powerpact.market.orders import Side
from powerpact.market.rules import Mode
from powerpact.market.schema import DeliveryRule
from powerpact.statements import Period, close, deliveries, draw_up, drawing, kept_statements, preview
from powerpact.statements.document import COLUMNS, from_document, statement_data, to_csv, to_document
from powerpact.statements.errors import PeriodTaken, StatementDisagrees, StatementNotFinal
from powerpact.statements.model import Measured, TradeLine
from powerpact.statements.page import to_page
from powerpact.statements.summary import by_day, by_kind, by_meter
from powerpact.store.statements import StatementBook
from testkit.world import SLOT_S, TRADERS

UTC = ZoneInfo("UTC")


@pytest.fixture
def world(world):
    """With a journal of its own: what one test closes is no other's."""
    return replace(world, chain=attach(world.chain.web3, world.chain.deployment))


@pytest.fixture
def hour(world):
    """Bob delivers two thirds of what alice and carol bought of him; dave more than he sold; one certificate moves."""
    market, rules = world.open_market(mode=Mode.DIVISIBLE, penalty_ppm=500_000, tolerance_ppm=50_000)
    world.post(market, world.buy("alice", rules, energy_wh=701), world.sell("bob", rules, energy_wh=1_001))
    world.post(market, world.buy("carol", rules, energy_wh=800), world.sell("dave", rules, energy_wh=500))
    world.warp(rules.closes_at)
    agent = Agent(world.chain, world.sender("agent"))
    agent.clear(market)
    world.warp(rules.slot_start + SLOT_S)
    world.report(rules.slot_start, bob=667, dave=1_200)
    agent.settle(market)
    (id_,) = {id_ for (holder, id_), _ in certificates.holdings(world.chain).items() if holder == world.address("dave")}
    world.sender("dave").send(certificates.transfer(world.chain, world.address("dave"), world.address("bob"), id_, 30))
    world.sender("dave").send(certificates.retire(world.chain, id_, 20, world.address("dave"), "a lamp"))
    return market, rules


@pytest.fixture
def day(hour):
    """The day before the end of the hour after it, in which it was settled."""
    _, rules = hour
    return Period(rules.slot_start - 22 * SLOT_S, rules.slot_start + 2 * SLOT_S)


@pytest.fixture
def statements(world, day):
    return {name: draw_up(world.chain, world.address(name), day) for name in TRADERS}


def end_window(world, period):
    """Go to when no reading of a period can be corrected any more."""
    parameters = world.chain.deployment.parameters
    world.warp(period.until + parameters.base_interval_s + parameters.correction_window_s)


def test_what_some_sold_others_bought_and_paid(statements):
    lines = [line for statement in statements.values() for line in statement.trades]
    assert {line.side for line in lines} == set(Side)
    assert sum(line.change_upoints for line in lines) == 0
    energy = {side: sum(line.used_wh for line in lines if line.side is side) for side in Side}
    assert energy[Side.SELL] == energy[Side.BUY] == 667 + 500
    assert all(line.penalty_upoints for line in lines if line.side is Side.SELL and line.delivered_wh < line.energy_wh)


def test_each_meter_is_stated_in_full(statements):
    (bob,), (dave,) = statements["bob"].measured, statements["dave"].measured
    assert (bob.exported_wh, bob.sold_wh, bob.surplus_wh, bob.quality) == (667, 667, 0, "measured")
    assert (dave.exported_wh, dave.sold_wh, dave.surplus_wh, dave.certified_wh) == (1_200, 500, 700, 1_200)
    for statement in statements.values():
        for line in statement.measured:
            assert line.exported_wh + line.oversold_wh == line.sold_wh + line.surplus_wh
            assert line.imported_wh + line.unused_wh == line.bought_wh + line.drawn_wh


def test_points_go_from_the_beginning_to_the_end(world, statements):
    for name, statement in statements.items():
        account = world.address(name)
        wallet = points.wallet_of(world.chain, account)
        held = points.balance_of(world.chain, account) + wallet.free_upoints + wallet.held_upoints
        assert statement.closing_upoints == held
        assert statement.closing_upoints - statement.opening_upoints == sum(
            booked.change_upoints for booked in by_kind(statement)
        )
    whole = sum(statement.closing_upoints - statement.opening_upoints for statement in statements.values())
    issued = sum(
        each.change_upoints for s in statements.values() for each in s.movements if each.kind == "points issued"
    )
    assert whole == issued


def test_certificates_are_booked(statements):
    dave = {booked.kind: booked.energy_wh for booked in by_kind(statements["dave"])}
    assert (dave["certificates issued"], dave["certificates given"], dave["certificates retired"]) == (700, 30, 20)
    assert {b.kind: b.energy_wh for b in by_kind(statements["bob"])}["certificates received"] == 30


def test_both_meters_count(world):
    """Dave's meter imported less than he bought of bob."""
    dave = world.keys["dave"]
    world.sender("utility").send(points.mint(world.chain, dave.address, 500, points.reference("for energy")))
    world.sender("dave").send(points.deposit(world.chain, dave, 500))
    market, rules = world.open_market(delivery=DeliveryRule.BOTH_SIDES, underuse_ppm=250_000, mode=Mode.DIVISIBLE)
    world.post(
        market,
        world.buy("dave", rules, energy_wh=1_000, device=world.meters["dave"].device),
        world.sell("bob", rules, energy_wh=1_000),
    )
    world.warp(rules.closes_at)
    agent = Agent(world.chain, world.sender("agent"))
    agent.clear(market)
    world.warp(rules.slot_start + SLOT_S)
    world.report(rules.slot_start, bob=900)
    world.report_import(rules.slot_start, dave=300)
    agent.settle(market)
    period = Period(rules.slot_start, rules.slot_start + SLOT_S)
    bob, dave = (draw_up(world.chain, world.address(name), period) for name in ("bob", "dave"))
    (sold,), (bought,) = bob.trades, dave.trades
    assert (sold.delivered_wh, sold.used_wh, bought.used_wh) == (900, 300, 300)
    assert (bob.measured[0].surplus_wh, dave.measured[0].drawn_wh) == (600, 0)


def test_a_purchase_that_names_no_meter_is_counted_to_the_buyers(world):
    """Where the export alone counts a buyer can buy more than it draws: the rest is stated as unused."""
    dave = world.keys["dave"]
    world.sender("utility").send(points.mint(world.chain, dave.address, 500, points.reference("for energy")))
    world.sender("dave").send(points.deposit(world.chain, dave, 500))
    market, rules = world.open_market()
    world.post(market, world.buy("dave", rules, energy_wh=1_000), world.sell("bob", rules, energy_wh=1_000))
    world.warp(rules.closes_at)
    agent = Agent(world.chain, world.sender("agent"))
    agent.clear(market)
    world.warp(rules.slot_start + SLOT_S)
    world.report(rules.slot_start, bob=1_000)
    world.report_import(rules.slot_start, dave=800)
    agent.settle(market)
    statement = draw_up(world.chain, dave.address, Period(rules.slot_start, rules.slot_start + SLOT_S))
    (line,) = statement.measured
    assert (line.device, line.bought_wh, line.drawn_wh, line.unused_wh) == (world.meters["dave"].device, 1_000, 0, 200)
    assert "0.200 kWh were bought and not drawn" in to_page(statement, str, UTC)


def test_a_payment_that_its_readings_do_not_make_is_refused(world, day, monkeypatch):
    class Forgetful(deliveries.Readings):
        def counted_wh(self, *asked):
            energy_wh, is_whole = super().counted_wh(*asked)
            return energy_wh - 100, is_whole

    monkeypatch.setattr(deliveries, "Readings", Forgetful)
    with pytest.raises(StatementDisagrees, match="a trade pays what its readings") as found:
        draw_up(world.chain, world.address("bob"), day)
    assert found.value.exit_code == 1


@pytest.mark.parametrize(("kind", "identity"), [("energy sold", "points in custody"), ("certificates retired", "held")])
def test_a_history_that_lacks_something_is_refused(world, day, monkeypatch, kind, identity):
    whole = drawing.history_of
    monkeypatch.setattr(drawing, "history_of", lambda *asked: [e for e in whole(*asked) if e.kind.value != kind])
    with pytest.raises(StatementDisagrees, match=identity):
        draw_up(world.chain, world.address("dave"), day)


def test_the_accounts_of_a_person_are_one(world, day):
    """What goes from one to the other changes nothing."""
    further = world.keys["further"] = world.keys["rival"]
    before = draw_up(world.chain, world.address("bob"), day)
    signature = participants.sign_link(world.chain, further, world.address("bob"), 1)
    world.sender("bob").send(participants.link(world.chain, further.address, signature))
    world.sender("bob").send(points.withdraw(world.chain, 5, further.address))
    now = Period(day.since, world.chain.now() + 1)
    joined = draw_up(world.chain, further.address, now)
    assert set(joined.accounts) == {world.address("bob"), further.address}
    assert (joined.person, joined.trades) == (before.person, before.trades)
    assert joined == draw_up(world.chain, world.address("bob"), now)


# Closing


def test_a_period_is_closed_once_nothing_of_it_can_change(world, day):
    bob = world.address("bob")
    with pytest.raises(StatementNotFinal, match="it ends"):
        close(world.chain, bob, day)
    world.warp(day.until)
    with pytest.raises(StatementNotFinal, match="can be corrected until"):
        close(world.chain, bob, day)
    assert kept_statements(world.chain, bob) == []
    end_window(world, day)
    final = close(world.chain, bob, day)
    assert (final.number, final.is_final, final.pending) == (1, True, ())
    world.warp(world.chain.now() + 86_400)
    assert close(world.chain, bob, day) == preview(world.chain, bob, day) == final
    assert kept_statements(world.chain, bob) == [final]


def test_a_trade_that_waits_holds_its_period_open(world):
    market, rules = world.open_market()
    world.post(market, world.buy("alice", rules), world.sell("bob", rules))
    world.warp(rules.closes_at)
    Agent(world.chain, world.sender("agent")).clear(market)
    period = Period(rules.slot_start, rules.slot_start + SLOT_S)
    end_window(world, period)
    with pytest.raises(StatementNotFinal, match="waiting for its readings"):
        close(world.chain, world.address("bob"), period)
    (line,) = draw_up(world.chain, world.address("bob"), period).measured
    assert (line.quality, line.version, line.exported_wh) == ("missing", 0, 0)


def test_periods_follow_one_another(world, day):
    bob = world.address("bob")
    end_window(world, day)
    close(world.chain, bob, day)
    later = Period(day.until + SLOT_S, day.until + 2 * SLOT_S)
    end_window(world, later)
    with pytest.raises(PeriodTaken, match="statement 1 ends at") as found:
        close(world.chain, bob, later)
    assert found.value.number == 1
    second = close(world.chain, bob, Period(day.until, day.until + SLOT_S))
    assert (second.number, second.opening_upoints) == (2, kept_statements(world.chain, bob)[0].closing_upoints)


def test_what_changes_later_is_a_correction_of_the_next(world, day):
    """A reading that was lost comes after its period was closed; the one after says nothing of it any more."""
    dave = world.address("dave")
    end_window(world, day)
    period = Period(day.until, day.until + SLOT_S)
    close(world.chain, dave, day)
    end_window(world, period)
    assert close(world.chain, dave, period).measured == ()
    world.report(period.since, dave=250)
    third = Period(period.until, period.until + SLOT_S)
    end_window(world, third)
    (found,) = preview(world.chain, dave, third).corrections
    assert (found.number, found.field, found.was, found.now) == (2, "exported_wh", 0, 250)
    assert close(world.chain, dave, third).corrections == (found,)
    fourth = Period(third.until, third.until + SLOT_S)
    end_window(world, fourth)
    assert preview(world.chain, dave, fourth).corrections == ()
    assert kept_statements(world.chain, dave)[1].measured == ()


def test_two_programs_that_close_a_period_write_one_statement(world, day, monkeypatch):
    bob = world.address("bob")
    end_window(world, day)
    read, raced = StatementBook.all, []

    def overtaken(book):
        found = read(book)
        if not raced:
            raced.append(True)
            raced.append(close(world.chain, bob, day))
        return found

    monkeypatch.setattr(StatementBook, "all", overtaken)
    assert close(world.chain, bob, day) == raced[1]
    assert [kept.number for kept in kept_statements(world.chain, bob)] == [1]


def test_an_account_of_nobody_has_previews_alone(world, day):
    end_window(world, day)
    stranger = world.address("utility")
    assert draw_up(world.chain, stranger, day).person == 0
    with pytest.raises(StatementNotFinal, match="no member"):
        close(world.chain, stranger, day)


# Forms


def test_a_document_brings_the_statement_back(world, day, statements):
    for statement in statements.values():
        assert from_document(to_document(statement)) == statement
    data = statement_data(statements["dave"])
    assert data["schema"] == "powerpact/statement/1"
    assert data["measured"][0]["surplus_wh"] == 700
    assert data["trades"][0]["side"] == "sell"


def test_the_csv_has_every_line(statements):
    statement = statements["bob"]
    rows = list(csv.DictReader(io.StringIO(to_csv(statement, str))))
    assert tuple(rows[0]) == COLUMNS
    assert sum(int(row["change_upoints"]) for row in rows if row["section"] == "booking") == (
        statement.closing_upoints - statement.opening_upoints
    )
    many = len(statement.trades), 2 * len(statement.measured), len(statement.movements)
    assert tuple(sum(row["section"] == name for row in rows) for name in ("trade", "meter", "booking")) == many


def test_the_page_says_it_all(world, statements):
    names = {world.address(name): name for name in TRADERS}
    page = to_page(statements["dave"], lambda address: names.get(address, address), UTC)
    root = ElementTree.fromstring(page.removeprefix("<!DOCTYPE html>\n"))
    text = " ".join(root.itertext())
    for said in ("Preview of a statement of dave", "0.500", "1.200", "carol", "paid", "Not final"):
        assert said in text, said
    assert statements["dave"].trades[0].transaction[:18] in text


def line_at(time_s):
    return Measured(1, time_s, SLOT_S, "measured", 1, exported_wh=10, imported_wh=0)


def test_days_are_cut_by_the_clock(statements):
    """Where summer begins and ends a day has 23 and 25 hours."""
    vienna = ZoneInfo("Europe/Vienna")
    for month, hours in ((3, 23), (10, 25)):
        period = Period.month(2026, month, vienna)
        lines = tuple(map(line_at, range(period.since, period.until, SLOT_S)))
        days = by_day(replace(statements["bob"], measured=lines, trades=()), vienna)
        found = sorted({energy.exported_wh // 10 for energy, _ in days.values()} - {24})
        assert (len(days), found) == (31, [hours])


def test_the_worst_quality_is_stated(statements):
    lines = [replace(line_at(0), quality=quality) for quality in ("measured", "missing", "substituted")]
    (energy,) = by_meter(replace(statements["bob"], measured=tuple(lines))).values()
    assert energy.quality == "missing"


def test_trades_are_in_the_order_of_their_slots(statements):
    starts = [line.start_at for line in statements["bob"].trades]
    assert starts == sorted(starts)
    assert all(isinstance(line, TradeLine) for line in statements["bob"].trades)


def test_a_refund_and_an_agreement_are_no_deliveries(world):
    market, rules = world.open_market()
    world.post(market, world.buy("alice", rules), world.sell("bob", rules))
    world.warp(rules.closes_at)
    Agent(world.chain, world.sender("agent")).clear(market)
    world.warp(rules.refund_from)
    world.sender("alice").send(settlement.refund(world.chain, market, settlement.final_trades(world.chain, market)))
    period = Period(rules.slot_start, rules.slot_start + SLOT_S)
    (line,) = draw_up(world.chain, world.address("alice"), period).trades
    assert (line.outcome, line.delivered_wh, line.paid_upoints) == ("refunded", 0, 0)
