from testkit.constants import SLOT_LENGTH_S
from testkit.reverts import reverts_with

MONTH_S = 30 * 86_400


def test_takes_the_intervals_of_the_registry(metering, devices):
    assert metering.BASE_INTERVAL() == devices.BASE_INTERVAL() == 3_600
    assert metering.LONGEST_SLOT() == devices.LONGEST_SLOT() == 3_600
    assert metering.CORRECTION_WINDOW() == 2 * SLOT_LENGTH_S
    assert metering.MAX_READINGS() == 256
    assert metering.batchCount() == 0


def test_reverts_for_a_window_of_over_a_month(Metering, deployer, devices):
    with reverts_with("Metering_WindowTooLong", MONTH_S + 1, MONTH_S):
        deployer.deploy(Metering, devices, MONTH_S + 1)
    assert deployer.deploy(Metering, devices, MONTH_S).CORRECTION_WINDOW() == MONTH_S
