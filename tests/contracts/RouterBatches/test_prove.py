"""`prove` and `verify`: a reading counts once it is in the batch and its device signed it, as the metering takes it."""

import pytest
from eth_utils import keccak

from powerpact.market.readings import Reading
from testkit.meters import KEYS, domain_of, packed, sign_readings
from testkit.reverts import reverts_named, reverts_with
from testkit.routers import RouterBatch


@pytest.fixture
def committed(commit, batch):
    commit(batch)
    return batch


def shown_as(batch, at, **changes):
    """What `verify` takes for the readings at some places, with something else in it."""
    names = ("head", "places", "readings", "siblings")
    return tuple((dict(zip(names, batch.shown(at), strict=True)) | changes).values())


def test_something_must_be_shown(batches, committed):
    with reverts_with("Router_NothingShown", 3, 0):
        batches.verify(*shown_as(committed, [], siblings=[committed.root]))


@pytest.mark.parametrize("places", [[], [2, 3]])
def test_each_reading_has_a_place(batches, committed, places):
    with reverts_with("Router_LengthMismatch", 1, len(places)):
        batches.verify(*shown_as(committed, [2], places=places))


@pytest.mark.parametrize("place", [7, 8, 65_535])
def test_a_place_beyond_the_batch_is_refused(batches, committed, place):
    with reverts_with("Router_BadPlace", 0, place, 0, 7):
        batches.verify(*shown_as(committed, [2], places=[place]))


@pytest.mark.parametrize("places", [[4, 2], [2, 2]])
def test_places_rise(batches, committed, places):
    shown = packed([committed.readings[place] for place in places])
    with reverts_with("Router_BadPlace", 1, places[1], places[0] + 1, 7):
        batches.verify(*shown_as(committed, [2, 4], places=places, readings=shown))


@pytest.mark.parametrize("place", [0, 1, 3, 6])
def test_a_reading_at_another_place_is_not_in_the_batch(batches, committed, place):
    shown = packed([committed.readings[2]])
    with reverts_named("Router_NotCommitted"):
        batches.verify(*shown_as(committed, [place], readings=shown))


def test_another_reading_is_not_in_the_batch(batches, committed):
    other = committed.readings[2]._replace(exported_wh=701)
    with reverts_named("Router_NotCommitted"):
        batches.verify(*shown_as(committed, [2], readings=packed([other])))


@pytest.mark.parametrize("siblings", [0, 1, 2, 4])
def test_the_siblings_are_those_that_the_place_asks_for(batches, committed, siblings):
    given = [*committed.tree.proof(2), bytes(32)][:siblings]
    with reverts_with("Router_WrongSiblings", siblings, 3):
        batches.verify(*shown_as(committed, [2], siblings=given))


def test_another_sibling_leads_elsewhere(batches, committed):
    siblings = committed.tree.proof(2)
    for k in range(len(siblings)):
        given = [*siblings[:k], keccak(siblings[k]), *siblings[k + 1 :]]
        with reverts_named("Router_NotCommitted"):
            batches.verify(*shown_as(committed, [2], siblings=given))


def test_the_proof_is_of_this_tree(batches, commit, committed, readings):
    other = RouterBatch(3, 1, list(reversed(readings)))
    with reverts_with("Router_NotCommitted", 3, 1, committed.root):
        batches.verify(*shown_as(committed, [2], head=other.head))
    commit(other)
    with reverts_with("Router_NotCommitted", 3, 1, committed.root):
        batches.verify(*shown_as(committed, [2], head=other.head))
    assert batches.verify(*other.shown([2])) == 2


@pytest.mark.parametrize("head", [(3, 0, 8), (3, 0, 6), (3, 1, 7), (1, 0, 7)])
def test_the_batch_is_as_it_was_signed(batches, committed, head):
    with reverts_named("Router_NotCommitted"):
        batches.verify(*shown_as(committed, [2], head=head))


def test_a_batch_that_nobody_committed_proves_nothing(batches, batch, start):
    with reverts_with("Router_NotCommitted", 3, 0, batch.root):
        batches.verify(*batch.shown([2]))


def test_an_inner_node_is_no_leaf(batches, commit, readings):
    """The two children of the root, or of a node below it, are the words of a reading: their hash is no leaf."""
    whole = RouterBatch(3, 0, readings[:4])
    commit(whole)
    for below, beside in ((whole.tree.levels[1], []), (whole.tree.levels[0][:2], [whole.tree.levels[1][1]])):
        words = [tuple(int.from_bytes(node, "big") for node in sorted(below))]
        for count in (1, 2, 4):
            with reverts_named(
                "Router_NotCommitted" if len(beside) == count.bit_length() - 1 else "Router_WrongSiblings"
            ):
                batches.verify((3, 0, count), [0], words, beside)


