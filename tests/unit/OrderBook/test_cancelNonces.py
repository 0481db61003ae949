"""`cancelNonces`: signed orders that are not posted yet can be made worthless."""

from tests.helpers.orders import buy
from tests.helpers.reverts import reverts_with
from tests.unit.market_fixtures import by


def test_a_cancelled_nonce_can_never_be_posted(book, market, alice, stranger):
    order = buy(alice, nonce=257)
    signature = market.signature(alice, order)
    tx = book.cancelNonces(1, 0b10, by(alice))
    assert dict(tx.events["NoncesCancelled"]) == {"trader": alice.address, "word": 1, "mask": 0b10}
    with reverts_with("Order_NonceUsed", 0, alice, 257):
        book.placeSigned(market.id, [order.pack()], [signature], {"from": stranger})


def test_other_nonces_and_other_traders_stay_free(book, alice, bob):
    book.cancelNonces(0, 0b100, by(alice))
    book.cancelNonces(0, 0b1000, by(alice))
    assert [book.isNonceUsed(alice.address, nonce) for nonce in range(5)] == [False, False, True, True, False]
    assert not book.isNonceUsed(alice.address, 256 + 2)
    assert not book.isNonceUsed(bob.address, 2)


def test_one_call_cancels_256_nonces(book, alice):
    book.cancelNonces(3, 2**256 - 1, by(alice))
    assert [book.isNonceUsed(alice.address, nonce) for nonce in (767, 768, 1023, 1024)] == [False, True, True, False]
