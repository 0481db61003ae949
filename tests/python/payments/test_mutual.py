"""Two parties, each with a book of its own: what they sign, what they refuse, and what they end with."""

import dataclasses

import pytest

from powerpact.chain.contracts import channels, points
from powerpact.chain.local.clock import ChainClock
from powerpact.codec.eip712.signing import CURVE_ORDER
from powerpact.market.channels import MOST_STEP, ChannelState
from powerpact.payments.errors import ChannelRefused
from powerpact.payments.mutual import CHANGE_LASTS_S, Party
from powerpact.payments.tower import guard, old_closes
from tests.python.payments.conftest import LOCKED_UPOINTS


@pytest.fixture
def party(funded, mutual, book_of):
    """Somebody as a party, with the channel as it is on the chain now."""

    def _party(name):
        found = channels.channel(funded.chain, mutual.id.hex())
        return Party(funded.chain, book_of(name), found, funded.keys[name])

    return _party


def pay(sender, taker, upoints):
    """One payment, there and back."""
    sender.accept(taker.accept(sender.pay(upoints)))


def parts(party):
    return party.state.to_one_upoints - LOCKED_UPOINTS, party.state.to_other_upoints - LOCKED_UPOINTS


def test_they_begin_with_what_is_locked(party):
    assert party("alice").state == ChannelState(1, *(LOCKED_UPOINTS,) * 4) == party("bob").state


def test_payments_go_both_ways(party):
    alice, bob = party("alice"), party("bob")
    pay(alice, bob, 300)
    pay(bob, alice, 50)
    assert alice.state == bob.state
    assert parts(alice) == (-250, 250)
    assert alice.state.version == 3


def test_a_payment_counts_once_the_other_has_signed(party):
    alice, bob = party("alice"), party("bob")
    offered = alice.pay(300)
    assert not offered.is_whole
    assert parts(alice) == (0, 0)
    whole = bob.accept(offered)
    assert whole.is_whole
    assert (parts(alice), parts(bob)) == ((0, 0), (-300, 300))
    assert alice.accept(whole) == whole == alice.accept(whole) == bob.accept(offered)
    assert parts(alice) == (-300, 300)


def test_payments_come_on_top_of_each_other(party):
    alice, bob = party("alice"), party("bob")
    alice.pay(300)
    latest = alice.pay(200)
    alice.accept(bob.accept(latest))
    assert parts(alice) == (-500, 500)


@pytest.mark.parametrize("upoints", [0, -1, LOCKED_UPOINTS + 1])
def test_nobody_pays_what_is_not_there(party, upoints):
    with pytest.raises(ChannelRefused, match="cannot be paid out of"):
        party("alice").pay(upoints)


def test_nobody_pays_it_twice(party):
    alice = party("alice")
    alice.pay(LOCKED_UPOINTS)
    with pytest.raises(ChannelRefused, match="cannot be paid out of 0"):
        alice.pay(1)


def test_nobody_signs_that_one_has_less(party):
    alice, bob = party("alice"), party("bob")
    pay(bob, alice, 100)
    offered = bob.pay(1)
    worse = offered.said._replace(
        to_one_upoints=offered.said.to_one_upoints - 2, to_other_upoints=offered.said.to_other_upoints + 2
    )
    signed = bob._sign(dataclasses.replace(offered, said=worse))
    with pytest.raises(ChannelRefused, match="own part would be"):
        alice.accept(signed)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"version": 1}, "does not come after"),
        ({"version": 2**64 - 1}, "does not come after"),
        ({"version": 3 + MOST_STEP}, "does not come after"),
        ({"from_one_upoints": LOCKED_UPOINTS - 1}, "other points than it counts with"),
        ({"from_other_upoints": LOCKED_UPOINTS + 1}, "more than is locked"),
        ({"to_other_upoints": 0}, "shares out other points"),
        ({"reward_upoints": LOCKED_UPOINTS // 10 + 1}, "more than a twentieth"),
        ({}, "did not sign"),
    ],
)
def test_what_does_not_follow_is_refused(party, changes, problem):
    alice, bob = party("alice"), party("bob")
    offered = alice.pay(300)
    if changes:
        altered = alice._sign(dataclasses.replace(offered, said=offered.said._replace(**changes)))
    else:
        altered = offered.with_signature(bytes(65), of_other=False)
    with pytest.raises(ChannelRefused, match=problem):
        bob.accept(altered)


