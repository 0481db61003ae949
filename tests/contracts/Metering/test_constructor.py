from testkit.reverts import reverts_with


def test_reverts_for_slots_without_length(Metering, deployer, devices, certificates, settler):
    with reverts_with("Metering_ZeroSlotLength"):
        deployer.deploy(Metering, devices, certificates, settler, 0)


def test_fixes_the_slot_length(metering):
    assert metering.SLOT_LENGTH() == 3_600
    assert metering.MAX_READINGS() == 256
    assert metering.batchCount() == 0
