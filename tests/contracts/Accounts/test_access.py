"""What moves held money or uses nonces is for the contracts of the market alone."""

import pytest

from powerpact.market.orders import Side
from testkit.market_fixtures import by
from testkit.orders import buy, sell
from testkit.reverts import reverts_with


@pytest.fixture(params=["stranger", "alice", "auditor", "utility", "deployer", "Accounts", "Metering", "Releases"])
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
    "holdBond": lambda trader, market: (trader.address, 1),
    "releaseBond": lambda trader, market: (trader.address, 1),
    "burnBond": lambda trader, market: (trader.address, 1, trader.address, False),
}

FOR_SETTLEMENT = {
    "pay": lambda trader, market: ([(payment_entry(trader, 1), payment_entry(trader, 1), 0)],),
}


FOR_REFUTATIONS = {
    "award": lambda trader, market: (trader.address, trader.address, 1),
}


def payment_entry(trader, upoints):
    """The debit or credit of an account, as the settlement packs it."""
    return int(trader.address, 16) << 96 | upoints


@pytest.mark.parametrize("function", FOR_THE_ORDER_BOOK)
def test_only_the_order_book_calls(custody, market, alice, caller, function):
    with reverts_with("Accounts_NotOrderBook", caller):
        getattr(custody, function)(*FOR_THE_ORDER_BOOK[function](alice, market), by(caller))


@pytest.mark.parametrize("function", FOR_CLEARING)
def test_only_clearing_calls(custody, market, alice, caller, function):
    with reverts_with("Accounts_NotClearing", caller):
        getattr(custody, function)(*FOR_CLEARING[function](alice, market), by(caller))


@pytest.mark.parametrize("function", FOR_SETTLEMENT)
def test_only_the_settlement_calls(custody, market, alice, caller, function):
    with reverts_with("Accounts_NotSettlement", caller):
        getattr(custody, function)(*FOR_SETTLEMENT[function](alice, market), by(caller))


@pytest.mark.parametrize("function", FOR_REFUTATIONS)
def test_only_refutations_calls(custody, market, alice, caller, function):
    with reverts_with("Accounts_NotRefutations", caller):
        getattr(custody, function)(*FOR_REFUTATIONS[function](alice, market), by(caller))


MODULES = {
    "OrderBook": ("Accounts_NotOrderBook", FOR_THE_ORDER_BOOK),
    "Clearing": ("Accounts_NotClearing", FOR_CLEARING),
    "Settlement": ("Accounts_NotSettlement", FOR_SETTLEMENT),
    "Refutations": ("Accounts_NotRefutations", FOR_REFUTATIONS),
}


@pytest.mark.parametrize("module", MODULES)
def test_no_module_does_what_is_anothers(custody, community, market, alice, module):
    sender = community.addresses[module]
    for owner, (error, functions) in MODULES.items():
        for function, arguments in functions.items():
            if owner != module:
                with reverts_with(error, sender):
                    getattr(custody, function)(*arguments(alice, market), by(sender))
