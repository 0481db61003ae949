import pytest

from testkit.attested import seller_terms
from testkit.meters import device_key
from testkit.reverts import reverts_with

KEY, NEW = device_key("roof").address, device_key("new roof").address


@pytest.fixture(params=["owner", "auditors"])
def state(request, devices, alice, auditors):
    """State from when on a key is not trusted, by the owner or by as many auditors as decide."""

    def _state(since, key=KEY):
        if request.param == "owner":
            return devices.distrust(key, since, {"from": alice})
        devices.voteDistrust(key, since, {"from": auditors[0]})
        return devices.voteDistrust(key, since, {"from": auditors[1]})

    return _state


def test_reverts_for_anyone_but_the_owner(devices, roof, alice, auditors, now):
    with reverts_with("Device_NotOwner", roof, alice, auditors[0]):
        devices.distrust(KEY, now(), {"from": auditors[0]})


def test_reverts_for_anyone_but_an_auditor(devices, roof, alice, now):
    with reverts_with("Device_NotAuditor", alice):
        devices.voteDistrust(KEY, now(), {"from": alice})


def test_reverts_for_an_unknown_key(roof, state, now):
    with reverts_with("Device_UnknownKey", NEW):
        state(now(), NEW)


@pytest.mark.parametrize("ahead_s", [None, 1_000])
def test_reverts_without_a_time_and_for_one_to_come(roof, state, now, ahead_s):
    since = now() + ahead_s if ahead_s else 0
    with reverts_with("Device_BadTime", roof, since):
        state(since)


@pytest.mark.parametrize("later_s", [0, 1])
def test_a_statement_moves_the_time_only_earlier(devices, roof, state, now, later_s):
    since = now() - 100
    state(since)
    with reverts_with("Device_NotEarlier", roof, KEY, since, since + later_s):
        state(since + later_s)
    state(since - 1)
    assert devices.distrustedAt(KEY) == since - 1


def test_reverts_for_a_second_vote(devices, roof, auditors, now):
    since = now()
    devices.voteDistrust(KEY, since, {"from": auditors[0]})
    with reverts_with("Device_AlreadyVoted", roof, auditors[0]):
        devices.voteDistrust(KEY, since, {"from": auditors[0]})


def test_votes_for_different_times_and_keys_do_not_add_up(devices, roof, bind_device, alice, auditors, now):
    since = now()
    bind_device(alice, "shed")
    for auditor, (key, time) in zip(
        auditors, [(KEY, since), (KEY, since - 1), (device_key("shed").address, since)], strict=False
    ):
        tx = devices.voteDistrust(key, time, {"from": auditor})
        assert tx.events["DistrustVoted"]["votes"] == 1
    assert devices.distrustedAt(KEY) == 0


def test_the_device_sells_nothing_more(devices, order_book, roof, state, auditors, now, alice, certify):
    since = now()
    tx = state(since)
    assert dict(tx.events["KeyDistrusted"]) == {"device": roof, "key": KEY, "since": since}
    found = devices.device(roof)
    assert (found["certified"], found["distrustedAt"], found["stoppedAt"]) == (False, since, 0)
    assert not seller_terms(devices, [roof], order_book)[0].certified
    assert devices.signerAt(roof, since)[2] == since
    with reverts_with("Device_KeyDistrusted", roof, KEY, since):
        certify(roof)
    with reverts_with("Device_NotCertified", roof):
        devices.decertify(roof, devices.contentOf(roof), "a reason", {"from": auditors[0]})


def test_another_key_brings_it_back(devices, order_book, roof, state, rotate, take_effect, certify, now):
    since = now()
    state(since)
    rotate(roof)
    assert devices.device(roof)["distrustedAt"] == 0
    take_effect(roof)
    certify(roof)
    assert seller_terms(devices, [roof], order_book)[0].certified
    assert devices.distrustedAt(KEY) == since


def test_a_former_key_is_distrusted_without_stopping_the_device(
    devices, roof, state, rotate, take_effect, certify, now
):
    rotate(roof)
    take_effect(roof)
    certify(roof)
    state(now())
    found = devices.device(roof)
    assert (found["certified"], found["distrustedAt"]) == (True, 0)
    assert devices.distrustedAt(KEY) != 0


def test_a_retired_device_can_still_be_named(devices, roof, state, alice, now):
    devices.retire(roof, {"from": alice})
    state(now())
    found = devices.device(roof)
    assert (found["retired"], found["distrustedAt"] != 0) == (True, True)


def test_a_new_owner_states_nothing_about_the_time_before(devices, roof, hand_over, take_effect, admit, bob, now):
    """It would take readings from who sold energy then."""
    admit(bob)
    hand_over(roof, bob)
    owned = devices.device(roof)["changedAt"]
    with reverts_with("Device_NotOwnerThen", roof, now(), owned):
        devices.distrust(KEY, now(), {"from": bob})
    take_effect(roof)
    with reverts_with("Device_NotOwnerThen", roof, owned - 1, owned):
        devices.distrust(KEY, owned - 1, {"from": bob})
    devices.distrust(KEY, owned, {"from": bob})
    assert devices.distrustedAt(KEY) == owned


def test_a_former_owner_states_nothing(devices, roof, hand_over, admit, alice, bob, now):
    admit(bob)
    hand_over(roof, bob)
    with reverts_with("Device_NotOwner", roof, bob, alice):
        devices.distrust(KEY, now(), {"from": alice})
