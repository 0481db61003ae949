"""Exchanges beside what is inside their subnets: children, tolerance at its edges, and what is missing."""

import pytest

from powerpact.market.schema import Carrier
from powerpact.market.subnets import Attached, Flow, Subnet, Verdict, children_of, reconcile, under

START = 3_600
EXCHANGE, BELOW = 10, 20
STREET = Subnet(1, 0, EXCHANGE, 20_000, 50, 1, 1)
HOUSE = Subnet(2, 1, BELOW, 20_000, 50, 1, 2)
FLAT = Subnet(3, 2, 30, 20_000, 50, 1, 3)
TREE = {subnet.number: subnet for subnet in (STREET, HOUSE, FLAT)}


def meter(device, subnet=1, carrier=Carrier.ELECTRICITY, since=0, until=None):
    return Attached(device, subnet, carrier, since, until)


def flows(exchange, **inside):
    """What the exchange and devices d1, d2, … measured, each as (imported, exported); nothing if left out."""
    found = {(int(name[1:]), START): Flow(*flow) for name, flow in inside.items()}
    return found | ({} if exchange is None else {(EXCHANGE, START): Flow(*exchange)})


def test_the_children_are_own_meters_and_exchanges_directly_below():
    meters = [meter(4), meter(3), meter(5, subnet=2), meter(6, subnet=9)]
    assert children_of(1, TREE, meters, Carrier.ELECTRICITY, START) == [3, 4, BELOW]
    assert children_of(2, TREE, meters, Carrier.ELECTRICITY, START) == [5, 30]
    assert children_of(3, TREE, meters, Carrier.ELECTRICITY, START) == []


def test_a_meter_of_another_carrier_is_no_child():
    assert children_of(3, TREE, [meter(4, 3, Carrier.HEAT)], Carrier.ELECTRICITY, START) == []


@pytest.mark.parametrize(
    ("since", "until", "counts"),
    [
        (START, None, True),
        (START + 1, None, False),
        (0, START, False),
        (0, START + 1, True),
    ],
)
def test_a_meter_counts_from_its_certification_until_it_stops(since, until, counts):
    assert children_of(3, TREE, [meter(4, 3, since=since, until=until)], Carrier.ELECTRICITY, START) == [4] * counts


def test_what_is_under_a_subnet():
    assert [under(number, TREE) for number in (1, 2, 3, 9)] == [{1, 2, 3}, {2, 3}, {3}, {9}]


def test_imports_and_exports_add_up_by_sign():
    found = reconcile(STREET, [3, 4], START, flows((700, 100), d3=(900, 0), d4=(0, 300)))
    assert (found.expected_wh, found.measured_wh, found.difference_wh) == (600, 600, 0)
    assert (found.verdict, found.missing) == (Verdict.AGREES, ())


def test_a_subnet_that_feeds_its_parent_has_a_negative_net():
    found = reconcile(STREET, [3], START, flows((0, 500), d3=(0, 500)))
    assert (found.expected_wh, found.measured_wh, found.verdict) == (-500, -500, Verdict.AGREES)


@pytest.mark.parametrize("sign", [-1, 1])
@pytest.mark.parametrize(("beyond_wh", "verdict"), [(50, Verdict.AGREES), (51, Verdict.MISMATCH)])
def test_the_floor_holds_up_to_its_edge(sign, beyond_wh, verdict):
    found = reconcile(STREET, [3], START, flows((100 + sign * beyond_wh, 0), d3=(100, 0)))
    assert (found.tolerance_wh, found.difference_wh, found.verdict) == (50, sign * beyond_wh, verdict)


@pytest.mark.parametrize(("beyond_wh", "verdict"), [(408, Verdict.AGREES), (409, Verdict.MISMATCH)])
def test_the_tolerance_is_of_all_that_is_measured_and_rounds_down(beyond_wh, verdict):
    """2% of 19.8 kWh inside and of what the exchange measured, more than the floor. What cancels out counts, too."""
    found = reconcile(STREET, [3, 4], START, flows((200 + beyond_wh, 0), d3=(10_000, 0), d4=(0, 9_800)))
    assert (found.tolerance_wh, found.verdict) == (408, verdict)


@pytest.mark.parametrize("difference_wh", [0, 10_000])
def test_without_a_reading_of_a_child_nothing_is_said(difference_wh):
    found = reconcile(STREET, [3, 4], START, flows((500 + difference_wh, 0), d3=(500, 0)))
    assert (found.verdict, found.missing, found.difference_wh) == (Verdict.INCOMPLETE, (4,), None)


def test_without_a_reading_of_the_exchange_nothing_is_said():
    found = reconcile(STREET, [3], START, flows(None, d3=(500, 0)))
    assert (found.verdict, found.missing, found.measured_wh) == (Verdict.INCOMPLETE, (EXCHANGE,), None)


def test_a_reading_of_another_interval_is_none():
    measured = {(EXCHANGE, START): Flow(1, 0), (3, START + 3_600): Flow(1, 0)}
    assert reconcile(STREET, [3], START, measured).missing == (3,)


def test_an_empty_subnet_draws_nothing():
    assert reconcile(STREET, [], START, flows((51, 0))).verdict is Verdict.MISMATCH
    assert reconcile(STREET, [], START, flows((50, 0))).verdict is Verdict.AGREES
