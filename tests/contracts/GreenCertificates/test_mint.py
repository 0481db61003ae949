from testkit.constants import LOT
from testkit.reverts import reverts_with

NOBODY = "0x" + "00" * 20


def test_reverts_for_anyone_but_deliveries(certificates, deployer):
    with reverts_with("Certificates_NotDeliveries", deployer):
        certificates.mint([(deployer, LOT, 1)], {"from": deployer})


def test_reverts_for_the_zero_address(certificates, minter):
    with reverts_with("ERC1155InvalidReceiver", NOBODY):
        certificates.mint([(NOBODY, LOT, 1)], {"from": minter})


def test_mints(certificates, minter, alice):
    transaction = certificates.mint([(alice, LOT, 1_000)], {"from": minter})
    assert dict(transaction.events["TransferSingle"]) == {
        "operator": minter,
        "from": NOBODY,
        "to": alice,
        "id": LOT,
        "value": 1_000,
    }
    assert certificates.balanceOf(alice, LOT) == 1_000


def test_does_not_call_the_receiver(certificates, minter, accounts_stub):
    certificates.mint([(accounts_stub, LOT, 1_000)], {"from": minter})
    assert certificates.balanceOf(accounts_stub, LOT) == 1_000


def test_mints_each_share_in_its_order(certificates, minter, alice, bob):
    shares = [(alice, LOT, 1), (bob, LOT, 2), (alice, LOT + 1, 3), (alice, LOT, 4)]
    transaction = certificates.mint(shares, {"from": minter})
    minted = [(event["to"], event["id"], event["value"]) for event in transaction.events["TransferSingle"]]
    assert minted == shares
    assert [certificates.balanceOf(*key) for key in ((alice, LOT), (bob, LOT), (alice, LOT + 1))] == [5, 2, 3]
