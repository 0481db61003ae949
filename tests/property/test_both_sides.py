"""Trades that export and import settle together: who pays and gets what, in slots of several intervals."""

from collections import Counter
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from powerpact.chain.errors import ContractError
from powerpact.market.schema import DeliveryRule, Sharing
from testkit.chains import EvmChain
from testkit.invariants import holds
from testkit.market import Community, TestMarket
from testkit.orders import buy, sell

QUARTER_S, HOUR_S = 900, 3_600
PPM = 1_000_000
PRICE = 100_000
"""What each trade costs, micro-points per kWh: bids, asks and minimums are the same."""


@pytest.fixture(scope="module")
def community():
    """Alice and bob buy, carol and dan sell, each with a meter of 15 minutes; slots last up to an hour."""
    made = Community(EvmChain(), traders=4, base_interval_s=QUARTER_S, longest_slot_s=HOUR_S)
    for trader in made.traders:
        made.endow(trader, 10**12)
    return made


class Rules(NamedTuple):
    """What a run varies of the market's rules."""

    slot_length_s: int
    sharing: Sharing
    underuse_ppm: int


def opened(community: Community, rules: Rules) -> TestMarket:
    """A divisible market in which the buyers' meters count."""
    slot = community.next_slot(HOUR_S)
    return community.open_market(
        mode=1,
        slot_start=slot,
        closes_at=slot - 60,
        final_by=slot,
        refund_from=slot + 3 * HOUR_S,
        delivery=DeliveryRule.BOTH_SIDES,
        **rules._asdict(),
    )


def share_wh(measured_wh: int, filled_wh: int, energy_wh: int, total_wh: int, sharing: Sharing) -> int:
    """A trade's share of what was measured, as the rules say."""
    due_wh = min(measured_wh, total_wh)
    if sharing is Sharing.FIRST_IN_FIRST_OUT:
        return min(max(due_wh - filled_wh, 0), energy_wh)
    return due_wh * (filled_wh + energy_wh) // total_wh - due_wh * filled_wh // total_wh


def value(energy_wh: int) -> int:
    """Value of an energy, micro-points."""
    return energy_wh * PRICE // 1_000


def parts(total_wh: int, count: int, random) -> list[int]:
    """So many energies that sum to the total."""
    cuts = sorted(random.randint(0, total_wh) for _ in range(count - 1))
    return [b - a for a, b in zip([0, *cuts], [*cuts, total_wh], strict=True)]


ENERGY = st.integers(1, 2_000)
RULES = st.builds(
    Rules,
    st.sampled_from([QUARTER_S, 2 * QUARTER_S, HOUR_S]),
    st.sampled_from(list(Sharing)),
    st.sampled_from([0, 400_000, PPM]),
)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    rules=RULES,
    wanted=st.lists(ENERGY, min_size=2, max_size=2),
    offered=st.lists(ENERGY, min_size=2, max_size=2),
    exported=st.lists(st.integers(0, 2_500), min_size=2, max_size=2),
    imported=st.lists(st.none() | st.integers(0, 2_500), min_size=2, max_size=2),
    random=st.randoms(use_true_random=False),
)
def test_pays_what_was_delivered_and_used(community, rules, wanted, offered, exported, imported, random):
    start = community.chain.snapshot()
    counters = {device: (entry.exported_wh, entry.imported_wh) for device, entry in community.counters.items()}
    try:
        _settled_as_the_rules_say(community, rules, wanted, offered, exported, imported, random)
    finally:
        community.chain.revert(start)
        for device, (exported_wh, imported_wh) in counters.items():
            community.counters[device].exported_wh = exported_wh
            community.counters[device].imported_wh = imported_wh


