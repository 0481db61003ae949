"""`release`: what orders did not trade is free again, at the latest when the round was not final in time."""

import pytest

from powerpact.chain.contracts.orders import UNPROVEN
from powerpact.market.orders import Side
from powerpact.market.trades import Trade
from testkit.claims import claim
from testkit.market import Claims
from testkit.market_fixtures import ENDOWMENT_UPOINTS, POINT, money_of, record_of
from testkit.orders import buy, sell
from testkit.reverts import reverts_with


@pytest.fixture
def posted(market, alice, bob, carol):
    """Alice (order 0) and Bob (1) want what Carol (2) sells."""
    market.post([buy(alice), buy(bob, price_upoints_per_kwh=90_000), sell(carol)], [alice, bob, carol])
    return market


def release(releases, market, ids, sender):
    return releases.release(*market.untraded(ids), {"from": sender})


def test_refuses_an_unknown_market(releases, posted, stranger):
    with reverts_with("Market_Unknown", b"\1" * 32):
        releases.release(b"\1" * 32, [posted.placed(0)], [UNPROVEN], {"from": stranger})


def test_refuses_until_the_last_second_of_the_round(releases, community, posted, stranger):
    for time in (community.chain.now() + 1, posted.rules.closes_at, posted.rules.final_by):
        community.chain.request("evm_setNextBlockTimestamp", time)
        with reverts_with("Order_StillBound", posted.id, 0):
            release(releases, posted, [0], stranger)


def test_frees_everything_when_no_round_was_final_in_time(
    releases, devices, book, community, custody, posted, alice, bob, carol, stranger
):
    community.chain.request("evm_setNextBlockTimestamp", posted.rules.final_by + 1)
    tx = release(releases, posted, [2, 0, 1], stranger)
    assert [(e["id"], e["trader"]) for e in tx.events["OrderReleased"]] == [
        (2, carol.address),
        (0, alice.address),
        (1, bob.address),
    ]
    assert [custody.heldOf(t.address) for t in (alice, bob)] == [0, 0]
    assert not devices.promisedOf(carol.device, Side.SELL, posted.slot.pack())[0]
    assert book.batchState(posted.id, 0)["closed"] == 0b111


def test_frees_what_did_not_trade_once_the_round_is_final(
    releases, devices, custody, posted, alice, bob, carol, stranger
):
    posted.clear()
    free, _ = money_of(custody, bob)
    release(releases, posted, [1], stranger)
    assert money_of(custody, bob) == (free + 90_000, 0)
    assert custody.heldOf(alice.address) == 100_000
    assert devices.promisedOf(carol.device, Side.SELL, posted.slot.pack())[0]


@pytest.mark.parametrize("traded", [0, 2], ids=["buyer", "seller"])
def test_never_frees_what_traded(releases, community, posted, stranger, traded):
    posted.clear()
    community.chain.warp(posted.rules.refund_from + 1)
    with reverts_with("Order_StillBound", posted.id, traded):
        release(releases, posted, [traded], stranger)


def test_never_frees_what_traded_after_its_trade_was_settled(releases, posted, carol, stranger):
    posted.clear()
    posted.report({carol.device: 1_000})
    posted.settle()
    with reverts_with("Order_StillBound", posted.id, 0):
        release(releases, posted, [0], stranger)


@pytest.mark.parametrize("count", [0, 2])
def test_refuses_fewer_or_more_trades_than_orders(releases, posted, stranger, count):
    posted.clear()
    with reverts_with("Releases_LengthMismatch", 1, count):
        releases.release(posted.id, [posted.placed(1)], [UNPROVEN] * count, {"from": stranger})


def test_releases_an_order_once(releases, custody, posted, bob, stranger):
    """Twice in one call and once more: its money comes back once."""
    posted.clear()
    tx = release(releases, posted, [1, 1], stranger)
    assert [event["id"] for event in tx.events["OrderReleased"]] == [1]
    assert money_of(custody, bob) == (ENDOWMENT_UPOINTS, 0)
    with reverts_with("Order_AlreadyClosed", posted.id, 1):
        release(releases, posted, [1, 1], stranger)
    assert money_of(custody, bob) == (ENDOWMENT_UPOINTS, 0)


def test_refuses_a_cancelled_order(releases, posted, bob, stranger):
    posted.cancel(bob, 1)
    posted.clear()
    with reverts_with("Order_AlreadyClosed", posted.id, 1):
        release(releases, posted, [1], stranger)


