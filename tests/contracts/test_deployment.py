"""The whole deployment stands where it was predicted, and is wired together."""


def test_contracts_know_each_other(system, utility, auditors):
    assert system.PowerPoints.UTILITY() == utility
    assert system.Motions.auditors() == auditors
    assert system.ParticipantRegistry.MOTIONS() == system.Motions
    assert system.GreenCertificates.DELIVERIES() == system.Deliveries
    assert (system.Metering.BASE_INTERVAL(), system.Metering.LONGEST_SLOT()) == (3_600, 3_600)
    assert not system.DeviceKeys.hasPrecompile()
    assert system.OrderBook.PARTICIPANTS() == system.ParticipantRegistry
    assert system.OrderBook.DEVICES() == system.DeviceRegistry
    assert system.OrderBook.MARKETS() == system.Markets
    assert system.OrderBook.RELEASES() == system.Releases
    assert system.OrderBook.ACCOUNTS() == system.Accounts
    assert system.Clearing.MARKETS() == system.Markets
    assert [system.Clearing.mechanismAt(i) for i in range(2)] == [system.SatisfactionMatching, system.CallAuction]
    assert system.SatisfactionMatching.PROVER() == system.RoundProver
    for mechanism in (system.SatisfactionMatching, system.RoundProver, system.CallAuction):
        assert mechanism.MARKETS() == system.Markets
        assert mechanism.ORDER_BOOK() == system.OrderBook
    assert system.Markets.PARTICIPANTS() == system.ParticipantRegistry
    assert system.Markets.METERING() == system.Metering
    assert system.Markets.ORDER_BOOK() == system.OrderBook
    assert system.Accounts.POINTS() == system.PowerPoints
    assert system.Accounts.ORDER_BOOK() == system.OrderBook
    assert system.Accounts.CLEARING() == system.Clearing
    assert system.Accounts.SETTLEMENT() == system.Settlement
    assert system.Accounts.REFUTATIONS() == system.Refutations
    assert system.Refutations.CLEARING() == system.Clearing
    assert system.Refutations.ACCOUNTS() == system.Accounts
    assert system.Releases.MARKETS() == system.Markets
    assert system.Releases.ORDER_BOOK() == system.OrderBook
    assert system.Releases.CLEARING() == system.Clearing
    assert system.Settlement.ACCOUNTS() == system.Accounts
    assert system.Settlement.DEVICES() == system.DeviceRegistry
    assert system.Settlement.METERING() == system.Metering
    assert system.Settlement.DELIVERIES() == system.Deliveries
    assert system.Settlement.MARKETS() == system.Markets
    assert system.Settlement.CLEARING() == system.Clearing
    assert system.Settlement.MOTIONS() == system.Motions
    assert system.GreenCertificates.SUBNETS() == system.Subnets
    assert system.Subnets.DEVICES() == system.DeviceRegistry
    assert system.Subnets.MOTIONS() == system.Motions
    assert system.Subnets.CERTIFICATES() == system.GreenCertificates
    assert system.Subnets.HOLD_TIME() == 14 * 86_400
    assert system.RouterBatches.DEVICES() == system.DeviceRegistry
    assert system.RouterBatches.METERING() == system.Metering
    assert system.PaymentChannels.ACCOUNTS() == system.Accounts
    assert system.Accounts.CHANNELS() == system.PaymentChannels


def test_contracts_say_in_which_domain_they_take_signatures(system, chain):
    """ERC-5267, for wallets and explorers."""
    for name in ("DeviceRegistry", "Metering", "Motions", "OrderBook", "Settlement"):
        contract = getattr(system, name)
        fields, *domain, salt, extensions = contract.eip712Domain()
        assert (bytes(fields), bytes(salt), tuple(extensions)) == (b"\x0f", bytes(32), ())
        assert domain == ["PowerPact", "1", chain.id, contract]
