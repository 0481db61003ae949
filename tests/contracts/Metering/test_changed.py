"""Readings of devices whose key or owner changed, or whose key is not trusted, and the certificates of their slots.

The roof's device is alice's; bob bought 500 Wh of each slot that is delivered.
"""

import pytest

from powerpact.codec.eip712 import sign
from powerpact.market.readings import Reading
from powerpact.market.trades import Trade
from testkit.constants import SLOT_LENGTH_S
from testkit.meters import device_key, domain_of, packed, reading_proof
from testkit.mining import reach
from testkit.reverts import reverts_with

OLD, NEW = device_key("roof"), device_key("new roof")
WEEK_S = 7 * 86_400
BOTH_SIDES = 1 << 72
"""As the contracts take it, above the slot."""


@pytest.fixture
def rotate(devices, chain, mined_at, alice):
    """Give the roof's device another key at this time."""

    def _rotate(time):
        message = {"device": 1, "owner": alice.address, "replaced": OLD.address}
        signature = sign(NEW, domain_of(devices, chain.id), "Rotation", message)
        mined_at(time)
        devices.rotate(1, NEW.address, signature, {"from": alice})

    return _rotate


@pytest.fixture
def hand_over(devices, mined_at, alice, bob):
    """Give the roof's device to bob at this time."""

    def _hand_over(time):
        devices.offer(1, bob, {"from": alice})
        mined_at(time)
        devices.accept(1, devices.contentOf(1), {"from": bob})

    return _hand_over


@pytest.fixture
def certify_at(devices, mined_at, auditors):
    """Certify the roof's device at this time."""

    def _certify_at(time):
        content = devices.contentOf(1)
        mined_at(time - 1)
        devices.certify(1, content, {"from": auditors[0]})
        mined_at(time)
        devices.certify(1, content, {"from": auditors[1]})

    return _certify_at


@pytest.fixture
def report(metering, chain, web3, slot, stranger):
    """Report 700 Wh of the n-th slot, once it is over, as this key signs it: the reading with its proof."""
    counters = {}

    def _report(number, key=OLD, device=1, imported_wh=20):
        reach(web3, slot(number + 1))
        exported, imported = counters.get(device, (10_000, 5_000))
        exported, imported = exported + 700, imported + imported_wh
        reading = Reading.measured(
            device,
            slot(number),
            SLOT_LENGTH_S,
            exported_wh=700,
            imported_wh=imported_wh,
            export_counter_wh=exported,
            import_counter_wh=imported,
            previous_start_at=min(metering.last(device)[0], slot(number) - SLOT_LENGTH_S),
        )
        signature = sign(key, domain_of(metering, chain.id), "Reading", reading.message())
        tx = metering.report(packed([reading]), [signature], {"from": stranger})
        counters[device] = exported, imported
        return reading.pack(), reading_proof(tx.events["ReadingsReported"]["batch"], [reading], 0)

    return _report


@pytest.fixture(params=["by proof", "by the last reading"])
def deliver(request, deliveries, hour, alice, bob, settler):
    """Deliver 500 Wh that somebody, alice unless told otherwise, sold to bob."""

    def _deliver(number, proven, seller=alice, delivery=0, imported=()):
        trade = Trade(0, 1, str(bob), str(seller), 1, 500, 500, 1, 0, 0, 0, 0, 0, meter=2 if delivery else 0)
        totals = ([500], [500] if delivery else [])
        terms = delivery | hour(number)
        if request.param == "by proof":
            measured = [([proven], list(imported))]
            tx = deliveries.deliver(terms, measured, [trade.pack()], totals, False, {"from": settler})
            delivered, _ = tx.return_value
        else:
            tx = deliveries.deliverLast(terms, [trade.pack()], totals, 1, {"from": settler})
            known, (delivered, _) = tx.return_value
            assert known == 1
        return list(map(int, delivered))

    return _deliver


@pytest.fixture
def held(certificates, hour, alice, bob):
    """Certificates of the roof's n-th slot that bob and alice hold, Wh."""
    return lambda number: [certificates.balanceOf(holder, 1 << 72 | hour(number)) for holder in (bob, alice)]


