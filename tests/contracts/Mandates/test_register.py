"""`register` and `revoke`: what a trader signs once, and takes back."""

from dataclasses import replace

import pytest

from powerpact.codec.eip712 import sign
from powerpact.codec.eip712.signing import struct_hash
from powerpact.market.mandates import Mandate
from powerpact.market.orders import Side
from testkit.mandates import Gateway
from testkit.refusals import refused


def hash_of(mandate):
    return struct_hash(*mandate.message())


def test_refuses_what_its_trader_did_not_sign(community, unregistered, bob):
    other = sign(bob.account, community.domain("Mandates"), *unregistered.mandate.message())
    for_orders = sign(unregistered.trader.account, community.domain("OrderBook"), *unregistered.mandate.message())
    for signature in (other, for_orders, b"", bytes(65)):
        with refused("Mandate_BadSignature", hash_of(unregistered.mandate), unregistered.trader.address):
            unregistered.register(signature)


@pytest.mark.parametrize("changes", [{"buys": False, "sells": False}, {"delegate": "0x" + 40 * "0"}])
def test_refuses_a_mandate_for_nothing_or_nobody(unregistered, changes):
    unregistered.mandate = replace(unregistered.mandate, **changes)
    with refused("Mandate_Malformed", hash_of(unregistered.mandate)):
        unregistered.register()


@pytest.mark.parametrize(("word", "bit"), [("times", 178), ("times", 183), ("times", 248), ("amounts", 224)])
def test_refuses_bits_that_nobody_signs(community, unregistered, word, bit):
    """Two words of one signature would be two mandates to a reader, and one to the contract."""
    mandate = unregistered.mandate.pack()
    spoilt = mandate._replace(**{word: getattr(mandate, word) | 1 << bit})
    signature = sign(unregistered.trader.account, community.domain("Mandates"), *unregistered.mandate.message())
    with refused("Mandate_Malformed", hash_of(unregistered.mandate)):
        community.send(community.agent, "Mandates", "register", spoilt, signature)


def test_refuses_a_mandate_twice(gateway):
    with refused("Mandate_AlreadyRegistered", hash_of(gateway.mandate), gateway.number):
        gateway.register()


def test_registers(community, unregistered):
    mandate = unregistered.mandate
    receipt = unregistered.register()
    (event,) = community.events(receipt, "MandateRegistered")
    assert (event["mandate"], event["trader"], event["delegate"]) == (
        hash_of(mandate),
        mandate.trader,
        mandate.delegate,
    )
    assert Mandate.unpack(event["terms"]) == mandate
    assert community.read("Mandates", "hashOf", mandate.pack()) == hash_of(mandate)
    assert community.read("Mandates", "stateOf", hash_of(mandate)) == (
        unregistered.number,
        0,
        False,
        mandate.delegate,
    )


def test_takes_a_signature_of_64_bytes(community, unregistered):
    signature = sign(unregistered.trader.account, community.domain("Mandates"), *unregistered.mandate.message())
    s, parity = int.from_bytes(signature[32:64], "big"), signature[64] - 27
    unregistered.register(signature[:32] + (parity << 255 | s).to_bytes(32, "big"))
    assert unregistered.number


def test_mandates_are_numbered(unregistered):
    unregistered.register()
    other = replace(unregistered.mandate, serial=1)
    second = Gateway(unregistered.market, unregistered.trader, unregistered.delegate, other)
    second.register()
    assert second.number == unregistered.number + 1


def test_only_its_trader_revokes(gateway, bob):
    for other in (bob.account, gateway.delegate):
        with refused("Mandate_NotTrader", gateway.trader.address, other.address):
            gateway.revoke(other)


def test_a_revoked_mandate_is_registered_never(community, unregistered):
    receipt = unregistered.revoke()
    assert community.events(receipt, "MandateRevoked") == [
        {"mandate": hash_of(unregistered.mandate), "trader": unregistered.trader.address}
    ]
    with refused("Mandate_Revoked", hash_of(unregistered.mandate)):
        unregistered.register()
    with refused("Mandate_Revoked", hash_of(unregistered.mandate)):
        unregistered.post(unregistered.buy())


def test_a_revoked_mandate_takes_no_order(gateway, alice):
    receipt = gateway.post(gateway.buy())
    assert receipt
    gateway.revoke()
    with refused("Mandate_Revoked", hash_of(gateway.mandate)):
        gateway.post(gateway.sell())
    gateway.market.cancel(alice, 0)
    with refused("Mandate_Revoked", hash_of(gateway.mandate)):
        gateway.post(gateway.buy())
    assert gateway.turn(Side.BUY) == 1