def test_passes_over_what_is_closed_already(releases, community, custody, posted, alice, bob, carol, stranger):
    """Whoever releases one order first does not spoil a batch."""
    posted.cancel(bob, 1)
    community.chain.warp(posted.rules.final_by)
    release(releases, posted, [2], stranger)
    tx = release(releases, posted, [1, 2, 0], stranger)
    assert [(event["id"], event["trader"]) for event in tx.events["OrderReleased"]] == [(0, alice.address)]
    assert [event["trader"] for event in tx.events["Released"]] == [alice.address]
    assert [money_of(custody, t) for t in (alice, bob, carol)] == [(ENDOWMENT_UPOINTS, 0)] * 3


def test_refuses_an_order_that_is_not_in_the_book(releases, posted, stranger):
    posted.clear()
    id_, order, siblings = posted.placed(1)
    with reverts_with("Order_Unknown", posted.id, 1):
        releases.release(
            posted.id, [(id_, order._replace(head=order.head + (1 << 32)), siblings)], [UNPROVEN], {"from": stranger}
        )


def test_a_draft_binds_nobody(releases, book, community, posted, stranger):
    posted.close()
    posted.propose(Claims([], []))
    community.chain.request("evm_setNextBlockTimestamp", posted.rules.final_by + 1)
    release(releases, posted, [0, 1, 2], stranger)
    assert book.batchState(posted.id, 0)["closed"] == 0b111


@pytest.fixture
def contested(community, bob, alice, carol):
    """A market with a challenge window, its gate closed, in which Bob's proposal stands: nobody trades.

    That Alice (order 0) buys of Carol (1) would be better.
    """
    market = community.open_market(challenge_window_s=600, bond_upoints=POINT)
    market.post([buy(alice), sell(carol)], [alice, carol])
    market.close()
    market.propose(Claims([], []), agent=bob.account)
    market.seal(agent=bob.account)
    return market


def test_frees_nothing_while_a_proposal_stands(releases, community, contested, stranger):
    community.chain.request("evm_setNextBlockTimestamp", contested.rules.final_by + 1)
    with reverts_with("Order_StillBound", contested.id, 0):
        release(releases, contested, [0], stranger)


def test_frees_everything_when_nothing_came_after_a_late_refutation(
    releases, clearing, devices, community, custody, contested, alice, carol, stranger
):
    """Not before: there is time for another proposal."""
    community.chain.warp(contested.rules.final_by + 1)
    contested.challenge(0, 1)
    until = clearing.finalByOf(contested.id)
    community.chain.request("evm_setNextBlockTimestamp", until)
    with reverts_with("Order_StillBound", contested.id, 0):
        release(releases, contested, [0, 1], stranger)
    community.chain.request("evm_setNextBlockTimestamp", until + 1)
    release(releases, contested, [0, 1], stranger)
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS, 0)
    assert not devices.promisedOf(carol.device, Side.SELL, contested.slot.pack())[0]


def test_frees_what_did_not_trade_once_what_stood_is_final(releases, book, community, contested, stranger):
    community.chain.warp(contested.rules.final_by + 601)
    contested.finalize()
    release(releases, contested, [1, 0], stranger)
    assert book.batchState(contested.id, 0)["closed"] == 0b11


@pytest.fixture
def dusty(market, alice, carol, dan):
    """A final one-to-one round: of 9 000 kWh, Alice (order 0) gets 1 Wh of Dan (2), and Carol (1) is idle.

    Both sellers suit her, so either pair is a best round. Nobody asked for a least fill.
    """
    wanted = buy(alice, energy_wh=9_000_000, price_upoints_per_kwh=99_999)
    offers = [sell(carol), sell(dan, energy_wh=1, price_upoints_per_kwh=1, min_upoints_per_kwh=0)]
    market.post([wanted, *offers], [alice, carol, dan])
    market.close()
    market.propose(claim(market, [(0, 2)], {0: 1_000_000}))
    market.prove()
    return market


WHOLE_UPOINTS = 9_000_000 * 99_999 // 1_000
"""What Alice's order reserves there; her trade holds 99 of it, 1 Wh at her bid rounded down."""


def test_frees_the_rest_of_an_order_that_trades_once(releases, book, custody, dusty, alice, stranger):
    """From finality on, for anyone who shows the order and its trade: a seller of 1 Wh locks nobody's reservation."""
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS - WHOLE_UPOINTS, WHOLE_UPOINTS)
    tx = release(releases, dusty, [0], stranger)
    assert dict(tx.events["Released"]) == {"trader": alice.address, "points": WHOLE_UPOINTS - 99}
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS - 99, 99)
    assert dusty.locked_upoints() == 99
    assert book.batchState(dusty.id, 0)["closed"] == 0b001
    with reverts_with("Order_AlreadyClosed", dusty.id, 0):
        release(releases, dusty, [0], stranger)