def _settled_as_the_rules_say(community, rules, wanted, offered, exported, imported, random):
    alice, bob, carol, dan = community.traders
    market = opened(community, rules)
    buys = [
        buy(trader, energy_wh=wh, price_upoints_per_kwh=PRICE, device=trader.device)
        for trader, wh in zip((alice, bob), wanted, strict=True)
    ]
    sells = [
        sell(trader, energy_wh=wh, price_upoints_per_kwh=PRICE, min_upoints_per_kwh=PRICE)
        for trader, wh in zip((carol, dan), offered, strict=True)
    ]
    market.post([*buys, *sells], [alice, bob, carol, dan])
    market.clear()
    intervals = rules.slot_length_s // QUARTER_S
    out = {trader.device: parts(wh, intervals, random) for trader, wh in zip((carol, dan), exported, strict=True)}
    met = [(trader, wh) for trader, wh in zip((alice, bob), imported, strict=True) if wh is not None]
    into = {trader.device: parts(wh, intervals, random) for trader, wh in met}
    for k in range(intervals):
        market.report(
            {device: energies[k] for device, energies in out.items()},
            imported_wh={device: energies[k] for device, energies in into.items()},
            start=market.rules.slot_start + k * QUARTER_S,
        )
    silent = [place for *place, trade in market.trades() if trade.meter not in into]
    if silent:
        with pytest.raises(ContractError, match="Settlement_ImportMissing"):
            market.settle_late(silent[:1])

    before = wallets(community)
    community.chain.warp(market.rules.refund_from + market.rules.slot_length_s)
    order = [tuple(place) for *place, _ in market.trades()]
    random.shuffle(order)
    if rules.slot_length_s == QUARTER_S and not silent and random.random() < 0.5:
        market.settle()
    else:
        for place in order:
            market.settle_late([place])

    gained, certified = expected(market, rules, out, into)
    after = wallets(community)
    assert {who: after[who] - before[who] for who in after} == {who: gained[who] for who in after}
    for trader, wh in zip((carol, dan), exported, strict=True):
        lot = community.read("GreenCertificates", "idOf", trader.device, market.slot.pack())
        balances = {
            one.address: community.read("GreenCertificates", "balanceOf", one.address, lot) for one in community.traders
        }
        assert balances == {one.address: certified[one.address, trader.device] for one in community.traders}
        holds("GRN-1", sum(balances.values()) <= wh, f"{balances} of {wh} Wh")


def expected(market: TestMarket, rules: Rules, out: dict[int, list[int]], into: dict[int, list[int]]):
    """By trader the micro-points that it gains of its wallet, and by trader and device its certificates, Wh."""
    totals: Counter[int] = Counter()
    before: list[tuple[int, int]] = []
    for *_, trade in market.trades():
        before.append((totals[trade.sell_id], totals[trade.buy_id]))
        assert (trade.seller_filled_before_wh, trade.buyer_filled_before_wh) == before[-1]
        totals[trade.sell_id] += trade.energy_wh
        totals[trade.buy_id] += trade.energy_wh
    gained, certified, sold = Counter(), Counter(), Counter()
    for (*_, trade), (sold_wh, bought_wh) in zip(market.trades(), before, strict=True):
        energy_wh, total_wh = trade.energy_wh, totals[trade.sell_id]
        delivered_wh = share_wh(sum(out[trade.device]), sold_wh, energy_wh, total_wh, rules.sharing)
        imported_wh = sum(into.get(trade.meter, []))
        share = share_wh(imported_wh, bought_wh, energy_wh, totals[trade.buy_id], rules.sharing)
        used_wh = min(delivered_wh, share)
        charged_wh = used_wh if trade.meter in into else delivered_wh
        paid = value(charged_wh) + (value(delivered_wh) - value(charged_wh)) * rules.underuse_ppm // PPM
        gained[trade.seller] += paid
        gained[trade.buyer] += trade.reserved_upoints - paid
        certified[trade.buyer, trade.device] += used_wh
        certified[trade.seller, trade.device] += delivered_wh - used_wh
        sold[trade.seller, trade.device] += energy_wh
    for (seller, device), sold_wh in sold.items():
        certified[seller, device] += max(sum(out[device]) - sold_wh, 0)
    return gained, certified


def wallets(community: Community) -> dict[str, int]:
    """What each trader can withdraw, micro-points."""
    traders = [trader.address for trader in community.traders]
    found = community.read_all([("Accounts", "walletOf", trader) for trader in traders])
    return {trader: wallet[0] for trader, wallet in zip(traders, found, strict=True)}
