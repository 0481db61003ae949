"""`openMutual`, `fundMutual`, `changeMutual`, `beginClose`, `showState`, `finishMutual`: two pay each other."""

from dataclasses import replace

import pytest

from powerpact.market.channels import ChannelChange
from testkit.market_fixtures import ENDOWMENT_UPOINTS, POINT, by, money_of
from testkit.mining import later
from testkit.paying.channels import WINDOW_S
from testkit.reverts import reverts_with
from tests.contracts.PaymentChannels.conftest import LOCKED

NOBODY = "0x" + "00" * 20
TOTAL = 15 * POINT


def change(now, version=2, left=(0, 0), out=(9 * POINT, 6 * POINT), expires_in=100):
    return ChannelChange(version, *left, *out, now + expires_in)


def locked_in(channels, mutual):
    """What is locked for one and for the other, and the base."""
    locked = channels.mutualOf(mutual.id)[0]
    return tuple(map(int, locked))


def closing_of(channels, mutual):
    """What `one` gets, by which version, and when."""
    closing = channels.mutualOf(mutual.id)[1]
    return tuple(map(int, closing))[:3]


def test_opens_for_a_party_alone(channels, mutual, carol):
    with reverts_with("Channel_NotParty", mutual.id, carol):
        channels.openMutual(mutual.terms, LOCKED, by(carol))


@pytest.mark.parametrize("other", ["itself", "nobody"])
def test_a_channel_has_two_parties(channels, mutual, alice, other):
    address = alice.address if other == "itself" else NOBODY
    with reverts_with("Channel_BadParties", alice, address):
        channels.openMutual(mutual.terms._replace(other=address), LOCKED, by(alice))


@pytest.mark.parametrize("window_s", [0, 599, 30 * 86_400 + 1])
def test_a_window_is_neither_short_nor_long(channels, mutual, alice, window_s):
    with reverts_with("Channel_BadWindow", window_s, 600, 30 * 86_400):
        channels.openMutual(mutual.terms._replace(window_s=window_s), LOCKED, by(alice))


@pytest.mark.parametrize("points", [0, 2**96])
def test_something_is_locked(channels, mutual, shared, alice, points):
    for call, terms in ((channels.fundMutual, shared.terms), (channels.openMutual, mutual.terms._replace(serial=1))):
        with reverts_with("Channel_BadPoints", bytes(channels.idOfMutual(terms)), points):
            call(terms, points, by(alice))


@pytest.mark.parametrize("who", ["alice", "bob"])
def test_opens_from_either_side(channels, custody, mutual, alice, bob, who):
    funder = {"alice": alice, "bob": bob}[who]
    tx = channels.openMutual(mutual.terms, LOCKED, by(funder))
    opened = tx.events["MutualOpened"]
    assert bytes(opened["channel"]) == mutual.id == bytes(channels.idOfMutual(mutual.terms))
    assert (tuple(opened["terms"]), opened["funder"], opened["points"]) == (mutual.terms, funder.address, LOCKED)
    assert locked_in(channels, mutual) == ((LOCKED, 0, 1) if who == "alice" else (0, LOCKED, 1))
    assert money_of(custody, funder) == (ENDOWMENT_UPOINTS - LOCKED, LOCKED)
    with reverts_with("Channel_OpenedBefore", mutual.id):
        channels.openMutual(mutual.terms, LOCKED, by(bob))


def test_both_lock_more(channels, custody, shared, alice, bob, carol):
    with reverts_with("Channel_NotParty", shared.id, carol):
        channels.fundMutual(shared.terms, 1, by(carol))
    assert channels.fundMutual(shared.terms, 2, by(alice)).events["MutualFunded"]["funder"] == alice.address
    channels.fundMutual(shared.terms, 3, by(bob))
    assert locked_in(channels, shared) == (LOCKED + 2, LOCKED // 2 + 3, 1)
    assert money_of(custody, bob)[1] == LOCKED // 2 + 3


def test_nothing_is_done_with_a_channel_that_is_not_open(channels, mutual, state, alice, bob, now):
    signed, changed = mutual.by_both(state(2, POINT)), mutual.by_both(change(now()))
    calls = [
        lambda: channels.fundMutual(mutual.terms, 1, by(alice)),
        lambda: channels.changeMutual(mutual.terms, *changed, by(bob)),
        lambda: channels.beginClose(mutual.terms, *signed, by(bob)),
        lambda: channels.showState(mutual.terms, *signed, by(alice)),
        lambda: channels.finishMutual(mutual.terms, by(alice)),
    ]
    for call in calls:
        with reverts_with("Channel_NotOpen", mutual.id):
            call()
    channels.openMutual(mutual.terms, TOTAL, by(alice))
    channels.changeMutual(mutual.terms, *mutual.by_both(change(now())), by(alice))
    for call in [*calls, lambda: channels.openMutual(mutual.terms, 1, by(alice))][:-1]:
        with reverts_with("Channel_NotOpen", mutual.id):
            call()
    with reverts_with("Channel_OpenedBefore", mutual.id):
        channels.openMutual(mutual.terms, 1, by(alice))


def test_both_close_at_once(channels, custody, shared, alice, bob, stranger, now):
    tx = channels.changeMutual(shared.terms, *shared.by_both(change(now())), by(stranger))
    assert tx.events["MutualChanged"]["outOne"] == 9 * POINT
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS - POINT, 0)
    assert money_of(custody, bob) == (ENDOWMENT_UPOINTS + POINT, 0)


