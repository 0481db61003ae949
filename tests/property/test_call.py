"""The call auction: rule, solver and verifier against an oracle that scans all prices, and against every lie."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from powerpact.market.orders import Side
from powerpact.mechanisms.call import spec
from powerpact.mechanisms.call.round import Certificate, OrderName, Round, Solution, Trade
from powerpact.mechanisms.call.roundfile import format_round, format_solution
from powerpact.mechanisms.call.solver import solve
from powerpact.mechanisms.call.verifier import FaultKind, verify
from testkit.auctions import FEW, auctions, cleared_by_scan, fills_of
from testkit.roundfiles import parse_call_round, parse_solution

BY_ONE_ORDER = (
    FaultKind.NARROWER_INTERVAL,
    FaultKind.WORSE_BUT_FILLED,
    FaultKind.BETTER_BUT_NOT_FULL,
    FaultKind.WRONG_MARGINAL_FILL,
)
"""Faults that a single order shows; those before are seen when a result is proposed."""


@settings(max_examples=300, deadline=None)
@given(auctions(energies=FEW))
def test_the_rule_gives_what_scanning_all_prices_gives(round_):
    found, expected = spec.auction(round_), cleared_by_scan(round_)
    assert fills_of(round_, found) == expected.fills
    if expected.price is not None:
        certificate = found.certificate
        assert certificate.price_upoints_per_kwh == expected.price
        assert (certificate.low_upoints_per_kwh, certificate.high_upoints_per_kwh) == (expected.low, expected.high)
    else:
        assert found.trades == ()
        assert found.certificate.price_upoints_per_kwh is None


@settings(max_examples=300, deadline=None)
@given(auctions())
def test_the_solver_gives_what_the_rule_gives_and_the_verifier_accepts_it(round_):
    solution = solve(round_)
    assert solution == spec.auction(round_)
    assert verify(round_, solution) is None
    assert parse_call_round(format_round(round_)) == round_
    assert parse_solution(format_solution(solution), round_) == solution


@settings(max_examples=200, deadline=None)
@given(auctions())
def test_nobody_loses_and_money_balances(round_):
    solution = solve(round_)
    price = solution.certificate.price_upoints_per_kwh
    pairs = {(trade.buyer, trade.seller) for trade in solution.trades}
    bids, minimums = (dict(zip(o.ids, o.prices_upoints_per_kwh, strict=True)) for o in (round_.buyers, round_.sellers))
    assert all(minimums[trade.seller] <= price <= bids[trade.buyer] for trade in solution.trades)
    assert len(pairs) == len(solution.trades) <= max(0, len(round_.buyers) + len(round_.sellers) - 1)
    gain = sum((bids[t.buyer] - minimums[t.seller]) * t.energy_wh for t in solution.trades)
    assert solution.objective == gain


@settings(max_examples=100, deadline=None)
@given(auctions(), st.integers(1, 1_000))
def test_prices_follow_their_unit(round_, factor):
    scaled = [
        [order._replace(price_upoints_per_kwh=order.price_upoints_per_kwh % 4_000_000 * by) for order in orders]
        for by in (1, factor)
        for orders in (round_.buyers, round_.sellers)
    ]
    plain, dear = Round(round_.k_ppm, *scaled[:2]), Round(round_.k_ppm, *scaled[2:])
    before, after = solve(plain), solve(dear)
    assert after.trades == before.trades
    assert after.objective == before.objective * factor
    if before.trades:
        assert after.certificate.low_upoints_per_kwh == before.certificate.low_upoints_per_kwh * factor
        assert after.certificate.high_upoints_per_kwh == before.certificate.high_upoints_per_kwh * factor


@st.composite
def lies(draw):
    """A round, and a result of it that is not the rule's, or is so by chance."""
    round_ = draw(auctions(energies=FEW, most=5))
    said = draw(st.sampled_from((_right, _censored, _other_rules, _reversed_ties, _invented, _invented)))(draw, round_)
    changes = st.sampled_from((_with_certificate, _with_certificate, _with_trades, _with_objective))
    for change in draw(st.lists(changes, max_size=2)):
        said = change(draw, round_, said)
    return round_, said


def _right(draw, round_):
    return solve(round_)


