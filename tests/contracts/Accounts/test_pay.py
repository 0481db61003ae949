"""`pay`: how trades end in the accounts, several in one call. The settlement calls; Alice buys, Carol sells."""

import pytest
from brownie.exceptions import VirtualMachineError

from testkit.market_fixtures import ENDOWMENT_UPOINTS, by, money_of, record_of
from testkit.orders import buy

HELD_UPOINTS = 100_000
LARGEST_WH = 2**64 - 1


def payment(buyer, seller, held, to_seller, promised=0, delivered=0):
    """A payment in three words (contracts/types/Payments.sol)."""
    debit, credit = (int(trader.address, 16) << 96 for trader in (buyer, seller))
    return debit | held, credit | to_seller, promised << 64 | delivered


@pytest.fixture
def by_settlement(community):
    return by(community.addresses["Settlement"])


@pytest.fixture(autouse=True)
def reserved(market, alice):
    """Alice's reservation."""
    market.place(alice, buy(alice))


@pytest.mark.parametrize("to_seller", [0, 1, HELD_UPOINTS])
def test_pays_the_seller_and_frees_the_rest(custody, by_settlement, alice, carol, to_seller):
    claims = custody.totalCredits()
    custody.pay([payment(alice, carol, HELD_UPOINTS, to_seller, 1_000, 700)], by_settlement)
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS - to_seller, 0)
    assert money_of(custody, carol) == (ENDOWMENT_UPOINTS + to_seller, 0)
    assert record_of(custody, carol) == (1_000, 700, 1)
    assert custody.totalCredits() == claims


def test_leaves_the_record_of_a_trade_that_does_not_count(custody, by_settlement, alice, carol):
    custody.pay([payment(alice, carol, HELD_UPOINTS, 5)], by_settlement)
    assert record_of(custody, carol) == (0, 0, 0)


def test_makes_several_payments(custody, by_settlement, alice, carol, dan):
    parts = [payment(alice, carol, 60_000, 10, 600, 600), payment(alice, dan, 30_000, 20), payment(alice, carol, 9, 9)]
    custody.pay(parts, by_settlement)
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS - HELD_UPOINTS + 59_990 + 29_980, 9_991)
    assert [money_of(custody, seller)[0] - ENDOWMENT_UPOINTS for seller in (carol, dan)] == [19, 20]
    assert record_of(custody, carol) == (600, 600, 1)


def test_who_trades_with_oneself_keeps_the_points(custody, by_settlement, alice):
    custody.pay([payment(alice, alice, HELD_UPOINTS, 40_000)], by_settlement)
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS, 0)


@pytest.mark.parametrize(("held", "to_seller"), [(HELD_UPOINTS + 1, 0), (HELD_UPOINTS, HELD_UPOINTS + 1)])
def test_reverts_for_more_than_is_held(custody, by_settlement, alice, carol, held, to_seller):
    before = money_of(custody, alice), money_of(custody, carol)
    with pytest.raises(VirtualMachineError, match="overflow"):
        custody.pay([payment(alice, carol, held, to_seller)], by_settlement)
    assert (money_of(custody, alice), money_of(custody, carol)) == before


def test_a_full_record_holds_nobodys_money_back(custody, by_settlement, alice, carol):
    """A seller who has promised all that a record can count cannot make the next buyer's refund fail."""
    for _ in range(2):
        custody.pay([payment(alice, carol, HELD_UPOINTS // 2, 0, LARGEST_WH, 3)], by_settlement)
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS, 0)
    assert record_of(custody, carol) == (LARGEST_WH, 6, 2)
