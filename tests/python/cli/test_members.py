"""Members on the command line: batches of candidates, objections, further accounts, exits, the committee, history."""

import json

import pytest

from powerpact.cli.session import open_chain
from powerpact.market.candidates import Candidate
from powerpact.market.permissions import Permission
from testkit.shell import tag_of


@pytest.fixture(scope="module")
def announced(shell, admitted):
    """Two candidates in one motion, announced by a file."""
    entries = []
    for name in ("agent", "arbiter"):
        shell.ok("members", "apply", "-a", name, "--may", "sell", "--carriers", "gas, heat", "--country", "IN")
        entries.append({"account": name, "tag": tag_of(name), "credibility_ppm": 500_000, "type": "storage"})
        entries[-1] |= {"may": "sell", "carriers": "heat,gas", "country": "IN"}
    (shell.folder / "batch.json").write_text(json.dumps(entries))
    for auditor in ("ann", "ben"):
        voted = shell.json("members", "approve", "--batch", "batch.json", "-a", auditor, "--reason", "network-operator")
    return voted


def rows(shell, kind):
    return [row for row in shell.json("members", "motions") if row["kind"] == kind]


def test_a_batch_is_one_motion(shell, announced, accounts):
    assert announced["candidates"] == [accounts["agent"], accounts["arbiter"]]
    listed = [row for row in rows(shell, "admission") if row["motion"] == announced["motion"]]
    assert [(row["who"], row["state"], row["objections"]) for row in listed] == [
        (accounts["agent"], "open", 0),
        (accounts["arbiter"], "open", 0),
    ]


def test_an_application_says_what_is_asked_for(shell, announced):
    attributes = json.loads((shell.folder / "arbiter.application.json").read_text())["attributes"]
    assert attributes == {"country": "IN", "may": "sell", "carriers": "heat,gas"}
    nominated = open_chain(shell.folder / "deployment.json").events("Motions", "Nominated")
    attested = [Candidate.unpack(words) for words in nominated[-1].arguments["candidates"]]
    may = Permission.SELL | Permission.HEAT | Permission.GAS
    assert [(someone.permissions, someone.country) for someone in attested] == [(may, 356)] * 2


def test_members_stop_one_candidate_and_not_the_other(shell, announced, accounts):
    motion = announced["motion"]
    shell.ok("members", "object", motion, "agent", "-a", "alice", "--sign-only", "alice.objection.json")
    shell.ok("members", "object", motion, "arbiter", "-a", "bob", "--sign-only", "bob.objection.json")
    mixed = shell.refused("members", "relay", "alice.objection.json", "bob.objection.json", "-a", "utility").stderr
    assert "different candidates" in mixed
    relayed = shell.json("members", "relay", "alice.objection.json", "-a", "utility")
    assert (relayed["members"], relayed["objections"]) == ([accounts["alice"]], 1)
    assert "Motion_AlreadyObjected" in shell.refused("members", "object", motion, "arbiter", "-a", "alice").stderr
    shell.ok("chain", "advance", announced["ends_at"])
    done = shell.json("members", "admit", motion, "-a", "utility")
    assert (done["admitted"], done["refused"]) == ([accounts["arbiter"]], [accounts["agent"]])
    admissions = [shell.json("balance", name)[0]["admission"] for name in ("arbiter", "agent")]
    assert admissions == ["active", "rejected"]
    chain = open_chain(shell.folder / "deployment.json")
    countries = [chain.read("Membership", "investorCountry", accounts[name]) for name in ("arbiter", "agent")]
    assert countries == [356, 0]


def test_the_history_of_a_person_says_everything(shell, announced, accounts):
    steps = shell.json("members", "history", "agent")
    assert [step["what"] for step in steps] == [
        "applied",
        "an auditor voted to admit",
        "an auditor voted to admit",
        "announced to the members",
        "a member objected",
        "rejected",
    ]
    assert steps[1]["by"] == accounts["ann"]
    assert "register of the network operator" in steps[1]["detail"]
    assert steps[4]["by"] == accounts["alice"]
    shown = shell.ok("members", "history", "agent").stdout
    assert "alice" in shown
    assert accounts["alice"] not in shown


