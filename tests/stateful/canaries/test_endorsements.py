"""Bugs seeded into endorsements."""

import pytest

from testkit.mutants import Mutant
from testkit.stateful.canaries import find

ENDORSEMENTS = "contracts/clearing/libraries/Endorsements.sol"
CLEARING = "contracts/clearing/Clearing.sol"
COMMITTEE = "contracts/shared/Committee.sol"

MUTANTS = (
    Mutant(
        "one endorsement less than the market asks for",
        "Clearing",
        ENDORSEMENTS,
        "votes.count() >= needed,",
        "votes.count() + 1 >= needed,",
    ),
    Mutant(
        "an endorsement counted twice",
        "Clearing",
        COMMITTEE,
        "return (word >> seat == 0, Votes.wrap(word | (1 << seat)));",
        "return (true, Votes.wrap(word << 1 | 1));",
    ),
    Mutant(
        "an endorsement by anybody",
        "Clearing",
        ENDORSEMENTS,
        "Signatures.isValid(endorsers[seat], digest, endorsements[i].signature),",
        "Signatures.recover(digest, endorsements[i].signature) != address(0),",
    ),
    Mutant(
        "an endorsement that does not name the agent",
        "Clearing",
        ENDORSEMENTS,
        "proposal.market, proposal.agent, trades,",
        "proposal.market, trades,",
    ),
    Mutant(
        "an endorsement that does not name the objective",
        "Clearing",
        ENDORSEMENTS,
        "trades, proposal.objective));",
        "trades));",
    ),
    Mutant(
        "endorsers who are not those of the market",
        "Clearing",
        ENDORSEMENTS,
        "require(keccak256(abi.encode(endorsers)) == listed, IClearing.Clearing_WrongEndorsers(market));",
        "",
    ),
    Mutant(
        "a draft proven past the endorsers",
        "Clearing",
        CLEARING,
        "(stored.status == Status.Draft && terms.endorsements() == 0),",
        "stored.status == Status.Draft,",
    ),
    Mutant(
        "a round cleared past the endorsers",
        "Clearing",
        CLEARING,
        "require(terms.endorsements() == 0, Clearing_TooFewEndorsements(market, 0, terms.endorsements()));",
        "",
    ),
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_machine_finds(mutant, compiled):
    find(mutant, compiled)
