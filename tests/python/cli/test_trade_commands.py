"""Commands of auditors about trades: flags and vetoes, and how lists show them."""

import pytest

from testkit.shell import sell_words

REASON = "the meter stood still"


@pytest.fixture(scope="module")
def final(shell, admitted):
    """A market whose round is final, before its slot: Bob sells to Alice."""
    opened = shell.open_market()
    market = opened["market"]
    shell.ok("order", "buy", market, "-a", "alice", "--energy-wh", 1_000, "--bid", 100)
    shell.ok(*sell_words(market, admitted))
    shell.warp(opened["closes_at"])
    shell.ok("round", "submit", market, "-a", "agent")
    return opened


def test_auditors_flag_and_veto_a_trade(shell, accounts, final):
    market = final["market"]
    (trade,) = shell.json("trade", "list", market)
    assert (trade["outcome"], trade["flags"], trade["veto_votes"]) == ("waiting for its readings", [], [])
    saying = (market, trade["sell"], "--reason", REASON, "-a")
    assert "Settlement_NotAuditor" in shell.refused("trade", "flag", *saying, "alice").stderr
    assert "Settlement_EmptyReason" in shell.refused("trade", "veto", *saying[:2], "--reason", "", "-a", "ann").stderr

    flagged = shell.json("trade", "flag", *saying, "ann")
    assert (flagged["market"], flagged["trade"], flagged["reason"]) == (market, trade["trade"], REASON)
    assert f"waiting for its readings; flagged: {REASON}" in shell.ok("trade", "list", market).stdout

    voted = shell.ok("trade", "veto", *saying, "ann").stderr
    assert "1 of 2 votes" in voted
    assert "Settlement_AlreadyVoted" in shell.refused("trade", "veto", *saying, "ann").stderr
    (trade,) = shell.json("trade", "list", market)
    ann = accounts["ann"]
    assert trade["flags"] == [{"auditor": ann, "reason": REASON}]
    assert trade["veto_votes"] == [{"auditor": ann, "reason": REASON, "votes": 1}]
    assert f"1 to veto: {REASON}" in shell.ok("trade", "list", market).stdout

    decided = shell.json("trade", "veto", *saying, "ben")
    assert (decided["votes"], decided["threshold"], decided["vetoed"]) == (2, 2, True)


def test_a_vetoed_trade_says_so(shell, final):
    """After the test before: the buyer has the money back, and the seller sells what is left of the slot."""
    market = final["market"]
    (trade,) = shell.json("trade", "list", market)
    assert (trade["outcome"], trade["paid_upoints"], trade["delivered_wh"]) == ("vetoed", 0, 0)
    assert f"vetoed: {REASON}" in shell.ok("trade", "list", market).stdout
    assert shell.json("balance", "alice")[0]["held_upoints"] == 0
    assert shell.json("round", "status", market)["trades"][0]["outcome"] == "vetoed"
    (bought,) = (entry for entry in shell.json("account", "history", "alice") if entry["what"] == "energy bought")
    assert (bought["change_upoints"], bought["detail"].endswith("vetoed")) == (0, True)
    late = ("trade", "veto", market, trade["sell"], "--reason", REASON, "-a", "ann")
    assert "Settlement_AlreadySettled" in shell.refused(*late).stderr
    assert shell.ok("audit").exit_code == 0


def test_a_started_slot_has_no_veto(shell, final, admitted):
    opened = shell.open_market()
    market = opened["market"]
    shell.ok("order", "buy", market, "-a", "alice", "--energy-wh", 1_000, "--bid", 100)
    shell.ok(*sell_words(market, admitted))
    shell.warp(opened["closes_at"])
    shell.ok("round", "submit", market, "-a", "agent")
    shell.warp(opened["slot_start"])
    late = shell.refused("trade", "veto", market, "0:0", "--reason", REASON, "-a", "ann").stderr
    assert "Settlement_VetoTooLate" in late
    assert "agreement sign" in late
    shell.ok("trade", "flag", market, "0:0", "--reason", REASON, "-a", "ann")
