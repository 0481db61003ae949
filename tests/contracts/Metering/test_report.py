import pytest
from eth_account import Account

from powerpact.chain.reverts import revert_error
from powerpact.codec.eip712 import Domain, compact
from powerpact.codec.packing import reading_tree
from powerpact.market.readings import Quality, Reading
from testkit.constants import CAPACITY_WH, SLOT_LENGTH_S
from testkit.meters import KEYS, P256_ORDER, p256_key, packed, sign_readings
from testkit.reverts import reverts_with

WINDOW_S = 2 * SLOT_LENGTH_S
"""In which readings can be corrected, s."""

NOBODY = "0x" + "00" * 20
ELEMENT = p256_key("shed")
"""The key of a secure element."""

ORDER_OF_THE_CURVE = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@pytest.fixture
def send(metering, signed, stranger):
    """Report readings with the devices' own signatures."""
    return lambda *readings: metering.report(packed(readings), signed(*readings), {"from": stranger})


@pytest.fixture
def taken(send, reading):
    """The roof's fifth slot is reported."""
    send(reading())


def test_reverts_for_an_empty_batch(metering, ready, stranger):
    with reverts_with("Metering_EmptyBatch"):
        metering.report(packed([]), [], {"from": stranger})


def test_reverts_for_too_many_readings(metering, reading, stranger):
    with reverts_with("Metering_BatchTooLarge", 257, 256):
        metering.report.call(packed([reading()]) * 257, [b""] * 257, {"from": stranger})


def test_reverts_for_a_missing_signature(metering, reading, signed, stranger):
    with reverts_with("Metering_LengthMismatch", 2, 1):
        metering.report(packed([reading(), reading(device=2)]), signed(reading()), {"from": stranger})


def test_reverts_off_the_grid_of_slots(send, reading, slot):
    with reverts_with("Metering_SlotMisaligned", 0, 1, slot(5) + 1, SLOT_LENGTH_S):
        send(reading(start_at=slot(5) + 1))


def test_reverts_before_the_slot_is_over(metering, reading, signed, slot, warp, stranger):
    running = reading(start_at=slot(10))
    warp(slot(11) - 1)
    with reverts_with("Metering_SlotNotOver", 0, 1, slot(10), slot(11)):
        metering.report.call(packed([running]), signed(running), {"from": stranger})
    warp(slot(11))
    assert metering.report.call(packed([running]), signed(running), {"from": stranger}) == 0


def test_reverts_for_the_last_slot_that_can_be_written_down(send, reading):
    latest = 2**40 // SLOT_LENGTH_S * SLOT_LENGTH_S
    with reverts_with("Metering_SlotNotOver", 0, 1, latest, latest + SLOT_LENGTH_S):
        send(reading(start_at=latest))


def test_reverts_for_a_slot_before_the_last(send, taken, reading, slot):
    with reverts_with("Metering_SlotNotAfterLast", 0, 1, slot(4), slot(5)):
        send(reading(start_at=slot(4), export_counter_wh=99_999, import_counter_wh=99_999))


def test_reverts_for_the_last_slot_again(send, taken, reading, slot):
    with reverts_with("Metering_AlreadyReported", 0, 1, slot(5)):
        send(reading(export_counter_wh=99_999, import_counter_wh=99_999))


@pytest.mark.parametrize("energy", ["exported_wh", "imported_wh"])
def test_reverts_above_the_capacity(send, reading, energy):
    above = {energy: CAPACITY_WH + 1, "export_counter_wh": 99_999, "import_counter_wh": 99_999}
    with reverts_with("Metering_AboveCapacity", 0, 1, CAPACITY_WH + 1, CAPACITY_WH):
        send(reading(**above))


@pytest.mark.parametrize("flow", ["export", "import"])
def test_reverts_for_a_counter_below_the_energy(send, reading, flow):
    with reverts_with("Metering_CounterBelowEnergy", 0, 1, 99, 100):
        send(reading(**{f"{flow}ed_wh": 100, f"{flow}_counter_wh": 99}))


