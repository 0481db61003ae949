"""`release`: orders that did not trade are free again, at the latest when the round was not final in time."""

import pytest

from powerpact.market.orders import Side
from testkit.market import Claims
from testkit.market_fixtures import ENDOWMENT_UPOINTS, POINT, money_of
from testkit.orders import buy, sell
from testkit.reverts import reverts_with


@pytest.fixture
def posted(market, alice, bob, carol):
    """Alice (order 0) and Bob (1) want what Carol (2) sells."""
    market.post([buy(alice), buy(bob, price_upoints_per_kwh=90_000), sell(carol)], [alice, bob, carol])
    return market


def release(clearing, market, ids, sender):
    return clearing.release(*market.untraded(ids), {"from": sender})


def test_refuses_an_unknown_market(clearing, posted, stranger):
    with reverts_with("Market_Unknown", b"\1" * 32):
        clearing.release(b"\1" * 32, [posted.placed(0)], [0], {"from": stranger})


def test_refuses_until_the_last_second_of_the_round(clearing, community, posted, stranger):
    for time in (community.chain.now() + 1, posted.rules.closes_at, posted.rules.final_by):
        community.chain.request("evm_setNextBlockTimestamp", time)
        with reverts_with("Order_StillBound", posted.id, 0):
            release(clearing, posted, [0], stranger)


def test_frees_everything_when_no_round_was_final_in_time(
    clearing, devices, book, community, custody, posted, alice, bob, carol, stranger
):
    community.chain.request("evm_setNextBlockTimestamp", posted.rules.final_by + 1)
    tx = release(clearing, posted, [2, 0, 1], stranger)
    assert [(e["id"], e["trader"]) for e in tx.events["OrderReleased"]] == [
        (2, carol.address),
        (0, alice.address),
        (1, bob.address),
    ]
    assert [custody.heldOf(t.address) for t in (alice, bob)] == [0, 0]
    assert not devices.promisedOf(carol.device, Side.SELL, posted.slot.pack())[0]
    assert book.batchState(posted.id, 0)["closed"] == 0b111


def test_frees_what_did_not_trade_once_the_round_is_final(
    clearing, devices, custody, posted, alice, bob, carol, stranger
):
    posted.clear()
    free, _ = money_of(custody, bob)
    release(clearing, posted, [1], stranger)
    assert money_of(custody, bob) == (free + 90_000, 0)
    assert custody.heldOf(alice.address) == 100_000
    assert devices.promisedOf(carol.device, Side.SELL, posted.slot.pack())[0]


@pytest.mark.parametrize("traded", [0, 2], ids=["buyer", "seller"])
def test_never_frees_what_traded(clearing, community, posted, stranger, traded):
    posted.clear()
    community.chain.warp(posted.rules.refund_from + 1)
    with reverts_with("Order_StillBound", posted.id, traded):
        release(clearing, posted, [traded], stranger)


def test_never_frees_what_traded_after_its_trade_was_settled(clearing, posted, carol, stranger):
    posted.clear()
    posted.report({carol.device: 1_000})
    posted.settle()
    with reverts_with("Order_StillBound", posted.id, 0):
        release(clearing, posted, [0], stranger)


def test_refuses_an_order_twice(clearing, posted, stranger):
    posted.clear()
    with reverts_with("Order_AlreadyClosed", posted.id, 1):
        release(clearing, posted, [1, 1], stranger)


def test_refuses_a_cancelled_order(clearing, posted, bob, stranger):
    posted.cancel(bob, 1)
    posted.clear()
    with reverts_with("Order_AlreadyClosed", posted.id, 1):
        release(clearing, posted, [1], stranger)


def test_refuses_an_order_that_is_not_in_the_book(clearing, posted, stranger):
    posted.clear()
    id_, order, siblings = posted.placed(1)
    with reverts_with("Order_Unknown", posted.id, 1):
        clearing.release(
            posted.id, [(id_, order._replace(head=order.head + (1 << 32)), siblings)], [0], {"from": stranger}
        )


