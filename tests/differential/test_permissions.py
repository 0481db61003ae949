"""Registry and specification refuse the same orders, whatever was attested."""

from itertools import product

import pytest

from powerpact.chain.errors import ContractError
from powerpact.market.orders import Order, Side
from powerpact.market.permissions import SIDES, Permission, refusal_of
from powerpact.market.schema import Carrier
from testkit.chains import EvmChain
from testkit.market import Community, key

CODE = 10
ENERGIES_WH = (2**CODE - 1, 2**CODE, 2**64 - 1)


@pytest.fixture(scope="module")
def community():
    return Community(EvmChain(), traders=1)


@pytest.mark.parametrize("most_energy", [0, CODE])
def test_every_permission_against_every_order(community, most_energy):
    alice = key("alice")
    seen = set()
    for sides, carriers in product(range(1, 4), range(1, 16)):
        permissions = Permission(sides | carriers * (SIDES + 1))
        community.admit([alice], permissions=permissions, most_energy=most_energy)
        for side, carrier, energy_wh in product(Side, Carrier, ENERGIES_WH):
            order = Order(side, alice.address, energy_wh=energy_wh, price_upoints_per_kwh=1)
            expected = refusal_of(permissions, most_energy, order, carrier)
            assert refusal_by_registry(community, carrier, order) == expected, (permissions, order, carrier)
            seen.add(expected)
    refusals = {"", "Order_SideNotPermitted", "Order_CarrierNotPermitted"}
    assert seen == refusals | ({"Order_EnergyNotPermitted"} if most_energy else set())


def refusal_by_registry(community, carrier, order):
    try:
        community.read("ParticipantRegistry", "admissionOf", carrier, [order.pack()])
    except ContractError as error:
        return error.name
    return ""
