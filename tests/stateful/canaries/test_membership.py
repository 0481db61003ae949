"""Bugs seeded into admissions, motions and persons."""

import pytest

from testkit.membership.machine import run_machine
from testkit.membership.registry import Registry
from testkit.mutants import Mutant

REGISTRY = "contracts/registry/ParticipantRegistry.sol"
ADMISSIONS = "contracts/registry/AdmissionMotions.sol"
COMMITTEE = "contracts/registry/CommitteeMotions.sol"

MUTANTS = (
    Mutant(
        "an objection of somebody who was no member then",
        "Motions",
        ADMISSIONS,
        "require(voice.wasMemberAt(time), Motion_NotMember(account, time));",
        "",
    ),
    Mutant(
        "votes that outlive their committee",
        "Motions",
        "contracts/registry/Auditors.sol",
        "bytes32 key = keccak256(abi.encode(committee, motion));",
        "bytes32 key = motion;",
    ),
    Mutant(
        "members who cannot stop anybody",
        "Motions",
        ADMISSIONS,
        "require(objections < quorum, Motion_Refused(motion, objections, quorum));",
        "",
    ),
    Mutant(
        "a side that keeps the place",
        "Motions",
        COMMITTEE,
        "require(last.isByMembers != isByMembers || block.timestamp >= until, Motion_OthersTurn(motion, until));",
        "",
    ),
    Mutant(
        "objections that are forgotten",
        "Motions",
        "contracts/types/Voices.sol",
        "return (objected & bit == 0, newest, objected | bit);",
        "return (true, newest, objected | bit);",
    ),
    Mutant(
        "a suspension that another key washes off",
        "ParticipantRegistry",
        REGISTRY,
        "subject.suspendedUntil = uint40(_ends[person].latest());",
        "",
    ),
    Mutant(
        "an account that becomes another person's",
        "ParticipantRegistry",
        REGISTRY,
        "require(before == 0 || before == person, Registry_OtherPerson(account, before, person));",
        "",
    ),
    Mutant(
        "a lost key that keeps its voice",
        "ParticipantRegistry",
        REGISTRY,
        "            _replace(person);\n",
        "",
    ),
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_machine_finds(compiled, mutant):
    registry = Registry(compiled[mutant].result())
    with pytest.raises(AssertionError) as found:
        run_machine(registry, 60, 40, shrink=False)
    print(f"{mutant.name}: {found.value}")
