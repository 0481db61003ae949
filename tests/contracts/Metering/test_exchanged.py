"""Readings of a device whose meter was exchanged for one whose counters begin with 300 and 40 Wh."""

from types import SimpleNamespace

import pytest

from powerpact.codec.eip712 import sign
from powerpact.market.readings import Reading
from testkit.constants import SLOT_LENGTH_S
from testkit.meters import device_key, domain_of, packed, reading_proof
from testkit.mining import reach
from testkit.reverts import reverts_with

OLD, NEW = device_key("roof"), device_key("new roof")
EXPORTED_WH, IMPORTED_WH = 300, 40


@pytest.fixture
def exchange(devices, chain, alice):
    """Exchange the roof's meter now: the new one signs from the next slot on."""

    def _exchange(key=NEW, exported_wh=EXPORTED_WH, imported_wh=IMPORTED_WH):
        message = {
            "device": 1,
            "owner": alice.address,
            "replaced": devices.device(1)["key"],
            "exportCounterWh": exported_wh,
            "importCounterWh": imported_wh,
        }
        signature = sign(key, domain_of(devices, chain.id), "MeterExchange", message)
        devices.exchangeMeterOf(1, key.address, exported_wh, imported_wh, signature, {"from": alice})
        return devices.device(1)["changedAt"]

    return _exchange


@pytest.fixture
def certify_anew(devices, web3, certify):
    """Certify the device once its change has taken effect."""

    def _certify():
        reach(web3, devices.device(1)["changedAt"])
        certify(1)

    return _certify


@pytest.fixture
def take(metering, chain, web3, stranger):
    """Report a reading once it is over: 100 Wh out, 10 in, and these counters at the end."""

    def _take(start_at, exported_wh, imported_wh, key=NEW):
        reach(web3, start_at + SLOT_LENGTH_S)
        reading = Reading.measured(
            1,
            start_at,
            SLOT_LENGTH_S,
            exported_wh=100,
            imported_wh=10,
            export_counter_wh=exported_wh,
            import_counter_wh=imported_wh,
            previous_start_at=metering.last(1)[0],
        )
        signature = sign(key, domain_of(metering, chain.id), "Reading", reading.message())
        transaction = metering.report(packed([reading]), [signature], {"from": stranger})
        batch = transaction.events["ReadingsReported"]["batch"]
        proven = reading.pack(), reading_proof(batch, [reading], 0)
        return SimpleNamespace(reading=reading, proven=proven, transaction=transaction)

    return _take


@pytest.fixture
def old(slot, take):
    """The last reading of the old meter."""
    return take(slot(9), 10_000, 5_000, OLD)


def fell(counter_wh, last_wh):
    return reverts_with("Metering_CounterFell", 0, 1, counter_wh, last_wh)


def test_without_an_exchange_counters_never_fall(devices, chain, old, certify_anew, take, alice):
    """Another key alone changes nothing of it."""
    message = {"device": 1, "owner": alice.address, "replaced": OLD.address}
    devices.rotate(1, NEW.address, sign(NEW, domain_of(devices, chain.id), "Rotation", message), {"from": alice})
    certify_anew()
    with fell(300, 10_000):
        take(devices.device(1)["changedAt"], 400, 5_010)


def test_an_exchange_that_nobody_certified_is_worth_nothing(old, exchange, take):
    start = exchange()
    with reverts_with("Metering_KeyNotCertified", 0, 1, NEW.address):
        take(start, EXPORTED_WH + 100, IMPORTED_WH + 10)


def test_the_old_meter_counts_on_until_the_exchange(old, slot, exchange, take):
    start = exchange()
    assert start > slot(10)
    with fell(300, 10_000):
        take(slot(10), EXPORTED_WH + 100, 5_010, OLD)
    take(slot(10), 10_100, 5_010, OLD)


def test_the_first_reading_is_held_against_the_opening_counters(metering, old, exchange, certify_anew, take):
    start = exchange()
    certify_anew()
    with fell(EXPORTED_WH - 1, EXPORTED_WH):
        take(start, EXPORTED_WH + 99, IMPORTED_WH + 10)
    with fell(IMPORTED_WH - 1, IMPORTED_WH):
        take(start, EXPORTED_WH + 100, IMPORTED_WH + 9)
    told = take(start, EXPORTED_WH + 100, IMPORTED_WH + 10).transaction.events["CountersRestarted"]
    assert dict(told) == {
        "device": 1,
        "startAt": start,
        "lastExported": 10_000,
        "lastImported": 5_000,
        "exported": EXPORTED_WH,
        "imported": IMPORTED_WH,
    }
    assert list(metering.last(1)[3:5]) == [EXPORTED_WH + 100, IMPORTED_WH + 10]


