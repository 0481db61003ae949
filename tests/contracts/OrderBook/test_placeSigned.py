"""`placeSigned`: anybody relays orders that their traders signed. Fields out of bounds: tests/contracts/failures."""

from dataclasses import replace

import pytest
from eth_account import Account
from eth_utils import keccak

from powerpact.codec.eip712 import Domain, compact, sign
from powerpact.codec.packing import order_tree
from powerpact.market.orders import MOST_PAGES, NONCES_PER_PAGE, Side
from testkit.market import key
from testkit.market_fixtures import by, money_of, used_nonces
from testkit.orders import buy, sell
from testkit.reverts import reverts_with

FIRST_FAR = NONCES_PER_PAGE * (MOST_PAGES + 1)
"""The first nonce that a new account cannot use yet."""

SECP256K1_ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


@pytest.fixture
def relay(book, market, stranger):
    """Relay orders with their signatures, of keys or of contract accounts."""

    def _relay(orders, signatures):
        return book.placeSigned(*market.batch(orders, signatures), by(stranger))

    return _relay


@pytest.fixture
def relay_words(book, market, stranger):
    """Relay orders with the words that stand for their signatures, and what contract accounts shall judge."""

    def _relay_words(orders, words, of_contracts=()):
        return book.placeSigned(market.id, [order.pack() for order in orders], words, list(of_contracts), by(stranger))

    return _relay_words


def entry(index):
    """The words of an order whose signature is `of_contracts[index]`."""
    return bytes(32), index.to_bytes(32, "big")


def high_s(signature):
    """The other signature that the key made: s replaced by its negative, and v by its opposite."""
    s = SECP256K1_ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])


def test_refuses_an_empty_batch(relay):
    with reverts_with("Order_EmptyBatch"):
        relay([], [])


@pytest.mark.parametrize("count", [0, 2])
def test_refuses_fewer_or_more_signatures_than_orders(relay_words, market, alice, count):
    order = buy(alice)
    with reverts_with("Order_LengthMismatch", 1, count):
        relay_words([order], [compact(market.signature(alice, order))] * count)


def test_refuses_the_signature_of_another(relay, market, alice, bob):
    order = buy(alice)
    with reverts_with("Order_BadSignature", 0, alice):
        relay([order], [market.signature(bob, order)])


def test_names_the_order_that_stops_the_batch(relay, market, alice, carol):
    orders = [sell(carol), buy(alice)]
    with reverts_with("Order_BadSignature", 1, alice):
        relay(orders, [market.signature(carol, orders[0]), market.signature(carol, orders[1])])


@pytest.mark.parametrize("mangle", [lambda s: s[:63], lambda s: s + b"\0", lambda _: b""])
def test_refuses_a_malformed_signature(relay, market, alice, mangle):
    order = buy(alice)
    with reverts_with("Order_BadSignature", 0, alice):
        relay([order], [mangle(market.signature(alice, order))])


def test_takes_a_signature_with_a_high_s_as_the_one_that_it_means(relay, market, alice):
    """The words hold no high s: who packs one packs its negative and the other parity, which the same key made."""
    order = buy(alice)
    placed = relay([order], [high_s(market.signature(alice, order))]).events["OrdersPlaced"]
    assert [words["head"] for words in placed["orders"]] == [order.pack()[0]]


def words_of(signature):
    """All that could be tried to make two words of a signature whose s is high: its top bit is taken."""
    r, s = signature[:32], int.from_bytes(signature[32:64], "big")
    return [(r, word.to_bytes(32, "big")) for word in (s, s ^ 1 << 255)]


def test_refuses_a_high_s_in_two_words(relay_words, market, alice):
    order = buy(alice)
    for words in words_of(high_s(market.signature(alice, order))):
        with reverts_with("Order_BadSignature", 0, alice):
            relay_words([order], [words])


def test_refuses_the_other_parity(relay_words, market, alice):
    order = buy(alice)
    r, vs = compact(market.signature(alice, order))
    with reverts_with("Order_BadSignature", 0, alice):
        relay_words([order], [(r, bytes([vs[0] ^ 0x80]) + vs[1:])])


@pytest.mark.parametrize("words", [(b"\0" * 31 + b"\1", bytes(32)), (b"\xff" * 32, b"\xff" * 32)])
def test_refuses_words_that_no_key_made(relay_words, alice, words):
    with reverts_with("Order_BadSignature", 0, alice):
        relay_words([buy(alice)], [words])


@pytest.mark.parametrize("index", [0, 1])
def test_a_key_has_no_signature_among_those_of_contracts(relay_words, market, alice, index):
    """Nobody can judge it, be it there or not."""
    order = buy(alice)
    with reverts_with("Order_BadSignature", 0, alice):
        relay_words([order], [entry(index)], [market.signature(alice, order)])


