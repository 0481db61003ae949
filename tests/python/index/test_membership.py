"""Who was active at a place on the chain, by the registry's events alone."""

import pytest

from powerpact.codec.abi import Event
from powerpact.index.membership import attested_at, persons
from testkit.admitting import candidate

ALICE, SHOP, SECOND = (f"0x{'0' * 39}{digit}" for digit in "ABC")
EXPIRY = 1_000


def event(block, name, **arguments):
    return Event(name, arguments, block, 0, f"0x{block:064x}")


def admitted(block, account=ALICE, person=1):
    return event(
        block,
        "Admitted",
        participant=account,
        person=person,
        motion=1,
        candidate=candidate(account, expiry=EXPIRY).pack(),
    )


HISTORY = [
    admitted(10),
    event(20, "Linked", account=SHOP, person=1),
    event(30, "Suspended", participant=ALICE, person=1, until=500, reason="x"),
    event(40, "ExitRequested", participant=ALICE),
    event(50, "Stayed", participant=ALICE),
    event(60, "Unlinked", account=SHOP, person=1),
    event(70, "Left", participant=ALICE, person=1),
    admitted(70, SECOND),
]


@pytest.mark.parametrize(
    ("account", "block", "now", "expected"),
    [
        (ALICE, 9, 100, False),
        (ALICE, 10, 100, True),
        (SHOP, 19, 100, False),
        (SHOP, 20, 100, True),
        (ALICE, 30, 499, False),
        (SHOP, 30, 499, False),
        (ALICE, 30, 500, True),
        (SHOP, 40, 600, False),
        (ALICE, 50, 600, True),
        (SHOP, 60, 600, False),
        (ALICE, 60, EXPIRY - 1, True),
        (ALICE, 60, EXPIRY, False),
        (ALICE, 70, 600, False),
        (SECOND, 70, 600, True),
        (SECOND, 70, 499, False),
    ],
)
def test_the_state_at_a_place(account, block, now, expected):
    attested = attested_at(HISTORY, account, (block, 99), now)
    assert (attested is not None) is expected
    assert attested is None or attested.account == (SECOND if account == SECOND else ALICE)


def test_accounts_have_persons():
    assert persons(HISTORY) == {ALICE: 1, SHOP: 1, SECOND: 1}
