import pytest
from eth_abi.abi import encode
from eth_utils import keccak

from powerpact.market.schema import Carrier, DeviceKind
from testkit.constants import SUBNET
from testkit.reverts import reverts_with
from tests.contracts.Subnets.conftest import FLOOR_WH, HOLD_TIME_S, TOLERANCE_PPM

MOST_HOLD_TIME_S = 90 * 86_400


def terms(exchange, parent=0, tolerance_ppm=TOLERANCE_PPM):
    return parent, exchange, tolerance_ppm, FLOOR_WH


@pytest.mark.parametrize("hold_time_s", [0, MOST_HOLD_TIME_S + 1])
def test_holds_have_an_end_that_is_not_far(Subnets, deployer, devices, motions, certificates, hold_time_s):
    with reverts_with("Subnet_BadHoldTime", hold_time_s, MOST_HOLD_TIME_S):
        deployer.deploy(Subnets, devices, motions, certificates, hold_time_s)


def test_reverts_for_anyone_but_an_auditor(subnets, street, alice):
    with reverts_with("Subnet_NotAuditor", alice):
        subnets.form(SUBNET, 1, terms(street), {"from": alice})


@pytest.mark.parametrize("named", [0, 2])
def test_reverts_for_another_revision(subnets, street, auditors, named):
    with reverts_with("Subnet_OtherRevision", SUBNET, 1, named):
        subnets.form(SUBNET, named, terms(street), {"from": auditors[0]})


def test_reverts_above_one(subnets, street, auditors):
    with reverts_with("Subnet_BadTolerance", SUBNET, 1_000_001):
        subnets.form(SUBNET, 1, terms(street, tolerance_ppm=1_000_001), {"from": auditors[0]})


def test_reverts_for_a_meter(subnets, meter, auditors):
    with reverts_with("Subnet_NotExchange", SUBNET, meter, DeviceKind.METER):
        subnets.form(SUBNET, 1, terms(meter), {"from": auditors[0]})


def test_reverts_for_an_exchange_that_is_not_certified(subnets, street, bind_device, alice, auditors):
    device = bind_device(alice, "another", kind=DeviceKind.EXCHANGE)
    with reverts_with("Subnet_ExchangeNotCertified", SUBNET, device):
        subnets.form(SUBNET, 1, terms(device), {"from": auditors[0]})


def test_reverts_for_an_exchange_that_is_out_of_service(subnets, devices, street, alice, auditors):
    devices.retire(street, {"from": alice})
    with reverts_with("Subnet_ExchangeNotCertified", SUBNET, street):
        subnets.form(SUBNET, 1, terms(street), {"from": auditors[0]})


@pytest.mark.parametrize("subnet", [0, 70])
def test_reverts_for_the_exchange_of_another_subnet(subnets, street, auditors, subnet):
    with reverts_with("Subnet_NotInside", subnet, street, SUBNET):
        subnets.form(subnet, 0, terms(street), {"from": auditors[0]})


def test_the_root_has_no_exchange(subnets, street, exchange, auditors):
    device = exchange(0)
    with reverts_with("Subnet_NotInside", 0, device, 0):
        subnets.form(0, 0, terms(device), {"from": auditors[0]})


def test_reverts_under_a_subnet_that_nobody_formed(subnets, street, exchange, auditors):
    with reverts_with("Subnet_Unknown", 9):
        subnets.form(70, 0, terms(exchange(70), parent=9), {"from": auditors[0]})


def test_reverts_under_a_subnet_of_another_carrier(subnets, street, exchange, auditors):
    device = exchange(70, carrier=Carrier.HEAT)
    with reverts_with("Subnet_OtherCarrier", 70, Carrier.HEAT, Carrier.ELECTRICITY):
        subnets.form(70, 0, terms(device, parent=SUBNET), {"from": auditors[0]})


def test_a_subnet_keeps_its_carrier(subnets, street, exchange, auditors):
    device = exchange(SUBNET, "of heat", carrier=Carrier.HEAT)
    with reverts_with("Subnet_OtherCarrier", SUBNET, Carrier.HEAT, Carrier.ELECTRICITY):
        subnets.form(SUBNET, 1, terms(device), {"from": auditors[0]})


