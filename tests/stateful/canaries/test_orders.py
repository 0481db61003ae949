"""Bugs seeded into the order book, nonces and what a device promises."""

import pytest

from testkit.mutants import Mutant
from testkit.stateful.canaries import find

BOOK = "contracts/market/OrderBook.sol"
ACCOUNTS = "contracts/accounts/Accounts.sol"
DEVICES = "contracts/registry/DeviceRegistry.sol"

MUTANTS = (
    Mutant(
        "a release in part that frees too much",
        "OrderBook",
        BOOK,
        "valueDown(order.energy(), order.price()) - valueDown(traded, order.price());",
        "valueDown(order.energy(), order.price());",
    ),
    Mutant(
        "a reservation that is not released",
        "OrderBook",
        BOOK,
        "uint256 count = returned.count++;",
        "uint256 count = returned.count;",
    ),
    Mutant(
        "an order of a suspended trader",
        "OrderBook",
        BOOK,
        "require(admission.isActive(), Order_TraderNotActive(i, order.trader()));",
        "",
    ),
    Mutant(
        "an order that does not say whose it is",
        "OrderBook",
        BOOK,
        "order.terms |= admission.personInTerms();",
        "",
    ),
    Mutant(
        "a nonce used twice",
        "Accounts",
        ACCOUNTS,
        "if (!isNew) _refuseNonce(trader, Side.Buy, wallet.nonces(), order.nonce());",
        "",
    ),
    Mutant(
        "a cancelled sell order that leaves its nonce",
        "OrderBook",
        BOOK,
        "ACCOUNTS.cancelNonces(msg.sender, Side.Sell, page, mask);",
        "",
    ),
    Mutant(
        "a cancelled sell order relayed again",
        "Accounts",
        ACCOUNTS,
        "if (!isNew) _refuseNonce(trader, Side.Sell, nonces, order.nonce());",
        "",
    ),
    Mutant(
        "a device that sells a slot twice",
        "DeviceRegistry",
        DEVICES,
        "require(mark & UNDECIDED == 0, Device_Undecided(index, id, side, slot));",
        "",
    ),
    Mutant(
        "an order decided that stays undecided",
        "DeviceRegistry",
        DEVICES,
        "[id >> 7] ^ (UNDECIDED << shift);",
        "[id >> 7] | (UNDECIDED << shift);",
    ),
    Mutant(
        "a page of nonces that is not closed",
        "Accounts",
        "contracts/types/Nonces.sol",
        "return (page > open && page <= open + MOST_PAGES, ",
        "return (page <= open + MOST_PAGES, ",
    ),
    Mutant(
        "nonces of an earlier page that seem unused",
        "Accounts",
        "contracts/types/Nonces.sol",
        "return page < open || (page == open && uint32(raw) & mask != 0);",
        "return page == open && uint32(raw) & mask != 0;",
    ),
    Mutant(
        "a page cancelled far ahead",
        "Accounts",
        "contracts/accounts/Accounts.sol",
        "require(!nonces.isFar(page), Accounts_NonceFar(trader, side, firstOf(page), lastOf(nonces)));",
        "",
    ),
    Mutant(
        "fewer signatures than orders",
        "OrderBook",
        "contracts/market/OrderBook.sol",
        "require(orders.length == signatures.length, Order_LengthMismatch(orders.length, signatures.length));",
        "",
    ),
    Mutant(
        "an order cancelled that is not the one in the book",
        "OrderBook",
        "contracts/market/OrderBook.sol",
        "verify(market, placed);\n",
        "\n",
    ),
    Mutant(
        "an order that accepts in advance",
        "OrderBook",
        "contracts/market/libraries/OrderRules.sol",
        "if (unused != 0) _refuseUnused(index, order, form);",
        "",
    ),
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_machine_finds(mutant, compiled):
    find(mutant, compiled)
