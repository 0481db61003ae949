"""A market day from end to end: on Anvil with all homes, on Ganache with a few."""

import json
import time
from collections import Counter
from contextlib import contextmanager
from dataclasses import asdict, replace
from datetime import UTC, datetime, timedelta

import pytest
from typer.testing import CliRunner

from powerpact.agent import Agent
from powerpact.audit import LAWS, audit
from powerpact.chain.artifacts import CONTRACTS
from powerpact.chain.connection import connect
from powerpact.chain.contracts import points
from powerpact.chain.local.node import Node
from powerpact.cli import app
from powerpact.market.rules import Mode
from powerpact.series.limits import DAY_S
from powerpact.simulation import run_market_day
from powerpact.simulation.day import OPEN_LEAD_S, SETUP_S, shift_for, zone_of
from powerpact.simulation.demo import HEAD_START_S, plan_demo
from powerpact.simulation.summary import summarise
from powerpact.statements import Period, draw_up
from powerpact.statements.summary import Energy
from testkit.proxy import Proxy

TIME_LIMIT_S = 120


@contextmanager
def market_day(kind, homes, seed=2022, through=Proxy, mode=Mode.DIVISIBLE):
    """Run the default day; the chain still runs inside. Yields the result, its report, and how long it took."""
    plan = plan_demo(homes, None, seed, None)
    with (
        Node(kind=kind, timestamp_s=plan.slots[0].start_s - HEAD_START_S) as node,
        through(node.rpc_url) as gate,
    ):
        begin = time.perf_counter()
        result = run_market_day(connect(gate.url), plan, mode=mode)
        seconds = time.perf_counter() - begin
        yield result, summarise(result, kind), seconds


@pytest.fixture(scope="module")
def calls():
    """JSON-RPC calls of the day as the node received them: all of them, and those of settlement."""
    return Counter()


@pytest.fixture(scope="module")
def day(calls):
    """All 17 homes on Anvil, the chain still running."""
    gates = []

    def counted(url):
        gates.append(Proxy(url))
        return gates[0]

    settle = Agent.settle

    def counted_settle(agent, market):
        before = gates[0].total
        settled = settle(agent, market)
        calls["settle"] += gates[0].total - before
        return settled

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Agent, "settle", counted_settle)
        with market_day("anvil", None, through=counted) as ended:
            calls["all"] = gates[0].total
            calls["provider"] = ended[0].chain.web3.provider.asked.total()
            yield ended


def test_the_node_is_asked_no_more_than_it_must_be(day, calls):
    result, report, _ = day
    transactions = sum(step.transactions for step in report.gas)
    rounds = sum(slot is not None for slot in result.slots)
    assert calls["all"] < 1_500
    assert calls["all"] <= 4 * transactions + 10 * rounds
    assert calls["settle"] <= 4 * len(report.trades)
    assert calls["provider"] == calls["all"]


def test_every_law_holds(day):
    result, report, _ = day
    assert [finding.law for finding in result.findings] == list(LAWS)
    assert [finding.faults for finding in result.findings] == [()] * len(LAWS)
    assert all(check.holds for check in report.invariants)


def test_all_rounds_of_all_homes_are_proven_in_time(day):
    result, report, seconds = day
    assert len(result.plan.homes) == 17
    assert [slot is not None and slot.cleared.proposal > 0 for slot in result.slots] == [True] * 24
    assert seconds < TIME_LIMIT_S
    assert report.seconds_total <= seconds


def test_energy_is_traded_and_delivery_differs_from_what_was_promised(day):
    _, report, _ = day
    assert len(report.trades) > 50
    assert {trade.delivered_wh == trade.promised_wh for trade in report.trades} == {True, False}
    assert any(trade.penalty_upoints for trade in report.trades)
    assert all(trade.certificates_wh == trade.delivered_wh for trade in report.trades)
    assert all(0 <= trade.buyer_satisfaction_ppm <= 1_000_000 for trade in report.trades)


def test_certificates_equal_the_measured_export_and_some_are_retired(day):
    result, report, _ = day
    profiles = result.plan.profiles
    exported_wh = int((profiles.solar_wh - profiles.load_wh).clip(min=0).sum())
    held_wh = sum(home.certificates_held_wh for home in report.homes)
    retired_wh = sum(home.certificates_retired_wh for home in report.homes)
    assert held_wh + retired_wh == exported_wh
    assert retired_wh > 0


