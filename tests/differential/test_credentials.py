"""Credentials on chain: OpenZeppelin takes the library's disclosures, and contract and library agree on who is dead."""

import itertools

import pytest
from eth_abi.abi import encode

from powerpact.codec.abi import Interface
from powerpact.credentials.attributes import FIELD_NAMES
from powerpact.credentials.credential import disclose
from powerpact.credentials.tree import root_of
from powerpact.credentials.verification import verify
from testkit.admitting import MEMBERSHIP
from testkit.chains import EvmChain
from testkit.credentials import ANN, BEN, CARL, COMMITTEE, MALLORY, NOW_S, credential_by
from testkit.market import Community, key
from testkit.mutants import compile_with

NAMES = ("Credentials", "Membership", "ProofHarness")
DEPLOYER = key("deployer").address


@pytest.fixture(scope="module")
def compiled():
    return compile_with(NAMES, {})


@pytest.fixture(scope="module")
def contract(compiled):
    """Deploy a contract; return what calls a function of it."""

    def deploy(chain, name, *arguments):
        interface = Interface(compiled[name].abi)
        address = chain.create(DEPLOYER, compiled[name].bytecode + encode(interface.constructor or [], arguments))

        def call(function, *values, sender=None):
            data = interface.encode_call(function, values)
            if sender is not None:
                return chain.send(sender.address, address, data)
            return interface.decode_output(function, chain.read(address, data))

        return call

    return deploy


CREDENTIAL = credential_by(ANN, BEN)
SELECTIONS = [("grade", "userType"), ("wallet",), FIELD_NAMES, FIELD_NAMES[::2], FIELD_NAMES[3:4] + FIELD_NAMES[9:]]


@pytest.mark.parametrize("names", SELECTIONS, ids=lambda names: f"{len(names)} from {names[0]}")
def test_openzeppelin_takes_a_disclosure(contract, names):
    harness = contract(EvmChain(), "ProofHarness")
    shown, root = disclose(CREDENTIAL, names).shown, root_of(CREDENTIAL.fields)
    leaves = [
        harness("leaf", field.type, field.name, encode([field.type], [field.value]), field.salt)
        for field in shown.fields
    ]
    assert leaves == [field.leaf for field in shown.fields]
    assert harness("verify", shown.proof, shown.flags, root, leaves) is True
    for place in range(len(leaves)):
        lied = [*leaves[:place], bytes(32), *leaves[place + 1 :]]
        assert harness("verify", shown.proof, shown.flags, root, lied) is False
    assert harness("verify", shown.proof, shown.flags, bytes(32), leaves) is False


@pytest.mark.parametrize(
    "revoking",
    [some for count in range(4) for some in itertools.combinations((ANN, BEN, CARL), count)],
    ids=lambda some: f"{len(some)} revoke",
)
def test_contract_and_library_agree_on_what_is_revoked(contract, revoking):
    chain = EvmChain()
    registry, credential = contract(chain, "Credentials"), credential_by(ANN, BEN, CARL)
    uid = credential.attestation.uid
    for issuer in (*revoking, MALLORY):
        registry("revoke", uid, sender=issuer)
    found = {issuer.address: registry("revokedAt", issuer.address, uid) for issuer in (ANN, BEN, CARL)}
    revoked = {issuer: time_s for issuer, time_s in found.items() if time_s}
    assert set(revoked) == {issuer.address for issuer in revoking}
    issuers = sorted(COMMITTEE.auditors, key=lambda address: int(address, 16))
    is_dead = bool(verify(credential, COMMITTEE, NOW_S, revoked).faults)
    assert registry("isRevoked", uid, issuers, COMMITTEE.threshold) == is_dead == (len(revoking) > 1)


def test_membership_follows_the_registry(contract):
    chain = EvmChain()
    community = Community(chain, traders=1)
    membership = contract(chain, "Membership", community.addresses["ParticipantRegistry"])
    (trader,), stranger = community.traders, key("stranger")

    def answers(account):
        return membership("isVerified", account.address), membership("contains", account.address)

    assert answers(stranger) == (False, False)
    community.send(stranger, "ParticipantRegistry", "applyFor", b"\x01" * 32)
    assert answers(stranger) == (False, False)
    member = trader.account
    assert answers(member) == (True, True)
    until = chain.now() + 86_400
    for auditor in community.auditors[: community.threshold]:
        community.send(auditor, "ParticipantRegistry", "suspend", member.address, until, "the seal is broken")
    assert answers(member) == (False, True)
    chain.warp(until)
    assert answers(member) == (True, True)
    community.send(member, "ParticipantRegistry", "requestExit")
    assert answers(member) == (False, True)
    chain.warp(chain.now() + MEMBERSHIP.exit_notice_s)
    community.send(member, "ParticipantRegistry", "exit")
    assert answers(member) == (False, False)
