"""`commit`: only what a certified router signed, one batch after another, on this chain and in this contract."""

import pytest

from powerpact.codec.eip712 import Domain, sign
from powerpact.market.schema import DeviceKind
from testkit.constants import SLOT_LENGTH_S
from testkit.meters import KEYS, device_key, domain_of
from testkit.mining import later
from testkit.reverts import reverts_named, reverts_with
from testkit.routers import RouterBatch
from tests.contracts.RouterBatches.conftest import ROUTER_KEY

NOBODY = "0x" + "00" * 20
SECP256K1_ORDER = 0xFFFFFFFF_FFFFFFFF_FFFFFFFF_FFFFFFFE_BAAEDCE6_AF48A03B_BFD25E8C_D0364141


@pytest.fixture
def other_owner(devices, alice, bob, chain):
    """Have the router's owner change, from the next slot on."""

    def _other_owner():
        devices.offer(3, bob, {"from": alice})
        devices.accept(3, devices.contentOf(3), {"from": bob})

    return _other_owner


@pytest.fixture
def rotate(devices, alice, chain):
    """Give the router another key, from the next slot on."""

    def _rotate(name):
        key = device_key(name)
        message = {"device": 3, "owner": alice.address, "replaced": devices.device(3)["key"]}
        signature = sign(key, domain_of(devices, chain.id), "Rotation", message)
        devices.rotate(3, key.address, signature, {"from": alice})
        return key

    return _rotate


@pytest.mark.parametrize("count", [0, 65_537, 2**32 - 1])
def test_a_batch_has_readings_and_not_too_many(commit, batch, count):
    with reverts_with("Router_BadCount", 3, count, 65_536):
        commit(batch, head=(3, 0, count))


def test_a_meter_commits_to_nothing(commit, readings):
    batch = RouterBatch(1, 0, readings)
    with reverts_with("Router_NotRouter", 1, DeviceKind.METER):
        commit(batch, key=KEYS[1])


def test_an_unknown_router_commits_to_nothing(commit, readings):
    batch = RouterBatch(9, 0, readings)
    with reverts_with("Router_NotRouter", 9, DeviceKind.METER):
        commit(batch)


@pytest.mark.parametrize("signer", ["roof", "another router", "nobody"])
def test_another_key_does_not_sign_for_the_router(commit, batch, signer):
    key = device_key(signer)
    with reverts_with("Router_BadSignature", 3, ROUTER_KEY.address, key.address):
        commit(batch, key=key)


@pytest.mark.parametrize("signature", [b"", bytes(65), bytes(64), b"\xff" * 64, b"\1" * 66])
def test_no_signature_is_nobodys(batches, batch, stranger, start, signature):
    with reverts_with("Router_BadSignature", 3, ROUTER_KEY.address, NOBODY):
        batches.commit(batch.head, batch.root, signature, {"from": stranger})


def test_the_other_half_of_a_signature_is_nobodys(batches, batch, domain, stranger):
    signature = batch.signature(ROUTER_KEY, domain)
    s = SECP256K1_ORDER - int.from_bytes(signature[32:64], "big")
    mirrored = signature[:32] + s.to_bytes(32, "big") + bytes([27 + 28 - signature[64]])
    with reverts_with("Router_BadSignature", 3, ROUTER_KEY.address, NOBODY):
        batches.commit(batch.head, batch.root, mirrored, {"from": stranger})


@pytest.mark.parametrize("changes", [{"chain_id": 1}, {"contract": NOBODY}, {"name": "Another"}, {"version": "2"}])
def test_a_batch_of_another_place_does_not_count(commit, batch, domain, changes):
    members = {"chain_id": domain.chain_id, "contract": domain.contract, "name": domain.name, "version": domain.version}
    with reverts_named("Router_BadSignature"):
        commit(batch, where=Domain(**members | changes))


@pytest.mark.parametrize("changed", ["router", "count", "root"])
def test_what_was_signed_cannot_be_changed(commit, batch, changed, bind_device, certify, alice):
    other = bind_device(alice, "other router", kind=DeviceKind.ROUTER)
    certify(other)
    head = {"router": (other, 0, 7), "count": (3, 0, 8), "root": batch.head}[changed]
    with reverts_named("Router_BadSignature"):
        commit(batch, head=head, root=bytes(31) + b"\1" if changed == "root" else batch.root)


@pytest.mark.parametrize("turn", [1, 2, 2**32 - 1])
def test_no_turn_is_skipped(commit, readings, turn):
    with reverts_with("Router_WrongTurn", 3, 0, turn):
        commit(RouterBatch(3, turn, readings))


def test_a_batch_is_committed_once(commit, batch, readings):
    commit(batch)
    with reverts_with("Router_WrongTurn", 3, 1, 0):
        commit(batch)
    with reverts_with("Router_WrongTurn", 3, 1, 0):
        commit(RouterBatch(3, 0, readings[:3]))


def test_a_retired_router_is_refused(commit, batch, devices, alice):
    devices.retire(3, {"from": alice})
    with reverts_with("Router_Stopped", 3, devices.device(3)["stoppedAt"]):
        commit(batch)


def test_a_decertified_router_is_refused(commit, batch, devices, auditors):
    content = devices.contentOf(3)
    for auditor in auditors[:2]:
        devices.decertify(3, content, "it invents readings", {"from": auditor})
    with reverts_with("Router_Stopped", 3, devices.device(3)["stoppedAt"]):
        commit(batch)


