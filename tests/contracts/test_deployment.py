"""The whole deployment stands where it was predicted, and is wired together."""


def test_contracts_know_each_other(system, utility, auditors):
    assert system.PowerPoints.UTILITY() == utility
    assert system.ParticipantRegistry.auditors() == auditors
    assert system.GreenCertificates.METERING() == system.Metering
    assert system.Metering.SLOT_LENGTH() == 3_600
    assert system.OrderBook.PARTICIPANTS() == system.ParticipantRegistry
    assert system.OrderBook.DEVICES() == system.DeviceRegistry
    assert system.OrderBook.METERING() == system.Metering
    assert system.OrderBook.CLEARING() == system.Clearing
    assert system.OrderBook.ESCROW() == system.EscrowWallets
    assert system.Clearing.ORDER_BOOK() == system.OrderBook
    assert system.Clearing.PROVER() == system.RoundProver
    assert system.Clearing.ESCROW() == system.EscrowWallets
    assert system.EscrowWallets.POINTS() == system.PowerPoints
    assert system.EscrowWallets.ORDER_BOOK() == system.OrderBook
    assert system.EscrowWallets.CLEARING() == system.Clearing
    assert system.EscrowWallets.METERING() == system.Metering
