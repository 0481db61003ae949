"""What moves held money or uses nonces is for the contracts of the market alone."""

import pytest

from powerpact.market.orders import Side
from testkit.market_fixtures import by
from testkit.orders import buy, sell
from testkit.reverts import reverts_with


@pytest.fixture(params=["stranger", "alice", "auditor", "utility", "deployer", "EscrowWallets", "Metering"])
def caller(request, community, alice, stranger):
    people = {
        "stranger": stranger.address,
        "alice": alice.address,
        "auditor": community.auditors[0].address,
        "utility": community.utility.address,
        "deployer": community.deployer.address,
    }
    return people.get(request.param) or community.addresses[request.param]


FOR_THE_ORDER_BOOK = {
    "admit": lambda trader, market: ([buy(trader).pack(), sell(trader).pack()],),
    "cancelNonces": lambda trader, market: (trader.address, Side.BUY, 0, 1),
    "release": lambda trader, market: ([trader.address], [1]),
}

FOR_CLEARING = {
    "lock": lambda trader, market: (market.id, 1),
    "holdBond": lambda trader, market: (trader.address, 1),
    "releaseBond": lambda trader, market: (trader.address, 1),
    "forfeitBond": lambda trader, market: (trader.address, 1, trader.address),
}


@pytest.mark.parametrize("function", FOR_THE_ORDER_BOOK)
def test_only_the_order_book_calls(escrow, market, alice, caller, function):
    with reverts_with("Escrow_NotOrderBook", caller):
        getattr(escrow, function)(*FOR_THE_ORDER_BOOK[function](alice, market), by(caller))


@pytest.mark.parametrize("function", FOR_CLEARING)
def test_only_clearing_calls(escrow, market, alice, caller, function):
    with reverts_with("Escrow_NotClearing", caller):
        getattr(escrow, function)(*FOR_CLEARING[function](alice, market), by(caller))


def test_neither_does_what_is_the_others(escrow, community, market, alice):
    book, clearing = community.addresses["OrderBook"], community.addresses["Clearing"]
    for function, arguments in FOR_CLEARING.items():
        with reverts_with("Escrow_NotClearing", book):
            getattr(escrow, function)(*arguments(alice, market), by(book))
    for function, arguments in FOR_THE_ORDER_BOOK.items():
        with reverts_with("Escrow_NotOrderBook", clearing):
            getattr(escrow, function)(*arguments(alice, market), by(clearing))
