import pytest

from testkit.constants import LOT
from testkit.reverts import reverts_with


@pytest.fixture
def until(now):
    return now() + 10_000


def test_reverts_for_anyone_but_subnets(certificates, minter, until):
    with reverts_with("Certificates_NotSubnets", minter):
        certificates.hold(until, [LOT], {"from": minter})
    with reverts_with("Certificates_NotSubnets", minter):
        certificates.endHolds([LOT], {"from": minter})


def test_reverts_for_a_lot_that_is_held(certificates, warden, until):
    certificates.hold(until, [LOT], {"from": warden})
    with reverts_with("Certificates_HeldBefore", LOT, until):
        certificates.hold(until + 1, [LOT + 1, LOT], {"from": warden})


def test_what_was_released_is_never_held_again(certificates, warden, until):
    certificates.hold(until, [LOT], {"from": warden})
    ended = certificates.endHolds([LOT], {"from": warden}).timestamp
    with reverts_with("Certificates_HeldBefore", LOT, ended):
        certificates.hold(until, [LOT], {"from": warden})


def test_holds_each_lot_that_is_named_and_no_other(certificates, minter, warden, holder, bob, until):
    certificates.mint([(holder, LOT + 1, 10), (holder, LOT + 2, 10)], {"from": minter})
    certificates.hold(until, [LOT, LOT + 2], {"from": warden})
    certificates.safeBatchTransferFrom(holder, bob, [LOT + 1], [1], b"", {"from": holder})
    for ids in ([LOT], [LOT + 1, LOT + 2], [LOT + 2, LOT + 1]):
        held = next(id_ for id_ in ids if id_ != LOT + 1)
        with reverts_with("Certificates_Held", held, until):
            certificates.safeBatchTransferFrom(holder, bob, ids, [1] * len(ids), b"", {"from": holder})
    for id_ in (LOT, LOT + 2):
        with reverts_with("Certificates_Held", id_, until):
            certificates.safeTransferFrom(holder, bob, id_, 1, b"", {"from": holder})
        with reverts_with("Certificates_Held", id_, until):
            certificates.retire(id_, 1, bob, "heating", {"from": holder})
    certificates.retire(LOT + 1, 9, bob, "heating", {"from": holder})


def test_an_operator_does_not_move_what_is_held(certificates, warden, holder, bob, until):
    certificates.setApprovalForAll(bob, True, {"from": holder})
    certificates.hold(until, [LOT], {"from": warden})
    with reverts_with("Certificates_Held", LOT, until):
        certificates.safeTransferFrom(holder, bob, LOT, 1, b"", {"from": bob})


def test_a_held_lot_is_minted_all_the_same(certificates, minter, warden, holder, until):
    certificates.hold(until, [LOT], {"from": warden})
    certificates.mint([(holder, LOT, 5)], {"from": minter})
    assert certificates.balanceOf(holder, LOT) == 1_005


def test_the_end_of_holds_frees_what_it_names(certificates, warden, holder, bob, until):
    certificates.hold(until, [LOT, LOT + 1], {"from": warden})
    transaction = certificates.endHolds([LOT], {"from": warden})
    assert dict(transaction.events["LotReleased"]) == {"id": LOT}
    assert certificates.heldUntil(LOT + 1) == until
    certificates.safeTransferFrom(holder, bob, LOT, 1_000, b"", {"from": holder})


def test_a_hold_ends_by_itself(certificates, warden, holder, bob, until, warp):
    certificates.hold(until, [LOT], {"from": warden})
    warp(until)
    certificates.safeTransferFrom(holder, bob, LOT, 1_000, b"", {"from": holder})
