"""`burn`: points destroyed for nothing, and only one's own."""

import pytest

from testkit.reverts import reverts_with


@pytest.fixture
def holder(points, utility, alice, bob):
    """Alice has 5 points, Bob has 1."""
    points.mint(alice, 5_000_000, b"deposit".ljust(32, b"\x00"), {"from": utility})
    points.mint(bob, 1_000_000, b"another deposit".ljust(32, b"\x00"), {"from": utility})
    return alice


def test_reverts_above_the_balance(points, holder):
    with reverts_with("ERC20InsufficientBalance", holder, 5_000_000, 5_000_001):
        points.burn(5_000_001, {"from": holder})


def test_burns_the_senders_points_alone(points, holder, bob):
    transaction = points.burn(2_000_000, {"from": holder})
    assert dict(transaction.events["Burnt"]) == {"from": holder, "points": 2_000_000}
    assert "Redeemed" not in transaction.events
    assert points.balanceOf(holder) == 3_000_000
    assert points.balanceOf(bob) == 1_000_000
    assert points.totalSupply() == 4_000_000


def test_burns_everything(points, holder, bob):
    points.burn(5_000_000, {"from": holder})
    assert points.balanceOf(holder) == 0
    assert points.totalSupply() == 1_000_000
