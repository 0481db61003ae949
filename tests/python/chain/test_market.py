"""Markets, orders, rounds and settlement as the library reads and writes them."""

import json
from dataclasses import replace

import pytest

from powerpact.chain.contracts import (
    agreements,
    certificates,
    devices,
    markets,
    meters,
    orders,
    participants,
    points,
    rounds,
    settlement,
)
from powerpact.chain.errors import ContractError, NotOnChain
from powerpact.codec.agreementfile import format_agreement, parse_agreement
from powerpact.codec.errors import BadSignedFile
from powerpact.codec.merkle import MerkleTree
from powerpact.codec.packing import order_tree, trade_id
from powerpact.errors import BadChoice
from powerpact.market.candidates import RejectionReason
from powerpact.market.orders import Side, SoftTerm, order_id
from powerpact.market.rules import Kind, Rules
from powerpact.market.slots import Slot
from powerpact.mechanisms.satisfaction.round import Buyer, Seller
from testkit.world import HELD_UPOINTS


def test_the_id_of_a_market_is_hashed_as_the_contract_does(world):
    rules = world.rules()
    assert markets.market_id(world.chain, rules) == world.chain.read("Markets", "marketId", *rules.arguments())
    market, _ = world.open_market()
    assert market == markets.market_id(world.chain, rules)


def test_the_rules_are_read_back_as_they_were_given(world):
    market, rules = world.open_market(zone="24 characters, no more. ", source_category=None)
    found = markets.market(world.chain, market)
    assert found.rules == rules
    assert found.opener == world.address("alice")
    assert [entry.id for entry in markets.markets(world.chain)][-1] == market
    assert Rules.of(*rules.arguments()) == rules
    assert [attribute.kind for attribute in rules.schema] == [Kind.COST, Kind.COST, Kind.INCOME]


def test_nobody_opens_a_market_whose_words_are_no_text(world):
    """A zone that is not ASCII, or a name that is not text, as a program could send it that is not ours."""
    _, rules = world.open_market()
    struct, names, categories = rules.arguments()
    hostile = struct._replace(zone=b"\xff".ljust(24, b"\0"))
    open_hostile = world.chain.call("open market", "Markets", "openMarket", hostile, names, categories)
    unnamed = world.chain.call("open market", "Markets", "openMarket", struct, ["AAAAAAA", *names[1:]], categories)
    unnamed = replace(unnamed, data=unnamed.data.replace(b"AAAAAAA", b"\xff\xfe\xfd\xfc\xfb\xfa\xf9"))
    for call, error in ((open_hostile, "Market_BadZone"), (unnamed, "Market_BadAttributeName")):
        with pytest.raises(ContractError) as refusal:
            world.sender("carol").send(call)
        assert refusal.value.name == error


def test_an_unknown_market_is_told(world):
    with pytest.raises(NotOnChain, match="0x0101"):
        markets.market(world.chain, b"\x01" * 32)


def test_a_round_is_read_back_from_the_chain_alone(world):
    market, rules = world.open_market()
    world.post(market, world.buy("alice", rules), world.sell("bob", rules))
    world.post(market, world.buy("carol", rules, price_upoints_per_kwh=95, classes=bytes(8)))
    posted = rounds.read_round(world.chain, market)
    round_ = posted.round()
    soft = (SoftTerm(90, 120, 600_000), SoftTerm(100, 500, 200_000), SoftTerm(900_000, 500_000, 200_000))
    alice, bob, carol = map(world.address, ("alice", "bob", "carol"))
    # The person, the ask, the attested credibility and the registered source were written in by the contract.
    persons = {who: str(participants.participant(world.chain, who).person) for who in (alice, bob, carol)}
    assert round_.buyers == (
        Buyer("0:0", 110, soft, ("1", None), 1_200, trader=alice, person_id=persons[alice]),
        Buyer("1:0", 95, soft, (None, None), 1_200, trader=carol, person_id=persons[carol]),
    )
    offer = Seller("0:1", 100, 80, (100, 200, 900_000), ("1", "1"), 1_500, trader=bob, person_id=persons[bob])
    assert round_.sellers == (offer,)
    assert round_.attributes == rules.schema
    assert posted.order_count == 3


