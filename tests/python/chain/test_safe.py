"""A Safe of three owners trades like a household: two of them sign its orders, mandates and agreements."""

from dataclasses import replace

import pytest

from powerpact.chain.contracts import agreements, mandates, orders, participants, points, rounds
from powerpact.chain.errors import ContractError
from powerpact.codec.eip712 import signing_hash
from powerpact.market.mandates import Mandate, SignedMandate
from powerpact.market.orders import SignedOrder
from testkit.safe import deploy_safe
from testkit.sealed import agent
from testkit.world import HELD_UPOINTS, account

OWNERS = [account(f"owner {k} of a Safe") for k in range(3)]
UPOINTS = 10_000


@pytest.fixture
def safe(world):
    """A Safe that is a participant, with points in its account."""
    chain = world.chain
    made = deploy_safe(chain.web3, world.sender("agent"), OWNERS, threshold=2)
    made.execute(participants.apply(chain, bytes(31) + b"\1"))
    world.admit(made.address)
    world.sender("utility").send(points.mint(chain, made.address, UPOINTS, points.reference("deposit of a Safe")))
    made.execute(chain.call("deposit", "PowerPoints", "approve", chain.address("Accounts"), UPOINTS))
    made.execute(chain.call("deposit", "Accounts", "deposit", UPOINTS))
    return made


@pytest.fixture
def order_of(world, safe):
    """A buy order of the Safe in a market."""
    return lambda rules: replace(world.buy("alice", rules), trader=safe.address)


def hash_of(chain, contract, type_, message):
    return signing_hash(chain.domain(contract), type_, message)


def signed(world, safe, market, order, owners=OWNERS[:2]):
    hash_ = hash_of(world.chain, "OrderBook", *order.message(market))
    return SignedOrder(order, safe.signature(hash_, owners))


def test_two_owners_order_together(world, safe, order_of):
    market, rules = world.open_market()
    order = order_of(rules)
    for few in ([], OWNERS[:1], [OWNERS[0], world.keys["alice"]]):
        with pytest.raises(ContractError, match="Order_BadSignature"):
            world.sender("agent").send(
                orders.place_signed(world.chain, market, [signed(world, safe, market, order, few)])
            )
    of_two = signed(world, safe, market, order)
    assert len(of_two.signature) == 2 * 65
    world.sender("agent").send(orders.place_signed(world.chain, market, [of_two]))
    assert points.wallet_of(world.chain, safe.address).held_upoints == HELD_UPOINTS


def test_a_safe_stands_beside_keys_in_a_batch(world, safe, order_of):
    market, rules = world.open_market()
    of_a_key, of_a_safe = world.signed(market, world.sell("bob", rules)), order_of(rules)
    batch = [of_a_key, signed(world, safe, market, of_a_safe), world.signed(market, world.buy("carol", rules))]
    world.sender("agent").send(orders.place_signed(world.chain, market, batch))
    assert rounds.read_round(world.chain, market).order_count == 3


def test_two_owners_settle_a_trade_with_its_seller(world, safe, order_of):
    market, rules = world.open_market()
    batch = [signed(world, safe, market, order_of(rules)), world.signed(market, world.sell("bob", rules))]
    world.sender("agent").send(orders.place_signed(world.chain, market, batch))
    world.warp(rules.closes_at)
    agent(world).clear(market)
    trade = agreements.find_trade(world.chain, market, "0:0")
    of_bob = agreements.sign_agreement(world.chain, world.keys["bob"], market, trade, 50)
    message = {"tradeId": trade.id, "toSeller": 50}
    signature = safe.signature(hash_of(world.chain, "Settlement", "Agreement", message), OWNERS[1:])
    of_safe = replace(of_bob, signer=safe.address, signature=signature)
    world.sender("outsider").send(agreements.settle_agreed(world.chain, of_safe, of_bob))
    left = points.wallet_of(world.chain, safe.address)
    assert (left.free_upoints, left.held_upoints) == (UPOINTS - 50, 0)


def test_two_owners_give_a_gateway_a_mandate(world, safe, order_of):
    market, rules = world.open_market()
    chain, gateway, order = world.chain, world.keys["outsider"], order_of(rules)
    given = Mandate(
        trader=safe.address,
        delegate=gateway.address,
        design=mandates.design_of(chain, market),
        buys=True,
        sells=False,
        device=0,
        most_wh_per_slot=order.energy_wh,
        most_wh=10 * order.energy_wh,
        highest_bid_upoints_per_kwh=order.price_upoints_per_kwh,
        lowest_min_upoints_per_kwh=0,
        min_fill_ppm=0,
        requires=order.classes,
        from_s=rules.slot_start,
        until_s=rules.slot_start + 86_400,
        shortest_lead_s=rules.slot_start - rules.closes_at,
        longest_lead_s=rules.slot_start - rules.closes_at,
        shortest_refund_s=rules.refund_from - rules.slot_start,
        longest_refund_s=rules.refund_from - rules.slot_start,
        longest_ahead_s=86_400,
        expectations=order.levels,
        limits=order.limits,
        weights_ppm=order.weights_ppm,
    )
    hash_ = hash_of(chain, "Mandates", *given.message())
    for few in ([], OWNERS[:1]):
        with pytest.raises(ContractError, match="Mandate_BadSignature"):
            world.sender("agent").send(mandates.register(chain, SignedMandate(given, safe.signature(hash_, few))))
    world.sender("agent").send(mandates.register(chain, SignedMandate(given, safe.signature(hash_, OWNERS[:2]))))
    number = mandates.state_of(chain, given).number
    mandated = replace(order, nonce=number, is_mandated=True)
    by_gateway = mandates.sign_mandated(chain, gateway, given, market, mandated, turn=0)
    world.sender("agent").send(mandates.place_mandated(chain, market, [by_gateway]))
    assert points.wallet_of(chain, safe.address).held_upoints == HELD_UPOINTS