@pytest.mark.parametrize("nonce", range(8))
def test_takes_signatures_of_either_parity(markets, relay, market, alice, nonce):
    """The library takes them in 65 bytes and in the 64 of EIP-2098."""
    for number, shape in enumerate((bytes, lambda signature: b"".join(compact(signature)))):
        order = buy(alice, nonce=2 * nonce + number)
        relay([order], [shape(market.signature(alice, order))])
    assert markets.batchCount(market.id) == 2


def test_refuses_a_signature_for_another_chain_contract_version_or_market(relay, community, market, alice):
    order = buy(alice)
    here = community.domain("OrderBook")
    elsewhere = [
        (Domain(here.chain_id + 1, here.contract), market.id),
        (community.domain("Settlement"), market.id),
        (Domain(here.chain_id, here.contract, version="2"), market.id),
        (here, keccak(text="another market")),
    ]
    for domain, market_id in elsewhere:
        with reverts_with("Order_BadSignature", 0, alice):
            relay([order], [sign(alice.account, domain, *order.message(market_id))])


def test_refuses_a_signature_of_the_other_side(relay, market, carol):
    signed = buy(carol, device=0)
    with reverts_with("Order_BadSignature", 0, carol):
        relay([sell(carol)], [market.signature(carol, signed)])


def test_refuses_the_replay_of_a_buy_order(relay, market, carol):
    order = buy(carol)
    signature = market.signature(carol, order)
    relay([order], [signature])
    with reverts_with("Accounts_NonceUsed", carol, Side.BUY, 1):
        relay([order], [signature])


def test_refuses_the_replay_of_a_sell_order(relay, custody, market, carol):
    """Its device sells the slot already, whatever its nonce; in one batch, too."""
    order = sell(carol)
    signature = market.signature(carol, order)
    with reverts_with("Device_Undecided", 1, carol.device, Side.SELL, market.slot.pack()):
        relay([order] * 2, [signature] * 2)
    relay([order], [signature])
    assert not custody.isNonceUsed(carol.address, Side.SELL, 1)
    with reverts_with("Device_Undecided", 0, carol.device, Side.SELL, market.slot.pack()):
        relay([order], [signature])


def test_takes_two_sell_orders_of_one_nonce_for_two_devices(relay, devices, community, market, carol):
    other = community.bind(carol.account, key("another meter of Carol"))
    orders = [sell(carol), sell(carol, device=other)]
    relay(orders, [market.signature(carol, order) for order in orders])
    assert all(devices.promisedOf(device, Side.SELL, market.slot.pack())[0] for device in (carol.device, other))


def test_refuses_one_nonce_twice_in_a_batch(relay, market, alice):
    orders = [buy(alice), buy(alice, energy_wh=2_000)]
    with reverts_with("Accounts_NonceUsed", alice, Side.BUY, 1):
        relay(orders, [market.signature(alice, order) for order in orders])


def test_takes_the_nonces_of_a_page_in_any_order(relay, custody, market, alice):
    orders = [buy(alice, nonce=nonce) for nonce in (31, 0, 7)]
    relay(orders, [market.signature(alice, order) for order in orders])
    assert used_nonces(custody, alice, Side.BUY, range(64)) == [0, 7, 31]


def test_a_nonce_of_a_later_page_closes_the_earlier_pages(relay, custody, market, alice):
    late, early = buy(alice, nonce=64), buy(alice, nonce=63)
    relay([late], [market.signature(alice, late)])
    assert used_nonces(custody, alice, Side.BUY, range(128)) == list(range(65))
    with reverts_with("Accounts_NonceUsed", alice, Side.BUY, 63):
        relay([early], [market.signature(alice, early)])


def test_pages_close_within_a_batch(relay, custody, market, alice):
    orders = [buy(alice, nonce=32), buy(alice, nonce=31)]
    signatures = [market.signature(alice, order) for order in orders]
    with reverts_with("Accounts_NonceUsed", alice, Side.BUY, 31):
        relay(orders, signatures)
    relay(orders[::-1], signatures[::-1])
    assert used_nonces(custody, alice, Side.BUY, range(64)) == list(range(33))


@pytest.mark.parametrize("order_of", [buy, sell])
@pytest.mark.parametrize("nonce", [FIRST_FAR, 2**31, 2**32 - 1])
def test_refuses_a_nonce_far_ahead(relay, market, alice, order_of, nonce):
    """A nonce drawn at random is refused with the last good one, and closes nobody's future."""
    order = order_of(alice, nonce=nonce)
    with reverts_with("Accounts_NonceFar", alice, order.side, nonce, FIRST_FAR - 1):
        relay([order], [market.signature(alice, order)])