def test_a_draft_binds_nobody(clearing, book, community, posted, stranger):
    posted.close()
    posted.propose(Claims([], []))
    community.chain.request("evm_setNextBlockTimestamp", posted.rules.final_by + 1)
    release(clearing, posted, [0, 1, 2], stranger)
    assert book.batchState(posted.id, 0)["closed"] == 0b111


@pytest.mark.parametrize("bound_wh", [1, 1_000, 2**64 - 1])
def test_refuses_to_release_another_part(clearing, posted, stranger, bound_wh):
    """Who releases says how much trades, and the contract knows."""
    posted.clear()
    with reverts_with("Clearing_WrongBound", 1, bound_wh, 0):
        clearing.release(posted.id, [posted.placed(1)], [bound_wh], {"from": stranger})


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


def test_frees_nothing_while_a_proposal_stands(clearing, community, contested, stranger):
    community.chain.request("evm_setNextBlockTimestamp", contested.rules.final_by + 1)
    with reverts_with("Order_StillBound", contested.id, 0):
        release(clearing, contested, [0], stranger)


def test_frees_everything_when_what_stood_is_refuted_too_late_for_another(
    clearing, devices, community, custody, contested, alice, carol, stranger
):
    community.chain.warp(contested.rules.final_by + 1)
    contested.challenge(0, 1)
    release(clearing, contested, [0, 1], stranger)
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS, 0)
    assert not devices.promisedOf(carol.device, Side.SELL, contested.slot.pack())[0]


def test_frees_what_did_not_trade_once_what_stood_is_final(clearing, book, community, contested, stranger):
    community.chain.warp(contested.rules.final_by + 601)
    contested.finalize()
    release(clearing, contested, [1, 0], stranger)
    assert book.batchState(contested.id, 0)["closed"] == 0b11


def test_an_order_that_trades_once_is_bound_as_a_whole(clearing, market, alice, carol, stranger):
    market.post([buy(alice, energy_wh=1_500), sell(carol)], [alice, carol])
    market.clear()
    with reverts_with("Order_StillBound", market.id, 0):
        release(clearing, market, [0], stranger)


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


def test_frees_the_part_that_did_not_trade(clearing, custody, divided, alice, stranger):
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS - 499, 499)
    tx = release(clearing, divided, [0], stranger)
    assert (tx.events["Released"]["trader"], tx.events["Released"]["points"]) == (alice.address, 499 - 333)
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS - 333, 333)
    assert divided.locked_upoints() == 333
    with reverts_with("Order_AlreadyClosed", divided.id, 0):
        release(clearing, divided, [0], stranger)


def test_the_parts_of_an_order_hold_nothing_in_the_end(clearing, custody, divided, alice, carol, dan, stranger):
    release(clearing, divided, [0], stranger)
    divided.report({carol.device: 702, dan.device: 300})
    divided.settle()
    assert custody.heldOf(alice.address) == divided.locked_upoints() == 0


@pytest.mark.parametrize("order", [1, 2])
def test_an_order_that_traded_as_a_whole_stays_bound(clearing, divided, stranger, order):
    with reverts_with("Order_StillBound", divided.id, order):
        release(clearing, divided, [order], stranger)


def test_a_seller_without_trades_gets_the_device_back(clearing, devices, divided, bob, stranger):
    release(clearing, divided, [3], stranger)
    assert not devices.promisedOf(bob.device, Side.SELL, divided.slot.pack())[0]


def test_the_device_of_a_seller_in_part_stays_bound(
    clearing, devices, book, community, custody, alice, carol, stranger
):
    market = community.open_market(mode=1)
    market.post([buy(alice, energy_wh=400), sell(carol)], [alice, carol])
    market.clear()
    release(clearing, market, [1], stranger)
    assert book.batchState(market.id, 0)["closed"] == 0b10
    assert devices.promisedOf(carol.device, Side.SELL, market.slot.pack())[0]
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS - 40_000, 40_000)
