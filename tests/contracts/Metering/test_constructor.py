from testkit.constants import SLOT_LENGTH_S
from testkit.reverts import reverts_with

WEEK_S = 7 * 86_400


def test_takes_the_intervals_of_the_registry(metering, devices):
    assert metering.BASE_INTERVAL() == devices.BASE_INTERVAL() == 3_600
    assert metering.LONGEST_SLOT() == devices.LONGEST_SLOT() == 3_600
    assert metering.CORRECTION_WINDOW() == 2 * SLOT_LENGTH_S
    assert metering.MAX_READINGS() == 256
    assert metering.batchCount() == 0


def test_reverts_for_a_window_beyond_the_grace_of_changes(Metering, deployer, devices, device_keys):
    """Else a reading behind a lost one, of before a change, would wait until it is too late."""
    most_s = WEEK_S - SLOT_LENGTH_S
    with reverts_with("Metering_WindowTooLong", most_s + 1, WEEK_S + 1, WEEK_S):
        deployer.deploy(Metering, devices, device_keys, most_s + 1)
    assert deployer.deploy(Metering, devices, device_keys, most_s).CORRECTION_WINDOW() == most_s
