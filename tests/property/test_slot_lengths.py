"""GRN-1 over slots that overlap: within an hour a device trades and certifies slots of one length."""

from itertools import pairwise

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from powerpact.chain.errors import ContractError
from powerpact.market.slots import Slot
from testkit.chains import EvmChain
from testkit.invariants import holds
from testkit.market import Community
from testkit.orders import buy, sell

QUARTER_S, HOUR_S = 900, 3_600
LENGTHS_S = (QUARTER_S, 2 * QUARTER_S, HOUR_S)
SLOTS = [(start, length_s) for length_s in LENGTHS_S for start in range(0, HOUR_S, length_s)]
"""Start after the hour began, and length, of every slot in it, s."""


@pytest.fixture(scope="module")
def community():
    """Alice buys, carol sells from one device, with readings of 15 minutes and slots of up to an hour."""
    made = Community(EvmChain(), traders=2, base_interval_s=QUARTER_S, longest_slot_s=HOUR_S)
    for trader in made.traders:
        made.endow(trader, 10**12)
    return made


def offered(community, hour, number, place):
    """A market of a slot of the hour."""
    start, length_s = hour + place[0], place[1]
    return community.open_market(
        slot_start=start,
        slot_length_s=length_s,
        closes_at=hour - 60,
        final_by=hour,
        refund_from=start + length_s + 2 * HOUR_S,
        zone=bytes([65 + number]) * 24,
    )


SALES = st.lists(st.tuples(st.sampled_from(SLOTS), st.integers(1, 900)), max_size=4)
ISSUES = st.lists(st.tuples(st.sampled_from(SLOTS), st.booleans()), max_size=8)


@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
@given(sales=SALES, issues=ISSUES, exported=st.lists(st.integers(0, 900), min_size=4, max_size=4))
def test_no_energy_is_certified_in_two_slots(community, sales, issues, exported):
    start = community.chain.snapshot()
    counters = community.counters[community.traders[1].device]
    counted_wh = counters.exported_wh
    try:
        _certified_once(community, sales, issues, exported)
    finally:
        community.chain.revert(start)
        counters.exported_wh = counted_wh


def _certified_once(community, sales, issues, exported):
    carol = community.traders[1]
    hour = community.next_slot(HOUR_S)
    markets, fixed_s = _sold(community, hour, sales)
    whole = markets[0] if markets else offered(community, hour, 9, (0, HOUR_S))
    for k, energy_wh in enumerate(exported):
        whole.report({carol.device: energy_wh}, start=hour + k * QUARTER_S)
    proven = whole.measured[carol.device]
    for market in markets:
        market.measured = {carol.device: _of(proven, market.rules.slot_start - hour, market.rules.slot_length_s)}
        market.settle_late([(0, 0)])
    for place, is_owner in issues:
        slot = Slot(hour + place[0], place[1])
        sender = carol.account if is_owner else community.agent
        refusal = _issued(community, sender, slot, _of(proven, *place))
        if refusal == "Device_OtherLength":
            assert fixed_s not in (0, slot.length_s)
        elif refusal == "Device_NotOwner":
            assert (fixed_s, is_owner) == (0, False)
        else:
            assert refusal in (None, "Delivery_AlreadyIssued", "Delivery_Undecided")
        if refusal is None:
            assert fixed_s in ((0, slot.length_s) if is_owner else (slot.length_s,))
            fixed_s = slot.length_s
        assert community.read("DeviceRegistry", "lengthOf", carol.device, hour) == fixed_s
    _check_lots(community, hour, exported)


def _of(proven, offset_s, length_s):
    """The readings of a slot, of those of the hour."""
    return proven[offset_s // QUARTER_S : (offset_s + length_s) // QUARTER_S]


def _sold(community, hour, sales):
    """The final markets of those sales that are possible, and the length of carol's slots."""
    alice, carol = community.traders
    fixed_s, taken, markets = 0, set(), []
    for number, (place, energy_wh) in enumerate(sales):
        market = offered(community, hour, number, place)
        orders = [buy(alice, nonce=number, energy_wh=energy_wh), sell(carol, nonce=number, energy_wh=energy_wh)]
        if fixed_s in (0, place[1]) and place not in taken:
            market.post(orders, [alice, carol])
            fixed_s = place[1]
            taken.add(place)
            markets.append(market)
        else:
            refusal = "Device_Undecided" if place in taken else "Device_OtherLength"
            with pytest.raises(ContractError, match=refusal):
                market.post(orders, [alice, carol])
    for market in markets:
        market.clear()
    return markets, fixed_s


def _issued(community, sender, slot, measured):
    """Issue what was not sold of a slot; the error's name if that is refused."""
    try:
        community.send(sender, "Deliveries", "issue", slot.pack(), measured)
    except ContractError as error:
        return error.name
    return None


def _check_lots(community, hour, exported):
    found = []
    for offset_s, length_s in SLOTS:
        slot = Slot(hour + offset_s, length_s)
        lot = community.read("GreenCertificates", "idOf", community.traders[1].device, slot.pack())
        held = [("GreenCertificates", "balanceOf", trader.address, lot) for trader in community.traders]
        minted_wh = sum(community.read_all(held))
        if minted_wh:
            measured_wh = sum(_of(exported, offset_s, length_s))
            holds("GRN-1", minted_wh <= measured_wh, f"{minted_wh} Wh of {measured_wh} in {slot}")
            found.append(slot)
    for one, other in pairwise(sorted(found)):
        holds("GRN-1", one.end <= other.start, f"lots {one} and {other} overlap")


@pytest.mark.parametrize("slot", [Slot(0, 600), Slot(0, 2_700), Slot(900, 1_800), Slot(0, 7_200), Slot(0, 0)])
def test_a_deployment_has_no_other_slots(community, slot):
    hour = community.next_slot(HOUR_S)
    start = hour + slot.start
    with pytest.raises(ContractError, match="Market_BadSlot"):
        community.open_market(slot_start=start, slot_length_s=slot.length_s, closes_at=hour - 60, final_by=hour)
