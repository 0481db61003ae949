"""Changes of the committee: voted by auditors or proposed by members, and stopped by members."""

import pytest

from testkit.admitting import MEMBERSHIP, candidate
from testkit.mining import later
from testkit.reverts import reverts_with

WINDOW_S = MEMBERSHIP.committee_window_s


@pytest.fixture
def members(admit, alice, bob, now, warp):
    for account in (alice, bob):
        admit(account)
    warp(now() + 1)
    return alice, bob


@pytest.fixture
def appoint(stranger):
    """The stranger joins, and three decide."""
    return (stranger, True, 3)


@pytest.fixture
def vote(motions, auditors):
    """Enough auditors vote for a change."""

    def _vote(change):
        for auditor in auditors[:2]:
            transaction = motions.voteChange(change, {"from": auditor})
        return transaction

    return _vote


def test_auditors_announce_and_anyone_enacts(motions, vote, appoint, members, stranger, warp, chain):
    announced = vote(appoint)
    assert announced.events["ChangeAnnounced"]["members"] == 2
    at = announced.timestamp
    *state, change = motions.changeOf(1)
    assert (state, tuple(change)) == ([at, at + WINDOW_S, 2, 1, 0, False, False], appoint)
    warp(at + WINDOW_S - 1)
    with reverts_with("Motion_WindowOpen", 1, at + WINDOW_S):
        motions.enactChange.call(1, {"from": stranger})
    warp(at + WINDOW_S)
    enacted = motions.enactChange(1, {"from": stranger})
    assert dict(enacted.events["CommitteeChanged"]) == {
        "committee": 1,
        "auditor": stranger,
        "isAppointed": True,
        "threshold": 3,
    }
    assert (motions.seatOf(stranger), motions.threshold(), motions.committee()) == (4, 3, 1)
    assert tuple(motions.voting()) == (1, 3)
    with reverts_with("Motion_AlreadyEnacted", 1):
        motions.enactChange(1, {"from": stranger})


def test_a_removed_auditor_has_no_vote(motions, vote, auditors, members, alice, chain):
    vote((auditors[0], False, 2))
    later(chain, WINDOW_S)
    motions.enactChange(1, {"from": alice})
    assert motions.auditors() == [auditors[2], auditors[1]]
    assert (motions.seatOf(auditors[0]), motions.seatOf(auditors[2])) == (0, 1)
    with reverts_with("Auditors_NotAuditor", auditors[0]):
        motions.nominate([candidate(alice.address).pack()], 1, {"from": auditors[0]})


def test_votes_of_another_committee_do_not_count(motions, vote, auditors, members, stranger, alice, chain):
    candidates = [candidate(alice.address, 5).pack()]
    root = motions.nominate(candidates, 1, {"from": auditors[0]}).return_value
    vote((stranger, True, 2))
    later(chain, WINDOW_S)
    motions.enactChange(1, {"from": alice})
    with reverts_with("Motion_NotNominated", bytes(root)):
        motions.approve(root, 1, {"from": auditors[1]})
    motions.nominate(candidates, 1, {"from": auditors[1]})
    assert motions.motionCount() == len(members), "each member was admitted by a motion of its own"


def test_members_refuse_it(motions, vote, appoint, members, stranger, chain):
    vote(appoint)
    assert motions.objectToChange(1, {"from": members[0]}).events["ChangeObjected"]["objections"] == 1
    with reverts_with("Motion_AlreadyObjected", members[0], 1):
        motions.objectToChange(1, {"from": members[0]})
    with reverts_with("Motion_NotMember", stranger, motions.changeOf(1)["announcedAt"]):
        motions.objectToChange(1, {"from": stranger})
    later(chain, WINDOW_S)
    chain.mine()
    with reverts_with("Motion_WindowOver", 1, motions.changeOf(1)["endsAt"]):
        motions.objectToChange(1, {"from": members[1]})
    with reverts_with("Motion_Refused", 1, 1, 1):
        motions.enactChange(1, {"from": stranger})


def test_one_at_a_time(motions, vote, appoint, auditors, members, stranger):
    vote(appoint)
    with reverts_with("Motion_ChangeUndecided", 1):
        motions.voteChange((auditors[0], False, 2), {"from": auditors[0]})


