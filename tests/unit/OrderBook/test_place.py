"""`place`: a trader posts one order."""

from powerpact.chain.packing import order_tree
from tests.helpers.orders import buy, sell
from tests.helpers.reverts import reverts_with
from tests.unit.market_fixtures import by


def test_only_the_trader_places(book, market, alice, bob):
    with reverts_with("Order_NotTrader", alice, bob):
        book.place(market.id, buy(alice).pack(), by(bob))


def test_records_the_order_and_reserves(book, escrow, market, alice):
    order = buy(alice)
    free, held = escrow.walletOf(alice.address)
    tx = book.place(market.id, order.pack(), by(alice))
    assert tx.return_value == 0
    assert tx.events["OrdersPlaced"]["carrier"] == alice.address
    assert escrow.walletOf(alice.address) == (free - 100_000, held + 100_000)
    assert book.batchState(market.id, 0) == (f"0x{order_tree([order.pack()]).root.hex()}", 0)