def test_a_state_of_another_channel_is_refused(party):
    offered = dataclasses.replace(party("alice").pay(1), channel=bytes(32))
    with pytest.raises(ChannelRefused, match="another channel"):
        party("bob").accept(offered)


def test_both_who_pay_at_once_end_with_both_payments(party):
    alice, bob = party("alice"), party("bob")
    of_alice, of_bob = alice.pay(300), bob.pay(70)
    with pytest.raises(ChannelRefused, match="both sides paid at once"):
        alice.accept(of_bob)
    both = bob.accept(of_alice)
    assert not both.is_whole
    whole = alice.accept(both)
    assert bob.accept(whole) == whole
    assert parts(alice) == parts(bob) == (-230, 230)


def test_what_is_locked_later_is_its_owners(funded, mutual, party):
    pay(party("alice"), party("bob"), 300)
    funded.sender("bob").send(channels.fund(funded.chain, mutual, 1_000))
    assert parts(party("alice")) == (-300, 1_300)
    pay(party("bob"), party("alice"), 1_300)
    assert parts(party("bob")) == (1_000, 0)


def test_they_close_together(funded, mutual, party):
    alice, bob = party("alice"), party("bob")
    pay(alice, bob, 300)
    before = points.wallet_of(funded.chain, funded.address("bob")).free_upoints
    agreed = bob.join(alice.agree())
    assert bob.join(agreed) == agreed
    funded.sender("bob").send(channels.change(funded.chain, mutual, agreed))
    assert points.wallet_of(funded.chain, funded.address("bob")).free_upoints == before + LOCKED_UPOINTS + 300
    with pytest.raises(ChannelRefused, match="is closed"):
        party("alice")


def test_nothing_is_signed_while_a_change_can_be_sent(funded, party):
    alice, bob = party("alice"), party("bob")
    agreed = alice.agree()
    bob.join(agreed)
    for blocked in (lambda: alice.pay(1), lambda: bob.pay(1), alice.agree, bob.agree):
        with pytest.raises(ChannelRefused, match="can still be sent"):
            blocked()
    clock = ChainClock(funded.chain.web3)
    clock.advance_to(agreed.said.expiry + 1)
    pay(alice, bob, 5)
    assert agreed.said.expiry - clock.now() <= CHANGE_LASTS_S


def test_no_change_is_agreed_on_while_a_payment_waits(party):
    alice = party("alice")
    alice.pay(5)
    with pytest.raises(ChannelRefused, match="a payment waits"):
        alice.agree()


def test_nobody_joins_a_change_by_which_one_has_less(party):
    alice, bob = party("alice"), party("bob")
    offered = alice.agree()
    said = offered.said._replace(
        out_one_upoints=offered.said.out_one_upoints + 1, out_other_upoints=offered.said.out_other_upoints - 1
    )
    with pytest.raises(ChannelRefused, match="by the change"):
        bob.join(alice._sign(dataclasses.replace(offered, said=said)))
    with pytest.raises(ChannelRefused, match="did not sign"):
        bob.join(offered.with_signature(bytes(65), of_other=False))
    for expiry in (1, offered.said.expiry + CHANGE_LASTS_S):
        with pytest.raises(ChannelRefused, match="has expired, or lasts more than"):
            bob.join(dataclasses.replace(offered, said=offered.said._replace(expiry=expiry)))
    less = offered.said._replace(out_one_upoints=offered.said.out_one_upoints - 1)
    with pytest.raises(ChannelRefused, match="other points than are locked"):
        bob.join(dataclasses.replace(offered, said=less))
    for version in (1, 2**64 - 1):
        with pytest.raises(ChannelRefused, match="does not come after"):
            bob.join(dataclasses.replace(offered, said=offered.said._replace(version=version)))


def test_nobody_joins_a_change_that_is_older_than_what_one_signed(party):
    """Else the payment that waits would count again once more is locked."""
    alice, bob = party("alice"), party("bob")
    change = bob.agree(1_000)
    alice.pay(300)
    with pytest.raises(ChannelRefused, match="does not come after version 2"):
        alice.join(change)


def test_a_deposit_does_not_stop_what_waits(funded, mutual, party):
    offered = party("alice").pay(300)
    funded.sender("bob").send(channels.fund(funded.chain, mutual, 1_000))
    party("alice").accept(party("bob").accept(offered))
    assert parts(party("alice")) == (-300, 1_300)


