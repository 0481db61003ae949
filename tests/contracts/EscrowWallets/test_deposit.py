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
def in_hand(points, escrow, community, alice):
    """Alice has 500 micro-points outside the escrow, and has not allowed the escrow anything."""
    points.mint(alice.address, 500, keccak(text="points in hand"), by(community.utility))
    points.approve(escrow, 0, by(alice))
    return 500


def permit(community, points, owner, value, deadline=FOREVER):
    """What a permit of the owner for the escrow looks like to `depositWithPermit`."""
    message = {
        "owner": owner.address,
        "spender": community.addresses["EscrowWallets"],
        "value": value,
        "nonce": points.nonces(owner.address),
        "deadline": deadline,
    }
    signature = sign(owner.account, community.domain("PowerPoints"), "Permit", message)
    return deadline, signature[64], signature[:32], signature[32:64]


def test_refuses_to_deposit_nothing(escrow, alice):
    with reverts_with("Escrow_ZeroPoints"):
        escrow.deposit(0, by(alice))


def test_refuses_to_deposit_without_allowance(escrow, alice, in_hand):
    with reverts_with("ERC20InsufficientAllowance", escrow, 0, 500):
        escrow.deposit(500, by(alice))


def test_refuses_to_deposit_more_than_there_is(escrow, points, alice, in_hand):
    points.approve(escrow, 501, by(alice))
    with reverts_with("ERC20InsufficientBalance", alice, 500, 501):
        escrow.deposit(501, by(alice))


def test_deposits_into_the_senders_wallet(escrow, points, alice, in_hand):
    points.approve(escrow, 500, by(alice))
    claims, balance = escrow.totalCredits(), points.balanceOf(escrow)
    tx = escrow.deposit(500, by(alice))
    assert dict(tx.events["Deposited"]) == {"trader": alice.address, "points": 500}
    assert money_of(escrow, alice) == (ENDOWMENT_UPOINTS + 500, 0)
    assert (escrow.totalCredits(), points.balanceOf(escrow)) == (claims + 500, balance + 500)
    assert points.balanceOf(alice.address) == 0


def test_deposits_with_a_permit(escrow, points, community, alice, in_hand):
    escrow.depositWithPermit(500, *permit(community, points, alice, 500), by(alice))
    assert money_of(escrow, alice) == (ENDOWMENT_UPOINTS + 500, 0)


def test_a_permit_that_somebody_else_carried_first_still_serves(escrow, points, community, alice, in_hand, stranger):
    signed = permit(community, points, alice, 500)
    points.permit(alice.address, escrow, 500, *signed, {"from": stranger})
    escrow.depositWithPermit(500, *signed, by(alice))
    assert money_of(escrow, alice) == (ENDOWMENT_UPOINTS + 500, 0)


def test_a_permit_of_another_allows_nothing(escrow, points, community, alice, bob, in_hand):
    signed = permit(community, points, alice, 500)
    with reverts_with("ERC20InsufficientAllowance", escrow, 0, 500):
        escrow.depositWithPermit(500, *signed, by(bob))
    assert points.balanceOf(alice.address) == 500


def test_a_permit_needs_the_amount(escrow, points, community, alice, in_hand):
    with reverts_with("Escrow_ZeroPoints"):
        escrow.depositWithPermit(0, *permit(community, points, alice, 0), by(alice))


@pytest.fixture
def rich(points, escrow, community, alice):
    """Alice has more outside the escrow than all wallets can hold."""
    points.mint(alice.address, 2 * MOST_UPOINTS, keccak(text="points of a world"), by(community.utility))
    points.approve(escrow, FOREVER, by(alice))
    return alice


@pytest.mark.parametrize("beyond", [1, 2**96, 2**128 - MOST_UPOINTS])
def test_refuses_more_than_all_wallets_hold(escrow, rich, beyond):
    claims = escrow.totalCredits()
    too_much = min(MOST_UPOINTS - claims + beyond, 2**128 - 1)
    with reverts_with("Escrow_WalletsFull", claims, MOST_UPOINTS):
        escrow.deposit(too_much, by(rich))


def test_fills_the_wallets_to_the_last_point(escrow, rich, stranger):
    escrow.deposit(MOST_UPOINTS - escrow.totalCredits(), by(rich))
    assert escrow.totalCredits() == MOST_UPOINTS
    with reverts_with("Escrow_WalletsFull", MOST_UPOINTS, MOST_UPOINTS):
        escrow.deposit(1, by(rich))
    escrow.withdraw(1, stranger, by(rich))
    escrow.deposit(1, by(rich))


def test_refuses_to_withdraw_nothing(escrow, alice):
    with reverts_with("Escrow_ZeroPoints"):
        escrow.withdraw(0, alice.address, by(alice))


def test_refuses_to_withdraw_more_than_is_free(escrow, traded, alice):
    free = ENDOWMENT_UPOINTS - 100_000
    with reverts_with("Escrow_InsufficientBalance", alice, free, free + 1):
        escrow.withdraw(free + 1, alice.address, by(alice))


def test_refuses_to_withdraw_from_an_empty_wallet(escrow, stranger):
    with reverts_with("Escrow_InsufficientBalance", stranger, 0, 1):
        escrow.withdraw(1, stranger, {"from": stranger})


def test_withdraws_everything_that_is_free_to_anyone(escrow, points, traded, alice, stranger):
    free = ENDOWMENT_UPOINTS - 100_000
    claims = escrow.totalCredits()
    tx = escrow.withdraw(free, stranger, by(alice))
    assert dict(tx.events["Withdrawn"]) == {"trader": alice.address, "points": free}
    assert money_of(escrow, alice) == (0, 100_000)
    assert points.balanceOf(stranger) == free
    assert escrow.totalCredits() == claims - free == points.balanceOf(escrow)


def test_who_has_left_or_is_suspended_can_withdraw(escrow, community, alice, stranger):
    until = community.chain.now() + 1_000
    for auditor in community.auditors[:2]:
        community.send(auditor, "ParticipantRegistry", "suspend", alice.address, until, "under review")
    escrow.withdraw(1, stranger, by(alice))


def test_points_sent_past_deposit_belong_to_nobody(escrow, points, alice, in_hand):
    claims = escrow.totalCredits()
    points.transfer(escrow, 500, by(alice))
    assert escrow.totalCredits() == claims
    assert points.balanceOf(escrow) == claims + 500