def _censored(draw, round_):
    """One order is left out, as if it were not there."""
    side = draw(st.sampled_from(Side))
    left_out = draw(st.integers(0, 4))
    kept = [[*orders[:left_out], *orders[left_out + 1 :]] for orders in (round_.buyers, round_.sellers)]
    sides = (kept[0], round_.sellers) if side is Side.BUY else (round_.buyers, kept[1])
    return solve(Round(round_.k_ppm, *sides))


def _other_rules(draw, round_):
    """Another place in the interval."""
    return solve(replace_k(round_, draw(st.integers(0, 1_000_000))))


def replace_k(round_, k_ppm):
    """The round with another k."""
    return Round(k_ppm, round_.buyers, round_.sellers)


def _reversed_ties(draw, round_):
    """Who comes last goes first."""
    return solve(Round(round_.k_ppm, round_.buyers[::-1], round_.sellers[::-1]))


def _invented(draw, round_):
    """Any fills that balance, and an interval between orders that attain its ends: a proposal that is well formed."""
    energies = [list(orders.energies_wh) for orders in (round_.buyers, round_.sellers)]
    volume = draw(st.integers(0, min(map(sum, energies))))
    fills = []
    for side in energies:
        left, filled = volume, [0] * len(side)
        for at in draw(st.permutations(range(len(side)))):
            filled[at] = min(side[at], left)
            left -= filled[at]
        fills.append(filled)
    pairs = spec.north_west(round_, tuple(fills))
    trades = tuple(Trade(round_.buyers.ids[i], round_.sellers.ids[j], wh) for i, j, wh in pairs)
    ends = []
    for is_high in (False, True):
        names = [
            (order.price_upoints_per_kwh, OrderName(side, order.id))
            for side in Side
            for order in round_.orders(side)
            if attained(round_, fills, order.price_upoints_per_kwh, OrderName(side, order.id), is_high=is_high)
        ]
        ends.append(draw(st.sampled_from(names)) if names else (None, None))
    (low, low_order), (high, high_order) = ends
    price = None if not trades or low is None or high is None else low + (high - low) * round_.k_ppm // 1_000_000
    side = draw(st.sampled_from((*Side, None))) if trades else None
    level = None if side is None else draw(FEW)
    last = None if side is None else draw(st.sampled_from((*round_.orders(side).ids, None)))
    certificate = Certificate(price, low, high, low_order, high_order, side, level, last)
    return _with_right_objective(round_, Solution(0, trades, certificate))


def _with_certificate(draw, round_, said):
    certificate = said.certificate
    field = draw(st.sampled_from(("price_upoints_per_kwh", "low_upoints_per_kwh", "high_upoints_per_kwh", "level_wh")))
    number = getattr(certificate, field)
    value = draw(st.sampled_from((0, 1, 2) if number is None else (number + 1, max(0, number - 1), None)))
    names = [OrderName(side, id_) for side in Side for id_ in round_.orders(side).ids] + [None]
    change = draw(
        st.sampled_from(
            (
                {field: value},
                {"side": draw(st.sampled_from((*Side, None)))},
                {"last": draw(st.sampled_from((*round_.buyers.ids, *round_.sellers.ids, None)))},
                {"low_order": draw(st.sampled_from(names))},
                {"high_order": draw(st.sampled_from(names))},
            )
        )
    )
    return replace(said, certificate=replace(certificate, **change))


def _with_trades(draw, round_, said):
    trades = list(said.trades)
    if not trades or draw(st.booleans()):
        if not round_.buyers or not round_.sellers:
            return said
        pair = draw(st.sampled_from(round_.buyers.ids)), draw(st.sampled_from(round_.sellers.ids))
        trades.append(Trade(*pair, draw(st.integers(0, 2))))
    else:
        at = draw(st.integers(0, len(trades) - 1))
        trade = trades.pop(at)
        by = draw(st.sampled_from((None, -1, 1)))
        if by is not None:
            trades.append(replace(trade, energy_wh=trade.energy_wh + by))
    return _with_right_objective(round_, replace(said, trades=tuple(trades)))


def _with_right_objective(round_, said):
    bids, minimums = (dict(zip(o.ids, o.prices_upoints_per_kwh, strict=True)) for o in (round_.buyers, round_.sellers))
    worth = sum((bids[trade.buyer] - minimums[trade.seller]) * trade.energy_wh for trade in said.trades)
    return replace(said, objective=worth)


def _with_objective(draw, round_, said):
    return replace(said, objective=max(0, said.objective + draw(st.sampled_from((-1, 1)))))


