from dataclasses import astuple, replace

import pytest

from testkit.admitting import MEMBERSHIP
from testkit.reverts import reverts_with

NOBODY = "0x" + "00" * 20
DAY_S = 86_400


@pytest.fixture
def deploy(Motions, deployer):
    """A committee of its own."""

    def _deploy(committee, threshold, **changes):
        rules = astuple(replace(MEMBERSHIP, **changes))
        return deployer.deploy(Motions, committee, threshold, rules, deployer)

    return _deploy


@pytest.mark.parametrize(("size", "threshold"), [(0, 1), (3, 0), (3, 4), (33, 2)])
def test_reverts_for_a_committee_that_cannot_decide(deploy, size, threshold):
    committee = [f"0x{index + 1:040x}" for index in range(size)]
    with reverts_with("Auditors_BadCommittee", size, threshold):
        deploy(committee, threshold)


def test_reverts_for_an_auditor_named_twice(deploy, auditors):
    with reverts_with("Auditors_DuplicateAuditor", auditors[0]):
        deploy([auditors[0], auditors[1], auditors[0]], 2)


def test_reverts_for_the_zero_address(deploy, auditors):
    with reverts_with("Auditors_NotAuditor", NOBODY):
        deploy([auditors[0], NOBODY], 1)


@pytest.mark.parametrize(
    ("rule", "name", "value"),
    [
        (0, "admission_window_s", 0),
        (0, "admission_window_s", MEMBERSHIP.committee_window_s),
        (1, "committee_window_s", 0),
        (1, "committee_window_s", 90 * DAY_S + 1),
        (2, "exit_notice_s", 0),
        (2, "exit_notice_s", 14 * DAY_S + 1),
        (3, "admission_rate_ppm", 0),
        (3, "admission_rate_ppm", 1_000_001),
        (4, "admission_cap", 0),
        (5, "committee_rate_ppm", 0),
        (5, "committee_rate_ppm", 1_000_001),
        (6, "supporters", 0),
    ],
)
def test_reverts_for_a_rule_out_of_its_range(deploy, auditors, rule, name, value):
    with reverts_with("Motion_BadRules", rule, value):
        deploy(auditors, 2, **{name: value})


def test_takes_rules_at_their_bounds(deploy, auditors):
    bounds = {
        "admission_window_s": 1,
        "committee_window_s": 90 * DAY_S,
        "exit_notice_s": 14 * DAY_S,
        "admission_rate_ppm": 1_000_000,
        "admission_cap": 2**32 - 1,
        "committee_rate_ppm": 1_000_000,
        "supporters": 2**32 - 1,
    }
    assert tuple(deploy(auditors, 2, **bounds).rules()) == tuple(bounds.values())


def test_fixes_committee_and_rules(motions, auditors, stranger):
    assert motions.auditors() == auditors
    assert motions.threshold() == 2
    assert motions.committee() == 0
    assert tuple(motions.voting()) == (0, motions.threshold())
    assert all(motions.isAuditor(auditor) for auditor in auditors)
    assert [motions.seatOf(auditor) for auditor in auditors] == [1, 2, 3]
    assert not motions.isAuditor(stranger)
    assert tuple(motions.rules()) == astuple(MEMBERSHIP)


def test_takes_32_auditors(deploy):
    committee = [f"0x{index + 1:040x}" for index in range(32)]
    assert deploy(committee, 32).threshold() == 32
