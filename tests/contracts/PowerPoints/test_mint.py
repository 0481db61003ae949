from testkit.reverts import reverts_with

DEPOSIT = b"bank transfer 1".ljust(32, b"\x00")
NOBODY = "0x" + "00" * 20


def test_constructor_reverts_without_utility(PowerPoints, deployer):
    with reverts_with("Points_NotUtility", NOBODY):
        deployer.deploy(PowerPoints, NOBODY)


def test_reverts_for_anyone_but_the_utility(points, deployer):
    with reverts_with("Points_NotUtility", deployer):
        points.mint(deployer, 1, DEPOSIT, {"from": deployer})


def test_reverts_without_reference(points, utility, alice):
    with reverts_with("Points_EmptyReference"):
        points.mint(alice, 1, b"\x00" * 32, {"from": utility})


def test_reverts_for_a_deposit_already_used(points, utility, alice, bob):
    points.mint(alice, 1, DEPOSIT, {"from": utility})
    with reverts_with("Points_DepositAlreadyUsed", DEPOSIT):
        points.mint(bob, 2, DEPOSIT, {"from": utility})


def test_issues_points(points, utility, alice):
    assert not points.isDepositUsed(DEPOSIT)
    transaction = points.mint(alice, 5_000_000, DEPOSIT, {"from": utility})
    assert dict(transaction.events["Issued"]) == {
        "to": alice,
        "depositRef": "0x" + DEPOSIT.hex(),
        "points": 5_000_000,
    }
    assert points.isDepositUsed(DEPOSIT)
    assert points.balanceOf(alice) == points.totalSupply() == 5_000_000


def test_points_have_a_name_a_symbol_and_six_decimals(points):
    assert (points.name(), points.symbol(), points.decimals()) == ("PowerPact", "PP", 6)