# Another key


@pytest.mark.parametrize(("after_s", "first_new"), [(-1, 11), (0, 12), (1, 12)])
def test_each_key_signs_its_own_intervals(report, rotate, certify_at, slot, after_s, first_new):
    """The change takes effect at the start of the next slot, so that each interval has one key."""
    time = slot(11) + after_s
    rotate(time)
    certify_at(slot(first_new) + 10)
    last_old = first_new - 1
    with reverts_with("Metering_BadSignature", 0, 1, NEW.address):
        report(last_old, NEW)
    report(last_old, OLD)
    with reverts_with("Metering_BadSignature", 0, 1, OLD.address):
        report(first_new, OLD)
    report(first_new, NEW)


def test_the_owner_and_strangers_sign_nothing(report, rotate, certify_at, slot):
    rotate(slot(10) + 60)
    certify_at(slot(11) + 600)
    for number in (10, 11):
        with reverts_with("Metering_BadSignature", 0, 1, device_key("barn").address):
            report(number, device_key("barn"))


def test_readings_of_the_new_key_wait_until_it_is_certified(deliveries, report, rotate, certify_at, slot):
    """Whoever stole the owner's account invents nothing: neither certificates nor deliveries."""
    rotate(slot(10) + 60)
    with reverts_with("Metering_KeyNotCertified", 0, 1, NEW.address):
        report(11, NEW)
    certify_at(slot(13) + 60)
    report(11, NEW)


@pytest.mark.parametrize(("after_s", "taken"), [(0, True), (1, False)])
def test_what_was_measured_before_is_taken_for_a_week(metering, report, rotate, mined_at, slot, after_s, taken):
    rotate(slot(10) + 60)
    until = slot(11) + WEEK_S
    mined_at(until + after_s)
    if taken:
        report(9, OLD)
        assert metering.last(1)[0] == slot(9)
        return
    with reverts_with("Metering_GraceOver", 0, 1, slot(9), until):
        report(9, OLD)


def test_slots_before_the_change_are_issued_to_the_owner(deliveries, report, rotate, slot, hour, held, stranger):
    """What held when a slot began counts, whenever it is reported and issued."""
    rotate(slot(11) - 1)
    deliveries.issue(hour(10), [report(10)], {"from": stranger})
    assert held(10) == [0, 700]


@pytest.mark.parametrize(("after_s", "certified"), [(-1, True), (0, True), (1, False)])
def test_slots_are_issued_once_the_new_key_was_certified_before(
    deliveries, report, rotate, certify_at, slot, hour, held, stranger, after_s, certified
):
    rotate(slot(10) + 60)
    certify_at(slot(12) + after_s)
    proven = report(12, NEW)
    if certified:
        deliveries.issue(hour(12), [proven], {"from": stranger})
    else:
        with reverts_with("Delivery_NotCertified", 1):
            deliveries.issue(hour(12), [proven], {"from": stranger})
    assert held(12) == [0, 700 if certified else 0]


def test_what_was_sold_before_is_paid_without_certificates(report, rotate, certify_at, deliver, slot, held):
    """Until the key is certified nobody knows what it measured; then it is paid, and never certified."""
    rotate(slot(10) + 60)
    certify_at(slot(12) + 60)
    assert deliver(12, report(12, NEW)) == [500]
    assert held(12) == [0, 0]


def test_what_was_sold_is_certified_where_the_key_was_certified_before(report, rotate, certify_at, deliver, slot, held):
    rotate(slot(10) + 60)
    certify_at(slot(11) + 60)
    assert deliver(12, report(12, NEW)) == [500]
    assert held(12) == [500, 200]


def test_a_change_after_the_slot_takes_nothing_from_it(report, rotate, deliver, slot, held):
    proven = report(10)
    rotate(slot(11) + 60)
    assert deliver(10, proven) == [500]
    assert held(10) == [500, 200]


def test_a_retired_device_of_a_new_key_earns_nothing(devices, report, rotate, certify_at, deliver, slot, held, alice):
    rotate(slot(10) + 60)
    certify_at(slot(11) + 600)
    devices.retire(1, {"from": alice})
    assert deliver(12, report(12, NEW)) == [500]
    assert held(12) == [0, 0]