def test_both_have_points_out(channels, custody, shared, state, alice, bob, stranger, now):
    some = change(now(), version=5, left=(POINT, 8 * POINT), out=(2 * POINT, 4 * POINT))
    channels.changeMutual(shared.terms, *shared.by_both(some), by(stranger))
    assert locked_in(channels, shared) == (POINT, 8 * POINT, 5)
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS - 8 * POINT, POINT)
    assert money_of(custody, bob) == (ENDOWMENT_UPOINTS - POINT, 8 * POINT)
    with reverts_with("Channel_NotNewer", shared.id, 5, 5):
        channels.changeMutual(shared.terms, *shared.by_both(some), by(stranger))
    with reverts_with("Channel_NotNewer", shared.id, 5, 4):
        channels.beginClose(shared.terms, *shared.by_both(state(4, 0)), by(bob))
    with reverts_with("Channel_DepositMissing", shared.id, POINT, 8 * POINT):
        channels.beginClose(shared.terms, *shared.by_both(state(6, 0)), by(bob))
    after = state(6, 3 * POINT, to_other_upoints=6 * POINT, from_one_upoints=POINT, from_other_upoints=8 * POINT)
    channels.beginClose(shared.terms, *shared.by_both(after), by(bob))
    assert closing_of(channels, shared)[:2] == (3 * POINT, 6)


def test_a_change_shares_out_what_is_locked(channels, shared, stranger, now):
    for out in ((9 * POINT, 6 * POINT + 1), (9 * POINT, 6 * POINT - 1)):
        with reverts_with("Channel_OtherTotal", shared.id, TOTAL, sum(out)):
            channels.changeMutual(shared.terms, *shared.by_both(change(now(), out=out)), by(stranger))


def test_a_change_expires(channels, shared, stranger, now, chain):
    said = change(now(), expires_in=50)
    later(chain, 60)
    with reverts_with("Channel_TooLate", shared.id, said.expiry):
        channels.changeMutual(shared.terms, *shared.by_both(said), by(stranger))


def test_a_change_is_newer(channels, shared, stranger, now):
    for version in (0, 1, 2**64 - 1):
        with reverts_with("Channel_NotNewer", shared.id, 1, version):
            channels.changeMutual(shared.terms, *shared.by_both(change(now(), version=version)), by(stranger))


@pytest.mark.parametrize("missing", ["one", "other"])
def test_both_sign_what_counts(channels, shared, state, alice, bob, carol, stranger, now, missing):
    party = {"one": alice, "other": bob}[missing]
    place = {"one": 0, "other": 1}[missing]
    for said, call in (
        (change(now()), channels.changeMutual),
        (state(2, POINT), channels.beginClose),
    ):
        for forger in (carol, bob if missing == "one" else alice):
            _, signatures, _ = shared.by_both(said)
            signatures[place] = shared.signature(said, forger.account)
            with reverts_with("Channel_BadSignature", shared.id, party):
                call(shared.terms, said, signatures, [], by(alice))
    channels.beginClose(shared.terms, *shared.by_both(state(2, POINT)), by(alice))
    _, signatures, _ = shared.by_both(state(3, POINT))
    signatures[place] = shared.signature(state(3, POINT), carol.account)
    with reverts_with("Channel_BadSignature", shared.id, party):
        channels.showState(shared.terms, state(3, POINT), signatures, [], by(stranger))
    for empty in ((bytes(32), bytes(32)), (bytes(32), b"\xff" * 32)):
        signatures[place] = empty
        with reverts_with("Channel_BadSignature", shared.id, party):
            channels.showState(shared.terms, state(3, POINT), signatures, [b""], by(stranger))


def test_a_state_of_another_channel_does_not_count(channels, shared, state, alice):
    sibling = replace(shared, serial=1)
    with reverts_with("Channel_BadSignature", shared.id, alice):
        channels.beginClose(shared.terms, *sibling.by_both(state(2, POINT)), by(alice))