def test_each_step_has_its_time_and_its_gas(day):
    _, report, _ = day
    steps = {step.step: step for step in report.gas}
    assert steps["deploy"].units == len(CONTRACTS)
    assert steps["post orders"].units == sum(slot.buy_orders + slot.sell_orders for slot in report.slots)
    assert steps["clear"].transactions == 24
    assert steps["clear"].units == steps["post orders"].units
    assert steps["settle"].units == len(report.trades)
    assert {step.step for step in report.times} >= {"deploy", "admit and register", "settle and release", "audit"}
    assert all(step.gas > 0 for step in report.gas)


def test_the_statements_of_all_homes_sum_to_nothing(day):
    """Each trade of each statement is paid again from its readings; neighbours pay what neighbours are paid."""
    result, report, _ = day
    chain, profiles = result.chain, result.plan.profiles
    period = Period(chain.time_of(chain.deployment.block), chain.now() + 1)
    statements = [draw_up(chain, account.address, period) for account in result.cast.homes.values()]
    lines = [line for statement in statements for line in statement.trades]
    assert len(lines) == 2 * len(report.trades)
    assert sum(line.change_upoints for line in lines) == 0
    energy = Energy.of(line for statement in statements for line in statement.measured)
    assert energy.sold_wh == energy.bought_wh == sum(trade.delivered_wh for trade in report.trades)
    assert energy.exported_wh == energy.certified_wh == int((profiles.solar_wh - profiles.load_wh).clip(min=0).sum())
    assert energy.imported_wh == int((profiles.load_wh - profiles.solar_wh).clip(min=0).sum())
    assert (energy.oversold_wh, energy.quality) == (0, "measured")


def test_the_report_says_what_the_chain_paid(day):
    """What the report's homes paid and earned is what the accounts and the token hold for them."""
    result, report, _ = day
    minted = sum(event.arguments["points"] for event in result.chain.events("PowerPoints", "Issued"))
    redeemed = sum(event.arguments["points"] for event in result.chain.events("PowerPoints", "Redeemed"))
    deposited = dict.fromkeys(result.cast.homes, 0)
    names = {account.address: home for home, account in result.cast.homes.items()}
    for event in result.chain.events("PowerPoints", "Issued"):
        deposited[names[event.arguments["to"]]] += event.arguments["points"]
    for event in result.chain.events("PowerPoints", "Redeemed"):
        deposited[names[event.arguments["from"]]] -= event.arguments["points"]
    for home in report.homes:
        account = result.cast.homes[home.home].address
        wallet = points.wallet_of(result.chain, account)
        earned = home.earned_upoints - home.penalty_paid_upoints - home.paid_upoints + home.penalty_received_upoints
        assert wallet.free_upoints + points.balance_of(result.chain, account) == deposited[home.home] + earned
        assert wallet.held_upoints == 0
    assert minted > redeemed > 0


def test_everybody_can_take_everything_out(day):
    """Last on this chain: it empties the accounts."""
    result, _, _ = day
    for account in result.cast.homes.values():
        free = points.wallet_of(result.chain, account.address).free_upoints
        if free:
            result.chain.sender(account).send(points.withdraw(result.chain, free, account.address))
    assert points.balance_of(result.chain, result.chain.address("Accounts")) == 0
    assert all(finding.holds for finding in audit(result.chain))


def outcome(trades):
    """The trades without the transactions that made them, which depend on the node."""
    return [replace(trade, proposed_in="", settled_in="") for trade in trades]


def trades_of(kind, seed):
    with market_day(kind, 4, seed) as (_, report, _):
        return outcome(report.trades), [check.holds for check in report.invariants]


def test_ganache_gives_the_same_trades_as_anvil_and_another_seed_others():
    anvil, laws = trades_of("anvil", 5)
    assert anvil
    assert all(laws)
    assert trades_of("ganache", 5) == (anvil, laws)
    assert trades_of("anvil", 6)[0] != anvil


def test_orders_trade_once_in_a_one_to_one_market():
    with market_day("anvil", 6, mode=Mode.ONE_TO_ONE) as (result, report, _):
        assert all(check.holds for check in report.invariants)
    assert report.mode == "one-to-one"
    assert all(slot is None or slot.cleared.posted.market.rules.mode is Mode.ONE_TO_ONE for slot in result.slots)
    traded = [(trade.slot, name) for trade in report.trades for name in (trade.seller, trade.buyer)]
    assert len(set(traded)) == len(traded) > 0


def test_what_was_not_shared_is_explained(day):
    _, report, _ = day
    sharing = report.sharing
    lost = (sharing.stayed_out_wh, sharing.caution_wh, sharing.price_wh, sharing.terms_wh, sharing.matching_wh)
    assert all(part >= 0 for slot in report.slots for part in asdict(slot.sharing).values())
    assert sharing.shared_wh + sum(lost) == sharing.could_wh
    assert sharing.shared_wh == report.neighbour_used_wh > 0.4 * sharing.could_wh