@pytest.mark.parametrize("is_first", [True, False], ids=["before payment", "after payment"])
def test_frees_the_rest_before_and_after_payment(
    releases, custody, settlement, dusty, alice, carol, dan, stranger, is_first
):
    """Payment is the same, and nothing stays held."""
    if is_first:
        release(releases, dusty, [0], stranger)
    dusty.report({dan.device: 1})
    dusty.settle()
    assert settlement.isSettled(dusty.id, (0, 0))
    assert record_of(custody, dan) == (1, 1, 1)
    if not is_first:
        assert custody.heldOf(alice.address) == WHOLE_UPOINTS - 99
        release(releases, dusty, [0], stranger)
    assert [money_of(custody, t) for t in (alice, dan)] == [(ENDOWMENT_UPOINTS - 99, 0), (ENDOWMENT_UPOINTS + 99, 0)]
    release(releases, dusty, [1], stranger)
    assert dusty.locked_upoints() == 0


def test_frees_the_rest_of_what_is_refunded(releases, community, custody, dusty, alice, stranger):
    community.chain.warp(dusty.rules.refund_from)
    dusty.refund([(0, 0)])
    assert custody.heldOf(alice.address) == WHOLE_UPOINTS - 99
    release(releases, dusty, [0], stranger)
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS, 0)


def test_the_device_of_a_seller_whose_rest_is_released_stays_bound(releases, devices, book, market, bob, dan, stranger):
    """It owes what it sold."""
    market.post([buy(bob, energy_wh=300), sell(dan)], [bob, dan])
    market.clear()
    release(releases, market, [1], stranger)
    assert book.batchState(market.id, 0)["closed"] == 0b10
    assert devices.promisedOf(dan.device, Side.SELL, market.slot.pack())[0]
    with reverts_with("Order_StillBound", market.id, 0):
        release(releases, market, [0], stranger)


@pytest.fixture
def two(market, alice, bob, carol, dan):
    """A final one-to-one round in two chunks: Alice (order 0) buys of Carol (2), Bob (1) of Dan (3).

    Of the buyers' 1 500 Wh, Alice gets 1 000, Bob 1.
    """
    buys = [buy(trader, energy_wh=1_500) for trader in (alice, bob)]
    market.post([*buys, sell(carol), sell(dan, energy_wh=1)], [alice, bob, carol, dan])
    market.close()
    market.propose(claim(market, [(0, 2)], {0: 500_000, 2: 500_000}))
    market.extend(claim(market, [(1, 3)], {1: 500_000, 3: 500_000}))
    market.prove()
    return market


@pytest.mark.parametrize(
    "forge",
    [
        lambda own, other: other,
        lambda own, other: (other[0], own[1], own[2]),
        lambda own, other: (own[0], other[1], own[2]),
        lambda own, other: (own[0], (0, 1), own[2]),
        lambda own, other: (own[0], own[1], [bytes(32)]),
        lambda own, other: (Trade.unpack(own[0])._replace(energy_wh=1).pack(), own[1], own[2]),
        lambda own, other: UNPROVEN,
    ],
    ids=["another's", "another's in its place", "chunk", "index", "proof", "less energy", "none"],
)
def test_refuses_another_trade_than_the_orders(releases, custody, two, alice, stranger, forge):
    """Alice's order would get more back than her trade leaves."""
    shown = forge(two.proof(0, 0), two.proof(1, 0))
    with reverts_with("Releases_UnknownTrade", two.id, *shown[1]):
        releases.release(two.id, [two.placed(0)], [shown], {"from": stranger})
    release(releases, two, [0], stranger)
    assert custody.heldOf(alice.address) == 100_000


def test_an_order_is_shown_by_its_own_side_of_a_trade(releases, custody, market, alice, bob, carol, dan, stranger):
    """The trade of Bob (order 2) with Carol (0) is not that of another order whose id stands on its other side."""
    offers = [sell(carol, energy_wh=1_500), sell(dan, energy_wh=1_500)]
    market.post([*offers, buy(alice), buy(bob, energy_wh=1)], [carol, dan, alice, bob])
    market.close()
    market.propose(claim(market, [(2, 0), (3, 1)], {2: 1_000_000, 3: 1_000_000}))
    market.prove()
    with reverts_with("Releases_UnknownTrade", market.id, 0, 1):
        releases.release(market.id, [market.placed(0)], [market.proof(0, 1)], {"from": stranger})
    release(releases, market, [0, 1], stranger)


