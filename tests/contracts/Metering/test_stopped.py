"""Meters that are stopped, owners who are suspended, and storages: settled in money, without certificates."""

import pytest

from powerpact.market.schema import EnergySource
from powerpact.market.trades import Trade
from testkit.constants import SLOT_LENGTH_S
from testkit.mining import reach
from testkit.reverts import reverts_with

REASON = "the seal is broken"
BOTH_SIDES = 1 << 72
"""As the contracts take it, above the slot."""


@pytest.fixture(params=["retire", "decertify"])
def stop(request, devices, mined_at, alice, auditors):
    """Take the roof's device out of service at this time, by its owner or by the auditors."""

    def _stop(time):
        if request.param == "decertify":
            content = devices.contentOf(1)
            devices.decertify(1, content, REASON, {"from": auditors[0]})
            mined_at(time)
            devices.decertify(1, content, REASON, {"from": auditors[1]})
        else:
            mined_at(time)
            devices.retire(1, {"from": alice})

    return _stop


@pytest.fixture
def suspend(participants, mined_at, auditors):
    """Suspend an account at this time, until another, Unix seconds."""

    def _suspend(account, time, until):
        participants.suspend(account, until, REASON, {"from": auditors[0]})
        mined_at(time)
        participants.suspend(account, until, REASON, {"from": auditors[1]})

    return _suspend


@pytest.fixture
def reported(metering, web3, report, reading, slot):
    """Report 700 Wh of the n-th slot once it is over: the reading with its proof, as the contracts take it."""

    def _reported(number, device=1):
        reach(web3, slot(number + 1))
        said = reading(device=device, start_at=slot(number), previous_start_at=metering.last(device)[0])
        (proof,) = report(said)
        return said.pack(), proof

    return _reported


@pytest.fixture(params=["by proof", "by the last reading"])
def deliver(request, deliveries, hour, alice, bob, settler):
    """Deliver 500 Wh that alice sold to bob, whose meter is the barn's: what was delivered, and used."""

    def _deliver(number, proven, device=1, delivery=0, imported=()):
        trade = Trade(0, 1, str(bob), str(alice), device, 500, 500, 1, 0, 0, 0, 0, 0, meter=2 if delivery else 0)
        totals = ([500], [500] if delivery else [])
        terms = delivery | hour(number)
        if request.param == "by proof":
            measured = [([proven], list(imported))]
            tx = deliveries.deliver(terms, measured, [trade.pack()], totals, False, {"from": settler})
            return tx, *[list(map(int, shares)) for shares in tx.return_value]
        tx = deliveries.deliverLast(terms, [trade.pack()], totals, 1, {"from": settler})
        known, (delivered, used) = tx.return_value
        assert known == 1
        return tx, list(map(int, delivered)), list(map(int, used))

    return _deliver


@pytest.fixture
def held(certificates, hour, alice, bob):
    """What buyer and seller have of a device's slot, Wh."""

    def _held(number, device=1):
        lot = certificates.idOf(device, hour(number))
        return [certificates.balanceOf(holder, lot) for holder in (bob, alice)]

    return _held


@pytest.mark.parametrize(("after_s", "stopped"), [(-1, True), (0, True), (1, False)])
def test_a_stopped_device_issues_for_slots_that_began_before(
    deliveries, metering, stop, reported, hour, slot, held, stranger, after_s, stopped
):
    time = slot(11) + after_s
    stop(time)
    proven = reported(11)
    assert bool(metering.last(1)[5]) is stopped
    if stopped:
        with reverts_with("Delivery_Stopped", 1, slot(11), time):
            deliveries.issue(hour(11), [proven], {"from": stranger})
    else:
        deliveries.issue(hour(11), [proven], {"from": stranger})
    assert held(11) == [0, 0 if stopped else 700]
    assert deliveries.isIssued(1, hour(11)) is not stopped


def test_a_stopped_device_delivers_without_certificates(deliveries, stop, reported, deliver, hour, slot, held):
    stop(slot(11))
    tx, delivered, _ = deliver(11, reported(11))
    assert delivered == [500]
    assert "TransferSingle" not in tx.events
    assert held(11) == [0, 0]
    assert not deliveries.isIssued(1, hour(11))


def test_what_was_measured_before_it_stopped_is_certified_later(reported, stop, deliver, slot, held):
    proven = reported(10)
    stop(slot(12))
    assert deliver(10, proven)[1] == [500]
    assert held(10) == [500, 200]


