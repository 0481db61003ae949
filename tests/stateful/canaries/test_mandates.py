"""Bugs seeded into mandates, and into what the order book tells them."""

import pytest

from testkit.mutants import Mutant
from testkit.stateful.canaries import find

MANDATES = "contracts/market/Mandates.sol"
BOOK = "contracts/market/OrderBook.sol"
ACCOUNTS = "contracts/accounts/Accounts.sol"

MUTANTS = (
    Mutant(
        "a mandate with two open orders",
        "Mandates",
        MANDATES,
        "require(!isOpen, Mandate_OrderOpen(index, id, side));",
        "",
    ),
    Mutant(
        "a mandate without an end",
        "Mandates",
        MANDATES,
        "require(sum <= Wh.unwrap(most), Mandate_TooMuch(index, sum, most));",
        "",
    ),
    Mutant(
        "an order that anybody signs for the delegate",
        "Mandates",
        MANDATES,
        "fault == ECDSA.RecoverError.NoError && recovered == delegate,",
        "fault == ECDSA.RecoverError.NoError,",
    ),
    Mutant(
        "a signature of a delegate that counts twice",
        "Mandates",
        MANDATES,
        "_turns[number][market] += (1 | OPEN) << _turnShift(side);",
        "_turns[number][market] |= OPEN << _turnShift(side);",
    ),
    Mutant(
        "a revoked mandate in force",
        "Mandates",
        MANDATES,
        "require(!state.isRevoked, Mandate_Revoked(id));\n        require(number",
        "require(number",
    ),
    Mutant(
        "a bid above the mandate",
        "Mandates",
        MANDATES,
        "require(!(order.price() > bound), Mandate_OtherPrice(index, order.price(), bound));",
        "",
    ),
    Mutant(
        "a mandate revoked by anybody",
        "Mandates",
        MANDATES,
        "require(mandate.trader() == msg.sender, Mandate_NotTrader(mandate.trader(), msg.sender));",
        "",
    ),
    Mutant(
        "a former delegate who cancels",
        "Mandates",
        MANDATES,
        "return state.isRevoked ? address(0) : state.delegate;",
        "return state.delegate;",
    ),
    Mutant(
        "energy of a slot that is not given back",
        "Mandates",
        MANDATES,
        "_used[number][slots] -= uint256(Wh.unwrap(energy)) << shift;",
        "",
    ),
    Mutant(
        "a cancelled order that its mandate keeps",
        "OrderBook",
        BOOK,
        "if (order.isMandated()) {\n            MANDATES.giveBack",
        "if (false) {\n            MANDATES.giveBack",
    ),
    Mutant(
        "a mandated order that uses a nonce",
        "Accounts",
        ACCOUNTS,
        "if (!order.isMandated()) {\n            bool isNew;",
        "if (true) {\n            bool isNew;",
    ),
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_machine_finds(mutant, compiled):
    find(mutant, compiled)