def test_refuses_a_trade_of_another_proposal(releases, market, alice, carol, dan, stranger):
    """A draft in which Alice (order 0) trades less says nothing about what is final."""
    market.post([buy(alice), sell(carol), sell(dan, energy_wh=1)], [alice, carol, dan])
    market.close()
    market.propose(claim(market, [(0, 2)], {0: 1_000_000}))
    small = market.proof(0, 0)
    market.propose(claim(market, [(0, 1)], {0: 1_000_000}))
    market.prove()
    with reverts_with("Releases_UnknownTrade", market.id, 0, 0):
        releases.release(market.id, [market.placed(0)], [small], {"from": stranger})


def test_looks_at_no_trade_of_an_order_that_has_none(
    releases, custody, two, community, alice, bob, carol, dan, stranger
):
    """In its place anything may stand; so, too, in a divisible round, where what trades is known."""
    divisible = community.open_market(mode=1, slot_start=community.next_slot(7_200))
    divisible.post([buy(alice, energy_wh=1_500, nonce=2), sell(carol, nonce=2)], [alice, carol])
    divisible.clear()
    held = custody.heldOf(alice.address)
    releases.release(divisible.id, [divisible.placed(0)], [two.proof(1, 0)], {"from": stranger})
    assert custody.heldOf(alice.address) == held - 50_000


@pytest.fixture
def divided(community, alice, bob, carol, dan):
    """A final divisible round. Of her 1 500 Wh (order 0), Alice buys 702 of Carol (1) and 300 of Dan (2) at 333.

    That is all that they sell; Bob's 100 Wh (3) are too dear for her. Her energy is worth 499.5, her trades 233.766 and
    99.9 micro-points: rounding the parts one by one would lose one of the 333 that they are worth together.
    """
    market = community.open_market(mode=1)
    cheap = {"price_upoints_per_kwh": 300, "min_upoints_per_kwh": 300}
    dear = {"price_upoints_per_kwh": 400, "min_upoints_per_kwh": 400}
    orders = [
        buy(alice, energy_wh=1_500, price_upoints_per_kwh=333),
        sell(carol, energy_wh=702, **cheap),
        sell(dan, energy_wh=300, **cheap),
        sell(bob, energy_wh=100, **dear),
    ]
    market.post(orders, [alice, carol, dan, bob])
    market.clear()
    return market


def test_frees_the_part_that_did_not_trade(releases, custody, divided, alice, stranger):
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS - 499, 499)
    tx = release(releases, divided, [0], stranger)
    assert (tx.events["Released"]["trader"], tx.events["Released"]["points"]) == (alice.address, 499 - 333)
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS - 333, 333)
    assert divided.locked_upoints() == 333
    with reverts_with("Order_AlreadyClosed", divided.id, 0):
        release(releases, divided, [0], stranger)


def test_the_parts_of_an_order_hold_nothing_in_the_end(releases, custody, divided, alice, carol, dan, stranger):
    release(releases, divided, [0], stranger)
    divided.report({carol.device: 702, dan.device: 300})
    divided.settle()
    assert custody.heldOf(alice.address) == divided.locked_upoints() == 0


@pytest.mark.parametrize("order", [1, 2])
def test_an_order_that_traded_as_a_whole_stays_bound(releases, divided, stranger, order):
    with reverts_with("Order_StillBound", divided.id, order):
        release(releases, divided, [order], stranger)


def test_a_seller_without_trades_gets_the_device_back(releases, devices, divided, bob, stranger):
    release(releases, divided, [3], stranger)
    assert not devices.promisedOf(bob.device, Side.SELL, divided.slot.pack())[0]


def test_the_device_of_a_seller_in_part_stays_bound(
    releases, devices, book, community, custody, alice, carol, stranger
):
    market = community.open_market(mode=1)
    market.post([buy(alice, energy_wh=400), sell(carol)], [alice, carol])
    market.clear()
    release(releases, market, [1], stranger)
    assert book.batchState(market.id, 0)["closed"] == 0b10
    assert devices.promisedOf(carol.device, Side.SELL, market.slot.pack())[0]
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS - 40_000, 40_000)


def test_releases_nothing_of_nothing(releases, posted, stranger):
    posted.clear()
    assert "OrderReleased" not in releases.release(posted.id, [], [], {"from": stranger}).events