def test_the_tree_of_a_batch_has_the_root_on_the_chain(world):
    market, rules = world.open_market()
    world.post(market, world.buy("alice", rules), world.sell("bob", rules), world.buy("carol", rules))
    posted = rounds.read_round(world.chain, market)
    root, closed = world.chain.read("OrderBook", "batchState", market, 0)
    assert (order_tree(posted.batches[0]).root, 0) == (root, closed)
    for index in range(3):
        world.chain.read("OrderBook", "verify", market, posted.placed(order_id(0, index)))


def test_cancelled_orders_are_left_out(world):
    market, rules = world.open_market()
    world.post(market, world.buy("alice", rules), world.sell("bob", rules))
    posted = rounds.read_round(world.chain, market)
    world.sender("alice").send(orders.cancel(world.chain, market, posted.placed(order_id(0, 0))))
    posted = rounds.read_round(world.chain, market)
    assert posted.is_closed(order_id(0, 0))
    assert [id_ for id_, _ in posted.open_orders()] == [order_id(0, 1)]
    assert posted.round().buyers == ()
    assert points.wallet_of(world.chain, world.address("alice")).held_upoints == 0


@pytest.mark.parametrize("id_", [order_id(0, 1), order_id(1, 0)])
def test_an_order_that_is_not_there_is_told(world, id_):
    market, rules = world.open_market()
    world.post(market, world.buy("alice", rules))
    with pytest.raises(NotOnChain):
        rounds.read_round(world.chain, market).placed(id_)


def test_a_trader_posts_without_a_carrier(world):
    market, rules = world.open_market()
    mined = world.sender("alice").send(orders.place(world.chain, market, world.buy("alice", rules)))
    assert orders.batch_of(world.chain, mined) == 0
    assert points.wallet_of(world.chain, world.address("alice")) == points.Wallet(1_000 - HELD_UPOINTS, HELD_UPOINTS)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize(
    ("page", "used", "unused"),
    [(0, [], 0), (0, [0], 1), (0, [0, 1, 2], 3), (0, [0, 2], 1), (0, range(32), 32), (7, [], 224), (7, [0, 1], 226)],
)
def test_the_next_nonce_is_unused(world, side, page, used, unused):
    mask = sum(1 << nonce for nonce in used)
    world.sender("alice").send(orders.cancel_nonces(world.chain, side, page, mask))
    assert orders.unused_nonce(world.chain, world.address("alice"), side) == unused
    assert not world.chain.read("Accounts", "isNonceUsed", world.address("alice"), side, unused)


@pytest.mark.parametrize(
    ("used", "first", "unused"),
    [([], 5, 5), ([5], 5, 6), ([5, 6], 5 + 64, 7), ([31], 31, 0), (range(1, 32), 3, 0), (range(32), 9, 32)],
)
def test_the_search_for_a_nonce_begins_anywhere_in_the_page(world, used, first, unused):
    alice = world.address("alice")
    world.sender("alice").send(orders.cancel_nonces(world.chain, Side.SELL, 0, sum(1 << nonce for nonce in used)))
    assert orders.unused_nonce(world.chain, alice, Side.SELL, first) == unused


def finalise(world, market):
    from powerpact.agent import Agent

    world.warp(markets.market(world.chain, market).rules.closes_at)
    return Agent(world.chain, world.sender("agent")).clear(market)


def test_trades_are_committed_as_the_library_hashes_them(world):
    market, rules = world.open_market()
    world.post(market, world.buy("alice", rules), world.sell("bob", rules))
    world.post(market, world.buy("carol", rules), world.sell("dave", rules))
    cleared = finalise(world, market)
    chunks = rounds.chunks_of(world.chain, cleared.proposal)
    trees = rounds.trade_trees(chunks)
    assert [len(chunk) for chunk in chunks] == [2]
    assert world.chain.read("Clearing", "chunkRoot", cleared.proposal, 0) == trees[0].root
    final = settlement.final_trades(world.chain, market)
    ids = {world.chain.read("Settlement", "tradeId", market, entry.trade.pack()) for entry in final}
    assert ids == {trade_id(market, world.address("agent"), entry.trade) for entry in final}
    assert all(isinstance(tree, MerkleTree) for tree in trees)


