from testkit.constants import LOT
from testkit.reverts import reverts_with

NOBODY = "0x" + "00" * 20
PURPOSE = "heating, winter"


def test_reverts_for_nothing(certificates, holder, bob):
    with reverts_with("Certificates_NothingToRetire", LOT):
        certificates.retire(LOT, 0, bob, PURPOSE, {"from": holder})


def test_reverts_for_nobody(certificates, holder):
    with reverts_with("Certificates_NoBeneficiary", LOT):
        certificates.retire(LOT, 1, NOBODY, PURPOSE, {"from": holder})


def test_reverts_above_the_balance(certificates, holder, bob):
    with reverts_with("ERC1155InsufficientBalance", holder, 1_000, 1_001, LOT):
        certificates.retire(LOT, 1_001, bob, PURPOSE, {"from": holder})


def test_retires_for_the_beneficiary(certificates, holder, bob):
    transaction = certificates.retire(LOT, 300, bob, PURPOSE, {"from": holder})
    assert dict(transaction.events["Retired"]) == {
        "holder": holder,
        "id": LOT,
        "beneficiary": bob,
        "energy": 300,
        "purpose": PURPOSE,
    }
    assert dict(transaction.events["TransferSingle"])["to"] == NOBODY
    assert certificates.balanceOf(holder, LOT) == 700
    assert certificates.retiredFor(LOT, bob) == 300


def test_what_is_retired_adds_up_and_never_moves(certificates, holder, bob):
    certificates.retire(LOT, 300, bob, PURPOSE, {"from": holder})
    certificates.retire(LOT, 700, bob, PURPOSE, {"from": holder})
    assert certificates.retiredFor(LOT, bob) == 1_000
    with reverts_with("ERC1155InsufficientBalance", bob, 0, 1, LOT):
        certificates.safeTransferFrom(bob, holder, LOT, 1, b"", {"from": bob})
    with reverts_with("ERC1155InsufficientBalance", holder, 0, 1, LOT):
        certificates.retire(LOT, 1, bob, PURPOSE, {"from": holder})
