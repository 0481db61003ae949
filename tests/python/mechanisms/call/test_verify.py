"""The verifier of call auctions: one mutation of a right result for each way to be wrong, each with its fault."""

from dataclasses import replace

import pytest

from powerpact.market.orders import Side
from powerpact.mechanisms.call.round import Certificate, OrderName, Round, Solution, Trade
from powerpact.mechanisms.call.solver import solve
from powerpact.mechanisms.call.verifier import FaultKind, verify
from testkit.auctions import orders

BUY_SIDE = Round(500_000, orders("b", (100, 4), (90, 5), (90, 2), (80, 9)), orders("s", (50, 3), (70, 4), (95, 9)))
"""Price 90; b1 and b2 share 3 Wh at level 1, b1 gets one more."""
OPEN = Round(500_000, orders("b", (100, 4), (80, 2)), orders("s", (60, 4), (85, 3)))
"""Price 82 between 80 and 85; nobody at it."""
DEAR, CHEAP = (Round(k_ppm, OPEN.buyers, OPEN.sellers) for k_ppm in (900_000, 100_000))
"""The same with a price near one end, which stays between the orders if the other end is wrong."""
IDLE = Round(500_000, orders("b", (60, 4), (59, 2)), orders("s", (61, 4), (85, 3)))


def buyer(id_):
    return OrderName(Side.BUY, id_)


def seller(id_):
    return OrderName(Side.SELL, id_)


def certified(round_, **changes):
    """The right result with a changed certificate."""
    right = solve(round_)
    return replace(right, certificate=replace(right.certificate, **changes))


def traded(round_, *trades, **changes):
    """The right certificate, changed, with other trades: buyer, seller, Wh."""
    worth = sum(
        (round_.buyers[int(b[1:])].price_upoints_per_kwh - round_.sellers[int(s[1:])].price_upoints_per_kwh) * wh
        for b, s, wh in trades
    )
    return replace(certified(round_, **changes), objective=worth, trades=tuple(Trade(*trade) for trade in trades))


OTHER_PAIRS = (("b0", "s1", 4), ("b1", "s0", 2), ("b2", "s0", 1))