def test_admissions_cannot_keep_it_out(motions, vote, appoint, announce, participants, stranger):
    for number in range(1, 33):
        announce([candidate(stranger.address, number)])
    vote(appoint)
    assert motions.changeCount() == 1


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (lambda s, a: (a[0], True, 2), lambda s, a: ("Auditors_DuplicateAuditor", a[0])),
        (lambda s, a: (s, False, 2), lambda s, a: ("Auditors_NotAuditor", s)),
        (lambda s, a: (s, True, 5), lambda s, a: ("Auditors_BadCommittee", 4, 5)),
        (lambda s, a: (a[0], False, 3), lambda s, a: ("Auditors_BadCommittee", 2, 3)),
        (lambda s, a: (a[0], False, 0), lambda s, a: ("Auditors_BadCommittee", 2, 0)),
    ],
    ids=["an auditor", "nobody", "threshold above", "threshold above the rest", "no threshold"],
)
def test_reverts_for_a_change_that_cannot_be_made(motions, members, auditors, stranger, change, error):
    with reverts_with(*error(stranger, auditors)):
        motions.voteChange(change(stranger, auditors), {"from": auditors[0]})
    with reverts_with(*error(stranger, auditors)):
        motions.proposeChange(change(stranger, auditors), {"from": members[0]})


def test_members_announce_without_auditors(motions, members, auditors, appoint, stranger, chain):
    proposed = motions.proposeChange((auditors[0], False, 1), {"from": members[0]})
    number = proposed.events["ChangeProposed"]["proposal"]
    supporters, is_announced, change = motions.proposalOf(number)
    assert (supporters, is_announced, tuple(change)) == (1, False, (auditors[0], False, 1))
    with reverts_with("Motion_TooFewSupporters", number, 1, 2):
        motions.announceChange(number, {"from": stranger})
    with reverts_with("Motion_CannotSupport", number):
        motions.supportChange(number, {"from": members[0]})
    motions.supportChange(number, {"from": members[1]})
    motions.announceChange(number, {"from": stranger})
    assert motions.changeOf(1)["isByMembers"]
    with reverts_with("Motion_CannotSupport", number):
        motions.announceChange(number, {"from": stranger})
    later(chain, WINDOW_S)
    motions.enactChange(1, {"from": stranger})
    assert not motions.isAuditor(auditors[0])


def test_a_member_supports_one_proposal(motions, members, auditors):
    for auditor in auditors[:2]:
        motions.proposeChange((auditor, False, 1), {"from": members[0]})
    assert [motions.proposalOf(number)["supporters"] for number in (1, 2)] == [0, 1]
    with reverts_with("Motion_Unknown", 3):
        motions.supportChange(3, {"from": members[1]})


def test_who_leaves_supports_nothing(motions, participants, members, auditors, now, warp):
    motions.proposeChange((auditors[0], False, 1), {"from": members[0]})
    participants.requestExit({"from": members[0]})
    warp(now() + MEMBERSHIP.exit_notice_s)
    participants.exit({"from": members[0]})
    assert motions.proposalOf(1)["supporters"] == 0
    with reverts_with("Motion_NotMember", members[0], now()):
        motions.supportChange.call(1, {"from": members[0]})


def test_neither_side_keeps_the_place(motions, vote, members, auditors, appoint, stranger, chain, now, warp):
    """Whoever announced the last change leaves a window to the others."""
    vote(appoint)
    motions.objectToChange(1, {"from": members[0]})
    ends_at = motions.changeOf(1)["endsAt"]
    warp(ends_at)
    with reverts_with("Motion_OthersTurn", 1, ends_at + WINDOW_S):
        motions.voteChange(appoint, {"from": auditors[0]})
    motions.proposeChange((auditors[0], False, 1), {"from": members[0]})
    motions.supportChange(1, {"from": members[1]})
    motions.announceChange(1, {"from": stranger})
    assert motions.changeCount() == 2
    warp(motions.changeOf(2)["endsAt"])
    motions.enactChange(2, {"from": stranger})
    motions.voteChange(appoint, {"from": auditors[1]})
    assert motions.changeCount() == 3


def test_only_the_registry_counts_members(motions, participants, stranger):
    calls = {
        "giveVoice": (stranger,),
        "endVoice": (stranger,),
        "announceExit": (stranger,),
        "endExit": (stranger,),
        "vote": (stranger, stranger, b"\1" * 32),
    }
    for name, arguments in calls.items():
        with reverts_with("Motion_NotRegistry", stranger):
            getattr(motions, name)(*arguments, {"from": stranger})


def test_a_certificate_of_a_device_needs_votes_of_one_committee(
    motions, devices, participants, bind_device, vote, members, auditors, appoint, stranger, alice, chain
):
    device = bind_device(alice, "a meter")
    content = devices.contentOf(device)
    devices.certify(device, content, {"from": auditors[2]})
    vote((auditors[0], False, 2))
    later(chain, WINDOW_S)
    motions.enactChange(1, {"from": alice})
    voted = devices.certify(device, content, {"from": auditors[1]})
    assert voted.events["CertificationVoted"]["votes"] == 1
    assert devices.certify(device, content, {"from": auditors[2]}).events["CertificationVoted"]["votes"] == 2