def test_counters_that_begin_higher_are_held_against_these(old, exchange, certify_anew, take):
    start = exchange(exported_wh=50_000, imported_wh=60_000)
    certify_anew()
    with fell(10_000, 50_000):
        take(start, 10_100, 60_010)
    take(start, 50_100, 60_010)


def test_the_opening_counts_once(old, exchange, certify_anew, take):
    start = exchange()
    certify_anew()
    take(start, 900, 90)
    with fell(EXPORTED_WH, 900):
        take(start + SLOT_LENGTH_S, EXPORTED_WH + 100, 100)
    assert "CountersRestarted" not in take(start + SLOT_LENGTH_S, 1_000, 100).transaction.events


def test_a_refused_reading_restarts_nothing(metering, old, exchange, certify_anew, take):
    start = exchange()
    certify_anew()
    with fell(0, EXPORTED_WH):
        take(start, 100, IMPORTED_WH + 10)
    assert metering.last(1)[0] == old.reading.start_at
    assert (
        take(start, EXPORTED_WH + 100, IMPORTED_WH + 10).transaction.events["CountersRestarted"]["exported"]
        == EXPORTED_WH
    )


def test_nothing_of_the_old_meter_is_taken_afterwards(
    metering, chain, old, slot, exchange, certify_anew, take, stranger
):
    start = exchange()
    certify_anew()
    take(start, EXPORTED_WH + 100, IMPORTED_WH + 10)
    late = old.reading._replace(start_at=slot(10), previous_start_at=slot(9), export_counter_wh=10_100)
    for reading in (old.reading, late):
        signature = sign(OLD, domain_of(metering, chain.id), "Reading", reading.message())
        with reverts_with("Metering_SlotNotAfterLast", 0, 1, reading.start_at, start):
            metering.report(packed([reading]), [signature], {"from": stranger})
    with reverts_with("Metering_BadSignature", 0, 1, OLD.address):
        take(start + SLOT_LENGTH_S, 10_100, 5_010, OLD)


def test_after_two_exchanges_the_last_one_counts(old, exchange, certify_anew, take):
    exchange()
    certify_anew()
    other = device_key("third roof")
    start = exchange(other, 7, 8)
    certify_anew()
    with fell(6, 7):
        take(start, 106, 18, other)
    take(start, 107, 18, other)


def test_the_first_reading_can_be_corrected(metering, chain, old, exchange, certify_anew, take, stranger):
    """Beside its predecessor, which the old meter counted: what the new one began with is the least."""
    start = exchange()
    certify_anew()
    first = take(start, EXPORTED_WH + 150, IMPORTED_WH + 10)
    again = first.reading._replace(export_counter_wh=EXPORTED_WH + 100, version=2)
    below = again._replace(export_counter_wh=EXPORTED_WH + 99)

    def correct(reading):
        signature = sign(NEW, domain_of(metering, chain.id), "Reading", reading.message())
        return metering.correct(reading.pack(), signature, first.proven, [old.proven], {"from": stranger})

    with fell(EXPORTED_WH - 1, EXPORTED_WH):
        correct(below)
    correct(again)
    assert metering.last(1)[3] == EXPORTED_WH + 100


def test_the_old_meters_last_reading_can_be_corrected(
    metering, chain, old, slot, exchange, certify_anew, take, stranger
):
    """Beside its successor, with whose counters its own have nothing to do."""
    start = exchange()
    last = take(slot(10), 10_100, 5_010, OLD)
    certify_anew()
    first = take(start, EXPORTED_WH + 100, IMPORTED_WH + 10)
    again = last.reading._replace(exported_wh=200, export_counter_wh=10_200, version=2)
    signature = sign(OLD, domain_of(metering, chain.id), "Reading", again.message())
    metering.correct(again.pack(), signature, last.proven, [first.proven], {"from": stranger})
    assert metering.correctionsOf(1) == 1
