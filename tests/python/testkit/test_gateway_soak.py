"""A gateway, its broker, the bridge and the node are killed and reorganised, and every reading arrives exactly once."""

import pytest

from testkit.gateway_soak import Plan, ReadingsWrong, Soak, soak


def test_everything_arrives_once_whatever_is_killed(tmp_path):
    measured = soak(tmp_path, Plan(devices=8, intervals=6, every_s=0.5, patience_s=300, pause_s=0.4))
    assert measured["journal"]["final"] == 8 * 5
    assert measured["refused"] == {}
    assert measured["bridges"] + measured["brokers"] > 2


def test_a_reading_that_is_missing_is_found(world):
    """The check can fail."""
    from powerpact.chain.contracts import meters
    from testkit.gateways import make_gateway

    gateway = make_gateway(world, 2, 2)
    run = Soak(None, world, None, None, gateway, None, None, 1.0)
    world.sender("agent").send(meters.report(world.chain, gateway.readings[1:]))
    with pytest.raises(ReadingsWrong, match="measured"):
        run.check()
