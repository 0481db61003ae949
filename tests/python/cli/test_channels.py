"""Channels from the command line: Alice pays Bob for readings, and both pay each other; files go back and forth."""

import json

import pytest

HOUR_S = 3_600
POINT = 1_000_000


@pytest.fixture(scope="module")
def funded(shell, admitted):
    """Both have points enough."""
    for name, amount in (("alice", "200.0"), ("bob", "100.0")):
        shell.ok("points", "mint", name, amount, "-a", "utility", "--reference", f"for {name}")
        shell.ok("deposit", amount, "-a", name)
    return admitted


@pytest.fixture
def readings(shell, funded, tmp_path):
    """A day of Bob's meter."""
    file = tmp_path / "bob.jsonl"
    start = (shell.now() // HOUR_S + 1) * HOUR_S
    shell.ok("meter", "simulate", "--key", "bob-meter", "--slot", start, "--slots", 24, "-o", file)
    return file


@pytest.fixture
def paying(shell, funded):
    """A channel in which Alice pays Bob for readings."""
    words = ("--with", "bob", "--amount", "20.0", "--device", funded, "--price", "0.09", "--window", 3_600)
    return shell.json("channel", "open", *words, "-a", "alice")["channel"]


@pytest.fixture
def shared(shell, funded):
    """A channel in which both pay each other: ten points are Alice's, five are Bob's."""
    id_ = shell.json("channel", "open", "--with", "bob", "--amount", "10.0", "--window", 3_600, "-a", "alice")[
        "channel"
    ]
    shell.ok("channel", "fund", id_, "--amount", "5.0", "-a", "bob")
    return id_


def free(shell, name):
    return shell.json("balance", name)[0]["free_upoints"]


def value_of(file):
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    return sum(line["exportedWh"] * 90_000 // 1_000 for line in lines)


def test_a_day_of_readings_is_paid_by_two_transactions(shell, paying, readings, tmp_path):
    before, vouchers = free(shell, "bob"), tmp_path / "vouchers.jsonl"
    shell.ok("channel", "pay", paying, "--readings", readings, "-a", "alice", "-o", vouchers)
    assert len(vouchers.read_text().splitlines()) == 24
    taken = shell.json("channel", "receive", vouchers, "--readings", readings, "-a", "bob")
    assert (taken["new"], taken["known"], taken["total_upoints"]) == (24, 0, value_of(readings))
    again = shell.json("channel", "receive", vouchers, "--readings", readings, "-a", "bob")
    assert (again["new"], again["known"]) == (0, 24)
    (shown,) = shell.json("channel", "show", paying)
    assert (shown["vouchers"], shown["owed_upoints"]) == (24, value_of(readings))
    closed = shell.json("channel", "close", paying, "-a", "bob")
    assert not closed["open"]
    assert len(closed["transactions"]) == 1
    assert free(shell, "bob") - before == value_of(readings)
    assert paying not in [row["channel"] for row in shell.json("channel", "list")]
    assert paying in [row["channel"] for row in shell.json("channel", "list", "--all", "--of", "bob")]


def test_readings_are_paid_once(shell, paying, readings, tmp_path):
    first, rest = tmp_path / "first.jsonl", tmp_path / "rest.jsonl"
    first.write_text("".join(f"{line}\n" for line in readings.read_text().splitlines()[:10]))
    shell.ok("channel", "pay", paying, "--readings", first, "-a", "alice", "-o", tmp_path / "ten.jsonl")
    shell.ok("channel", "pay", paying, "--readings", readings, "-a", "alice", "-o", rest)
    numbers = [json.loads(line)["number"] for line in rest.read_text().splitlines()]
    assert numbers == list(range(10, 24))
    taken = shell.json("channel", "receive", rest, "--readings", readings, "-a", "bob")
    assert taken["total_upoints"] == value_of(readings)
    paid = shell.json("channel", "claim", paying, "-a", "bob")
    assert paid["paid_upoints"] == value_of(readings)
    assert shell.refused("channel", "claim", paying, "-a", "bob").stderr.count("no more than was paid")


@pytest.mark.parametrize("altered", ["exportedWh", "signature"])
def test_nobody_pays_for_what_a_meter_did_not_sign(shell, paying, readings, altered, tmp_path):
    lines = [json.loads(line) for line in readings.read_text().splitlines()]
    lines[3][altered] = lines[3][altered] + 1 if altered == "exportedWh" else lines[4][altered]
    readings.write_text("".join(f"{json.dumps(line)}\n" for line in lines))
    said = shell.refused("channel", "pay", paying, "--readings", readings, "-a", "alice")
    assert "is not signed by its device" in said.stderr
    assert shell.json("channel", "show", paying)[0]["vouchers"] == 0


def test_a_voucher_is_worth_the_readings(shell, paying, readings, tmp_path):
    vouchers = tmp_path / "vouchers.jsonl"
    shell.ok("channel", "pay", paying, "--readings", readings, "-a", "alice", "-o", vouchers)
    fewer = tmp_path / "fewer.jsonl"
    fewer.write_text("".join(f"{line}\n" for line in readings.read_text().splitlines()[1:]))
    said = shell.refused("channel", "receive", vouchers, "--readings", fewer, "-a", "bob")
    assert "is for no reading that is to be paid" in said.stderr


def test_the_payer_gets_the_rest_after_its_notice(shell, paying, funded):
    before = free(shell, "alice")
    told = shell.json("channel", "close", paying, "-a", "alice")
    assert told["open"]
    assert "the time to answer runs" in shell.refused("channel", "finish", paying, "-a", "agent").stderr
    shell.warp(told["ends_at"])
    shell.ok("channel", "finish", paying, "-a", "agent")
    assert free(shell, "alice") == before + 20 * POINT


def test_neighbours_pay_each_other_and_close_together(shell, shared, tmp_path):
    names = ("paid", "signed", "back", "close")
    paid, signed, back, close = (tmp_path / f"{name}.json" for name in names)
    before = free(shell, "alice"), free(shell, "bob")
    for sender, taker, amount in (("alice", "bob", "3.0"), ("bob", "alice", "0.5")):
        shell.ok("channel", "pay", shared, "--amount", amount, "-a", sender, "-o", paid)
        shell.ok("channel", "receive", paid, "-a", taker, "-o", signed)
        shell.ok("channel", "receive", signed, "-a", sender, "-o", back)
    (shown,) = shell.json("channel", "show", shared)
    assert (shown["version"], shown["to_one_upoints"], shown["to_other_upoints"]) == (3, 7_500_000, 7_500_000)
    shell.ok("channel", "agree", shared, "-a", "alice", "-o", close)
    refused = shell.refused("channel", "pay", shared, "--amount", "1.0", "-a", "alice")
    assert "can still be sent" in refused.stderr
    sent = shell.json("channel", "submit", close, "-a", "bob")
    assert len(sent["transactions"]) == 1
    assert free(shell, "alice") - before[0] == 7_500_000
    assert free(shell, "bob") - before[1] == 7_500_000


def test_some_is_had_out_and_the_channel_goes_on(shell, shared, tmp_path):
    out, paid, signed = (tmp_path / name for name in ("out.json", "paid.json", "signed.json"))
    shell.ok("channel", "agree", shared, "--out", "4.0", "-a", "alice", "-o", out)
    assert shell.json("channel", "submit", out, "-a", "bob")["out_one_upoints"] == 4 * POINT
    shell.ok("channel", "pay", shared, "--amount", "2.0", "-a", "bob", "-o", paid)
    shell.ok("channel", "receive", paid, "-a", "alice", "-o", signed)
    (shown,) = shell.json("channel", "show", shared)
    assert (shown["to_one_upoints"], shown["to_other_upoints"]) == (8 * POINT, 3 * POINT)


def test_a_tower_answers_who_closes_by_an_old_state(shell, shared, tmp_path):
    """Bob sleeps; Alice closes by what was locked, although she has paid since."""
    paid, signed = tmp_path / "paid.json", tmp_path / "signed.json"
    words = ("--amount", "8.0", "--tower", "agent", "--reward", "0.25")
    shell.ok("channel", "pay", shared, *words, "-a", "alice", "-o", paid)
    shell.ok("channel", "receive", paid, "-a", "bob", "-o", signed)
    assert "kept" in shell.ok("channel", "receive", signed, "-a", "agent").stderr
    before = {name: free(shell, name) for name in ("alice", "bob", "agent")}
    told = shell.json("channel", "close", shared, "-a", "alice")
    assert shell.json("channel", "watch", "--once", "-a", "agent")["sent"] == 1
    assert shell.json("channel", "watch", "--once", "-a", "agent")["sent"] == 0
    shell.warp(told["ends_at"])
    shell.ok("channel", "finish", shared, "-a", "bob")
    after = {name: free(shell, name) - was for name, was in before.items()}
    assert after == {"alice": 1_750_000, "bob": 13 * POINT, "agent": 250_000}


def test_both_who_pay_at_once_end_with_both_payments(shell, shared, tmp_path):
    of_alice, of_bob, both, whole = (tmp_path / f"{name}.json" for name in ("alice", "bob", "both", "whole"))
    shell.ok("channel", "pay", shared, "--amount", "3.0", "-a", "alice", "-o", of_alice)
    shell.ok("channel", "pay", shared, "--amount", "1.0", "-a", "bob", "-o", of_bob)
    assert "both sides paid at once" in shell.refused("channel", "receive", of_bob, "-a", "alice").stderr
    shell.ok("channel", "receive", of_alice, "-a", "bob", "-o", both)
    shell.ok("channel", "receive", both, "-a", "alice", "-o", whole)
    shell.ok("channel", "receive", whole, "-a", "bob")
    (shown,) = shell.json("channel", "show", shared)
    assert (shown["version"], shown["to_one_upoints"], shown["to_other_upoints"]) == (3, 8 * POINT, 7 * POINT)


def test_an_empty_file_is_refused(shell, shared, tmp_path):
    empty = tmp_path / "empty.jsonl"
    empty.write_text("")
    assert "is empty" in shell.refused("channel", "receive", empty, "-a", "bob").stderr


def test_words_that_do_not_fit_are_refused(shell, shared, paying, funded, readings, tmp_path):
    of_meter = ("--amount", "1.0", "--device", funded)
    for words, problem in (
        (("open", "--with", "bob", *of_meter, "-a", "alice"), "goes with --price"),
        (("open", "--with", "agent", *of_meter, "--price", "0.1", "-a", "alice"), "belongs to"),
        (("pay", paying, "-a", "alice"), "readings"),
        (("pay", shared, "-a", "alice"), "amount"),
        (("pay", shared, "--amount", "10.5", "-a", "alice"), "cannot be paid out of"),
        (("pay", shared, "--amount", "1.0", "-a", "agent"), "is no party"),
        (("pay", paying, "--readings", readings, "-a", "bob"), "is not its payer"),
        (("claim", paying, "-a", "bob"), "has no voucher"),
        (("claim", shared, "-a", "bob"), "has no vouchers"),
        (("agree", paying, "-a", "alice"), "pays for readings"),
        (("show", "0x00"), "no single channel"),
    ):
        assert problem in shell.refused("channel", *words).stderr