@pytest.mark.parametrize(("flow", "last"), [("export", 10_700), ("import", 5_020)])
def test_reverts_for_a_counter_that_fell(send, taken, reading, slot, flow, last):
    later = {"start_at": slot(6), "export_counter_wh": 99_999, "import_counter_wh": 99_999}
    with reverts_with("Metering_CounterFell", 0, 1, last - 1, last):
        send(reading(**{**later, f"{flow}ed_wh": 100, f"{flow}_counter_wh": last + 99}))


def test_reverts_for_another_devices_key(metering, reading, signed, stranger):
    with reverts_with("Metering_BadSignature", 0, 1, KEYS[2].address):
        metering.report(packed([reading()]), signed(reading(), key=KEYS[2]), {"from": stranger})


def test_reverts_for_an_unknown_device(metering, reading, signed, stranger):
    unknown = reading(device=3)
    with reverts_with("Metering_BadSignature", 0, 3, KEYS[1].address):
        metering.report(packed([unknown]), signed(unknown, key=KEYS[1]), {"from": stranger})


@pytest.mark.parametrize("signature", [b"", b"\x00" * 64, b"\x00" * 65, b"\x00" * 128])
def test_reverts_for_a_signature_of_nobody(metering, reading, stranger, signature):
    for device in (1, 3):
        with reverts_with("Metering_BadSignature", 0, device, NOBODY):
            metering.report(packed([reading(device=device)]), [signature], {"from": stranger})


def test_reverts_for_the_malleable_twin_of_a_signature(metering, reading, signed, stranger):
    (signature,) = signed(reading())
    s = ORDER_OF_THE_CURVE - int.from_bytes(signature[32:64], "big")
    twin = signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])
    with reverts_with("Metering_BadSignature", 0, 1, NOBODY):
        metering.report(packed([reading()]), [twin], {"from": stranger})


@pytest.mark.parametrize("where", ["another contract", "another chain"])
def test_reverts_for_a_signature_meant_for_another_place(metering, devices, reading, chain, stranger, where):
    domain = (
        Domain(chain.id, devices.address) if where == "another contract" else Domain(chain.id + 1, metering.address)
    )
    with pytest.raises(Exception, match="Metering_BadSignature"):
        metering.report(packed([reading()]), sign_readings(KEYS[1], domain, [reading()]), {"from": stranger})


@pytest.mark.parametrize("field", range(10))
def test_reverts_for_a_reading_that_was_changed_on_the_way(metering, reading, signed, slot, stranger, field):
    other = Reading(2, slot(6), 900, slot(3), 701, 21, 10_701, 5_021, Quality.ESTIMATED, 2)
    changed = list(reading())
    changed[field] = other[field]
    fixed = {2: "Length"}
    with pytest.raises(Exception, match=f"Metering_{fixed.get(field, 'BadSignature')}"):
        metering.report(packed([Reading(*changed)]), signed(reading()), {"from": stranger})


@pytest.mark.parametrize(
    ("change", "error", "arguments"),
    [
        ({"length_s": 900}, "Metering_LengthNotBase", (900, SLOT_LENGTH_S)),
        ({"length_s": 0}, "Metering_LengthNotBase", (0, SLOT_LENGTH_S)),
        ({"quality": 4}, "Metering_UnknownQuality", (4,)),
        ({"quality": 0}, "Metering_UnknownQuality", (0,)),
    ],
)
def test_reverts_for_a_value_that_no_field_has(send, reading, change, error, arguments):
    with reverts_with(error, 0, 1, *arguments):
        send(reading(**change))


def test_reverts_for_no_version(send, reading, slot):
    with reverts_with("Metering_VersionZero", 0, 1, slot(5)):
        send(reading(version=0))


# What comes before


@pytest.mark.parametrize("before_s", [0, 1, SLOT_LENGTH_S - 1])
def test_reverts_for_a_predecessor_that_ends_later(send, reading, slot, before_s):
    with reverts_with("Metering_PredecessorNotBefore", 0, 1, slot(5) - before_s, slot(5)):
        send(reading(previous_start_at=slot(5) - before_s))


def test_reverts_for_a_predecessor_before_the_last(send, taken, reading, slot):
    later = reading(start_at=slot(8), previous_start_at=slot(4), export_counter_wh=11_400, import_counter_wh=5_040)
    with reverts_with("Metering_PredecessorPassed", 0, 1, slot(4), slot(5)):
        send(later)


