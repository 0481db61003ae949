"""`link` and `unlink`: further accounts of a member."""

import pytest
from eth_account import Account
from eth_utils import keccak

from powerpact.codec.devicekeys import sign_by_device
from powerpact.codec.eip712 import sign
from testkit.admitting import MEMBERSHIP
from testkit.attested import admissions
from testkit.constants import ATTRIBUTES_HASH
from testkit.meters import domain_of, p256_key
from testkit.reverts import reverts_with
from testkit.status import ACTIVE, LEAVING, LEFT, LINKED, NONE

SHOP = Account.from_key(keccak(text="a shop"))


@pytest.fixture
def agree(participants, chain):
    """What a further account signs."""

    def _agree(member, key=SHOP, application=1, account=None):
        message = {"member": str(member), "account": account or key.address, "application": application}
        return sign(key, domain_of(participants, chain.id), "Link", message)

    return _agree


@pytest.fixture
def shop(participants, admit, agree, alice):
    """Alice's shop."""
    admit(alice, 700_000)
    participants.link(SHOP.address, agree(alice), {"from": alice})
    return SHOP.address


def test_reverts_for_anyone_but_a_member(participants, agree, alice):
    with reverts_with("Registry_WrongStatus", alice, NONE, ACTIVE):
        participants.link(SHOP.address, agree(alice), {"from": alice})


def test_reverts_for_an_account_of_another(participants, admit, agree, alice, bob):
    for account in (alice, bob):
        admit(account)
    with reverts_with("Registry_WrongStatus", bob, ACTIVE, NONE):
        participants.link(bob, agree(alice, account=bob.address), {"from": alice})


@pytest.mark.parametrize("wrong", ["member", "application", "key"])
def test_reverts_for_a_signature_on_something_else(participants, admit, agree, alice, bob, wrong):
    admit(alice)
    signatures = {
        "member": lambda: agree(bob),
        "application": lambda: agree(alice, application=2),
        "key": lambda: agree(alice, key=Account.from_key(keccak(text="a thief")), account=SHOP.address),
    }
    with reverts_with("Registry_BadSignature", SHOP.address):
        participants.link(SHOP.address, signatures[wrong](), {"from": alice})


def test_reverts_for_a_p256_key(participants, admit, chain, alice):
    """Only devices have such keys."""
    admit(alice)
    key = p256_key("a shop")
    message = {"member": str(alice), "account": key.address, "application": 1}
    signature = sign_by_device(key, domain_of(participants, chain.id), "Link", message)
    with reverts_with("Registry_BadSignature", key.address):
        participants.link(key.address, signature, {"from": alice})


def test_has_the_admission_of_its_member(participants, shop, auditors, alice, now):
    assert (participants.participant(shop)["status"], participants.participant(shop)["person"]) == (LINKED, 1)
    assert participants.accountsOf(1) == (alice, [shop])
    assert admissions(participants, [SHOP]) == [(True, 700_000)]
    until = now() + 1_000
    for auditor in auditors[:2]:
        participants.suspend(alice, until, "tampered meter", {"from": auditor})
    assert admissions(participants, [SHOP]) == [(False, 700_000)]
    assert participants.isSuspendedAt(shop, now())
    with reverts_with("Registry_WrongStatus", shop, LINKED, ACTIVE):
        participants.suspend(shop, until, "tampered meter", {"from": auditors[0]})


def test_has_no_voice_of_its_own(participants, motions, shop, announce, accounts, bob):
    participants.applyFor(ATTRIBUTES_HASH, {"from": bob})
    with reverts_with("Registry_WrongStatus", shop, LINKED, NONE):
        participants.applyFor.call(ATTRIBUTES_HASH, {"from": shop})
    assert motions.memberCount() == 1


def test_a_signature_links_once(participants, shop, agree, alice):
    participants.unlink(shop, {"from": alice})
    assert participants.participant(shop)["status"] == LEFT
    with reverts_with("Registry_BadSignature", shop):
        participants.link(shop, agree(alice), {"from": alice})
    participants.link(shop, agree(alice, application=2), {"from": alice})
    assert participants.isActive(shop)


def test_unlink_is_for_the_member(participants, shop, accounts_stub, deployer, alice, stranger):
    with reverts_with("Registry_NotLinked", shop):
        participants.unlink(shop, {"from": stranger})
    with reverts_with("Registry_NotLinked", alice):
        participants.unlink(alice, {"from": alice})
    accounts_stub.setHeld(shop, 1, {"from": deployer})
    with reverts_with("Registry_OpenObligations", shop, 1):
        participants.unlink(shop, {"from": alice})
    accounts_stub.setHeld(shop, 0, {"from": deployer})
    assert dict(participants.unlink(shop, {"from": alice}).events["Unlinked"]) == {"account": shop, "person": 1}
    assert participants.accountsOf(1) == (alice, [])


def test_at_most_eight(participants, admit, agree, alice):
    admit(alice)
    keys = [Account.from_key(keccak(text=f"shop {i}")) for i in range(9)]
    for key in keys[:8]:
        participants.link(key.address, agree(alice, key), {"from": alice})
    with reverts_with("Registry_TooManyAccounts", 1, 8):
        participants.link(keys[8].address, agree(alice, keys[8]), {"from": alice})
    participants.unlink(keys[3].address, {"from": alice})
    assert participants.accountsOf(1)[1] == [key.address for key in (*keys[:3], keys[7], *keys[4:7])]


def test_an_exit_is_of_all_accounts(participants, shop, accounts_stub, deployer, alice, now, warp):
    participants.requestExit({"from": alice})
    assert not participants.isActive(shop)
    assert participants.participant(alice)["status"] == LEAVING
    warp(now() + MEMBERSHIP.exit_notice_s)
    accounts_stub.setHeld(shop, 5, {"from": deployer})
    with reverts_with("Registry_OpenObligations", shop, 5):
        participants.exit({"from": alice})
    accounts_stub.setHeld(shop, 0, {"from": deployer})
    participants.exit({"from": alice})
    assert [participants.participant(who)["status"] for who in (alice, shop)] == [LEFT, LEFT]
    assert participants.accountsOf(1) == (alice, [])