def test_a_market_without_a_final_round_has_no_trades(world):
    market, _ = world.open_market()
    assert settlement.final_trades(world.chain, market) == []


def agree(world, market, trade, name, upoints=50):
    return agreements.sign_agreement(world.chain, world.keys[name], market, trade, upoints)


def test_two_of_three_end_a_trade_by_agreement(world):
    market, rules = world.open_market()
    world.post(market, world.buy("alice", rules), world.sell("bob", rules))
    finalise(world, market)
    trade = settlement.final_trades(world.chain, market)[0]
    signed = {name: agree(world, market, trade, name) for name in ("alice", "arbiter")}
    with pytest.raises(ContractError) as refusal:
        world.sender("outsider").send(agreements.settle_agreed(world.chain, signed["alice"], signed["alice"]))
    assert refusal.value.name == "Settlement_BadSigners"
    world.sender("outsider").send(agreements.settle_agreed(world.chain, signed["alice"], signed["arbiter"]))
    assert points.wallet_of(world.chain, world.address("bob")).free_upoints == 50
    assert points.wallet_of(world.chain, world.address("alice")) == points.Wallet(950, 0)
    assert settlement.is_settled(world.chain, market, trade.position)


def test_a_release_that_cannot_count_is_not_signed(world):
    market, rules = world.open_market()
    world.post(market, world.buy("alice", rules), world.sell("bob", rules))
    finalise(world, market)
    trade = agreements.find_trade(world.chain, market, "0:1")
    assert trade == agreements.find_trade(world.chain, market, f"0x{trade.id.hex()}"[:8])
    worth = trade.trade.energy_wh * trade.trade.price_upoints_per_kwh // 1_000
    with pytest.raises(BadChoice, match="above the trade's value"):
        agree(world, market, trade, "alice", worth + 1)
    with pytest.raises(BadChoice, match="neither buyer nor seller nor arbiter"):
        agree(world, market, trade, "carol")
    for text in ("0:2", "ffffffff", ""):
        with pytest.raises(NotOnChain):
            agreements.find_trade(world.chain, market, text)
    with pytest.raises(BadChoice, match="same trade and sum"):
        agreements.settle_agreed(
            world.chain, agree(world, market, trade, "alice", 50), agree(world, market, trade, "bob", worth)
        )


@pytest.fixture
def agreement():
    return agreements.SignedAgreement(b"\x01" * 32, b"\x02" * 32, 50, "0x" + "00" * 20, b"\x03" * 65)


def test_a_release_file_keeps_everything(agreement):
    assert parse_agreement("file", format_agreement(agreement)) == agreement


@pytest.mark.parametrize(
    ("path", "change"),
    [
        ("$.schema", {"schema": "powerpact/order/1"}),
        ("$.extra", {"extra": 1}),
        ("$.market", {"market": "0x12"}),
        ("$.trade", {"trade": None}),
        ("$.to_seller_upoints", {"to_seller_upoints": -1}),
        ("$.to_seller_upoints", {"to_seller_upoints": 2**128}),
        ("$.signer", {"signer": "alice"}),
        ("$.signature", {"signature": "0x1"}),
    ],
)
def test_a_malformed_release_file_is_refused_by_its_field(agreement, path, change):
    with pytest.raises(BadSignedFile) as refusal:
        parse_agreement("file", json.dumps(json.loads(format_agreement(agreement)) | change))
    assert refusal.value.path == path


def test_readings_are_found_with_proofs_that_the_chain_takes(world):
    slot = world.next_slot()
    world.warp(slot + 3_600)
    world.report(slot, bob=700, dave=300)
    found = meters.readings_since(world.chain, slot)
    assert {key[1] for key in found} == {slot}
    for reading, proof in (each.proven for each in found.values()):
        world.chain.read("Metering", "verify", reading.pack(), proof)
    assert meters.readings_since(world.chain, slot + 3_600) == {}
    device = world.meters["bob"].device
    assert meters.last_of(world.chain, device) == (slot, 700, 0)


