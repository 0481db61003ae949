"""Bugs seeded into what a chunk of trades may be, and into the exhaustive proof."""

import pytest

from testkit.mutants import Mutant
from testkit.stateful.canaries import find

MECHANISMS = "contracts/clearing/mechanisms"
SATISFACTION = f"{MECHANISMS}/satisfaction"
LEGS = "contracts/clearing/libraries/Legs.sol"

MUTANTS = (
    Mutant(
        "a skipped limit check",
        "SatisfactionMatching",
        f"{SATISFACTION}/Satisfaction.sol",
        "if (h < l) return (false, 0);",
        "if (h < l) return (true, 0);",
    ),
    Mutant(
        "a sweep that passes over too much",
        "RoundProver",
        f"{SATISFACTION}/PairSweep.sol",
        "sub(999999, mload(buyer))",
        "sub(499999, mload(buyer))",
    ),
    Mutant(
        "a proof that stops one row early",
        "RoundProver",
        f"{SATISFACTION}/RoundProof.sol",
        "for (uint256 r = from; r < to; ++r)",
        "for (uint256 r = from + 1; r < to; ++r)",
    ),
    Mutant(
        "an order used twice in a chunk",
        "SatisfactionMatching",
        LEGS,
        "require(Wh.unwrap(leg.filled) == 0, IClearing.Clearing_OrderUsedTwice(leg.id));",
        "",
    ),
    Mutant(
        "a pair that trades twice",
        "SatisfactionMatching",
        f"{MECHANISMS}/Mechanism.sol",
        "require(link > last, IClearing.Clearing_LinkNotRising(buyId, sellId));",
        "",
    ),
    Mutant(
        "a person who trades with itself",
        "SatisfactionMatching",
        f"{SATISFACTION}/Satisfaction.sol",
        "if ((buyTerms ^ sellTerms) >> PERSON_SHIFT == 0) return false;",
        "",
    ),
    Mutant(
        "accounts told apart instead of persons",
        "SatisfactionMatching",
        f"{SATISFACTION}/Satisfaction.sol",
        "if ((buyTerms ^ sellTerms) >> PERSON_SHIFT == 0) return false;",
        "if ((buy.head ^ sell.head) >> 96 == 0) return false;",
    ),
    Mutant(
        "a proof that tells accounts apart instead of persons",
        "RoundProver",
        f"{SATISFACTION}/Satisfaction.sol",
        "if ((buyTerms ^ sellTerms) >> PERSON_SHIFT == 0) return false;",
        "if ((buy.head ^ sell.head) >> 96 == 0) return false;",
    ),
    Mutant(
        "a trade below the least fill",
        "SatisfactionMatching",
        f"{SATISFACTION}/Satisfaction.sol",
        "return traded >= wanted * ((buyTerms >> FILL_SHIFT) & ONE_FILL)",
        "return traded >= 0",
    ),
    Mutant(
        "an order filled beyond its energy",
        "SatisfactionMatching",
        LEGS,
        "require(!(energy > left), IClearing.Clearing_Overfilled(leg.id, left, energy));",
        "",
    ),
    Mutant(
        "an order marked without a trade",
        "SatisfactionMatching",
        LEGS,
        "require(leg.filled > leg.before, IClearing.Clearing_OrderUnused(leg.id));",
        "",
    ),
    Mutant(
        "a price above the bid",
        "SatisfactionMatching",
        f"{SATISFACTION}/SatisfactionMatching.sol",
        "rule == PriceRule.PayAsBid ? buy.price()",
        "rule == PriceRule.PayAsBid ? Price.wrap(Price.unwrap(buy.price()) + 1)",
    ),
    Mutant(
        "dual prices one below the score",
        "SatisfactionMatching",
        f"{SATISFACTION}/SatisfactionMatching.sol",
        "require(duals >= score,",
        "require(duals + 1 >= score,",
    ),
    Mutant(
        "a challenge that takes u + v = w",
        "SatisfactionMatching",
        f"{SATISFACTION}/SatisfactionMatching.sol",
        "eligible && duals < score,",
        "eligible && duals <= score,",
    ),
    Mutant(
        "a one-to-one trade that holds the whole reservation",
        "SatisfactionMatching",
        LEGS,
        "return valueDown(pair.energy, pair.buy.price());",
        "return valueDown(pair.buy.energy(), pair.buy.price());",
    ),
    Mutant(
        "a limit that is the expectation",
        "RoundProver",
        f"{SATISFACTION}/PairSweep.sol",
        "if (span == 0) continue;",
        "",
    ),
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_machine_finds(mutant, compiled):
    find(mutant, compiled)