def test_a_reading_waits_for_its_predecessor(metering, send, taken, reading, signed, slot, warp, stranger):
    """Whoever holds the reading of a slot cannot shut out the one before it while that can come."""
    counters = {"export_counter_wh": 11_400, "import_counter_wh": 5_040}
    later = reading(start_at=slot(11), previous_start_at=slot(10), **counters)
    until = slot(11) + WINDOW_S
    warp(until - 1)
    with reverts_with("Metering_PredecessorMissing", 0, 1, slot(10), until):
        metering.report.call(packed([later]), signed(later), {"from": stranger})
    send(reading(start_at=slot(10), **counters))
    later = reading(start_at=slot(11), previous_start_at=slot(10), export_counter_wh=12_100, import_counter_wh=5_060)
    send(later)
    assert metering.last(1)[0] == slot(11)


def test_a_reading_is_taken_after_a_gap_once_its_predecessor_cannot_come(metering, send, taken, reading, slot, warp):
    counters = {"export_counter_wh": 11_400, "import_counter_wh": 5_040}
    later = reading(start_at=slot(11), previous_start_at=slot(10), **counters)
    warp(slot(11) + WINDOW_S)
    transaction = send(later)
    (words,) = transaction.events["ReadingsReported"]["readings"]
    assert Reading.unpack(words) == later._replace(gap_after=slot(5))
    assert bytes(metering.rootOf(1)) == reading_tree([later._replace(gap_after=slot(5))]).root
    with reverts_with("Metering_SlotNotAfterLast", 0, 1, slot(10), slot(11)):
        send(reading(start_at=slot(10), **counters))


def test_reports_go_on_after_a_gap(metering, send, reading, slot, warp):
    """The next one names the reading after the gap, and has no gap itself; counters go on from there."""
    counters = {"export_counter_wh": 11_400, "import_counter_wh": 5_040}
    warp(slot(12) + WINDOW_S)
    send(reading(start_at=slot(11), previous_start_at=slot(10), **counters))
    after = {"start_at": slot(12), "previous_start_at": slot(11)}
    with reverts_with("Metering_CounterFell", 0, 1, 11_399, 11_400):
        send(reading(**after, export_counter_wh=12_099, import_counter_wh=5_060))
    next_one = reading(**after, export_counter_wh=12_100, import_counter_wh=5_060)
    (words,) = send(next_one).events["ReadingsReported"]["readings"]
    assert Reading.unpack(words) == next_one
    assert metering.last(1)[0] == slot(12)


def test_the_first_reading_has_no_predecessor_or_a_gap(metering, send, reading, slot):
    words = send(reading()).events["ReadingsReported"]["readings"]
    assert Reading.unpack(words[0]).gap_after is None
    words = send(reading(device=2, previous_start_at=slot(4))).events["ReadingsReported"]["readings"]
    assert Reading.unpack(words[0]).gap_after == 0


def test_what_is_not_measured_is_taken_for_proofs_alone(metering, send, reading):
    send(reading(quality=Quality.SUBSTITUTED, version=3))
    assert tuple(metering.last(1))[5] == 2


@pytest.mark.parametrize("bit", [168, 255])
def test_reverts_for_a_bit_above_the_fields(metering, reading, signed, stranger, bit):
    """These bits are not signed, so whoever relays the reading could fill them."""
    head, flows = reading().pack()
    with reverts_with("Metering_UnusedBitsSet", 0, 1, head | 1 << bit):
        metering.report([(head | 1 << bit, flows)], signed(reading()), {"from": stranger})


def test_a_bad_reading_is_left_out_of_its_batch(metering, send, reading, slot, stranger):
    bad = reading(start_at=slot(6) + 9)
    last = reading(start_at=slot(7), export_counter_wh=11_400, import_counter_wh=5_040)
    transaction = send(reading(), bad, reading(), last)
    event = transaction.events["ReadingsReported"]
    taken = [Reading.unpack(words) for words in event["readings"]]
    assert taken == [reading(), Reading.unpack((0, 0)), Reading.unpack((0, 0)), last]
    assert bytes(metering.rootOf(0)) == reading_tree(taken).root
    refused = [(each["batch"], each["device"], each["startAt"]) for each in transaction.events["ReadingRefused"]]
    assert refused == [(0, 1, slot(6) + 9), (0, 1, slot(5))]
    faults = [revert_error(bytes(each["fault"])).name for each in transaction.events["ReadingRefused"]]
    assert faults == ["Metering_SlotMisaligned", "Metering_AlreadyReported"]
    assert metering.last(1)[0] == slot(7)


