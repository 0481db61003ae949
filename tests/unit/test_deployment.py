"""The whole deployment stands where it was predicted, and is wired together."""


def test_contracts_know_each_other(system, utility, auditors):
    assert system.PowerPoints.UTILITY() == utility
    assert system.ParticipantRegistry.auditors() == auditors
    assert system.GreenCertificates.METERING() == system.Metering
    assert system.Metering.SLOT_LENGTH() == 3_600