def test_an_account_is_linked_by_both_keys(shell, admitted, accounts):
    linked = shell.json("members", "link", "utility", "-a", "alice")
    assert linked["account"] == accounts["utility"]
    assert shell.json("balance", "utility")[0]["admission"] == "linked"
    assert [step["what"] for step in shell.json("members", "history", "alice")][-1] == "became a further account"
    assert "is an account of a member" in shell.refused("members", "apply", "-a", "utility").stderr
    shell.ok("members", "unlink", "utility", "-a", "alice")
    assert shell.json("balance", "utility")[0]["admission"] == "left"


def test_an_exit_is_announced_withdrawn_and_objected_to(shell, admitted, accounts):
    assert "unless members object" in shell.ok("members", "leave", "-a", "bob").stderr
    assert shell.json("members", "object", "--exit", "bob", "-a", "alice")["objections"] == 1
    assert "Motion_AlreadyObjected" in shell.refused("members", "object", "--exit", "bob", "-a", "alice").stderr
    shell.ok("members", "stay", "-a", "bob")
    assert shell.json("balance", "bob")[0]["admission"] == "active"
    assert "Motion_NoExit" in shell.refused("members", "object", "--exit", "bob", "-a", "alice").stderr


def test_the_committee_changes(shell, admitted, accounts):
    proposed = shell.json("members", "committee", "remove", "ann", "--threshold", 1, "-a", "alice")
    assert "Motion_TooFewSupporters" in shell.refused("members", "committee", "announce", 1, "-a", "bob").stderr
    assert shell.json("members", "committee", "support", proposed["proposal"], "-a", "bob")["supporters"] == 2
    for auditor in ("ann", "ben"):
        voted = shell.json("members", "committee", "appoint", "utility", "--threshold", 2, "-a", auditor)
    assert (voted["votes"], voted["motion"]) == (2, 1)
    assert "Motion_WindowOpen" in shell.refused("members", "committee", "enact", 1, "-a", "bob").stderr
    assert shell.json("members", "committee", "object", 1, "-a", "alice")["objections"] == 1
    (change,) = [row for row in shell.json("members", "motions") if row["kind"].startswith("appoint")]
    assert (change["who"], change["state"]) == (accounts["utility"], "refused")
    shell.ok("chain", "advance", voted["ends_at"])
    assert "Motion_Refused" in shell.refused("members", "committee", "enact", 1, "-a", "bob").stderr
    announced = shell.json("members", "committee", "announce", 1, "-a", "bob")
    shell.ok("chain", "advance", announced["ends_at"])
    enacted = shell.json("members", "committee", "enact", announced["motion"], "-a", "bob")
    assert (enacted["auditor"], enacted["isAppointed"]) == (accounts["ann"], False)


@pytest.mark.parametrize(
    ("entries", "problem"),
    [
        ("no JSON", "is not JSON"),
        ([], "is no list"),
        ([7], "is no object"),
        ([{"account": "alice", "tag": "0x01"}], "credibility_ppm"),
        ([{"account": "alice", "tag": "0x01", "credibility_ppm": 1}], "has not applied"),
    ],
)
def test_a_batch_that_is_wrong_is_refused(shell, admitted, entries, problem):
    (shell.folder / "wrong.json").write_text(entries if isinstance(entries, str) else json.dumps(entries))
    assert problem in shell.refused("members", "approve", "--batch", "wrong.json", "-a", "ann").stderr


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (("object", 9, "alice", "-a", "bob"), "is not known"),
        (("object", 1, "ann", "-a", "bob"), "is not in motion 1"),
        (("object", "-a", "bob"), "Name motion and candidate"),
        (("admit", 9, "-a", "bob"), "is not known"),
        (("approve", "alice", "-a", "ann", "--tag", "0x01"), "credibility_ppm"),
        (("apply", "-a", "alice", "--carriers", "water"), "'water'"),
        (("apply", "-a", "alice", "--may", "heat"), "'heat'"),
        (("apply", "-a", "alice", "--country", "at"), "country"),
    ],
)
def test_what_is_not_there_is_refused(shell, admitted, words, problem):
    assert problem in shell.refused("members", *words).stderr


@pytest.mark.parametrize(
    ("text", "problem"), [("{", "cannot be read"), ("[]", "cannot be read"), ('{"windows": 1}', "has windows")]
)
def test_rules_of_membership_that_are_wrong_are_refused(shell, accounts, text, problem):
    (shell.folder / "rules.json").write_text(text)
    words = ("deploy", "-a", "utility", "--auditor", "ann", "--threshold", 1, "--membership", "rules.json")
    assert problem in shell.refused(*words, "--deployment", "another.json").stderr
