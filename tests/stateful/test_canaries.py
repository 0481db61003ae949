"""Bugs seeded into the contracts, one at a time: the machine must find each of them."""

import pytest

from powerpact.chain.errors import ContractError
from tests.helpers.chains import EvmChain
from tests.helpers.mutants import Mutant
from tests.stateful.machine import run_machine
from tests.stateful.stage import community_on

EXAMPLES = 300
STEPS = 30

LIBRARIES = "contracts/market/libraries"
BOOK = "contracts/market/OrderBook.sol"
CLEARING = "contracts/market/Clearing.sol"
ESCROW = "contracts/settlement/EscrowWallets.sol"
METERING = "contracts/metering/Metering.sol"

MUTANTS = (
    Mutant(
        "a skipped limit check",
        "Clearing",
        f"{LIBRARIES}/Satisfaction.sol",
        "if (h < l) return (false, 0);",
        "if (h < l) return (true, 0);",
    ),
    Mutant(
        "a sweep that passes over too much",
        "Clearing",
        f"{LIBRARIES}/PairSweep.sol",
        "sub(999999, mload(buyer))",
        "sub(499999, mload(buyer))",
    ),
    Mutant(
        "a proof that stops one row early",
        "Clearing",
        f"{LIBRARIES}/RoundProof.sol",
        "for (uint256 r = from; r < to; ++r)",
        "for (uint256 r = from + 1; r < to; ++r)",
    ),
    Mutant(
        "an order used twice",
        "Clearing",
        CLEARING,
        "require(traded & bit == 0, Clearing_OrderUsedTwice(order));",
        "",
    ),
    Mutant(
        "a price above the bid",
        "Clearing",
        CLEARING,
        "rule == PriceRule.PayAsBid ? buy.price()",
        "rule == PriceRule.PayAsBid ? Price.wrap(Price.unwrap(buy.price()) + 1)",
    ),
    Mutant(
        "a dual price off by one",
        "Clearing",
        CLEARING,
        "Ppm.wrap(Ppm.unwrap(score) - Ppm.unwrap(dual))",
        "Ppm.wrap(Ppm.unwrap(score) - Ppm.unwrap(dual) + 1)",
    ),
    Mutant(
        "a trade settled twice",
        "EscrowWallets",
        ESCROW,
        "require(bits & bit == 0, Escrow_AlreadySettled(id));",
        "",
    ),
    Mutant(
        "a refund before its time",
        "EscrowWallets",
        ESCROW,
        "block.timestamp >= round.rules.refundFrom",
        "block.timestamp >= round.rules.slotStart",
    ),
    Mutant(
        "a rest of the reservation that stays held",
        "EscrowWallets",
        ESCROW,
        "Wallet({free: wallet.free + free, held: wallet.held - held})",
        "Wallet({free: wallet.free + free, held: wallet.held - free})",
    ),
    Mutant(
        "a reservation that is not released",
        "OrderBook",
        BOOK,
        "if (order.side() == Side.Buy) _add(freed, order);",
        "if (order.side() == Side.Buy && block.timestamp < 0) _add(freed, order);",
    ),
    Mutant(
        "an order of a suspended trader",
        "OrderBook",
        BOOK,
        "require(active, Order_TraderNotActive(i, order.trader()));",
        "",
    ),
    Mutant(
        "a nonce used twice",
        "OrderBook",
        BOOK,
        "require(bits & bit == 0, Order_NonceUsed(index, trader, nonce));",
        "",
    ),
    Mutant(
        "certificates minted twice",
        "Metering",
        METERING,
        "require(!isIssued(device, slotStart), Metering_AlreadyIssued(device, slotStart));",
        "",
    ),
    Mutant(
        "certificates for more than was delivered",
        "Metering",
        METERING,
        "_mint(buyer, device, slotStart, delivered);",
        "_mint(buyer, device, slotStart, sold);",
    ),
    Mutant(
        "a slot reported twice",
        "Metering",
        METERING,
        "if (slotStart <= meter.slotStart)",
        "if (slotStart < meter.slotStart)",
    ),
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_machine_finds(mutant):
    community = community_on(EvmChain(), artifacts=mutant.artifacts())
    with pytest.raises((AssertionError, ContractError)) as found:
        run_machine(community, EXAMPLES, STEPS, shrink=False, derandomize=True)
    print(f"{mutant.name}: {found.value}")