def test_takes_the_last_nonce_that_is_not_far(relay, custody, market, alice):
    order = buy(alice, nonce=FIRST_FAR - 1)
    relay([order], [market.signature(alice, order)])
    assert used_nonces(custody, alice, Side.BUY, (0, FIRST_FAR - 2, FIRST_FAR - 1)) == [0, FIRST_FAR - 1]


def test_each_trader_and_each_side_has_nonces_of_its_own(relay, custody, market, alice, bob):
    orders = [buy(alice, nonce=40), sell(alice, nonce=3), buy(bob, nonce=3)]
    relay(orders, [market.signature(t, o) for t, o in zip([alice, alice, bob], orders, strict=True)])
    assert used_nonces(custody, alice, Side.BUY, range(64)) == [*range(32), 40]
    assert used_nonces(custody, alice, Side.SELL, range(64)) == []
    assert used_nonces(custody, bob, Side.BUY, range(64)) == [3]
    assert used_nonces(custody, bob, Side.SELL, range(64)) == []


@pytest.mark.parametrize("order_of", [buy, sell])
def test_refuses_an_order_that_expires_before_the_gate_closes(relay, community, market, alice, order_of):
    """It would trade or not with the clock. Long before its expiry it is refused as well as after it."""
    closes_at = market.rules.closes_at
    for expiry in (0, community.chain.now() - 1, closes_at - 1):
        order = order_of(alice, expiry=expiry)
        with reverts_with("Order_ExpiresEarly", 0, expiry, closes_at):
            relay([order], [market.signature(alice, order)])


@pytest.mark.parametrize("order_of", [buy, sell])
def test_takes_an_order_that_expires_with_the_gate(markets, relay, market, alice, order_of):
    order = order_of(alice, expiry=market.rules.closes_at)
    relay([order], [market.signature(alice, order)])
    assert markets.batchCount(market.id) == 1


def test_who_carries_a_later_order_first_kills_the_earlier_one_on_another_page_alone(relay, custody, market, alice):
    """What IOrderBook says of a relayer: on one page it has no such choice, and the next nonce that counts is told."""
    first, same_page, later = (buy(alice, nonce=nonce) for nonce in (30, 31, 32))
    for order in (same_page, first, later):
        relay([order], [market.signature(alice, order)])
    killed = buy(alice, nonce=29)
    with reverts_with("Accounts_NonceUsed", alice, Side.BUY, 29):
        relay([killed], [market.signature(alice, killed)])
    assert used_nonces(custody, alice, Side.BUY, (32, 33)) == [32]


def test_refuses_after_the_gate_has_closed(relay, community, market, alice):
    order = buy(alice)
    community.chain.request("evm_setNextBlockTimestamp", market.rules.closes_at)
    with reverts_with("Market_GateClosed", market.id, market.rules.closes_at):
        relay([order], [market.signature(alice, order)])


def test_takes_orders_until_the_last_second(markets, relay, community, market, alice):
    order = buy(alice)
    community.chain.request("evm_setNextBlockTimestamp", market.rules.closes_at - 1)
    relay([order], [market.signature(alice, order)])
    assert markets.batchCount(market.id) == 1


def test_refuses_an_unknown_market(book, community, alice):
    order = buy(alice)
    unknown = keccak(text="no market")
    signature = sign(alice.account, community.domain("OrderBook"), *order.message(unknown))
    with reverts_with("Market_Unknown", unknown):
        book.placeSigned(unknown, [order.pack()], [compact(signature)], [], by(alice))


def test_refuses_a_trader_who_is_not_admitted(relay, market, alice):
    nobody = replace(alice, account=Account.create())
    order = sell(nobody)
    with reverts_with("Order_TraderNotActive", 0, nobody):
        relay([order], [market.signature(nobody, order)])


def test_refuses_a_suspended_trader(relay, community, market, alice):
    until = community.chain.now() + 1_000
    for auditor in community.auditors[:2]:
        community.send(auditor, "ParticipantRegistry", "suspend", alice.address, until, "meter under repair")
    order = buy(alice)
    with reverts_with("Order_TraderNotActive", 0, alice):
        relay([order], [market.signature(alice, order)])


def test_refuses_a_buyer_without_the_money(relay, custody, market, alice):
    free, _ = money_of(custody, alice)
    most_wh = free // 100
    orders = [buy(alice, energy_wh=most_wh), buy(alice, nonce=2, energy_wh=10)]
    signatures = [market.signature(alice, order) for order in orders]
    with reverts_with("Accounts_InsufficientBalance", alice, free - most_wh * 100, 1_000):
        relay(orders, signatures)
    relay(orders[:1], signatures[:1])
    assert money_of(custody, alice)[0] == free - most_wh * 100