def test_a_deposit_makes_a_change_void(funded, mutual, party):
    party("alice").agree()
    funded.sender("bob").send(channels.fund(funded.chain, mutual, 1))
    pay(party("alice"), party("bob"), 5)


def test_an_offer_is_answered_the_same_way_again(party):
    alice, bob = party("alice"), party("bob")
    of_alice = alice.pay(300)
    bob.pay(70)
    assert bob.accept(of_alice) == bob.accept(of_alice)


def test_a_short_window_is_not_relied_on(funded, mutual, book_of, party):
    offered = party("alice").pay(1)
    bob = Party(funded.chain, book_of("bob"), mutual, funded.keys["bob"], least_window_s=3_601)
    with pytest.raises(ChannelRefused, match="shorter than 3601 s"):
        bob.accept(offered)


def test_who_asked_to_close_signs_nothing_more(mutual, party, book_of):
    offered = party("alice").pay(1)
    book_of("bob").note_closing(offered)
    with pytest.raises(ChannelRefused, match="is about to close"):
        party("bob").accept(offered)


def test_what_somebody_signs_is_kept_as_the_contract_takes_it(funded, mutual, party):
    alice, bob = party("alice"), party("bob")
    offered = alice.pay(300)
    r, s, v = offered.of_one[:32], int.from_bytes(offered.of_one[32:64], "big"), offered.of_one[64]
    flipped = r + (CURVE_ORDER - s).to_bytes(32, "big") + bytes([27 + 28 - v])
    whole = bob.accept(offered.with_signature(flipped, of_other=False))
    assert whole.of_one == offered.of_one
    funded.sender("bob").send(channels.begin_close(funded.chain, mutual, whole))


def test_they_have_points_out_and_go_on(funded, mutual, party):
    alice, bob = party("alice"), party("bob")
    pay(alice, bob, 300)
    agreed = alice.join(bob.agree(1_000))
    funded.sender("alice").send(channels.change(funded.chain, mutual, agreed))
    assert parts(party("alice")) == (-300, -700)
    pay(party("bob"), party("alice"), 100)
    assert parts(party("alice")) == (-200, -800)


@pytest.mark.parametrize("upoints", [0, LOCKED_UPOINTS + 1])
def test_nobody_has_more_out_than_is_there(party, upoints):
    with pytest.raises(ChannelRefused, match="cannot be taken out of"):
        party("alice").agree(upoints)


def test_a_stranger_is_no_party(party):
    with pytest.raises(ChannelRefused, match="is no party"):
        party("carol")


def test_a_tower_keeps_the_newest_state_and_sees_an_old_close(funded, mutual, party, book_of):
    alice, bob, tower = party("alice"), party("bob"), book_of("carol")
    old = bob.accept(alice.pay(300))
    alice.accept(old)
    newest = bob.accept(alice.pay(200))
    for state in (old, newest):
        guard(funded.chain, tower, mutual, state)
    with pytest.raises(ChannelRefused, match="newer or the same"):
        guard(funded.chain, tower, mutual, old)
    for said in (newest.said._replace(to_one_upoints=0), newest.said._replace(version=2**64 - 1)):
        with pytest.raises(ChannelRefused, match="would not take"):
            guard(funded.chain, book_of("dave"), mutual, dataclasses.replace(newest, said=said))
    with pytest.raises(ChannelRefused, match="did not sign"):
        guard(funded.chain, book_of("dave"), mutual, newest.with_signature(b"", of_other=True))
    assert old_closes(funded.chain, tower) == []
    funded.sender("alice").send(channels.begin_close(funded.chain, mutual, old))
    (found,) = old_closes(funded.chain, tower)
    assert found.newest == newest
    with pytest.raises(ChannelRefused, match="is about to close"):
        party("bob").pay(1)
    funded.sender("carol").send(channels.show_state(funded.chain, found.channel, found.newest))
    assert old_closes(funded.chain, tower) == []
    shown = channels.channel(funded.chain, mutual.id.hex())
    assert (shown.version, shown.to_one_upoints) == (3, LOCKED_UPOINTS - 500)
    funded.warp(shown.closes_at)
    assert old_closes(funded.chain, tower) == []
    funded.sender("dave").send(channels.finish(funded.chain, shown))
    assert not channels.channel(funded.chain, mutual.id.hex()).is_open