def test_a_reading_that_its_device_did_not_sign_does_not_count(batches, metering, committed, stranger, chain):
    for signer in (KEYS[2], KEYS[3]):
        signatures = sign_readings(signer, domain_of(metering, chain.id), [committed.readings[0]])
        with reverts_with("Metering_BadSignature", 0, 1, signer.address):
            batches.prove(*committed.proved([0], signatures), {"from": stranger})
    assert metering.last(1)[0] == 0


@pytest.mark.parametrize("count", [0, 2])
def test_each_reading_has_a_signature(batches, committed, signatures, stranger, count):
    given = signatures(*committed.readings[:count])
    with reverts_with("Metering_LengthMismatch", 1, count):
        batches.prove(*committed.proved([0], given), {"from": stranger})


def test_what_the_metering_refuses_does_not_count(prove, commit, reading):
    """A router that commits to an interval that is not over cannot have it proved."""
    batch = RouterBatch(3, 0, [reading(1, 50)])
    commit(batch)
    with reverts_named("Metering_SlotNotOver"):
        prove(batch, 0)


def test_a_reading_is_proved_once(prove, committed):
    prove(committed, 0)
    with reverts_named("Metering_AlreadyReported"):
        prove(committed, 0)


def test_a_reading_that_its_device_published_is_not_proved_again(prove, committed, metering, signatures, stranger):
    first = committed.readings[0]
    metering.report(packed([first]), signatures(first), {"from": stranger})
    with reverts_named("Metering_AlreadyReported"):
        prove(committed, 0)


def test_a_reading_is_proved(batches, metering, prove, committed, signatures, stranger):
    mined = prove(committed, 0)
    taken = committed.readings[0]
    assert tuple(metering.last(1))[:3] == (taken.start_at, 700, 20)
    reported, proved = mined.events["ReadingsReported"], mined.events["ReadingsProved"]
    assert (reported["batch"], reported["relayer"]) == (0, batches.address)
    assert (proved["number"], proved["metered"], list(proved["places"])) == (1, 0, [0])
    metering.verify(taken.pack(), (0, 0, []))
    assert mined.return_value == 0


def test_several_readings_are_proved_at_once(metering, prove, committed):
    mined = prove(committed, 0, 1, 2, 6)
    assert list(mined.events["ReadingsProved"]["places"]) == [0, 1, 2, 6]
    assert metering.last(1)[0] == committed.readings[6].start_at
    assert metering.last(2)[0] == committed.readings[1].start_at


def test_a_reading_is_proved_after_a_gap_and_the_next_one_after_it(metering, prove, commit, committed, reading):
    """The router lost the roof's second and third reading; event and leaf tell the gap, what was signed does not."""
    missing = RouterBatch(3, 1, [committed.readings[0], reading(1, 3), reading(1, 4)])
    commit(missing)
    prove(missing, 0)
    mined = prove(missing, 1)
    gap = missing.readings[1]._replace(gap_after=missing.readings[0].start_at)
    assert [Reading.unpack(words) for words in mined.events["ReadingsReported"]["readings"]] == [gap]
    metering.verify(gap.pack(), (1, 0, []))
    with reverts_named("Metering_UnknownReading"):
        metering.verify(gap.signed.pack(), (1, 0, []))
    (after,) = prove(missing, 2).events["ReadingsReported"]["readings"]
    assert Reading.unpack(after) == missing.readings[2]
    with reverts_named("Metering_SlotNotAfterLast"):
        prove(committed, 2)


def test_a_gap_within_a_batch_is_proved_with_it(metering, prove, commit, reading):
    batch = RouterBatch(3, 0, [reading(1, 0), reading(1, 2), reading(1, 3)])
    commit(batch)
    taken = prove(batch, 0, 1, 2).events["ReadingsReported"]["readings"]
    first, gap, after = map(Reading.unpack, taken)
    assert (first.gap_after, gap.gap_after, after.gap_after) == (None, first.start_at, None)
    assert metering.last(1)[0] == after.start_at


def test_a_batch_is_proved_part_by_part(metering, prove, committed):
    for metered, places in enumerate(([0], [1, 2, 3], [4, 5, 6])):
        assert prove(committed, *places).events["ReadingsProved"]["metered"] == metered
    assert metering.batchCount() == 3


def test_a_stopped_router_does_not_take_its_batches_back(devices, alice, prove, committed):
    devices.retire(3, {"from": alice})
    assert prove(committed, 0).events["ReadingsProved"]["number"] == 1


@pytest.mark.parametrize("size", range(1, 7))
def test_every_set_of_readings_has_a_proof(batches, commit, reading, size):
    batch = RouterBatch(3, 0, [reading(1 + place % 2, place // 2) for place in range(size)])
    commit(batch)
    for mask in range(1, 1 << size):
        places = [place for place in range(size) if mask >> place & 1]
        assert batches.verify(*batch.shown(places)) == 1