def test_nothing_is_certified_to_sellers_of_a_stopped_device(
    deliveries, stop, reported, hour, slot, held, alice, bob, settler
):
    """The answer says what was certified: nothing."""
    stop(slot(11))
    trade = Trade(0, 1, str(bob), str(alice), 1, 500, 500, 1, 0, 0, 0, 0, 0)
    measured = [([reported(11)], [])]
    tx = deliveries.deliver(hour(11), measured, [trade.pack()], ([500], []), True, {"from": settler})
    assert list(tx.return_value[0]) == [0]
    assert held(11) == [0, 0]


@pytest.mark.parametrize(("from_s", "until_s", "suspended"), [(0, 1, True), (-9, 0, False), (1, 9, False)])
def test_a_suspended_owner_is_issued_nothing(
    deliveries, suspend, reported, hour, slot, held, alice, stranger, from_s, until_s, suspended
):
    """It counts whether the slot began inside the suspension."""
    suspend(alice, slot(11) + from_s, slot(11) + until_s)
    proven = reported(11)
    if suspended:
        with reverts_with("Delivery_OwnerSuspended", 1, slot(11), alice):
            deliveries.issue(hour(11), [proven], {"from": stranger})
    else:
        deliveries.issue(hour(11), [proven], {"from": stranger})
    assert held(11) == [0, 0 if suspended else 700]


def test_energy_that_a_suspended_owner_sold_is_certified_to_the_buyer(
    deliveries, suspend, reported, deliver, hour, slot, held, alice
):
    suspend(alice, slot(11), slot(12))
    assert deliver(11, reported(11))[1] == [500]
    assert held(11) == [500, 0]
    assert not deliveries.isIssued(1, hour(11))


@pytest.mark.parametrize("suspended", [False, True])
def test_a_suspended_seller_does_not_keep_what_was_not_used(suspend, reported, deliver, slot, held, alice, suspended):
    """The barn imports 20 Wh of the 500 Wh that its owner bought."""
    if suspended:
        suspend(alice, slot(11), slot(12))
    barn, roof = reported(11, device=2), reported(11)
    _, delivered, used = deliver(11, roof, delivery=BOTH_SIDES, imported=[barn])
    assert (delivered, used) == ([500], [20])
    assert held(11) == [20, 0 if suspended else 680]


def test_a_suspended_seller_keeps_nothing_of_a_refunded_trade(
    deliveries, suspend, reported, hour, slot, held, alice, bob, settler
):
    suspend(alice, slot(11), slot(12))
    trade = Trade(0, 1, str(bob), str(alice), 1, 500, 500, 1, 0, 0, 0, 0, 0)
    measured = [([reported(11)], [])]
    tx = deliveries.deliver(hour(11), measured, [trade.pack()], ([500], []), True, {"from": settler})
    assert list(tx.return_value[0]) == [0]
    assert held(11) == [0, 0]


def test_a_suspended_buyer_gets_what_was_bought(suspend, reported, deliver, slot, held, bob):
    suspend(bob, slot(11), slot(12))
    deliver(11, reported(11))
    assert held(11) == [500, 200]


@pytest.fixture
def storage(bind_device, certify, ready, alice):
    """A certified storage of alice."""
    device = bind_device(alice, "shed", source=EnergySource.STORAGE)
    certify(device)
    return device


def test_a_storage_issues_nothing(deliveries, metering, storage, reported, hour, held, stranger):
    proven = reported(11, storage)
    with reverts_with("Delivery_Storage", storage):
        deliveries.issue(hour(11), [proven], {"from": stranger})
    assert metering.last(storage)[5]
    assert held(11, storage) == [0, 0]


def test_a_storage_delivers_without_certificates(storage, reported, deliver, held):
    tx, delivered, _ = deliver(11, reported(11, storage), device=storage)
    assert delivered == [500]
    assert "TransferSingle" not in tx.events
    assert held(11, storage) == [0, 0]


def test_slots_count_from_their_own_start(deliveries, devices, stop, report, reading, slot, hour, warp, held, stranger):
    """Stopped after the interval began and before it is reported, the device still earns it."""
    stop(slot(10) + SLOT_LENGTH_S // 2)
    warp(slot(12))
    said = reading(start_at=slot(10), previous_start_at=0)
    (proof,) = report(said)
    deliveries.issue(hour(10), [(said.pack(), proof)], {"from": stranger})
    assert held(10) == [0, 700]