def test_reverts_with_the_first_fault_where_all_are_bad(metering, send, reading, slot):
    with reverts_with("Metering_SlotMisaligned", 0, 1, slot(6) + 9, SLOT_LENGTH_S):
        send(reading(start_at=slot(6) + 9), reading(version=0))
    assert metering.batchCount() == 0
    assert tuple(metering.last(1)) == (0, 0, 0, 0, 0, 0)


def test_moves_the_counters_and_keeps_the_root(metering, send, reading, slot, stranger):
    readings = [
        reading(),
        reading(device=2, export_counter_wh=800, import_counter_wh=40),
        reading(start_at=slot(7), exported_wh=0, imported_wh=CAPACITY_WH, import_counter_wh=20_020),
    ]
    transaction = send(*readings)
    assert transaction.return_value == 0
    event = transaction.events["ReadingsReported"]
    assert (event["batch"], event["relayer"]) == (0, stranger)
    assert [Reading.unpack(words) for words in event["readings"]] == readings
    assert tuple(metering.last(1)) == (slot(7), 0, CAPACITY_WH, 10_700, 20_020, 0)
    assert tuple(metering.last(2)) == (slot(5), 700, 20, 800, 40, 0)
    assert metering.batchCount() == 1
    assert bytes(metering.rootOf(0)) == reading_tree(readings).root
    assert bytes(metering.rootOf(1)) == bytes(32)


def test_numbers_the_batches(metering, send, reading):
    assert send(reading()).events["ReadingsReported"]["batch"] == 0
    assert send(reading(device=2)).events["ReadingsReported"]["batch"] == 1
    assert metering.batchCount() == 2


@pytest.fixture
def shed(bind_device, ready, alice):
    """A device of alice whose key is in a secure element."""
    return bind_device(alice, "shed", key=ELEMENT)


def test_takes_what_a_p256_key_signed(metering, reading, signed, shed, stranger):
    both = reading(), reading(device=shed)
    signatures = [*signed(both[0]), *signed(both[1], key=ELEMENT)]
    assert list(map(len, signatures)) == [65, 128]
    metering.report(packed(both), signatures, {"from": stranger})
    assert metering.last(shed)["startAt"] == metering.last(1)["startAt"] == both[0].start_at


def test_reverts_for_the_upper_half_of_a_p256_signature(metering, reading, signed, shed, stranger):
    (signature,) = signed(reading(device=shed), key=ELEMENT)
    twin = (P256_ORDER - int.from_bytes(signature[32:64], "big")).to_bytes(32, "big")
    with reverts_with("Metering_BadSignature", 0, shed, NOBODY):
        metering.report.call(
            packed([reading(device=shed)]), [signature[:32] + twin + signature[64:]], {"from": stranger}
        )


def test_reverts_for_another_p256_key(metering, reading, signed, shed, stranger):
    """Neither another device's nor that of a device with a key of secp256k1."""
    for device, key in ((shed, p256_key("roof")), (1, ELEMENT)):
        forged = reading(device=device)
        with reverts_with("Metering_BadSignature", 0, device, key.address):
            metering.report.call(packed([forged]), signed(forged, key=key), {"from": stranger})


def test_reverts_for_a_secp256k1_key_of_the_same_number(metering, reading, signed, shed, stranger):
    same = Account.from_key(ELEMENT.key)
    with reverts_with("Metering_BadSignature", 0, shed, same.address):
        metering.report(packed([reading(device=shed)]), signed(reading(device=shed), key=same), {"from": stranger})


def test_takes_a_compact_signature(metering, reading, signed, stranger):
    metering.report(packed([reading()]), [b"".join(compact(*signed(reading())))], {"from": stranger})


def test_takes_the_reading_of_a_retired_device(devices, send, reading, alice):
    devices.retire(1, {"from": alice})
    assert send(reading()).events["ReadingsReported"]["batch"] == 0