def test_reverts_under_itself(subnets, street, auditors):
    with reverts_with("Subnet_UnderItself", SUBNET):
        subnets.form(SUBNET, 1, terms(street, parent=SUBNET), {"from": auditors[0]})


def test_what_has_others_under_it_stays_where_it_is(subnets, street, exchange, form, auditors):
    """So there are no cycles: what hangs under it cannot be above it."""
    form(70, exchange(70), parent=SUBNET)
    form(80, exchange(80))
    for parent in (70, 80):
        with reverts_with("Subnet_HasChildren", SUBNET, 1):
            subnets.form(SUBNET, 1, terms(street, parent=parent), {"from": auditors[0]})
    form(70, subnets.subnetOf(70)["exchange"], parent=80, revision=1)
    assert [subnets.subnetOf(subnet)["children"] for subnet in (SUBNET, 70, 80)] == [0, 0, 1]
    form(SUBNET, street, parent=70, revision=1)
    assert [subnets.subnetOf(subnet)["level"] for subnet in (80, 70, SUBNET)] == [1, 2, 3]


def test_there_are_eight_levels(subnets, street, exchange, form, auditors):
    for level in range(2, 9):
        form(10 + level, exchange(10 + level), parent=SUBNET if level == 2 else 9 + level)
        assert subnets.subnetOf(10 + level)["level"] == level
    with reverts_with("Subnet_TooDeep", 30, 9, 8):
        subnets.form(30, 0, terms(exchange(30), parent=18), {"from": auditors[0]})


def test_one_vote_less_than_decides_forms_nothing(subnets, street, exchange, auditors):
    device = exchange(70)
    subnets.form(70, 0, terms(device), {"from": auditors[0]})
    assert subnets.subnetOf(70)["revision"] == 0
    motion = keccak(
        encode(
            ["uint32", "bytes4", "bytes"],
            [
                0,
                keccak(text="form(uint32,uint32,(uint32,uint32,uint32,uint64))")[:4],
                encode(["uint32", "uint32", "(uint32,uint32,uint32,uint64)"], [70, 0, terms(device)]),
            ],
        )
    )
    with reverts_with("Subnet_AlreadyVoted", motion, auditors[0]):
        subnets.form(70, 0, terms(device), {"from": auditors[0]})


def test_votes_for_different_contents_do_not_add_up(subnets, street, exchange, auditors):
    device = exchange(70)
    contents = terms(device), terms(device, parent=SUBNET), terms(device, tolerance_ppm=TOLERANCE_PPM + 1)
    for auditor, content in zip(auditors, contents, strict=True):
        voted = subnets.form(70, 0, content, {"from": auditor}).events["FormingVoted"]
        assert (voted["subnet"], voted["auditor"], voted["votes"]) == (70, auditor, 1)
    assert subnets.subnetOf(70)["revision"] == 0


def test_votes_of_an_earlier_revision_count_no_more(subnets, street, exchange, form, auditors):
    """The first votes for the same terms are of a revision that is past."""
    device = exchange(70)
    subnets.form(70, 0, terms(device, parent=SUBNET), {"from": auditors[2]})
    form(70, device)
    subnets.form(70, 1, terms(device, parent=SUBNET), {"from": auditors[0]})
    assert subnets.subnetOf(70)["parent"] == 0


def test_forms_a_subnet(subnets, street, exchange, form):
    device = exchange(70)
    formed = form(70, device, parent=SUBNET).events["SubnetFormed"]
    assert dict(formed) == {
        "subnet": 70,
        "parent": SUBNET,
        "exchange": device,
        "tolerance": TOLERANCE_PPM,
        "floor": FLOOR_WH,
        "revision": 1,
        "level": 2,
    }
    assert tuple(subnets.subnetOf(70)) == (SUBNET, device, TOLERANCE_PPM, FLOOR_WH, 1, 0, 2)
    assert subnets.subnetOf(SUBNET)["children"] == 1
    assert subnets.HOLD_TIME() == HOLD_TIME_S


def test_changes_a_subnet_back_and_forth(subnets, street, exchange, form):
    form(70, exchange(70))
    first = subnets.subnetOf(70)["exchange"]
    second = exchange(70, "the second")
    for revision, device in enumerate((second, first, second), start=1):
        form(70, device, revision=revision)
        assert (subnets.subnetOf(70)["exchange"], subnets.subnetOf(70)["revision"]) == (device, revision + 1)
