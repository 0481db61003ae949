"""Views of the book, and what only Releases may do."""

from testkit.market_fixtures import by
from testkit.orders import buy, sell
from testkit.reverts import reverts_with


def test_only_releases_releases_orders(book, community, market, alice, stranger):
    market.post([buy(alice)], [alice])
    modules = [community.addresses[name] for name in ("Settlement", "Clearing")]
    for caller in (stranger, alice, community.auditors[0], *modules):
        with reverts_with("Order_NotReleaser", caller):
            book.release(market.id, [market.placed(0)], [0], by(caller))


def test_verify_knows_what_is_in_the_book(book, market, alice, carol):
    market.post([buy(alice), sell(carol), buy(alice, nonce=2)], [alice, carol, alice])
    for id_ in range(3):
        book.verify(market.id, market.placed(id_))


def test_verify_refuses_anything_else(book, market, alice, carol):
    market.post([buy(alice), sell(carol)], [alice, carol])
    id_, order, siblings = market.placed(0)
    with reverts_with("Order_Unknown", market.id, 1):
        book.verify(market.id, (1, order, siblings))
    with reverts_with("Order_Unknown", market.id, 1 << 8):
        book.verify(market.id, (1 << 8, order, siblings))
    with reverts_with("Order_Unknown", market.id, id_):
        book.verify(market.id, (id_, order._replace(terms=order.terms + 1), siblings))


def test_an_inner_node_is_no_order(book, market, alice, carol):
    """A second preimage: the two lowest nodes of the tree, offered as if they were the one leaf below the root."""
    market.post([buy(alice), sell(carol)], [alice, carol])
    id_, order, _ = market.placed(0)
    with reverts_with("Order_Unknown", market.id, id_):
        book.verify(market.id, (id_, order, []))


def test_an_unknown_batch_is_empty(markets, book, market):
    root, closed = book.batchState(market.id, 7)
    assert (bytes(root), closed) == (bytes(32), 0)
    assert markets.batchCount(market.id) == 0
