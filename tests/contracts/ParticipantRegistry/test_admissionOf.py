"""`admissionOf`: what a batch of orders must know of its traders, in one call."""

from testkit.attested import admissions
from testkit.constants import ATTRIBUTES_HASH
from testkit.orders import buy

DAY_S = 86_400


def test_of_no_orders_there_are_none(participants):
    assert admissions(participants, []) == []


def test_tells_the_trader_of_each_order_in_its_place(participants, admit, alice, bob, stranger):
    admit(alice, 700_000)
    admit(bob, 800_000)
    expected = [(True, 800_000), (False, 0), (True, 700_000), (True, 800_000)]
    assert admissions(participants, [bob, stranger, alice, bob]) == expected


def test_is_one_word_for_each_order(participants, admit, alice, stranger):
    """Trades now 1 | credibility 32, from the top down: what the order book reads."""
    admit(alice, 1_000_000)
    orders = [buy(alice).pack(), buy(stranger).pack()]
    assert list(participants.admissionOf(orders)) == [1 << 32 | 1_000_000, 0]


def test_the_trader_alone_counts(participants, admit, alice):
    admit(alice, 700_000)
    order = buy(alice, energy_wh=2**64 - 1, price_upoints_per_kwh=2**32 - 1, nonce=2**32 - 1, levels=(2**32 - 1,) * 8)
    assert list(participants.admissionOf([order.pack()])) == [1 << 32 | 700_000]


def test_who_cannot_trade_keeps_the_credibility(participants, admit, auditors, alice, bob, stranger, now):
    admit(alice, 700_000)
    admit(bob, 800_000)
    participants.requestExit({"from": alice})
    until = now() + DAY_S
    for auditor in auditors[:2]:
        participants.suspend(bob, until, "under review", {"from": auditor})
    participants.applyFor(ATTRIBUTES_HASH, {"from": stranger})
    expected = [(False, 700_000), (False, 800_000), (False, 0)]
    assert admissions(participants, [alice, bob, stranger]) == expected


def test_a_suspension_ends_by_itself(participants, admit, auditors, alice, now, warp):
    admit(alice, 700_000)
    until = now() + DAY_S
    for auditor in auditors[:2]:
        participants.suspend(alice, until, "under review", {"from": auditor})
    warp(until - 1)
    assert admissions(participants, [alice]) == [(False, 700_000)]
    warp(until)
    assert admissions(participants, [alice]) == [(True, 700_000)]