def test_a_router_that_nobody_certified_is_refused(commit, readings, bind_device, alice, start):
    other = bind_device(alice, "other router", kind=DeviceKind.ROUTER)
    with reverts_with("Router_NotCertified", other):
        commit(RouterBatch(other, 0, readings), key=device_key("other router"))


def test_a_distrusted_key_is_refused(commit, batch, devices, alice, now):
    since = now()
    devices.distrust(ROUTER_KEY.address, since, {"from": alice})
    with reverts_with("Router_KeyDistrusted", 3, ROUTER_KEY.address, since):
        commit(batch)


def test_a_changed_router_waits_for_the_auditors(commit, batch, other_owner, certify, chain):
    other_owner()
    with reverts_with("Router_NotCertified", 3):
        commit(batch)
    later(chain, SLOT_LENGTH_S)
    certify(3)
    commit(batch)


def test_the_key_of_now_signs(commit, batch, readings, rotate, certify, chain, start):
    commit(batch)
    key = rotate("second router key")
    following = RouterBatch(3, 1, readings)
    for each in (ROUTER_KEY, key):
        with reverts_with("Router_NotCertified", 3):
            commit(following, key=each)
    later(chain, SLOT_LENGTH_S)
    certify(3)
    with reverts_with("Router_BadSignature", 3, key.address, ROUTER_KEY.address):
        commit(following)
    commit(following, key=key)


def test_a_former_key_is_refused_until_its_end_once_it_is_not_trusted(commit, batch, devices, rotate, alice, now):
    rotate("second router key")
    since = now()
    devices.distrust(ROUTER_KEY.address, since, {"from": alice})
    with reverts_with("Router_KeyDistrusted", 3, ROUTER_KEY.address, since):
        commit(batch)


def test_a_key_that_nobody_certified_does_not_sign(commit, readings, devices, bind_device, alice, chain, start):
    """Between a change and its effect the key of now is the one before."""
    other = bind_device(alice, "other router", kind=DeviceKind.ROUTER)
    first, second = device_key("other router"), device_key("its second key")
    message = {"device": other, "owner": alice.address, "replaced": first.address}
    signature = sign(second, domain_of(devices, chain.id), "Rotation", message)
    devices.rotate(other, second.address, signature, {"from": alice})
    with reverts_with("Router_NotCertified", other):
        commit(RouterBatch(other, 0, readings), key=first)


def test_a_batch_is_committed(batches, commit, batch, stranger, start):
    assert (batches.turnOf(3), batches.batchCount()) == (0, 0)
    assert tuple(batches.commitmentOf(batch.head, batch.root)) == (0, 0)
    mined = commit(batch)
    event = dict(mined.events["BatchCommitted"])
    assert (event["number"], event["router"], event["submitter"], event["turn"], event["count"]) == (
        *(1, 3, stranger.address),
        *(0, 7),
    )
    assert (event["committedAt"], bytes(event["root"])) == (mined.timestamp, batch.root)
    assert mined.return_value == 1
    assert (batches.turnOf(3), batches.batchCount()) == (1, 1)
    assert tuple(batches.commitmentOf(batch.head, batch.root)) == (1, mined.timestamp)


@pytest.mark.parametrize("changed", [(1, 0, 7), (3, 1, 7), (3, 0, 6)])
def test_a_commitment_is_to_all_that_was_signed(batches, commit, batch, changed):
    commit(batch)
    assert tuple(batches.commitmentOf(changed, batch.root)) == (0, 0)
    assert tuple(batches.commitmentOf(batch.head, bytes(32))) == (0, 0)


def test_routers_count_their_own_turns(batches, commit, readings, bind_device, certify, alice):
    other = bind_device(alice, "other router", kind=DeviceKind.ROUTER)
    certify(other)
    keys = {3: ROUTER_KEY, other: device_key("other router")}
    for number, (router, turn) in enumerate([(3, 0), (other, 0), (3, 1), (other, 1)], 1):
        mined = commit(RouterBatch(router, turn, readings), key=keys[router])
        assert mined.events["BatchCommitted"]["number"] == number
    assert (batches.turnOf(3), batches.turnOf(other), batches.batchCount()) == (2, 2, 4)


def test_a_short_signature_counts_too(batches, batch, domain, stranger):
    full = batch.signature(ROUTER_KEY, domain)
    s = int.from_bytes(full[32:64], "big") | (full[64] - 27) << 255
    batches.commit(batch.head, batch.root, full[:32] + s.to_bytes(32, "big"), {"from": stranger})
    assert batches.batchCount() == 1


def test_the_largest_batch_is_taken(batches, commit, batch, domain, stranger, start):
    message = {"router": 3, "turn": 0, "root": batch.root, "count": 65_536}
    signature = sign(ROUTER_KEY, domain, "RouterBatch", message)
    batches.commit((3, 0, 65_536), batch.root, signature, {"from": stranger})
    assert batches.MAX_COUNT() == 65_536


def test_no_interval_is_occupied(batches, metering, commit, batch):
    before = tuple(metering.last(1)), metering.batchCount()
    commit(batch)
    assert (tuple(metering.last(1)), metering.batchCount()) == before
