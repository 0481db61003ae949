"""What the auditors attested that a member may order: its side, carriers, and how much energy at once."""

from dataclasses import replace

import pytest

from powerpact.market.orders import Side
from powerpact.market.permissions import CARRIERS, EVERYTHING, SIDES, Permission, most_energy_code
from powerpact.market.schema import Carrier
from testkit.chains import EvmChain
from testkit.mandates import Gateway, mandate_for
from testkit.market import Community, key
from testkit.orders import buy, sell
from testkit.refusals import refused

ORDER_OF = {Side.BUY: buy, Side.SELL: sell}


@pytest.fixture
def community():
    """With one trader, who opens the markets."""
    return Community(EvmChain(), traders=1)


def joined(community, name="alice", **attested):
    """A trader with money and a device, of whom the auditors attested this."""
    community.admit([key(name)], **attested)
    trader = community.equip(name)
    community.endow(trader, 10**9)
    return trader


def test_who_is_not_restricted_may_do_everything(community):
    alice, market = joined(community), community.open_market()
    market.post([buy(alice, energy_wh=2**38, price_upoints_per_kwh=1), sell(alice, energy_wh=100_000)], [alice] * 2)


@pytest.mark.parametrize(("may", "permitted"), [(Permission.BUY, Side.BUY), (Permission.SELL, Side.SELL)])
def test_one_side_alone(community, may, permitted):
    alice, bob = joined(community, permissions=may | CARRIERS), joined(community, "bob")
    market, other = community.open_market(), Side(1 - permitted)
    with refused("Order_SideNotPermitted", 0, alice.address, other):
        market.place(alice, ORDER_OF[other](alice))
    with refused("Order_SideNotPermitted", 1, alice.address, other):
        market.post([buy(bob), ORDER_OF[other](alice)], [bob, alice])
    market.post([buy(bob), ORDER_OF[permitted](alice)], [bob, alice])


@pytest.mark.parametrize("side", Side)
def test_no_more_energy_at_once_than_attested(community, side):
    alice, market = joined(community, most_energy=most_energy_code(10_000)), community.open_market()
    order_of = ORDER_OF[side]
    with refused("Order_EnergyNotPermitted", 0, alice.address, 8_192, 8_191):
        market.place(alice, order_of(alice, energy_wh=8_192))
    market.place(alice, order_of(alice, energy_wh=8_191))


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("carrier", Carrier)
def test_no_other_carrier_than_attested(community, carrier, side):
    one = Permission.of_carrier(carrier)
    alice, bob = joined(community, permissions=EVERYTHING & ~one), joined(community, "bob", permissions=SIDES | one)
    alice, bob = (
        replace(trader, device=community.bind(trader.account, key(f"device of {trader.address}"), carrier=carrier))
        for trader in (alice, bob)
    )
    market, order_of = community.open_market(carrier=carrier), ORDER_OF[side]
    with refused("Order_CarrierNotPermitted", 0, alice.address, carrier):
        market.place(alice, order_of(alice))
    with refused("Order_CarrierNotPermitted", 1, alice.address, carrier):
        market.post([order_of(bob), order_of(alice)], [bob, alice])
    market.post([order_of(bob)], [bob])


def test_a_delegate_may_not_more_than_its_trader(community):
    alice, market = joined(community, permissions=CARRIERS | Permission.BUY, most_energy=10), community.open_market()
    gateway = Gateway(market, alice, key("gateway"), mandate_for(market, alice, key("gateway")))
    gateway.register()
    with refused("Order_SideNotPermitted", 0, alice.address, Side.SELL):
        gateway.post(gateway.sell())
    with refused("Order_EnergyNotPermitted", 0, alice.address, 1_024, 1_023):
        gateway.post(gateway.buy(energy_wh=1_024))
    gateway.post(gateway.buy(energy_wh=1_000))


def test_a_further_account_may_what_its_member_may(community):
    alice, market = joined(community, permissions=CARRIERS | Permission.BUY), community.open_market()
    community.link(alice.account, key("shop"))
    shop = community.equip("shop")
    with refused("Order_SideNotPermitted", 0, shop.address, Side.SELL):
        market.place(shop, sell(shop))


def test_a_renewal_changes_what_is_permitted(community):
    alice, market = joined(community, permissions=CARRIERS | Permission.BUY, most_energy=5), community.open_market()
    community.admit([alice.account])
    later = community.open_market(slot_start=market.rules.slot_start + 3_600)
    later.place(alice, sell(alice))


def test_who_is_suspended_is_told_so(community):
    alice, market = joined(community, permissions=CARRIERS | Permission.BUY, most_energy=5), community.open_market()
    until = community.chain.now() + 1_000
    for auditor in community.auditors[:2]:
        community.send(auditor, "ParticipantRegistry", "suspend", alice.address, until, "meter under review")
    with refused("Order_TraderNotActive", 0, alice.address):
        market.place(alice, sell(alice))
