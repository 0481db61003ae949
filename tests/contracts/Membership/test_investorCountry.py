"""`investorCountry`: the country that auditors attested of a member, for tokens of others."""

from eth_account import Account
from eth_utils import keccak

from powerpact.codec.eip712 import sign
from powerpact.market.countries import NUMBERS
from testkit.admitting import MEMBERSHIP
from testkit.constants import ATTRIBUTES_HASH
from testkit.meters import domain_of
from testkit.mining import later

DAY_S = 86_400
AUSTRIA, INDIA = NUMBERS["AT"], NUMBERS["IN"]


def test_of_a_stranger_and_of_an_applicant_there_is_none(participants, membership, alice, stranger):
    participants.applyFor(ATTRIBUTES_HASH, {"from": alice})
    assert [membership.investorCountry(who) for who in (alice, stranger)] == [0, 0]


def test_is_what_was_attested_of_the_person(membership, admit, alice, bob, stranger):
    admit(alice, country=AUSTRIA)
    admit(bob, country=999)
    admit(stranger)
    assert [membership.investorCountry(who) for who in (alice, bob, stranger)] == [AUSTRIA, 999, 0]


def test_a_renewal_replaces_it(membership, admit, alice):
    admit(alice, country=AUSTRIA)
    admit(alice, country=INDIA)
    assert membership.investorCountry(alice) == INDIA
    admit(alice)
    assert membership.investorCountry(alice) == 0


def test_holds_for_all_accounts_of_a_person_and_for_who_is_suspended(
    participants, membership, admit, auditors, alice, now, chain
):
    admit(alice, country=AUSTRIA)
    key = Account.from_key(keccak(text="a shop"))
    message = {"member": str(alice), "account": key.address, "application": 1}
    shop = key.address
    participants.link(shop, sign(key, domain_of(participants, chain.id), "Link", message), {"from": alice})
    until = now() + DAY_S
    for auditor in auditors[:2]:
        participants.suspend(alice, until, "under review", {"from": auditor})
    assert [membership.investorCountry(who) for who in (alice, shop)] == [AUSTRIA, AUSTRIA]
    assert not membership.isVerified(alice)


def test_ends_with_the_membership(participants, membership, admit, alice, chain):
    admit(alice, country=AUSTRIA)
    participants.requestExit({"from": alice})
    assert membership.investorCountry(alice) == AUSTRIA
    later(chain, MEMBERSHIP.exit_notice_s)
    participants.exit({"from": alice})
    assert membership.investorCountry(alice) == 0
    assert participants.countryOf(alice) == AUSTRIA


def test_another_account_takes_it_over(membership, admit, alice, bob):
    tag = bytes([7] * 32)
    admit(alice, tag=tag, country=AUSTRIA)
    admit(bob, tag=tag, country=INDIA)
    assert [membership.investorCountry(who) for who in (alice, bob)] == [0, INDIA]
