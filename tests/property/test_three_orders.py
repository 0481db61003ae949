"""GRN-1 over three orders of one device: whatever comes first, settlement, agreement, refund, issue or decision."""

from collections import Counter
from dataclasses import replace
from functools import partial
from random import Random
from typing import NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from powerpact.chain.errors import ContractError
from testkit.chains import EvmChain, Receipt
from testkit.invariants import holds
from testkit.market import Community, TestMarket
from testkit.mutants import Mutant
from testkit.orders import buy, sell

LARGEST_WH = 1_000
DELIVERED = 0
ENDS = ("settle", "settle_late", "agree", "refund")


@pytest.fixture(scope="module")
def community():
    """Alice and bob buy, carol sells from one device."""
    return endowed(Community(EvmChain(), traders=3))


def endowed(made):
    """The community, with money."""
    for trader in made.traders:
        made.endow(trader, 10**12)
    return made


class Sale(NamedTuple):
    """A trade of one of the three orders."""

    market: TestMarket
    index: int
    before_wh: int
    """What the device sold of the slot before the order."""
    filled_wh: int
    """What the order sold before this trade."""
    total_wh: int
    """What the order sold in all."""
    energy_wh: int

    def share_wh(self, exported_wh: int) -> int:
        """The trade's share of the export."""
        due_wh = min(max(exported_wh - self.before_wh, 0), self.total_wh)
        after_wh = self.filled_wh + self.energy_wh
        return due_wh * after_wh // self.total_wh - due_wh * self.filled_wh // self.total_wh


def sold_one_after_another(community: Community, parts_wh: list[list[int]]) -> list[Sale]:
    """Three markets of one slot, each final before carol posts in the next: what she sells in each, to one or both."""
    slot, sales, before_wh = community.next_slot(), [], 0
    alice, bob, carol = community.traders
    for number, parts in enumerate(parts_wh):
        times = {"closes_at": slot - 1_800 + 600 * number, "slot_start": slot}
        market = community.open_market(mode=1, zone=bytes([65 + number]) * 24, **times)
        buyers = [alice, bob][: len(parts)]
        orders = [buy(buyer, nonce=number, energy_wh=wh) for buyer, wh in zip(buyers, parts, strict=True)]
        market.post([*orders, sell(carol, nonce=number, energy_wh=sum(parts) + 7)], [*buyers, carol])
        market.clear()
        filled_wh = 0
        for _, index, trade in market.trades():
            sales.append(Sale(market, index, before_wh, filled_wh, sum(parts), trade.energy_wh))
            assert (trade.sold_before_wh, trade.seller_filled_before_wh) == (before_wh, filled_wh)
            filled_wh += trade.energy_wh
        if number < 2:
            with pytest.raises(ContractError, match="Device_Undecided"):
                community.open_market(zone=(b"early %d" % number).ljust(24), slot_start=slot).post(
                    [sell(carol, nonce=9)], [carol]
                )
            market.decide([(0, len(parts) - 1)])
        before_wh += sum(parts)
    return sales


def end(community: Community, sale: Sale, how: str) -> Receipt:
    """End a trade, or with it the others of its chunk that the meter can settle."""
    trade, place = sale.market.chunks[0][sale.index], (0, sale.index)
    accounts = {trader.address: trader.account for trader in community.traders}
    if how == "settle":
        return sale.market.settle()
    if how == "settle_late":
        return sale.market.settle_late([place])
    if how == "agree":
        return sale.market.settle_agreed(place, 0, [accounts[trade.buyer], accounts[trade.seller]])
    return sale.market.refund([place])


PARTS = st.lists(st.integers(1, LARGEST_WH), min_size=1, max_size=2)


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    parts_wh=st.lists(PARTS, min_size=3, max_size=3),
    exported=st.integers(0, 150),
    ends=st.lists(st.sampled_from(ENDS), min_size=6, max_size=6),
    random=st.randoms(use_true_random=False),
)
def test_no_order_of_ends_certifies_more_than_the_export(community, parts_wh, exported, ends, random):
    _sold_and_ended(community, parts_wh, exported, ends, random)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    parts_wh=st.lists(PARTS, min_size=3, max_size=3),
    exported=st.integers(0, 150),
    corrected=st.integers(0, 150),
    ends=st.lists(st.sampled_from(ENDS), min_size=6, max_size=6),
    random=st.randoms(use_true_random=False),
)
def test_a_correction_changes_what_the_seller_keeps_alone(community, parts_wh, exported, corrected, ends, random):
    _sold_and_ended(community, parts_wh, exported, ends, random, corrected)