# A key that is not trusted


@pytest.mark.parametrize(("after_s", "taken"), [(-1, False), (0, True), (1, True)])
def test_intervals_that_end_after_the_time_are_refused(devices, report, slot, warp, alice, after_s, taken):
    since = slot(10) + after_s
    warp(slot(11))
    devices.distrust(OLD.address, since, {"from": alice})
    if taken:
        report(9)
    else:
        with reverts_with("Metering_KeyDistrusted", 0, 1, OLD.address, since):
            report(9)
    with reverts_with("Metering_KeyDistrusted", 0, 1, OLD.address, since):
        report(10)


def test_what_was_taken_before_stays(metering, devices, report, deliver, slot, hour, held, alice):
    proven = report(10)
    devices.distrust(OLD.address, slot(9), {"from": alice})
    metering.verify(*proven)
    assert deliver(10, proven) == [500]
    assert held(10) == [500, 200]


def test_a_new_key_takes_over(devices, report, rotate, certify_at, slot, warp, alice):
    """The intervals in between are lost; those before the time are still taken."""
    warp(slot(10) + 60)
    devices.distrust(OLD.address, slot(10), {"from": alice})
    rotate(slot(10) + 600)
    certify_at(slot(11) + 1_200)
    report(9, OLD)
    for key, error in ((OLD, "Metering_KeyDistrusted"), (NEW, "Metering_BadSignature")):
        with pytest.raises(Exception, match=error):
            report(10, key)
    report(11, NEW)


# Another owner


def test_readings_go_on_with_the_same_key(metering, report, hand_over, slot):
    hand_over(slot(10) + 60)
    report(10)
    report(11)
    assert metering.last(1)[0] == slot(11)


def test_what_the_former_owner_sold_is_certified_to_its_buyer(report, hand_over, deliver, slot, held):
    """And paid to who sold it; the surplus is the new owner's, once that is certified."""
    hand_over(slot(10) + 60)
    assert deliver(12, report(12)) == [500]
    assert held(12) == [500, 0]


def test_the_former_owner_gets_nothing_of_the_new_ones_slots(
    deliveries, report, hand_over, certify_at, deliver, slot, hour, held, stranger
):
    """Neither surplus nor what its buyer did not use, also once the device is certified for the new owner."""
    hand_over(slot(10) + 60)
    certify_at(slot(11) + 60)
    barn, roof = report(12, device_key("barn"), 2), report(12)
    assert deliver(12, roof, delivery=BOTH_SIDES, imported=[barn]) == [500]
    assert held(12) == [20, 0]
    assert not deliveries.isIssued(1, hour(12))


def test_slots_are_issued_to_their_owner(deliveries, report, hand_over, certify_at, slot, hour, held, stranger):
    hand_over(slot(11) - 1)
    certify_at(slot(12))
    readings = {number: report(number) for number in (10, 11, 12)}
    deliveries.issue(hour(10), [readings[10]], {"from": stranger})
    with reverts_with("Delivery_NotCertified", 1):
        deliveries.issue(hour(11), [readings[11]], {"from": stranger})
    deliveries.issue(hour(12), [readings[12]], {"from": stranger})
    assert [held(number) for number in (10, 11, 12)] == [[0, 700], [0, 0], [700, 0]]


def test_the_new_owner_sells_once_certified(report, hand_over, certify_at, deliver, slot, held, bob):
    """Bob buys from himself here, which the order book forbids: all certificates are his."""
    hand_over(slot(11) - 1)
    certify_at(slot(12))
    assert deliver(12, report(12), seller=bob) == [500]
    assert held(12) == [700, 0]


def test_a_suspended_former_owner_keeps_its_buyers(
    participants, report, hand_over, deliver, slot, held, alice, auditors
):
    hand_over(slot(10) + 60)
    for auditor in auditors[:2]:
        participants.suspend(alice, slot(14), "a reason", {"from": auditor})
    assert deliver(12, report(12)) == [500]
    assert held(12) == [500, 0]