def test_every_trade_names_its_transactions(day):
    result, report, _ = day
    sent = {transaction.hash: transaction for transaction in report.transactions}
    assert report.trades
    for trade in report.trades:
        assert sent[trade.proposed_in].slot == sent[trade.settled_in].slot == trade.slot
        assert sent[trade.proposed_in].block < sent[trade.settled_in].block
        receipt = result.chain.web3.eth.get_transaction_receipt(trade.settled_in)
        assert (receipt["blockNumber"], receipt["gasUsed"]) == (
            sent[trade.settled_in].block,
            sent[trade.settled_in].gas,
        )


@pytest.fixture
def own_series(tmp_path):
    """Two days of six homes; those in the south make sun, the same on both days."""
    path = tmp_path / "homes.csv"
    rows = ["time,home,load_wh,solar_wh"]
    begin = datetime(2026, 6, 1, tzinfo=UTC)
    for hour in range(48):
        moment = (begin + timedelta(hours=hour)).isoformat()
        sun_wh = 3_000 if 9 <= hour % 24 < 12 else 0
        rows += [f"{moment},north-{number},900,0" for number in range(3)]
        rows += [f"{moment},south-{number},300,{sun_wh}" for number in range(3)]
    path.write_text("\n".join(rows) + "\n")
    return path


def test_demo_takes_your_own_series_and_writes_json_and_a_page(own_series, tmp_path):
    page = tmp_path / "reports" / "day.html"
    words = ["demo", "--profiles", str(own_series), "--json", "--report", str(page)]
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0
    report = json.loads(result.stdout)
    pairs = {(trade["seller"][:5], trade["buyer"][:5]) for trade in report["trades"]}
    assert pairs == {("south", "north")}
    assert {trade["slot"] for trade in report["trades"]} <= {9, 10, 11}
    assert all(trade["delivered_wh"] == trade["promised_wh"] <= 900 for trade in report["trades"])
    assert report["day"] == "2026-06-02"
    assert page.read_text(encoding="utf-8").lstrip().lower().startswith("<!doctype html>")


def test_demo_shows_tables(tmp_path):
    words = ["demo", "--homes", "2", "--day", "2017-07-03", "--seed", "1", "--report", str(tmp_path / "day.html")]
    result = CliRunner().invoke(app, words, catch_exceptions=False)
    assert result.exit_code == 0
    assert "MON-1" in result.stdout
    assert "day.html" in result.stderr
    shares = [int(line.split("%")[0]) for line in result.stderr.splitlines() if "%" in line]
    assert len(shares) > 8
    assert shares == sorted(shares)
    assert (shares[0], shares[-1]) == (0, 100)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--day", "yesterday"), "is not a date"),
        (("--day", "2001-01-01"), "2001-01-01"),
        (("--homes", "18"), "17 homes"),
        (("--profiles", "none.csv"), "none.csv"),
        (("--zone", "Europe/Berlin"), "the bundled series have a clock of their own"),
        (("--slot-length", "900"), "the series have slots of 3600 s"),
        (("--tariff", "none.json"), "none.json"),
        (("--tariff", "README.md"), "is not JSON"),
    ],
)
def test_demo_tells_what_it_cannot_do(words, told):
    result = CliRunner().invoke(app, ["demo", *words])
    assert result.exit_code != 0
    assert result.stdout == ""
    assert told in result.stderr


def test_demo_names_the_bad_row(own_series):
    lines = own_series.read_text().splitlines()
    lines[7] = lines[7].rsplit(",", 1)[0] + ",-5"
    own_series.write_text("\n".join(lines))
    result = CliRunner().invoke(app, ["demo", "--profiles", str(own_series)])
    assert result.exit_code != 0
    assert "homes.csv:8" in result.stderr


@pytest.mark.parametrize("late_s", [-DAY_S, 0, 1, DAY_S, 10 * DAY_S])
def test_series_are_moved_by_whole_days_to_the_future_of_the_chain(late_s):
    first = 1_700_000_000
    now = first - SETUP_S - OPEN_LEAD_S + late_s
    shift = shift_for(now, first)
    assert shift % DAY_S == 0
    assert 0 <= first + shift - OPEN_LEAD_S - SETUP_S - now < DAY_S or shift == 0
    assert first + shift >= now + SETUP_S + OPEN_LEAD_S


def test_zones_fit_into_a_market():
    assert zone_of("Sierra Crest, Fontana, California") == "Sierra Crest, Fontana, C"
    assert zone_of("Zürich") == "Zrich"
