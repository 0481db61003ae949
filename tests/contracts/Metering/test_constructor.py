def test_takes_the_intervals_of_the_registry(metering, devices):
    assert metering.BASE_INTERVAL() == devices.BASE_INTERVAL() == 3_600
    assert metering.LONGEST_SLOT() == devices.LONGEST_SLOT() == 3_600
    assert metering.MAX_READINGS() == 256
    assert metering.batchCount() == 0