@pytest.mark.parametrize(
    "changes", [{"from_one_upoints": LOCKED + 1}, {"from_other_upoints": LOCKED // 2 + 1}], ids=["one", "other"]
)
def test_a_state_does_not_count_with_what_is_not_locked(channels, shared, state, bob, changes):
    said = state(2, POINT, **changes)
    with reverts_with("Channel_DepositMissing", shared.id, LOCKED, LOCKED // 2):
        channels.beginClose(shared.terms, *shared.by_both(said), by(bob))


@pytest.mark.parametrize("more", [1, -1])
def test_a_state_shares_out_what_it_counts_with(channels, shared, state, bob, more):
    said = state(2, POINT, to_other_upoints=14 * POINT + more)
    with reverts_with("Channel_OtherTotal", shared.id, TOTAL, TOTAL + more):
        channels.beginClose(shared.terms, *shared.by_both(said), by(bob))


def test_only_a_party_begins_to_close(channels, shared, state, carol):
    with reverts_with("Channel_NotParty", shared.id, carol):
        channels.beginClose(shared.terms, *shared.by_both(state(2, POINT)), by(carol))


def test_closes_alone_by_what_both_signed(channels, custody, shared, state, alice, bob, stranger, chain):
    tx = channels.beginClose(shared.terms, *shared.by_both(state(9, 4 * POINT)), by(bob))
    closes_at = tx.timestamp + WINDOW_S
    begun = tx.events["ClosingBegun"]
    assert (begun["closer"], begun["version"]) == (bob.address, 9)
    assert closing_of(channels, shared) == (4 * POINT, 9, closes_at)
    assert begun["closesAt"] == closes_at
    later(chain, WINDOW_S - 2)
    with reverts_with("Channel_TooEarly", shared.id, closes_at):
        channels.finishMutual(shared.terms, by(stranger))
    later(chain, 2)
    closed = channels.finishMutual(shared.terms, by(stranger)).events["MutualClosed"]
    assert (closed["toOne"], closed["toOther"], closed["reward"]) == (4 * POINT, 11 * POINT, 0)
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS - 6 * POINT, 0)
    assert money_of(custody, bob) == (ENDOWMENT_UPOINTS + 6 * POINT, 0)


def test_closes_alone_without_any_state(channels, custody, shared, state, alice, bob, chain):
    channels.beginClose(shared.terms, *shared.by_both(state(1, 0)), by(bob))
    later(chain, WINDOW_S)
    channels.finishMutual(shared.terms, by(bob))
    assert money_of(custody, alice) == money_of(custody, bob) == (ENDOWMENT_UPOINTS, 0)


def test_what_was_locked_since_is_its_owners(channels, custody, shared, state, alice, bob, chain):
    channels.fundMutual(shared.terms, 2 * POINT, by(alice))
    channels.fundMutual(shared.terms, POINT, by(bob))
    channels.beginClose(shared.terms, *shared.by_both(state(2, 4 * POINT)), by(alice))
    later(chain, WINDOW_S)
    channels.finishMutual(shared.terms, by(alice))
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS - 6 * POINT, 0)
    assert money_of(custody, bob) == (ENDOWMENT_UPOINTS + 6 * POINT, 0)


def test_nothing_else_begins_while_it_closes(channels, shared, state, alice, bob, now):
    tx = channels.beginClose(shared.terms, *shared.by_both(state(2, POINT)), by(alice))
    closes_at = tx.events["ClosingBegun"]["closesAt"]
    for call in (
        lambda: channels.fundMutual(shared.terms, 1, by(alice)),
        lambda: channels.changeMutual(shared.terms, *shared.by_both(change(now(), 3)), by(alice)),
        lambda: channels.beginClose(shared.terms, *shared.by_both(state(3, POINT)), by(bob)),
    ):
        with reverts_with("Channel_Ending", shared.id, closes_at):
            call()


def test_nothing_is_shown_or_finished_that_does_not_close(channels, shared, state, stranger):
    for call in (
        lambda: channels.showState(shared.terms, *shared.by_both(state(2, POINT)), by(stranger)),
        lambda: channels.finishMutual(shared.terms, by(stranger)),
    ):
        with reverts_with("Channel_NotEnding", shared.id):
            call()


def test_a_newer_state_counts_and_prolongs_nothing(channels, custody, shared, state, alice, bob, stranger, chain):
    closes_at = channels.beginClose(shared.terms, *shared.by_both(state(2, 14 * POINT)), by(alice)).events[
        "ClosingBegun"
    ]["closesAt"]
    for old in (1, 2):
        with reverts_with("Channel_NotNewer", shared.id, 2, old):
            channels.showState(shared.terms, *shared.by_both(state(old, 0)), by(stranger))
    later(chain, WINDOW_S // 2)
    tx = channels.showState(shared.terms, *shared.by_both(state(7, POINT)), by(stranger))
    assert tx.events["StateShown"]["version"] == 7
    assert closing_of(channels, shared)[:2] == (POINT, 7)
    assert closing_of(channels, shared)[2] == closes_at
    later(chain, WINDOW_S // 2)
    with reverts_with("Channel_TooLate", shared.id, closes_at):
        channels.showState(shared.terms, *shared.by_both(state(8, 2 * POINT)), by(stranger))
    channels.finishMutual(shared.terms, by(stranger))
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS - 9 * POINT, 0)
    assert money_of(custody, bob) == (ENDOWMENT_UPOINTS + 9 * POINT, 0)


@pytest.mark.parametrize(
    ("closer", "reward", "paid"),
    [
        ("alice", POINT // 2, POINT // 2),
        ("alice", 2 * POINT, POINT),
        ("bob", POINT, POINT),
        ("alice", 2**96 - 1, POINT),
    ],
)
def test_a_tower_is_paid_by_who_closed_with_an_old_state(
    channels, custody, shared, state, alice, bob, carol, chain, closer, reward, paid
):
    """Alice has one point by the newest state, so that her part bounds the reward."""
    channels.beginClose(shared.terms, *shared.by_both(state(2, 7 * POINT)), by({"alice": alice, "bob": bob}[closer]))
    newest = state(3, POINT, tower=carol.address, reward_upoints=reward)
    channels.showState(shared.terms, *shared.by_both(newest), by(carol))
    later(chain, WINDOW_S)
    closed = channels.finishMutual(shared.terms, by(alice)).events["MutualClosed"]
    assert (closed["tower"], closed["reward"]) == (carol.address, paid)
    of_alice, of_bob = (paid, 0) if closer == "alice" else (0, paid)
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS - 9 * POINT - of_alice, 0)
    assert money_of(custody, bob) == (ENDOWMENT_UPOINTS + 9 * POINT - of_bob, 0)
    assert money_of(custody, carol) == (ENDOWMENT_UPOINTS + paid, 0)


@pytest.mark.parametrize("shower", ["dan", "alice"])
def test_the_tower_is_paid_whoever_copies_its_transaction(
    channels, custody, shared, state, alice, bob, carol, dan, chain, shower
):
    """A stranger, or the closing party itself."""
    channels.beginClose(shared.terms, *shared.by_both(state(2, 14 * POINT)), by(alice))
    newer = state(3, 2 * POINT, tower=carol.address, reward_upoints=POINT)
    channels.showState(shared.terms, *shared.by_both(newer), by({"dan": dan, "alice": alice}[shower]))
    later(chain, WINDOW_S)
    assert channels.finishMutual(shared.terms, by(bob)).events["MutualClosed"]["reward"] == POINT
    assert money_of(custody, carol) == (ENDOWMENT_UPOINTS + POINT, 0)


def test_the_tower_of_who_helps_itself_is_not_paid(channels, custody, shared, state, alice, bob, carol, chain):
    channels.beginClose(shared.terms, *shared.by_both(state(2, 14 * POINT)), by(alice))
    newer = state(3, 2 * POINT, tower=carol.address, reward_upoints=POINT)
    channels.showState(shared.terms, *shared.by_both(newer), by(bob))
    later(chain, WINDOW_S)
    assert channels.finishMutual(shared.terms, by(bob)).events["MutualClosed"]["reward"] == 0
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS - 8 * POINT, 0)


def test_a_tower_with_an_older_state_gets_nothing(channels, custody, shared, state, alice, bob, carol, chain):
    channels.beginClose(shared.terms, *shared.by_both(state(2, 14 * POINT)), by(alice))
    older = state(3, 2 * POINT, tower=carol.address, reward_upoints=POINT)
    channels.showState(shared.terms, *shared.by_both(older), by(carol))
    channels.showState(shared.terms, *shared.by_both(state(4, 3 * POINT)), by(bob))
    later(chain, WINDOW_S)
    assert channels.finishMutual(shared.terms, by(bob)).events["MutualClosed"]["reward"] == 0
    assert money_of(custody, carol) == (ENDOWMENT_UPOINTS, 0)
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS - 7 * POINT, 0)


def test_the_closer_can_be_its_own_tower(channels, custody, shared, state, alice, bob, chain):
    channels.beginClose(shared.terms, *shared.by_both(state(2, 14 * POINT)), by(alice))
    newest = state(3, 2 * POINT, tower=alice.address, reward_upoints=POINT)
    channels.showState(shared.terms, *shared.by_both(newest), by(alice))
    later(chain, WINDOW_S)
    channels.finishMutual(shared.terms, by(bob))
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS - 8 * POINT, 0)
    assert money_of(custody, bob) == (ENDOWMENT_UPOINTS + 8 * POINT, 0)
