import pytest

from powerpact.chain.contracts.certificates import id_of
from powerpact.market.slots import Slot
from testkit.constants import SLOT_LENGTH_S, SUBNET
from testkit.reverts import reverts_named, reverts_with
from tests.contracts.Subnets.conftest import EVIDENCE, HOLD_TIME_S


@pytest.fixture
def lot(doubt, certificates, minter, alice):
    """The meter's lot, of which alice has 1 000 Wh."""
    certificates.mint([(alice, doubt.lots[0], 1_000)], {"from": minter})
    return doubt.lots[0]


def test_reverts_for_anyone_but_an_auditor(subnets, doubt, alice):
    with reverts_with("Subnet_NotAuditor", alice):
        subnets.flag(doubt, {"from": alice})


def test_reverts_for_a_subnet_that_nobody_formed(subnets, doubt, auditors):
    with reverts_with("Subnet_Unknown", 70):
        subnets.flag(doubt._replace(subnet=70), {"from": auditors[0]})


def test_reverts_without_evidence(subnets, doubt, auditors):
    with reverts_with("Subnet_NoEvidence", SUBNET):
        subnets.flag(doubt._replace(evidence=bytes(32)), {"from": auditors[0]})


def test_reverts_before_the_slot_is_over(subnets, doubt, hour, auditors):
    running = Slot(hour.end, SLOT_LENGTH_S)
    with reverts_with("Subnet_SlotNotOver", SUBNET, running.pack(), running.end):
        subnets.flag(doubt._replace(slot=running.pack()), {"from": auditors[0]})
    nothing = Slot(hour.start, 0)
    with reverts_with("Subnet_SlotNotOver", SUBNET, nothing.pack(), nothing.start):
        subnets.flag(doubt._replace(slot=nothing.pack()), {"from": auditors[0]})


@pytest.mark.parametrize("count", [0, 101])
def test_reverts_without_lots_and_with_too_many(subnets, doubt, auditors, count):
    lots = tuple(doubt.lots[0] + i for i in range(count))
    with reverts_with("Subnet_BadCount", SUBNET, count, 100):
        subnets.flag(doubt._replace(lots=lots), {"from": auditors[0]})


def test_reverts_for_a_lot_twice(subnets, doubt, auditors):
    (lot,) = doubt.lots
    with reverts_with("Subnet_NotAscending", 1, lot):
        subnets.flag(doubt._replace(lots=(lot, lot)), {"from": auditors[0]})


@pytest.mark.parametrize("hours", [-1, 1])
def test_reverts_for_a_lot_of_another_slot(subnets, doubt, meter, hour, auditors, hours):
    other = id_of(meter, Slot(hour.start + hours * SLOT_LENGTH_S, SLOT_LENGTH_S))
    with reverts_with("Subnet_OtherSlot", other, hour.pack()):
        subnets.flag(doubt._replace(lots=(other,)), {"from": auditors[0]})


def test_takes_lots_of_slots_that_overlap(subnets, doubt, meter, hour, certificates, decide):
    quarter, day = Slot(hour.end - 900, 900), Slot(hour.start - hour.start % 86_400, 86_400)
    lots = tuple(sorted(id_of(meter, slot) for slot in (quarter, day, hour)))
    decide("flag", doubt._replace(lots=lots))
    assert all(certificates.heldUntil(lot) for lot in lots)


def test_reverts_for_a_device_of_another_subnet(subnets, doubt, hour, bind_device, exchange, form, alice, auditors):
    form(70, exchange(70))
    device = bind_device(alice, "elsewhere", subnet=70)
    for outside, where in ((device, 70), (device + 1, 0)):
        with reverts_with("Subnet_NotInside", SUBNET, outside, where):
            subnets.flag(doubt._replace(lots=(id_of(outside, hour),)), {"from": auditors[0]})


