"""`settleAgreed`: two of buyer, seller and arbiter decide by signature."""

from itertools import combinations

import pytest

from powerpact.codec.devicekeys import sign_by_device
from powerpact.codec.eip712 import Domain, compact, sign
from powerpact.market.orders import Side
from testkit.market_fixtures import ENDOWMENT_UPOINTS, by, money_of, record_of, trade_id_of
from testkit.meters import p256_key
from testkit.orders import buy, sell
from testkit.reverts import reverts_with


@pytest.fixture
def parties(community, alice, carol):
    return {"buyer": alice.account, "seller": carol.account, "arbiter": community.arbiter}


@pytest.fixture
def agree(settlement, traded, community, stranger):
    """Have signers agree on what the seller of Alice's and Carol's trade gets; a stranger relays it."""

    def _agree(signers, to_seller, signed=None, domain=None, shape=lambda s: s):
        message = {"tradeId": trade_id_of(traded), "toSeller": to_seller if signed is None else signed}
        domain = domain or community.domain("Settlement")
        signatures = [shape(sign(signer, domain, "Agreement", message)) for signer in signers]
        addresses = [signer.address for signer in signers]
        return settlement.settleAgreed(
            traded.id, traded.proof(0, 0), to_seller, addresses, signatures, {"from": stranger}
        )

    return _agree


def test_the_trade_id_is_the_hash_of_orders_agent_and_market(settlement, traded):
    assert bytes(settlement.tradeId(traded.id, traded.proof(0, 0)[0])) == trade_id_of(traded)


def test_refuses_before_the_round_is_final(settlement, market, traded, community, alice, carol):
    open_ = community.open_market(price_rule=1)
    with reverts_with("Clearing_NotFinal", open_.id):
        settlement.settleAgreed(open_.id, traded.proof(0, 0), 0, [alice.address, carol.address], [b"", b""], by(alice))


def test_refuses_a_p256_key_which_only_devices_have(settlement, community, alice, carol, stranger):
    """A market can name whatever address it likes as its arbiter."""
    arbiter = p256_key("an arbiter")
    market = community.open_market(arbiter=arbiter.address)
    market.post([buy(alice), sell(carol)], [alice, carol])
    market.clear()
    message, domain = {"tradeId": trade_id_of(market), "toSeller": 0}, community.domain("Settlement")
    signatures = [sign_by_device(key, domain, "Agreement", message) for key in (alice.account, arbiter)]
    with reverts_with("Settlement_BadSignature", trade_id_of(market), arbiter.address):
        signers = [alice.address, arbiter.address]
        settlement.settleAgreed(market.id, market.proof(0, 0), 0, signers, signatures, {"from": stranger})


def test_refuses_more_than_the_trade_is_worth(agree, custody, traded, parties):
    with reverts_with("Settlement_AboveValue", trade_id_of(traded), 100_001, 100_000):
        agree([parties["buyer"], parties["seller"]], 100_001)


@pytest.mark.parametrize("who", ["buyer", "seller", "arbiter"])
def test_refuses_one_party_twice(agree, custody, traded, parties, who):
    party = parties[who]
    with reverts_with("Settlement_BadSigners", trade_id_of(traded), party, party):
        agree([party, party], 0)


@pytest.mark.parametrize("who", ["buyer", "seller", "arbiter"])
def test_refuses_outsiders(agree, custody, community, traded, parties, who):
    outsider = community.auditors[0]
    for signers in ([parties[who], outsider], [outsider, parties[who]]):
        with reverts_with("Settlement_BadSigners", trade_id_of(traded), *signers):
            agree(signers, 0)


def test_refuses_the_signature_of_another(settlement, community, traded, parties, stranger):
    buyer, seller, arbiter = parties.values()
    message = {"tradeId": trade_id_of(traded), "toSeller": 7}
    by_buyer, by_arbiter = (sign(s, community.domain("Settlement"), "Agreement", message) for s in (buyer, arbiter))
    forgeries = [((by_buyer, by_arbiter), seller), ((by_arbiter, by_buyer), buyer), ((by_buyer, b""), seller)]
    for signatures, culprit in forgeries:
        with reverts_with("Settlement_BadSignature", trade_id_of(traded), culprit):
            settlement.settleAgreed(
                traded.id, traded.proof(0, 0), 7, [buyer.address, seller.address], signatures, {"from": stranger}
            )


