"""What meters of a gateway have measured is over by the chain's clock, whatever this machine's clock says."""

from testkit.gateways import make_gateway
from testkit.world import SLOT_S


def test_what_is_measured_is_over_though_this_machine_is_hours_ahead(world, monkeypatch):
    ahead_s = world.chain.now() + 5 * SLOT_S
    monkeypatch.setattr("time.time", lambda: float(ahead_s))
    gateway = make_gateway(world, 2, 3)
    assert len(gateway.readings) == 6
    assert all(signed.reading.start_at + SLOT_S <= world.chain.now() for signed in gateway.readings)