def is_right(round_, said):
    """Whether a result is the rule's, judged by the oracle: its fills, its interval, and what it says of both."""
    expected, certificate = cleared_by_scan(round_), said.certificate
    low, high = interval(round_, expected)
    return (
        all(trade.energy_wh > 0 for trade in said.trades)
        and said == _with_right_objective(round_, said)
        and fills_of(round_, said) == expected.fills
        and certificate.price_upoints_per_kwh == expected.price
        and (certificate.low_upoints_per_kwh, certificate.high_upoints_per_kwh) == (low, high)
        and is_meaningful(round_, certificate)
        and (certificate.side is None if expected.price is None else describes(round_, certificate, expected.fills))
        and attained(round_, expected.fills, low, certificate.low_order, is_high=False)
        and attained(round_, expected.fills, high, certificate.high_order, is_high=True)
    )


def interval(round_, expected):
    """The oracle's interval; without trades the best orders that have energy."""
    if expected.price is not None:
        return expected.low, expected.high
    best = [[o.price_upoints_per_kwh for o in orders if o.energy_wh] for orders in (round_.buyers, round_.sellers)]
    return max(best[0], default=None), min(best[1], default=None)


def is_meaningful(round_, certificate):
    """Whether side, level and last order belong together."""
    if certificate.side is None:
        return certificate.level_wh is None and certificate.last is None
    return certificate.level_wh is not None and certificate.last in (None, *round_.orders(certificate.side).ids)


def attained(round_, fills, bound, name, *, is_high):
    """Whether the named order is of that price, and has a fill or a rest as its side asks."""
    if bound is None or name is None:
        return bound is None and name is None
    orders = round_.orders(name.side)
    at = orders.ids.index(name.id)
    fill, energy = fills[name.side][at], orders[at].energy_wh
    by_fill = (name.side is Side.BUY) == is_high
    return orders[at].price_upoints_per_kwh == bound and (fill > 0 if by_fill else fill < energy)


def describes(round_, certificate, fills):
    """Whether a certificate gives each order this fill."""
    for side, sign in ((Side.BUY, 1), (Side.SELL, -1)):
        orders = round_.orders(side)
        last = last_place(round_, certificate) if side is certificate.side else None
        for at, (order, fill) in enumerate(zip(orders, fills[side], strict=True)):
            gain = sign * (order.price_upoints_per_kwh - certificate.price_upoints_per_kwh)
            level = order.energy_wh
            if side is certificate.side:
                level = certificate.level_wh + (last is not None and at <= last)
            if fill != (0 if gain < 0 else order.energy_wh if gain > 0 else min(order.energy_wh, level)):
                return False
    return True


@settings(max_examples=800, deadline=None)
@given(lies())
def test_the_verifier_accepts_what_is_right_and_nothing_else(lie):
    round_, said = lie
    overfilled = any(
        fill > order.energy_wh
        for orders, fills in zip((round_.buyers, round_.sellers), fills_of(round_, said), strict=True)
        for order, fill in zip(orders, fills, strict=True)
    )
    fault = verify(round_, said)
    assert (fault is None) == (not overfilled and is_right(round_, said)), fault
    if fault is None or fault.kind in BY_ONE_ORDER:
        refuting = {
            (side, order.id)
            for side in Side
            for place, order in enumerate(round_.orders(side))
            if spec.order_refutes(
                side,
                order,
                place,
                fills_of(round_, said)[side][place],
                said.certificate,
                last_place(round_, said.certificate),
            )
        }
        if fault is None:
            assert not refuting
        else:
            assert len(fault.orders) == 1
            assert fault.orders[0] in {id_ for _, id_ in refuting}


def last_place(round_, certificate):
    """Place of a certificate's last order in its side's list."""
    if certificate.last is None or certificate.side is None:
        return None
    return round_.orders(certificate.side).ids.index(certificate.last)


@settings(max_examples=300, deadline=None)
@given(auctions(energies=FEW, most=5), st.data())
def test_a_hidden_order_that_would_have_changed_a_fill_refutes_the_result(round_, data):
    said = _censored(data.draw, round_)
    if fills_of(round_, said) != fills_of(round_, solve(round_)):
        fault = verify(round_, said)
        assert fault is not None
        assert fault.kind in (*BY_ONE_ORDER, FaultKind.ORDERS_CROSS, FaultKind.NOT_ATTAINED)


def test_an_empty_result_of_an_empty_round_is_right():
    assert verify(Round(0, [], []), Solution(0, (), Certificate())) is None
