from testkit.constants import LOT
from testkit.reverts import reverts_with


def test_reverts_for_anyone_but_the_holder(certificates, holder, bob):
    with reverts_with("ERC1155MissingApprovalForAll", bob, holder):
        certificates.safeTransferFrom(holder, bob, LOT, 1, b"", {"from": bob})


def test_reverts_for_metering(certificates, holder, minter):
    with reverts_with("ERC1155MissingApprovalForAll", minter, holder):
        certificates.safeTransferFrom(holder, minter, LOT, 1, b"", {"from": minter})


def test_reverts_for_a_contract_that_takes_no_certificates(certificates, holder, accounts_stub):
    with reverts_with("ERC1155InvalidReceiver", accounts_stub):
        certificates.safeTransferFrom(holder, accounts_stub, LOT, 1, b"", {"from": holder})


def test_moves_certificates(certificates, holder, bob):
    certificates.safeTransferFrom(holder, bob, LOT, 400, b"", {"from": holder})
    assert (certificates.balanceOf(holder, LOT), certificates.balanceOf(bob, LOT)) == (600, 400)