def test_unsold_export_becomes_certificates_that_can_be_retired(world):
    slot = world.next_slot() + 3_600
    world.warp(slot + 3_600)
    world.report(slot, bob=700)
    device, bob = world.meters["bob"].device, world.address("bob")
    hour = Slot(slot, 3_600)
    measured = meters.measured_in(world.chain, hour)[device]
    assert not meters.is_issued(world.chain, device, hour)
    world.sender("outsider").send(meters.issue(world.chain, hour, measured))
    assert meters.is_issued(world.chain, device, hour)
    id_ = certificates.id_of(device, hour)
    assert id_ == world.chain.read("GreenCertificates", "idOf", device, hour.pack())
    assert certificates.lot_of(id_) == (device, hour)
    assert certificates.holdings(world.chain) == {(bob, id_): 700}
    world.sender("bob").send(certificates.retire(world.chain, id_, 200, world.address("carol"), "a gift"))
    assert certificates.holdings(world.chain) == {(bob, id_): 500}
    assert certificates.balance_of(world.chain, bob, id_) == 500
    assert certificates.retired_for(world.chain, id_, world.address("carol")) == 200


def test_only_what_earns_certificates_is_uncertified(world):
    """Bob's device is retired in the slot before, and Dave is suspended when it begins."""
    chain = world.chain
    first = world.next_slot() + 3_600
    hours = [Slot(first + 3_600 * k, 3_600) for k in range(3)]
    bob, dave = (world.meters[name].device for name in ("bob", "dave"))
    asked = [bob, dave]
    assert meters.uncertified(chain, asked, hours[0]) == asked
    world.warp(first + 1)
    world.sender("bob").send(devices.retire(chain, bob))
    assert [meters.uncertified(chain, asked, hour) for hour in hours] == [asked, [dave], [dave]]
    until = first + 7_200
    for auditor in ("auditor", "second auditor"):
        call = participants.suspend(chain, world.address("dave"), until, "meter opened")
        world.sender(auditor).send(call)
    assert [meters.uncertified(chain, asked, hour) for hour in hours] == [asked, [], [dave]]
    assert meters.uncertified(chain, [bob + 100], hours[0]) == []


def test_standing_of_participants(world):
    chain, outsider = world.chain, world.address("outsider")
    assert participants.participant(chain, outsider).status is participants.Status.NONE
    world.sender("outsider").send(participants.apply(chain, b"\x01" * 32))
    for auditor in ("auditor", "second auditor"):
        world.sender(auditor).send(participants.reject(chain, outsider, 1, RejectionReason.OUTSIDE))
    assert participants.participant(chain, outsider).status is participants.Status.REJECTED
    for auditor in ("auditor", "second auditor"):
        call = participants.suspend(chain, world.address("bob"), chain.now() // 1_000 * 1_000 + 86_400, "meter opened")
        world.sender(auditor).send(call)
    assert not participants.is_active(chain, world.address("bob"))
    assert participants.is_active(chain, world.address("alice"))
    admissions = [participants.admission_text(chain, world.address(name)) for name in ("alice", "bob", "agent")]
    assert admissions == ["active", "suspended", "none"]


def test_the_hash_of_attributes_depends_on_all_of_them_and_the_salt():
    one = participants.attributes_hash({"a": "1", "b": "2"}, bytes(32))
    assert one == participants.attributes_hash({"b": "2", "a": "1"}, bytes(32))
    assert one != participants.attributes_hash({"a": "1", "b": "3"}, bytes(32))
    assert one != participants.attributes_hash({"a": "1", "b": "2"}, b"\x01" * 32)


def test_points_are_redeemed_and_records_kept(world):
    alice = world.address("alice")
    assert points.balance_of(world.chain, alice) == 9_000
    world.sender("alice").send(points.redeem(world.chain, 4_000, points.reference("bill")))
    assert points.balance_of(world.chain, alice) == 5_000
    assert points.reliability_of(world.chain, world.address("bob")) == (1_000_000, 0)


def test_sides_of_orders_have_their_own_signed_type(world):
    rules = world.rules()
    buy, sell = world.buy("alice", rules), world.sell("bob", rules)
    assert buy.message(b"\x01" * 32)[0] == "BuyOrder"
    assert sell.message(b"\x01" * 32)[0] == "SellOrder"
    assert replace(buy, side=Side.SELL).message(b"\x01" * 32)[0] == "SellOrder"
