"""Gas of admissions and objections, measured on a node."""

from __future__ import annotations

from powerpact.codec.eip712 import compact, sign
from powerpact.market.candidates import MAX_CANDIDATES
from testkit.admitting import WINDOW_S, Admission, candidate
from testkit.chains import NodeChain
from testkit.gas.measure import Gas
from testkit.market import Community, key

MEMBERS, SIGNED = 60, 50
MOTIONS, REGISTRY = "Motions", "ParticipantRegistry"


def membership_gas(chain: NodeChain) -> Gas:
    """Gas of each step, among members who have objected before unless it says otherwise."""
    community = Community(chain, MEMBERS)
    chain.warp(chain.now() + 1)
    members = [trader.account for trader in community.traders]
    gas: Gas = {}

    def put_up(count: int, application: int) -> int:
        admission = Admission([candidate(key(f"candidate {i}").address, application) for i in range(count)])
        first, second = community.auditors[:2]
        gas[f"put up {count} candidates"] = community.send(first, *admission.nomination).gas_used
        gas["approve and announce"] = community.send(second, *admission.approval).gas_used
        number: int = community.read(MOTIONS, "motionCount")
        return number

    def object_to(member: int, motion: int, index: int) -> int:
        return community.send(members[member], MOTIONS, "object", motion, index).gas_used

    motion = put_up(9, 1)
    gas["object, the first to eight candidates"] = object_to(0, motion, 0)
    gas["object"] = object_to(1, motion, 0)
    message, domain = {"motion": motion, "candidate": 0}, community.domain(MOTIONS)
    signatures = [compact(sign(member, domain, "Objection", message)) for member in members[2 : 2 + SIGNED]]
    relayed = community.send(community.agent, MOTIONS, "objectSigned", motion, 0, signatures)
    gas[f"object by signature, each of {SIGNED}"] = relayed.gas_used // SIGNED
    put_up(MAX_CANDIDATES, 2)
    _admit(community, gas)
    return gas


def _admit(community: Community, gas: Gas) -> None:
    """Admit 50 people together."""
    people = [key(f"newcomer {i}") for i in range(SIGNED)]
    for person in people:
        applied = community.send(person, REGISTRY, "applyFor", bytes([1] * 32))
        gas["apply"] = applied.gas_used
    admission = Admission([candidate(person.address) for person in people])
    community.send(community.auditors[0], *admission.nomination)
    community.send(community.auditors[1], *admission.approval)
    community.chain.warp(community.chain.now() + WINDOW_S)
    (call,) = admission.admissions(community.read(MOTIONS, "motionCount"), SIGNED)
    admitted = community.send(community.agent, *call)
    gas[f"admit, each of {SIGNED}"] = admitted.gas_used // SIGNED
