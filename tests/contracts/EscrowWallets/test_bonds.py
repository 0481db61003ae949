"""`holdBond`, `releaseBond`, `forfeitBond`: what an agent risks for a proposal. Alice is agent, Bob the challenger."""

import pytest

from powerpact.market.orders import Side
from testkit.market_fixtures import ENDOWMENT_UPOINTS, POINT, by, money_of, used_nonces
from testkit.orders import buy
from testkit.reverts import reverts_with

BOND_UPOINTS = 10 * POINT + 1
"""Odd, so that its halves differ."""


@pytest.fixture
def by_clearing(community):
    return by(community.addresses["Clearing"])


@pytest.fixture
def bonded(escrow, alice, by_clearing):
    """Alice, whose bond is held."""
    escrow.holdBond(alice.address, BOND_UPOINTS, by_clearing)
    return alice


def test_refuses_a_bond_that_is_not_there(escrow, alice, by_clearing):
    with reverts_with("Escrow_InsufficientBalance", alice, ENDOWMENT_UPOINTS, ENDOWMENT_UPOINTS + 1):
        escrow.holdBond(alice.address, ENDOWMENT_UPOINTS + 1, by_clearing)


def test_refuses_a_bond_of_a_wallet_that_never_was(escrow, stranger, by_clearing):
    with reverts_with("Escrow_InsufficientBalance", stranger, 0, 1):
        escrow.holdBond(stranger, 1, by_clearing)


def test_holds_a_bond(escrow, alice, by_clearing):
    claims = escrow.totalCredits()
    tx = escrow.holdBond(alice.address, BOND_UPOINTS, by_clearing)
    assert dict(tx.events["BondHeld"]) == {"agent": alice.address, "points": BOND_UPOINTS}
    assert money_of(escrow, alice) == (ENDOWMENT_UPOINTS - BOND_UPOINTS, BOND_UPOINTS)
    assert escrow.heldOf(alice.address) == BOND_UPOINTS
    assert escrow.totalCredits() == claims


def test_what_is_held_cannot_be_withdrawn_or_held_again(escrow, bonded, by_clearing):
    free = ENDOWMENT_UPOINTS - BOND_UPOINTS
    with reverts_with("Escrow_InsufficientBalance", bonded, free, free + 1):
        escrow.withdraw(free + 1, bonded.address, by(bonded))
    with reverts_with("Escrow_InsufficientBalance", bonded, free, free + 1):
        escrow.holdBond(bonded.address, free + 1, by_clearing)


def test_who_has_a_bond_at_stake_cannot_leave(ParticipantRegistry, community, bonded, by_clearing, escrow):
    registry = ParticipantRegistry.at(community.addresses["ParticipantRegistry"])
    registry.requestExit(by(bonded))
    community.chain.warp(community.chain.now() + registry.EXIT_NOTICE())
    with reverts_with("Registry_OpenObligations", bonded, BOND_UPOINTS):
        registry.exit(by(bonded))
    escrow.releaseBond(bonded.address, BOND_UPOINTS, by_clearing)
    registry.exit(by(bonded))


def test_gives_a_bond_back(escrow, bonded, by_clearing):
    tx = escrow.releaseBond(bonded.address, BOND_UPOINTS, by_clearing)
    assert dict(tx.events["BondReleased"]) == {"agent": bonded.address, "points": BOND_UPOINTS}
    assert money_of(escrow, bonded) == (ENDOWMENT_UPOINTS, 0)


def test_half_of_a_forfeited_bond_is_the_challengers_the_rest_is_burnt(escrow, points, bonded, bob, by_clearing):
    reward, burnt = BOND_UPOINTS // 2, BOND_UPOINTS // 2 + 1
    claims, supply = escrow.totalCredits(), points.totalSupply()
    tx = escrow.forfeitBond(bonded.address, BOND_UPOINTS, bob.address, by_clearing)
    assert dict(tx.events["BondForfeited"]) == {
        "agent": bonded.address,
        "challenger": bob.address,
        "reward": reward,
        "burnt": burnt,
    }
    assert dict(tx.events["Burnt"]) == {"from": escrow.address, "points": burnt}
    assert money_of(escrow, bonded) == (ENDOWMENT_UPOINTS - BOND_UPOINTS, 0)
    assert money_of(escrow, bob) == (ENDOWMENT_UPOINTS + reward, 0)
    assert points.totalSupply() == supply - burnt
    assert escrow.totalCredits() == claims - burnt == points.balanceOf(escrow)


def test_a_challenger_needs_no_wallet_beforehand(escrow, points, bonded, stranger, by_clearing):
    escrow.forfeitBond(bonded.address, BOND_UPOINTS, stranger, by_clearing)
    escrow.withdraw(BOND_UPOINTS // 2, stranger, {"from": stranger})
    assert points.balanceOf(stranger) == BOND_UPOINTS // 2


def test_who_refutes_oneself_loses_what_is_burnt(escrow, bonded, by_clearing):
    escrow.forfeitBond(bonded.address, BOND_UPOINTS, bonded.address, by_clearing)
    assert money_of(escrow, bonded) == (ENDOWMENT_UPOINTS - BOND_UPOINTS // 2 - 1, 0)


def test_the_smallest_bond_is_burnt_as_a_whole(escrow, points, alice, bob, by_clearing):
    supply = points.totalSupply()
    escrow.holdBond(alice.address, 1, by_clearing)
    escrow.forfeitBond(alice.address, 1, bob.address, by_clearing)
    assert money_of(escrow, bob) == (ENDOWMENT_UPOINTS, 0)
    assert points.totalSupply() == supply - 1


def test_a_bond_leaves_the_nonces_as_they_are(escrow, market, alice, bob, by_clearing):
    market.place(alice, buy(alice, nonce=5))
    for change in (escrow.holdBond, escrow.releaseBond, escrow.holdBond):
        change(alice.address, 1, by_clearing)
    escrow.forfeitBond(alice.address, 1, bob.address, by_clearing)
    assert used_nonces(escrow, alice, Side.BUY, range(64)) == [5]
