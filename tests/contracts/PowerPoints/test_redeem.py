import pytest

from testkit.reverts import reverts_with

BILL = b"electricity, March".ljust(32, b"\x00")


@pytest.fixture
def holder(points, utility, alice):
    points.mint(alice, 5_000_000, b"deposit".ljust(32, b"\x00"), {"from": utility})
    return alice


def test_reverts_without_reference(points, holder):
    with reverts_with("Points_EmptyReference"):
        points.redeem(1, b"\x00" * 32, {"from": holder})


def test_reverts_above_the_balance(points, holder):
    with reverts_with("ERC20InsufficientBalance", holder, 5_000_000, 5_000_001):
        points.redeem(5_000_001, BILL, {"from": holder})


def test_burns_points(points, holder):
    transaction = points.redeem(2_000_000, BILL, {"from": holder})
    assert dict(transaction.events["Redeemed"]) == {
        "from": holder,
        "billRef": "0x" + BILL.hex(),
        "points": 2_000_000,
    }
    assert points.balanceOf(holder) == points.totalSupply() == 3_000_000


def test_the_utility_cannot_move_points(points, utility, holder):
    with reverts_with("ERC20InsufficientAllowance", utility, 0, 1):
        points.transferFrom(holder, utility, 1, {"from": utility})
