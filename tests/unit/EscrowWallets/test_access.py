"""`reserve`, `release` and `lock` are for the contracts of the market alone."""

import pytest

from tests.helpers.reverts import reverts_with
from tests.unit.market_fixtures import by


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


def test_only_the_order_book_reserves_and_releases(escrow, alice, caller):
    with reverts_with("Escrow_NotOrderBook", caller):
        escrow.reserve([alice.address], [1], by(caller))
    with reverts_with("Escrow_NotOrderBook", caller):
        escrow.release([alice.address], [1], by(caller))


def test_only_clearing_locks(escrow, market, caller):
    with reverts_with("Escrow_NotClearing", caller):
        escrow.lock(market.id, 1, by(caller))


def test_the_order_book_locks_nothing_and_clearing_reserves_nothing(escrow, community, market, alice):
    book, clearing = community.addresses["OrderBook"], community.addresses["Clearing"]
    with reverts_with("Escrow_NotClearing", book):
        escrow.lock(market.id, 1, by(book))
    with reverts_with("Escrow_NotOrderBook", clearing):
        escrow.reserve([alice.address], [1], by(clearing))
