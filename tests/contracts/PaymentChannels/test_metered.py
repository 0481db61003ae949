"""`openMetered`, `fundMetered`, `claim`, `closeMetered`, `giveNotice`, `finishMetered`: Alice pays Bob for readings."""

from dataclasses import replace

import pytest

from powerpact.market.channels import NO_VOUCHER
from testkit.market_fixtures import ENDOWMENT_UPOINTS, POINT, by, money_of
from testkit.mining import later
from testkit.paying.channels import READING, WINDOW_S
from testkit.reverts import reverts_with
from tests.contracts.PaymentChannels.conftest import LOCKED

NOBODY = "0x" + "00" * 20


def test_opens_for_the_payer_alone(channels, metered, bob):
    with reverts_with("Channel_NotParty", metered.id, bob):
        channels.openMetered(metered.terms, LOCKED, by(bob))


@pytest.mark.parametrize("receiver", ["the payer", "nobody"])
def test_a_channel_has_two_parties(channels, metered, alice, receiver):
    other = alice.address if receiver == "the payer" else NOBODY
    with reverts_with("Channel_BadParties", alice, other):
        channels.openMetered(metered.terms._replace(receiver=other), LOCKED, by(alice))


@pytest.mark.parametrize("notice_s", [0, 599, 30 * 86_400 + 1, 2**32 - 1])
def test_a_notice_is_neither_short_nor_long(channels, metered, alice, notice_s):
    with reverts_with("Channel_BadWindow", notice_s, 600, 30 * 86_400):
        channels.openMetered(metered.terms._replace(notice_s=notice_s), LOCKED, by(alice))


@pytest.mark.parametrize("notice_s", [600, 30 * 86_400])
def test_a_notice_can_be_the_shortest_and_the_longest(channels, metered, alice, notice_s):
    channels.openMetered(metered.terms._replace(notice_s=notice_s), LOCKED, by(alice))


@pytest.mark.parametrize("points", [0, 2**96, 2**128 - 1])
def test_something_is_locked(channels, metered, alice, points):
    with reverts_with("Channel_BadPoints", metered.id, points):
        channels.openMetered(metered.terms, points, by(alice))


def test_no_more_is_locked_than_is_free(channels, metered, alice):
    with reverts_with("Accounts_InsufficientBalance", alice, ENDOWMENT_UPOINTS, ENDOWMENT_UPOINTS + 1):
        channels.openMetered(metered.terms, ENDOWMENT_UPOINTS + 1, by(alice))


def test_opens(channels, custody, metered, alice):
    tx = channels.openMetered(metered.terms, LOCKED, by(alice))
    opened = tx.events["MeteredOpened"]
    assert bytes(opened["channel"]) == metered.id == bytes(channels.idOfMetered(metered.terms))
    assert tuple(opened["terms"]) == metered.terms
    assert opened["points"] == LOCKED
    assert [int(member) for member in channels.meteredOf(metered.id)] == [LOCKED, 0, 0, 1]
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS - LOCKED, LOCKED)


def test_terms_serve_once(channels, paying, alice, bob):
    with reverts_with("Channel_OpenedBefore", paying.id):
        channels.openMetered(paying.terms, LOCKED, by(alice))
    channels.closeMetered(paying.terms, NO_VOUCHER, b"", by(bob))
    with reverts_with("Channel_OpenedBefore", paying.id):
        channels.openMetered(paying.terms, LOCKED, by(alice))


def test_two_channels_of_a_pair_are_apart(channels, custody, paying, alice, stranger):
    other = replace(paying, serial=1)
    channels.openMetered(other.terms, LOCKED, by(alice))
    voucher, signature = paying.signed(POINT)
    with reverts_with("Channel_BadSignature", other.id, alice):
        channels.claim(other.terms, voucher, signature, by(stranger))


def test_only_the_payer_locks_more(channels, paying, bob):
    with reverts_with("Channel_NotParty", paying.id, bob):
        channels.fundMetered(paying.terms, 1, by(bob))


