"""`holdBond`, `releaseBond`, `burnBond`: what an agent risks for a proposal. Alice is agent, Bob the challenger."""

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
def bonded(custody, alice, by_clearing):
    """Alice, whose bond is held."""
    custody.holdBond(alice.address, BOND_UPOINTS, by_clearing)
    return alice


def test_refuses_a_bond_that_is_not_there(custody, alice, by_clearing):
    with reverts_with("Accounts_InsufficientBalance", alice, ENDOWMENT_UPOINTS, ENDOWMENT_UPOINTS + 1):
        custody.holdBond(alice.address, ENDOWMENT_UPOINTS + 1, by_clearing)


def test_refuses_a_bond_of_a_wallet_that_never_was(custody, stranger, by_clearing):
    with reverts_with("Accounts_InsufficientBalance", stranger, 0, 1):
        custody.holdBond(stranger, 1, by_clearing)


def test_holds_a_bond(custody, alice, by_clearing):
    claims = custody.totalCredits()
    tx = custody.holdBond(alice.address, BOND_UPOINTS, by_clearing)
    assert dict(tx.events["BondHeld"]) == {"agent": alice.address, "points": BOND_UPOINTS}
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS - BOND_UPOINTS, BOND_UPOINTS)
    assert custody.heldOf(alice.address) == BOND_UPOINTS
    assert custody.totalCredits() == claims


def test_what_is_held_cannot_be_withdrawn_or_held_again(custody, bonded, by_clearing):
    free = ENDOWMENT_UPOINTS - BOND_UPOINTS
    with reverts_with("Accounts_InsufficientBalance", bonded, free, free + 1):
        custody.withdraw(free + 1, bonded.address, by(bonded))
    with reverts_with("Accounts_InsufficientBalance", bonded, free, free + 1):
        custody.holdBond(bonded.address, free + 1, by_clearing)


def test_who_has_a_bond_at_stake_cannot_leave(ParticipantRegistry, community, bonded, by_clearing, custody):
    registry = ParticipantRegistry.at(community.addresses["ParticipantRegistry"])
    registry.requestExit(by(bonded))
    community.chain.warp(community.chain.now() + registry.EXIT_NOTICE())
    with reverts_with("Registry_OpenObligations", bonded, BOND_UPOINTS):
        registry.exit(by(bonded))
    custody.releaseBond(bonded.address, BOND_UPOINTS, by_clearing)
    registry.exit(by(bonded))


def test_gives_a_bond_back(custody, bonded, by_clearing):
    tx = custody.releaseBond(bonded.address, BOND_UPOINTS, by_clearing)
    assert dict(tx.events["BondReleased"]) == {"agent": bonded.address, "points": BOND_UPOINTS}
    assert money_of(custody, bonded) == (ENDOWMENT_UPOINTS, 0)


def test_half_of_a_forfeited_bond_is_the_challengers_the_rest_is_burnt(custody, points, bonded, bob, by_clearing):
    reward, burnt = BOND_UPOINTS // 2, BOND_UPOINTS // 2 + 1
    claims, supply = custody.totalCredits(), points.totalSupply()
    tx = custody.burnBond(bonded.address, BOND_UPOINTS, bob.address, by_clearing)
    assert dict(tx.events["BondForfeited"]) == {
        "agent": bonded.address,
        "challenger": bob.address,
        "reward": reward,
        "burnt": burnt,
    }
    assert dict(tx.events["Burnt"]) == {"from": custody.address, "points": burnt}
    assert money_of(custody, bonded) == (ENDOWMENT_UPOINTS - BOND_UPOINTS, 0)
    assert money_of(custody, bob) == (ENDOWMENT_UPOINTS + reward, 0)
    assert points.totalSupply() == supply - burnt
    assert custody.totalCredits() == claims - burnt == points.balanceOf(custody)


def test_a_challenger_needs_no_wallet_beforehand(custody, points, bonded, stranger, by_clearing):
    custody.burnBond(bonded.address, BOND_UPOINTS, stranger, by_clearing)
    custody.withdraw(BOND_UPOINTS // 2, stranger, {"from": stranger})
    assert points.balanceOf(stranger) == BOND_UPOINTS // 2


def test_who_refutes_oneself_loses_what_is_burnt(custody, bonded, by_clearing):
    custody.burnBond(bonded.address, BOND_UPOINTS, bonded.address, by_clearing)
    assert money_of(custody, bonded) == (ENDOWMENT_UPOINTS - BOND_UPOINTS // 2 - 1, 0)


def test_the_smallest_bond_is_burnt_as_a_whole(custody, points, alice, bob, by_clearing):
    supply = points.totalSupply()
    custody.holdBond(alice.address, 1, by_clearing)
    custody.burnBond(alice.address, 1, bob.address, by_clearing)
    assert money_of(custody, bob) == (ENDOWMENT_UPOINTS, 0)
    assert points.totalSupply() == supply - 1


def test_a_bond_leaves_the_nonces_as_they_are(custody, market, alice, bob, by_clearing):
    market.place(alice, buy(alice, nonce=5))
    for change in (custody.holdBond, custody.releaseBond, custody.holdBond):
        change(alice.address, 1, by_clearing)
    custody.burnBond(alice.address, 1, bob.address, by_clearing)
    assert used_nonces(custody, alice, Side.BUY, range(64)) == [5]
