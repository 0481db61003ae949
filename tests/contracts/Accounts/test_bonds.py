"""`holdBond`, `releaseBond`, `burnBond`, `award`: what an agent risks for a proposal. Alice is agent, Bob watches."""

import pytest
from brownie.exceptions import VirtualMachineError

from powerpact.market.orders import Side
from testkit.admitting import MEMBERSHIP
from testkit.market_fixtures import ENDOWMENT_UPOINTS, POINT, by, money_of, used_nonces
from testkit.orders import buy
from testkit.reverts import reverts_with

BOND_UPOINTS = 10 * POINT + 7
"""No multiple of eight, so that an eighth of it is rounded."""

EIGHTH_UPOINTS = BOND_UPOINTS // 8
BURNT_UPOINTS = BOND_UPOINTS - 2 * EIGHTH_UPOINTS


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
    community.chain.warp(community.chain.now() + MEMBERSHIP.exit_notice_s)
    with reverts_with("Registry_OpenObligations", bonded, BOND_UPOINTS):
        registry.exit(by(bonded))
    custody.releaseBond(bonded.address, BOND_UPOINTS, by_clearing)
    registry.exit(by(bonded))


def test_gives_a_bond_back(custody, bonded, by_clearing):
    tx = custody.releaseBond(bonded.address, BOND_UPOINTS, by_clearing)
    assert dict(tx.events["BondReleased"]) == {"agent": bonded.address, "points": BOND_UPOINTS}
    assert money_of(custody, bonded) == (ENDOWMENT_UPOINTS, 0)


@pytest.mark.parametrize("is_open", [False, True], ids=["nobody else may have known", "somebody may have known"])
def test_two_eighths_of_a_lost_bond_are_the_challengers_the_rest_is_burnt(
    custody, points, bonded, bob, by_clearing, is_open
):
    """One of the two is held where it may be due to another."""
    open_upoints = EIGHTH_UPOINTS if is_open else 0
    reward = 2 * EIGHTH_UPOINTS - open_upoints
    claims, supply = custody.totalCredits(), points.totalSupply()
    tx = custody.burnBond(bonded.address, BOND_UPOINTS, bob.address, is_open, by_clearing)
    assert dict(tx.events["BondForfeited"]) == {
        "agent": bonded.address,
        "challenger": bob.address,
        "reward": reward,
        "open": open_upoints,
        "burnt": BURNT_UPOINTS,
    }
    assert dict(tx.events["Burnt"]) == {"from": custody.address, "points": BURNT_UPOINTS}
    assert 4 * BURNT_UPOINTS >= 3 * BOND_UPOINTS
    assert money_of(custody, bonded) == (ENDOWMENT_UPOINTS - BOND_UPOINTS, 0)
    assert money_of(custody, bob) == (ENDOWMENT_UPOINTS + reward, open_upoints)
    assert points.totalSupply() == supply - BURNT_UPOINTS
    assert custody.totalCredits() == claims - BURNT_UPOINTS == points.balanceOf(custody)


def test_a_challenger_needs_no_wallet_beforehand(custody, points, bonded, stranger, by_clearing):
    custody.burnBond(bonded.address, BOND_UPOINTS, stranger, False, by_clearing)
    custody.withdraw(2 * EIGHTH_UPOINTS, stranger, {"from": stranger})
    assert points.balanceOf(stranger) == 2 * EIGHTH_UPOINTS


def test_what_waits_for_its_winner_is_not_the_challengers_to_take(custody, bonded, stranger, by_clearing):
    custody.burnBond(bonded.address, BOND_UPOINTS, stranger, True, by_clearing)
    with reverts_with("Accounts_InsufficientBalance", stranger, EIGHTH_UPOINTS, EIGHTH_UPOINTS + 1):
        custody.withdraw(EIGHTH_UPOINTS + 1, stranger, {"from": stranger})


def test_who_refutes_oneself_loses_what_is_burnt(custody, bonded, by_clearing):
    custody.burnBond(bonded.address, BOND_UPOINTS, bonded.address, False, by_clearing)
    assert money_of(custody, bonded) == (ENDOWMENT_UPOINTS - BURNT_UPOINTS, 0)


@pytest.mark.parametrize(("bond", "eighth"), [(1, 0), (7, 0), (8, 1), (15, 1), (2**64 - 1, 2**61 - 1)])
def test_an_eighth_is_rounded_down(custody, points, community, alice, bob, by_clearing, bond, eighth):
    community.endow(alice, bond)
    before, supply = money_of(custody, bob)[0], points.totalSupply()
    custody.holdBond(alice.address, bond, by_clearing)
    custody.burnBond(alice.address, bond, bob.address, True, by_clearing)
    assert money_of(custody, bob) == (before + eighth, eighth)
    assert points.totalSupply() == supply - bond + 2 * eighth


@pytest.fixture
def waiting(custody, bonded, bob, by_clearing):
    """Bob, who refuted Alice's proposal and holds what may be due to another."""
    custody.burnBond(bonded.address, BOND_UPOINTS, bob.address, True, by_clearing)
    return bob


@pytest.fixture
def by_refutations(community):
    return by(community.addresses["Refutations"])


def test_awards_what_a_challenger_holds(custody, points, waiting, carol, by_refutations):
    claims, supply = custody.totalCredits(), points.totalSupply()
    tx = custody.award(waiting.address, carol.address, EIGHTH_UPOINTS, by_refutations)
    assert dict(tx.events["RewardAwarded"]) == {
        "challenger": waiting.address,
        "winner": carol.address,
        "points": EIGHTH_UPOINTS,
    }
    assert money_of(custody, waiting) == (ENDOWMENT_UPOINTS + EIGHTH_UPOINTS, 0)
    assert money_of(custody, carol) == (ENDOWMENT_UPOINTS + EIGHTH_UPOINTS, 0)
    assert (custody.totalCredits(), points.totalSupply()) == (claims, supply)


def test_awards_it_to_the_challenger_itself(custody, waiting, by_refutations):
    custody.award(waiting.address, waiting.address, EIGHTH_UPOINTS, by_refutations)
    assert money_of(custody, waiting) == (ENDOWMENT_UPOINTS + 2 * EIGHTH_UPOINTS, 0)


def test_awards_no_more_than_is_held(custody, waiting, carol, by_refutations):
    with pytest.raises(VirtualMachineError, match="overflow"):
        custody.award(waiting.address, carol.address, EIGHTH_UPOINTS + 1, by_refutations)
    assert money_of(custody, carol) == (ENDOWMENT_UPOINTS, 0)


def test_a_bond_leaves_the_nonces_as_they_are(custody, market, alice, bob, by_clearing):
    market.place(alice, buy(alice, nonce=5))
    for change in (custody.holdBond, custody.releaseBond, custody.holdBond):
        change(alice.address, 1, by_clearing)
    custody.burnBond(alice.address, 1, bob.address, True, by_clearing)
    assert used_nonces(custody, alice, Side.BUY, range(64)) == [5]
