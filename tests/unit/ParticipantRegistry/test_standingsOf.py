"""`standingsOf`: what a batch of orders must know of its traders, in one call."""

from tests.unit.conftest import ATTRIBUTES_HASH

DAY_S = 86_400


def standings(participants, accounts):
    return [tuple(standing) for standing in participants.standingsOf(accounts)]


def test_of_nobody_there_are_none(participants):
    assert standings(participants, []) == []


def test_tells_each_account_in_its_place(participants, admit, alice, bob, stranger):
    admit(alice, 700_000)
    admit(bob, 800_000)
    expected = [(True, 800_000), (False, 0), (True, 700_000), (True, 800_000)]
    assert standings(participants, [bob, stranger, alice, bob]) == expected


def test_who_cannot_trade_keeps_the_credibility(participants, admit, auditors, alice, bob, stranger, now):
    admit(alice, 700_000)
    admit(bob, 800_000)
    participants.requestExit({"from": alice})
    until = now() + DAY_S
    for auditor in auditors[:2]:
        participants.suspend(bob, until, "under review", {"from": auditor})
    participants.applyFor(ATTRIBUTES_HASH, {"from": stranger})
    expected = [(False, 700_000), (False, 800_000), (False, 0)]
    assert standings(participants, [alice, bob, stranger]) == expected