def test_locks_more(channels, custody, paying, alice):
    tx = channels.fundMetered(paying.terms, POINT, by(alice))
    assert tx.events["MeteredFunded"]["points"] == POINT
    assert channels.meteredOf(paying.id)[0] == LOCKED + POINT
    assert money_of(custody, alice)[1] == LOCKED + POINT


def test_nothing_is_done_with_a_channel_that_is_not_open(channels, metered, alice, bob):
    calls = [
        lambda: channels.fundMetered(metered.terms, 1, by(alice)),
        lambda: channels.claim(metered.terms, *metered.signed(1), by(bob)),
        lambda: channels.closeMetered(metered.terms, *metered.signed(1), by(bob)),
        lambda: channels.giveNotice(metered.terms, by(alice)),
        lambda: channels.finishMetered(metered.terms, by(alice)),
    ]
    for call in calls:
        with reverts_with("Channel_NotOpen", metered.id):
            call()
    channels.openMetered(metered.terms, LOCKED, by(alice))
    channels.closeMetered(metered.terms, NO_VOUCHER, b"", by(bob))
    for call in calls:
        with reverts_with("Channel_NotOpen", metered.id):
            call()


def test_pays_a_voucher_whoever_sends_it(channels, custody, paying, alice, bob, stranger):
    tx = channels.claim(paying.terms, *paying.signed(3 * POINT, number=7), by(stranger))
    paid = tx.events["VoucherPaid"]
    assert (paid["points"], paid["number"], paid["total"]) == (3 * POINT, 7, 3 * POINT)
    assert bytes(paid["reading"]) == READING
    assert money_of(custody, bob) == (ENDOWMENT_UPOINTS + 3 * POINT, 0)
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS - LOCKED, LOCKED - 3 * POINT)


def test_pays_only_what_is_new(channels, custody, paying, bob, stranger):
    channels.claim(paying.terms, *paying.signed(3 * POINT), by(stranger))
    for old in (3 * POINT, 2 * POINT, 0):
        with reverts_with("Channel_NothingDue", paying.id, 3 * POINT, old):
            channels.claim(paying.terms, *paying.signed(old), by(stranger))
    channels.claim(paying.terms, *paying.signed(4 * POINT), by(stranger))
    assert money_of(custody, bob) == (ENDOWMENT_UPOINTS + 4 * POINT, 0)


def test_never_pays_more_than_is_locked(channels, custody, paying, alice, bob, stranger):
    channels.claim(paying.terms, *paying.signed(LOCKED + 5 * POINT), by(stranger))
    assert money_of(custody, bob) == (ENDOWMENT_UPOINTS + LOCKED, 0)
    with reverts_with("Channel_NothingDue", paying.id, LOCKED, LOCKED + 5 * POINT):
        channels.claim(paying.terms, *paying.signed(LOCKED + 5 * POINT), by(stranger))
    channels.fundMetered(paying.terms, 2 * POINT, by(alice))
    channels.claim(paying.terms, *paying.signed(LOCKED + 5 * POINT), by(stranger))
    assert money_of(custody, bob) == (ENDOWMENT_UPOINTS + LOCKED + 2 * POINT, 0)


@pytest.mark.parametrize("signer", ["receiver", "stranger"])
def test_the_payer_signs(channels, paying, alice, bob, carol, stranger, signer):
    account = {"receiver": bob, "stranger": carol}[signer].account
    with reverts_with("Channel_BadSignature", paying.id, alice):
        channels.claim(paying.terms, *paying.signed(POINT, by=account), by(stranger))


@pytest.mark.parametrize("changes", [{"total": 1}, {"number": 9}, {"reading": bytes(32)}, {"channel": bytes(32)}])
def test_what_was_signed_cannot_be_changed(channels, paying, alice, stranger, changes):
    with reverts_with("Channel_BadSignature", paying.id, alice):
        channels.claim(paying.terms, *paying.signed(POINT, altered=changes), by(stranger))