def test_carries_a_batch_of_both_sides(relay, book, custody, market, alice, bob, carol, stranger):
    orders = [sell(carol), buy(alice), buy(bob, energy_wh=3_000)]
    tx = relay(orders, [market.signature(t, o) for t, o in zip([carol, alice, bob], orders, strict=True)])
    packed = [replace(order, person=market.community.person_of(order.trader)).pack() for order in orders]
    assert tx.return_value == 0
    assert tx.events["OrdersPlaced"]["relayer"] == stranger
    assert [tuple(words) for words in tx.events["OrdersPlaced"]["orders"]] == packed
    assert bytes(book.batchState(market.id, 0)["root"]) == order_tree(packed).root
    assert [custody.heldOf(t.address) for t in (alice, bob, carol)] == [100_000, 300_000, 0]


@pytest.fixture
def smart_account(SmartAccount, points, community, custody, deployer):
    """A contract with an owner's key, admitted as a participant, with 0.1 points in its wallet."""
    owner = key("owner of a smart account")
    account = deployer.deploy(SmartAccount, owner.address)
    registry = community.addresses["ParticipantRegistry"]
    application = community.interfaces["ParticipantRegistry"].encode_call("applyFor", [keccak(text="attributes")])
    account.execute(registry, application, by(owner))
    community.admit_applicants([account.address], [500_000])
    points.mint(account, 100_000, keccak(text="deposit of a smart account"), by(community.utility))
    account.execute(points, points.approve.encode_input(custody, 100_000), by(owner))
    account.execute(custody, custody.deposit.encode_input(100_000), by(owner))
    return account, owner


@pytest.fixture
def signed_by(community, market):
    """A key's signature of an order, whoever its trader is."""
    return lambda key, order: sign(key, community.domain("OrderBook"), *order.message(market.id))


def test_takes_the_signature_of_a_contract_account(relay, custody, alice, smart_account, signed_by):
    account, owner = smart_account
    order = buy(account)
    with reverts_with("Order_BadSignature", 0, account):
        relay([order], [signed_by(alice.account, order)])
    relay([order], [signed_by(owner, order)])
    assert money_of(custody, account) == (0, 100_000)


def test_a_contract_account_cannot_sign_as_a_key(relay_words, smart_account, signed_by):
    """The key of its owner is not the account."""
    account, owner = smart_account
    order = buy(account)
    with reverts_with("Order_BadSignature", 0, account):
        relay_words([order], [compact(signed_by(owner, order))])


@pytest.mark.parametrize("index", [1, 2**32, 2**256 - 1])
def test_refuses_a_signature_of_a_contract_account_that_is_not_there(relay_words, smart_account, signed_by, index):
    account, owner = smart_account
    order = buy(account)
    with reverts_with("Order_BadSignature", 0, account):
        relay_words([order], [entry(index)], [signed_by(owner, order)])
    with reverts_with("Order_BadSignature", 0, account):
        relay_words([order], [entry(0)])


def test_carries_keys_and_contract_accounts_together(
    relay, relay_words, book, custody, market, alice, carol, smart_account, signed_by
):
    account, owner = smart_account
    orders = [buy(account, energy_wh=400), buy(alice), buy(account, energy_wh=600, nonce=2), sell(carol)]
    keys = [owner, alice.account, owner, carol.account]
    signatures = [signed_by(key, order) for key, order in zip(keys, orders, strict=True)]
    # Each contract's signature counts for its own order alone, wherever it stands among the others.
    of_keys = compact(signatures[1]), compact(signatures[3])
    of_contracts = [signatures[2], signatures[0]]
    with reverts_with("Order_BadSignature", 0, account):
        relay_words(orders, [entry(0), of_keys[0], entry(1), of_keys[1]], of_contracts)
    with reverts_with("Order_BadSignature", 3, carol):
        relay_words(orders, [entry(1), of_keys[0], entry(0), entry(0)], of_contracts)
    relay_words(orders, [entry(1), of_keys[0], entry(0), of_keys[1]], of_contracts)
    kept = [replace(order, person=market.community.person_of(order.trader)).pack() for order in orders]
    assert bytes(book.batchState(market.id, 0)["root"]) == order_tree(kept).root
    assert [custody.heldOf(trader.address) for trader in (account, alice, carol)] == [100_000, 100_000, 0]


def test_finds_the_places_of_contract_accounts_by_itself(
    relay, custody, market, alice, carol, smart_account, signed_by
):
    """What the library makes of signatures that nobody has sorted."""
    account, owner = smart_account
    orders = [buy(alice), buy(account, energy_wh=400), sell(carol), buy(account, energy_wh=600, nonce=2)]
    keys = [alice.account, owner, carol.account, owner]
    relay(orders, [signed_by(key, order) for key, order in zip(keys, orders, strict=True)])
    assert money_of(custody, account) == (0, 100_000)