def test_refuses_a_signature_over_another_amount_chain_or_contract(agree, custody, community, traded, parties):
    signers = [parties["buyer"], parties["seller"]]
    here = community.domain("Settlement")
    for elsewhere in (
        {"signed": 6},
        {"domain": Domain(here.chain_id + 1, here.contract)},
        {"domain": community.domain("OrderBook")},
    ):
        with reverts_with("Settlement_BadSignature", trade_id_of(traded), parties["buyer"]):
            agree(signers, 7, **elsewhere)


def test_refuses_a_trade_of_another_round(settlement, community, traded, alice, bob, carol, dan, stranger):
    other = community.open_market()
    other.post([buy(bob), sell(dan)], [bob, dan])
    other.clear()
    with reverts_with("Settlement_UnknownTrade", traded.id, 0, 0):
        settlement.settleAgreed(
            traded.id, other.proof(0, 0), 0, [bob.address, dan.address], [b"", b""], {"from": stranger}
        )


@pytest.mark.parametrize("pair", combinations(["buyer", "seller", "arbiter"], 2), ids=" and ".join)
@pytest.mark.parametrize("to_seller", [0, 33_333, 100_000])
def test_pays_as_two_of_three_agree(agree, devices, custody, traded, parties, alice, carol, pair, to_seller):
    signers = [parties[pair[1]], parties[pair[0]]]
    tx = agree(signers, to_seller)
    settled = tx.events["TradeSettled"]
    assert (settled["outcome"], settled["delivered"], settled["paid"], settled["penalty"]) == (1, 0, to_seller, 0)
    assert money_of(custody, alice) == (ENDOWMENT_UPOINTS - to_seller, 0)
    assert money_of(custody, carol) == (ENDOWMENT_UPOINTS + to_seller, 0)
    assert traded.locked_upoints() == 0
    assert tuple(devices.promisedOf(carol.device, Side.SELL, traded.slot.pack())) == (True, 0)


def test_takes_compact_signatures(agree, settlement, traded, parties):
    agree([parties["buyer"], parties["arbiter"]], 1, shape=lambda signature: b"".join(compact(signature)))
    assert settlement.isSettled(traded.id, (0, 0))


def test_an_agreement_is_used_once(agree, custody, traded, parties):
    agree([parties["buyer"], parties["seller"]], 5)
    with reverts_with("Settlement_AlreadySettled", trade_id_of(traded)):
        agree([parties["buyer"], parties["seller"]], 5)


def test_leaves_the_certificates_to_the_devices_owner(
    GreenCertificates, agree, community, traded, parties, alice, carol
):
    agree([parties["buyer"], parties["seller"]], 100_000)
    traded.report({carol.device: 1_000})
    traded.certify([(0, 0)])
    certificates = GreenCertificates.at(community.addresses["GreenCertificates"])
    lot = certificates.idOf(carol.device, traded.slot.pack())
    assert [certificates.balanceOf(t.address, lot) for t in (alice, carol)] == [0, 1_000]


def test_does_not_touch_the_sellers_record(agree, custody, parties, carol):
    agree([parties["buyer"], parties["arbiter"]], 0)
    assert record_of(custody, carol) == (0, 0, 0)


def test_ends_each_trade_of_a_divisible_order_by_itself(devices, custody, community, alice, bob, carol):
    """What ends one trade leaves the other; the device stays bound, since it may deliver for either."""
    market = community.open_market(mode=1)
    market.post([buy(alice, energy_wh=600), buy(bob, energy_wh=400), sell(carol)], [alice, bob, carol])
    market.clear()
    market.settle_agreed((0, 0), 1, [alice.account, carol.account])
    assert (money_of(custody, alice), money_of(custody, bob)) == (
        (ENDOWMENT_UPOINTS - 1, 0),
        (ENDOWMENT_UPOINTS - 40_000, 40_000),
    )
    market.settle_agreed((0, 1), 2, [bob.account, carol.account])
    assert money_of(custody, bob) == (ENDOWMENT_UPOINTS - 2, 0)
    assert money_of(custody, carol) == (ENDOWMENT_UPOINTS + 3, 0)
    assert market.locked_upoints() == 0
    assert devices.promisedOf(carol.device, Side.SELL, market.slot.pack())[0]