@pytest.mark.parametrize("changes", [{"chain_id": 1}, {"contract": NOBODY}])
def test_a_voucher_of_another_place_does_not_count(channels, paying, alice, stranger, changes):
    fields = {"chain_id": paying.domain.chain_id, "contract": paying.domain.contract, **changes}
    elsewhere = replace(paying, domain=type(paying.domain)(**fields))
    with reverts_with("Channel_BadSignature", paying.id, alice):
        channels.claim(paying.terms, *elsewhere.signed(POINT), by(stranger))


def test_only_the_receiver_closes_at_once(channels, paying, alice):
    with reverts_with("Channel_NotParty", paying.id, alice):
        channels.closeMetered(paying.terms, *paying.signed(0), by(alice))


def test_closes_with_the_last_voucher(channels, custody, paying, alice, bob):
    tx = channels.closeMetered(paying.terms, *paying.signed(4 * POINT), by(bob))
    assert tx.events["VoucherPaid"]["points"] == 4 * POINT
    assert tx.events["MeteredClosed"]["points"] == 6 * POINT
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS - 4 * POINT, 0)
    assert money_of(custody, bob) == (ENDOWMENT_UPOINTS + 4 * POINT, 0)
    assert channels.meteredOf(paying.id)[3] == 2


def test_closes_without_a_voucher(channels, custody, paying, alice, bob):
    tx = channels.closeMetered(paying.terms, NO_VOUCHER, b"", by(bob))
    assert "VoucherPaid" not in tx.events
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS, 0)


def test_closes_after_a_claim_and_a_notice(channels, custody, paying, alice, bob):
    channels.claim(paying.terms, *paying.signed(POINT), by(bob))
    channels.giveNotice(paying.terms, by(alice))
    channels.closeMetered(paying.terms, *paying.signed(LOCKED), by(bob))
    assert money_of(custody, bob) == (ENDOWMENT_UPOINTS + LOCKED, 0)
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS - LOCKED, 0)


def test_only_the_payer_gives_notice_once(channels, paying, alice, bob):
    with reverts_with("Channel_NotParty", paying.id, bob):
        channels.giveNotice(paying.terms, by(bob))
    tx = channels.giveNotice(paying.terms, by(alice))
    ends_at = tx.timestamp + WINDOW_S
    assert tx.events["NoticeGiven"]["endsAt"] == ends_at == channels.meteredOf(paying.id)[2]
    for call in (
        lambda: channels.giveNotice(paying.terms, by(alice)),
        lambda: channels.fundMetered(paying.terms, 1, by(alice)),
    ):
        with reverts_with("Channel_Ending", paying.id, ends_at):
            call()


def test_nothing_ends_without_notice_or_before_its_time(channels, paying, alice, stranger, chain):
    with reverts_with("Channel_NotEnding", paying.id):
        channels.finishMetered(paying.terms, by(stranger))
    ends_at = channels.giveNotice(paying.terms, by(alice)).events["NoticeGiven"]["endsAt"]
    later(chain, WINDOW_S - 2)
    with reverts_with("Channel_TooEarly", paying.id, ends_at):
        channels.finishMetered(paying.terms, by(stranger))


def test_what_is_left_goes_back_after_the_notice(channels, custody, paying, alice, bob, stranger, chain):
    channels.giveNotice(paying.terms, by(alice))
    channels.claim(paying.terms, *paying.signed(POINT), by(bob))
    later(chain, WINDOW_S)
    tx = channels.finishMetered(paying.terms, by(stranger))
    assert tx.events["MeteredClosed"]["points"] == 9 * POINT
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS - POINT, 0)
    with reverts_with("Channel_NotOpen", paying.id):
        channels.claim(paying.terms, *paying.signed(2 * POINT), by(bob))


def test_the_receiver_can_claim_until_it_is_finished(channels, custody, paying, alice, bob, chain):
    channels.giveNotice(paying.terms, by(alice))
    later(chain, 10 * WINDOW_S)
    channels.claim(paying.terms, *paying.signed(POINT), by(bob))
    assert money_of(custody, bob) == (ENDOWMENT_UPOINTS + POINT, 0)