@pytest.mark.parametrize(
    ("found", "seeded"),
    [
        ("if (deal.isCorrected || isIssued(device, slot))", "if (isIssued(device, slot))"),
        ("return measured > before ? measured - before : Wh.wrap(0);", "return measured;"),
        ("if (undecided && sold > before) return Wh.wrap(0);", ""),
    ],
    ids=[
        "a surplus of what was corrected",
        "an order delivered from what was sold before",
        "a surplus beside an undecided order",
    ],
)
def test_a_seeded_bug_is_found(found, seeded):
    mutant = Mutant("seeded", "Deliveries", "contracts/metering/Deliveries.sol", found, seeded)
    bugged = endowed(Community(EvmChain(largest_code=1 << 16), traders=3, artifacts=mutant.artifacts()))
    with pytest.raises(AssertionError):
        _try_many(bugged, Random(7))


def _try_many(community, random):
    for _ in range(40):
        parts_wh = [[random.randint(1, LARGEST_WH) for _ in range(random.randint(1, 2))] for _ in range(3)]
        corrected = random.choice([None, random.randint(0, 150)])
        _sold_and_ended(community, parts_wh, random.randint(0, 150), random.choices(ENDS, k=6), random, corrected)


def _sold_and_ended(community, parts_wh, exported, ends, random, corrected=None):
    start = community.chain.snapshot()
    device = community.traders[2].device
    counters = replace(community.counters[device])
    try:
        sales = sold_one_after_another(community, parts_wh)
        sold_wh = sum(map(sum, parts_wh))
        corrected_wh = None if corrected is None else sold_wh * corrected // 100
        _end_in_any_order(community, sales, sold_wh * exported // 100, ends, random, corrected_wh)
    finally:
        community.chain.revert(start)
        community.counters[device] = counters


def _end_in_any_order(community, sales, exported_wh, ends, random, corrected_wh):
    """Shares are of what was measured first; the surplus is what was measured last."""
    carol = community.traders[2]
    last, delivered = sales[-1].market, set()
    last.report({carol.device: exported_wh})
    for sale in sales:
        sale.market.measured.update(last.measured)
    if corrected_wh is not None:
        last.correct(carol.device, corrected_wh)
        ends = ["settle_late" if how == "settle" else how for how in ends]  # by proofs alone
    last_wh = exported_wh if corrected_wh is None else corrected_wh
    most_wh = max(exported_wh, last_wh)
    community.chain.warp(last.rules.refund_from)
    lot = community.read("GreenCertificates", "idOf", carol.device, last.slot.pack())

    def end_one(sale, how):
        for event in community.events(end(community, sale, how), "TradeSettled"):
            if event["outcome"] == DELIVERED:
                delivered.add((sale.market.id, event["buyer"]))

    def held_wh():
        traders = [trader.address for trader in community.traders]
        balances = [("GreenCertificates", "balanceOf", trader, lot) for trader in traders]
        return dict(zip(traders, community.read_all(balances), strict=True))

    todo = [partial(end_one, sale, how) for sale, how in zip(sales, ends, strict=False)]
    todo += [partial(sale.market.certify, [(0, sale.index)]) for sale in sales]
    todo.append(partial(last.decide, [(0, 0)]))
    todo.append(partial(last.issue, carol.device))
    refused = len(todo) + 1
    while len(todo) < refused:
        refused = len(todo)
        random.shuffle(todo)
        for action in list(todo):
            try:
                action()
                todo.remove(action)
            except ContractError:
                continue
            total_wh = sum(held_wh().values())
            holds("GRN-1", total_wh <= most_wh, f"{total_wh} Wh of {most_wh}")

    due_wh = Counter({carol.address: max(last_wh - sum(sale.energy_wh for sale in sales), 0)})
    for sale in sales:
        trade = sale.market.chunks[0][sale.index]
        bought = (sale.market.id, trade.buyer) in delivered
        due_wh[trade.buyer if bought else trade.seller] += sale.share_wh(exported_wh)
    assert held_wh() == {trader.address: due_wh[trader.address] for trader in community.traders}
    if last_wh == exported_wh:
        assert sum(held_wh().values()) == exported_wh
