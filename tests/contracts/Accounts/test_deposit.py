"""`deposit`, `depositWithPermit`, `withdraw`: points move between the token and the sender's own wallet."""

import pytest
from eth_utils import keccak

from powerpact.codec.eip712 import sign
from testkit.market_fixtures import ENDOWMENT_UPOINTS, by, money_of
from testkit.reverts import reverts_with

FOREVER = 2**256 - 1
MOST_UPOINTS = 2**96 - 1
"""What all wallets together can hold."""


@pytest.fixture
def in_hand(points, custody, community, alice):
    """Alice has 500 micro-points in hand, and has allowed nothing."""
    points.mint(alice.address, 500, keccak(text="points in hand"), by(community.utility))
    points.approve(custody, 0, by(alice))
    return 500


def permit(community, points, owner, value, deadline=FOREVER):
    """What a permit of the owner looks like to `depositWithPermit`."""
    message = {
        "owner": owner.address,
        "spender": community.addresses["Accounts"],
        "value": value,
        "nonce": points.nonces(owner.address),
        "deadline": deadline,
    }
    signature = sign(owner.account, community.domain("PowerPoints"), "Permit", message)
    return deadline, signature[64], signature[:32], signature[32:64]


def test_refuses_to_deposit_nothing(custody, alice):
    with reverts_with("Accounts_ZeroPoints"):
        custody.deposit(0, by(alice))


def test_refuses_to_deposit_without_allowance(custody, alice, in_hand):
    with reverts_with("ERC20InsufficientAllowance", custody, 0, 500):
        custody.deposit(500, by(alice))


def test_refuses_to_deposit_more_than_there_is(custody, points, alice, in_hand):
    points.approve(custody, 501, by(alice))
    with reverts_with("ERC20InsufficientBalance", alice, 500, 501):
        custody.deposit(501, by(alice))


def test_deposits_into_the_senders_wallet(custody, points, alice, in_hand):
    points.approve(custody, 500, by(alice))
    claims, balance = custody.totalCredits(), points.balanceOf(custody)
    tx = custody.deposit(500, by(alice))
    assert dict(tx.events["Deposited"]) == {"trader": alice.address, "points": 500}
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS + 500, 0)
    assert (custody.totalCredits(), points.balanceOf(custody)) == (claims + 500, balance + 500)
    assert points.balanceOf(alice.address) == 0


def test_deposits_with_a_permit(custody, points, community, alice, in_hand):
    custody.depositWithPermit(500, *permit(community, points, alice, 500), by(alice))
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS + 500, 0)


def test_a_permit_that_somebody_else_carried_first_still_serves(custody, points, community, alice, in_hand, stranger):
    signed = permit(community, points, alice, 500)
    points.permit(alice.address, custody, 500, *signed, {"from": stranger})
    custody.depositWithPermit(500, *signed, by(alice))
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS + 500, 0)


def test_a_permit_of_another_allows_nothing(custody, points, community, alice, bob, in_hand):
    signed = permit(community, points, alice, 500)
    with reverts_with("ERC20InsufficientAllowance", custody, 0, 500):
        custody.depositWithPermit(500, *signed, by(bob))
    assert points.balanceOf(alice.address) == 500


def test_a_permit_needs_the_amount(custody, points, community, alice, in_hand):
    with reverts_with("Accounts_ZeroPoints"):
        custody.depositWithPermit(0, *permit(community, points, alice, 0), by(alice))


@pytest.fixture
def rich(points, custody, community, alice):
    """Alice has more in hand than all wallets can hold."""
    points.mint(alice.address, 2 * MOST_UPOINTS, keccak(text="points of a world"), by(community.utility))
    points.approve(custody, FOREVER, by(alice))
    return alice


@pytest.mark.parametrize("beyond", [1, 2**96, 2**128 - MOST_UPOINTS])
def test_refuses_more_than_all_wallets_hold(custody, rich, beyond):
    claims = custody.totalCredits()
    too_much = min(MOST_UPOINTS - claims + beyond, 2**128 - 1)
    with reverts_with("Accounts_WalletsFull", claims, MOST_UPOINTS):
        custody.deposit(too_much, by(rich))


def test_fills_the_wallets_to_the_last_point(custody, rich, stranger):
    custody.deposit(MOST_UPOINTS - custody.totalCredits(), by(rich))
    assert custody.totalCredits() == MOST_UPOINTS
    with reverts_with("Accounts_WalletsFull", MOST_UPOINTS, MOST_UPOINTS):
        custody.deposit(1, by(rich))
    custody.withdraw(1, stranger, by(rich))
    custody.deposit(1, by(rich))


def test_refuses_to_withdraw_nothing(custody, alice):
    with reverts_with("Accounts_ZeroPoints"):
        custody.withdraw(0, alice.address, by(alice))


def test_refuses_to_withdraw_more_than_is_free(custody, traded, alice):
    free = ENDOWMENT_UPOINTS - 100_000
    with reverts_with("Accounts_InsufficientBalance", alice, free, free + 1):
        custody.withdraw(free + 1, alice.address, by(alice))


def test_refuses_to_withdraw_from_an_empty_wallet(custody, stranger):
    with reverts_with("Accounts_InsufficientBalance", stranger, 0, 1):
        custody.withdraw(1, stranger, {"from": stranger})


def test_withdraws_everything_that_is_free_to_anyone(custody, points, traded, alice, stranger):
    free = ENDOWMENT_UPOINTS - 100_000
    claims = custody.totalCredits()
    tx = custody.withdraw(free, stranger, by(alice))
    assert dict(tx.events["Withdrawn"]) == {"trader": alice.address, "points": free}
    assert money_of(custody, alice) == (0, 100_000)
    assert points.balanceOf(stranger) == free
    assert custody.totalCredits() == claims - free == points.balanceOf(custody)


def test_who_has_left_or_is_suspended_can_withdraw(custody, community, alice, stranger):
    until = community.chain.now() + 1_000
    for auditor in community.auditors[:2]:
        community.send(auditor, "ParticipantRegistry", "suspend", alice.address, until, "under review")
    custody.withdraw(1, stranger, by(alice))


def test_points_sent_past_deposit_belong_to_nobody(custody, points, alice, in_hand):
    claims = custody.totalCredits()
    points.transfer(custody, 500, by(alice))
    assert custody.totalCredits() == claims
    assert points.balanceOf(custody) == claims + 500
