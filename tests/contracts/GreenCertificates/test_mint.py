from testkit.constants import LOT
from testkit.reverts import reverts_with

NOBODY = "0x" + "00" * 20


def test_reverts_for_anyone_but_metering(certificates, deployer):
    with reverts_with("Certificates_NotMetering", deployer):
        certificates.mint(deployer, LOT, 1, {"from": deployer})


def test_reverts_for_the_zero_address(certificates, minter):
    with reverts_with("ERC1155InvalidReceiver", NOBODY):
        certificates.mint(NOBODY, LOT, 1, {"from": minter})


def test_mints(certificates, minter, alice):
    transaction = certificates.mint(alice, LOT, 1_000, {"from": minter})
    assert dict(transaction.events["TransferSingle"]) == {
        "operator": minter,
        "from": NOBODY,
        "to": alice,
        "id": LOT,
        "value": 1_000,
    }
    assert certificates.balanceOf(alice, LOT) == 1_000


def test_does_not_call_the_receiver(certificates, minter, market_stub):
    certificates.mint(market_stub, LOT, 1_000, {"from": minter})
    assert certificates.balanceOf(market_stub, LOT) == 1_000