FAULTS = [
    (FaultKind.UNKNOWN_ORDER, BUY_SIDE, replace(solve(BUY_SIDE), trades=(Trade("b9", "s0", 1),))),
    (FaultKind.UNKNOWN_ORDER, BUY_SIDE, certified(BUY_SIDE, low_order=seller("b1"))),
    (FaultKind.UNKNOWN_ORDER, BUY_SIDE, certified(BUY_SIDE, last="s0")),
    (FaultKind.UNKNOWN_ORDER, IDLE, certified(IDLE, high_order=seller("s7"))),
    (FaultKind.WRONG_ENERGY, BUY_SIDE, traded(BUY_SIDE, *OTHER_PAIRS, ("b3", "s2", 0))),
    (FaultKind.TOO_MUCH_ENERGY, BUY_SIDE, traded(BUY_SIDE, *OTHER_PAIRS, ("b0", "s2", 1))),
    (FaultKind.TOO_MUCH_ENERGY, BUY_SIDE, traded(BUY_SIDE, *OTHER_PAIRS, ("b1", "s0", 1))),
    (FaultKind.WRONG_OBJECTIVE, BUY_SIDE, replace(solve(BUY_SIDE), objective=241)),
    (FaultKind.WRONG_OBJECTIVE, IDLE, Solution(1)),
    (FaultKind.INCOMPLETE_CERTIFICATE, BUY_SIDE, certified(BUY_SIDE, price_upoints_per_kwh=None)),
    (FaultKind.INCOMPLETE_CERTIFICATE, BUY_SIDE, certified(BUY_SIDE, low_order=None)),
    (FaultKind.INCOMPLETE_CERTIFICATE, BUY_SIDE, certified(BUY_SIDE, high_upoints_per_kwh=None)),
    (FaultKind.INCOMPLETE_CERTIFICATE, BUY_SIDE, certified(BUY_SIDE, level_wh=None)),
    (FaultKind.INCOMPLETE_CERTIFICATE, BUY_SIDE, certified(BUY_SIDE, side=None)),
    (FaultKind.INCOMPLETE_CERTIFICATE, IDLE, certified(IDLE, side=Side.BUY, level_wh=0)),
    (FaultKind.INCOMPLETE_CERTIFICATE, IDLE, certified(IDLE, low_order=None)),
    (FaultKind.WRONG_PRICE, BUY_SIDE, certified(BUY_SIDE, price_upoints_per_kwh=91)),
    (FaultKind.WRONG_PRICE, OPEN, certified(OPEN, price_upoints_per_kwh=83)),
    (FaultKind.WRONG_PRICE, OPEN, certified(OPEN, low_upoints_per_kwh=85, high_upoints_per_kwh=80)),
    (FaultKind.WRONG_PRICE, IDLE, certified(IDLE, price_upoints_per_kwh=60)),
    (FaultKind.NOT_ATTAINED, OPEN, certified(OPEN, low_upoints_per_kwh=79)),
    (FaultKind.NOT_ATTAINED, OPEN, certified(OPEN, low_order=seller("s1"))),
    (FaultKind.NOT_ATTAINED, OPEN, certified(OPEN, high_upoints_per_kwh=84)),
    (FaultKind.NOT_ATTAINED, BUY_SIDE, certified(BUY_SIDE, low_order=buyer("b0"))),
    (FaultKind.NOT_ATTAINED, IDLE, certified(IDLE, low_upoints_per_kwh=59)),
    (FaultKind.NOT_ATTAINED, IDLE, certified(IDLE, high_upoints_per_kwh=60)),
    (FaultKind.NOT_ATTAINED, IDLE, certified(IDLE, low_order=seller("s0"), low_upoints_per_kwh=61)),
    (FaultKind.ORDERS_CROSS, OPEN, Solution(0, (), Certificate(None, 100, 60, buyer("b0"), seller("s0")))),
    (FaultKind.NARROWER_INTERVAL, IDLE, certified(IDLE, low_upoints_per_kwh=59, low_order=buyer("b1"))),
    (FaultKind.NARROWER_INTERVAL, IDLE, certified(IDLE, high_upoints_per_kwh=85, high_order=seller("s1"))),
    (FaultKind.NARROWER_INTERVAL, IDLE, certified(IDLE, low_upoints_per_kwh=None, low_order=None)),
    (
        FaultKind.NARROWER_INTERVAL,
        DEAR,
        certified(DEAR, price_upoints_per_kwh=82, low_upoints_per_kwh=60, low_order=seller("s0")),
    ),
    (
        FaultKind.NARROWER_INTERVAL,
        CHEAP,
        certified(CHEAP, price_upoints_per_kwh=82, high_upoints_per_kwh=100, high_order=buyer("b0")),
    ),
    (FaultKind.WRONG_MARGINAL_FILL, BUY_SIDE, certified(BUY_SIDE, level_wh=0)),
    (FaultKind.WRONG_MARGINAL_FILL, BUY_SIDE, certified(BUY_SIDE, level_wh=2)),
    (FaultKind.WRONG_MARGINAL_FILL, BUY_SIDE, certified(BUY_SIDE, last=None)),
    (FaultKind.WRONG_MARGINAL_FILL, BUY_SIDE, certified(BUY_SIDE, last="b2")),
    (FaultKind.WRONG_MARGINAL_FILL, BUY_SIDE, certified(BUY_SIDE, side=Side.SELL, last=None)),
    (FaultKind.WRONG_MARGINAL_FILL, BUY_SIDE, traded(BUY_SIDE, ("b0", "s1", 4), ("b1", "s0", 1), ("b2", "s0", 2))),
    (FaultKind.WRONG_MARGINAL_FILL, BUY_SIDE, traded(BUY_SIDE, ("b0", "s1", 4), ("b1", "s0", 2))),
    (
        FaultKind.BETTER_BUT_NOT_FULL,
        BUY_SIDE,
        traded(BUY_SIDE, ("b0", "s1", 3), ("b1", "s0", 2), ("b2", "s0", 1)),
    ),
    (FaultKind.BETTER_BUT_NOT_FULL, OPEN, traded(OPEN, ("b0", "s0", 3))),
    (FaultKind.WORSE_BUT_FILLED, OPEN, traded(OPEN, ("b0", "s0", 4), ("b1", "s1", 1))),
    (FaultKind.WORSE_BUT_FILLED, BUY_SIDE, traded(BUY_SIDE, *OTHER_PAIRS, ("b3", "s2", 1))),
]


@pytest.mark.parametrize(("kind", "round_", "said"), FAULTS)
def test_a_mutation_is_named(kind, round_, said):
    fault = verify(round_, said)
    assert fault is not None
    assert fault.kind is kind
    assert fault.detail


def test_every_fault_has_a_mutation():
    assert {kind for kind, _, _ in FAULTS} == set(FaultKind)


@pytest.mark.parametrize("round_", [BUY_SIDE, OPEN, IDLE])
def test_the_right_result_has_no_fault(round_):
    assert verify(round_, solve(round_)) is None


@pytest.mark.parametrize(
    "said",
    [
        traded(BUY_SIDE, *OTHER_PAIRS),
        traded(BUY_SIDE, ("b0", "s1", 2), ("b0", "s0", 2), ("b2", "s1", 1), ("b1", "s1", 1), ("b1", "s0", 1)),
        certified(BUY_SIDE, high_order=buyer("b2")),
        certified(BUY_SIDE, low_order=buyer("b2")),
    ],
)
def test_other_pairs_and_other_orders_of_the_same_price_are_right(said):
    assert verify(BUY_SIDE, said) is None


@pytest.mark.parametrize(
    ("round_", "names"),
    [
        (OPEN, {"low": ("b1",), "high": ("s1",)}),
        (BUY_SIDE, {"low": ("b1", "b2"), "high": ("b1", "b2")}),
    ],
)
def test_only_orders_that_attain_an_end_can_be_named(round_, names):
    for end, right in names.items():
        for side in Side:
            for id_ in round_.orders(side).ids:
                fault = verify(round_, certified(round_, **{f"{end}_order": OrderName(side, id_)}))
                assert (fault is None) == (id_ in right)


def test_progress_is_told():
    steps = []
    verify(OPEN, solve(OPEN), steps.append)
    assert steps == ["checking trades", "checking all orders"]
