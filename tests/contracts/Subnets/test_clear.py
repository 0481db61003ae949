import pytest

from testkit.reverts import reverts_named, reverts_with
from tests.contracts.Subnets.conftest import FINDING


@pytest.fixture
def flagged(doubt, decide):
    """The doubt, with its lot held."""
    decide("flag", doubt)
    return doubt


def test_reverts_for_anyone_but_an_auditor(subnets, flagged, alice):
    with reverts_with("Subnet_NotAuditor", alice):
        subnets.clear(flagged, FINDING, {"from": alice})


def test_reverts_for_what_nobody_flagged(subnets, flagged, auditors):
    other = flagged._replace(evidence=FINDING)
    with reverts_with("Subnet_NotFlagged", other.hash):
        subnets.clear(other, FINDING, {"from": auditors[0]})


def test_reverts_without_a_finding(subnets, flagged, auditors):
    with reverts_with("Subnet_NoEvidence", flagged.subnet):
        subnets.clear(flagged, bytes(32), {"from": auditors[0]})


def test_reverts_once_the_hold_is_over(subnets, flagged, auditors, warp):
    until = subnets.heldUntil(flagged.hash)
    subnets.clear(flagged, FINDING, {"from": auditors[0]})
    warp(until)
    with reverts_with("Subnet_HoldOver", flagged.hash, until):
        subnets.clear(flagged, FINDING, {"from": auditors[1]})


def test_one_vote_less_than_decides_frees_nothing(subnets, certificates, flagged, auditors):
    voted = subnets.clear(flagged, FINDING, {"from": auditors[0]}).events["ClearingVoted"]
    assert (bytes(voted["flag"]), voted["auditor"], bytes(voted["finding"]), voted["votes"]) == (
        flagged.hash,
        auditors[0],
        FINDING,
        1,
    )
    with reverts_named("Subnet_AlreadyVoted"):
        subnets.clear(flagged, FINDING, {"from": auditors[0]})
    assert certificates.heldUntil(flagged.lots[0]) == subnets.heldUntil(flagged.hash)


def test_votes_for_different_findings_do_not_add_up(subnets, certificates, flagged, auditors):
    for k, auditor in enumerate(auditors, start=1):
        assert subnets.clear(flagged, bytes(31) + bytes([k]), {"from": auditor}).events["ClearingVoted"]["votes"] == 1
    assert certificates.heldUntil(flagged.lots[0]) == subnets.heldUntil(flagged.hash)


def test_votes_to_flag_are_none_to_clear(subnets, certificates, doubt, decide, auditors):
    """Two flagged it; one says that it is settled."""
    decide("flag", doubt)
    subnets.clear(doubt, FINDING, {"from": auditors[2]})
    assert certificates.heldUntil(doubt.lots[0]) == subnets.heldUntil(doubt.hash)


def test_frees_the_lots(subnets, certificates, flagged, decide, minter, alice, bob):
    (lot,) = flagged.lots
    certificates.mint([(alice, lot, 1_000)], {"from": minter})
    transaction = decide("clear", flagged, FINDING)
    cleared = transaction.events["FlagCleared"]
    assert (bytes(cleared["flag"]), bytes(cleared["finding"])) == (flagged.hash, FINDING)
    assert dict(transaction.events["LotReleased"]) == {"id": lot}
    assert certificates.heldUntil(lot) == subnets.heldUntil(flagged.hash) == transaction.timestamp
    certificates.safeTransferFrom(alice, bob, lot, 400, b"", {"from": alice})
    certificates.retire(lot, 600, alice, "heating", {"from": alice})


def test_what_was_cleared_is_neither_cleared_nor_held_again(subnets, certificates, flagged, decide, auditors):
    ended = decide("clear", flagged, FINDING).timestamp
    with reverts_with("Subnet_HoldOver", flagged.hash, ended):
        subnets.clear(flagged, FINDING, {"from": auditors[2]})
    with reverts_with("Subnet_AlreadyFlagged", flagged.hash, ended):
        subnets.flag(flagged, {"from": auditors[2]})
    again = flagged._replace(evidence=FINDING)
    subnets.flag(again, {"from": auditors[0]})
    with reverts_with("Certificates_HeldBefore", flagged.lots[0], ended):
        subnets.flag(again, {"from": auditors[1]})