def test_takes_lots_of_subnets_under_it(subnets, doubt, hour, bind_device, exchange, form, certificates, alice, decide):
    form(70, exchange(70), parent=SUBNET)
    form(80, exchange(80), parent=70)
    device = bind_device(alice, "below", subnet=80)
    decide("flag", doubt._replace(lots=(id_of(device, hour),)))
    assert certificates.heldUntil(id_of(device, hour)) > hour.end


def test_one_vote_less_than_decides_holds_nothing(subnets, certificates, doubt, lot, auditors, alice, bob):
    voted = subnets.flag(doubt, {"from": auditors[0]}).events["FlagVoted"]
    assert dict(voted) == {"flag": f"0x{doubt.hash.hex()}", "auditor": auditors[0], "votes": 1}
    with reverts_named("Subnet_AlreadyVoted"):
        subnets.flag(doubt, {"from": auditors[0]})
    assert subnets.heldUntil(doubt.hash) == certificates.heldUntil(lot) == 0
    certificates.safeTransferFrom(alice, bob, lot, 1, b"", {"from": alice})


def test_votes_for_different_contents_do_not_add_up(subnets, doubt, hour, auditors):
    contents = doubt, doubt._replace(evidence=bytes(31) + b"\1"), doubt._replace(slot=Slot(hour.start, 900).pack())
    for auditor, content in zip(auditors, contents, strict=True):
        assert subnets.flag(content, {"from": auditor}).events["FlagVoted"]["votes"] == 1
        assert subnets.heldUntil(content.hash) == 0


def test_holds_the_lots(subnets, certificates, doubt, lot, decide, minter, alice, bob):
    transaction = decide("flag", doubt)
    until = transaction.timestamp + HOLD_TIME_S
    flagged = transaction.events["SlotFlagged"]
    assert (flagged["subnet"], flagged["slot"], list(flagged["lots"])) == (SUBNET, doubt.slot, [lot])
    assert (bytes(flagged["flag"]), bytes(flagged["evidence"]), flagged["until"]) == (doubt.hash, EVIDENCE, until)
    assert dict(transaction.events["LotHeld"]) == {"id": lot, "until": until}
    assert subnets.heldUntil(subnets.hashOf(doubt)) == certificates.heldUntil(lot) == until
    with reverts_with("Certificates_Held", lot, until):
        certificates.safeTransferFrom(alice, bob, lot, 1, b"", {"from": alice})
    with reverts_with("Certificates_Held", lot, until):
        certificates.retire(lot, 1, alice, "heating", {"from": alice})
    certificates.mint([(alice, lot, 10)], {"from": minter})
    assert certificates.balanceOf(alice, lot) == 1_010


def test_the_same_is_flagged_once(subnets, doubt, decide, auditors):
    until = decide("flag", doubt).timestamp + HOLD_TIME_S
    with reverts_with("Subnet_AlreadyFlagged", doubt.hash, until):
        subnets.flag(doubt, {"from": auditors[2]})


def test_a_lot_is_held_once(subnets, certificates, doubt, lot, decide, auditors, warp):
    """Whatever it is flagged for: nobody can hold it for longer, by flags one after another."""
    until = decide("flag", doubt).timestamp + HOLD_TIME_S
    again = doubt._replace(evidence=bytes(31) + b"\1")
    subnets.flag(again, {"from": auditors[0]})
    for time in (None, until):
        if time:
            warp(time)
        with reverts_with("Certificates_HeldBefore", lot, until):
            subnets.flag(again, {"from": auditors[1]})
    assert certificates.heldUntil(lot) == until


def test_a_hold_ends_by_itself(certificates, doubt, lot, decide, warp, alice, bob):
    until = decide("flag", doubt).timestamp + HOLD_TIME_S
    warp(until - 2)
    with reverts_with("Certificates_Held", lot, until):
        certificates.safeTransferFrom(alice, bob, lot, 1, b"", {"from": alice})
    warp(until)
    certificates.safeTransferFrom(alice, bob, lot, 1, b"", {"from": alice})
    certificates.retire(lot, 1, alice, "heating", {"from": alice})
