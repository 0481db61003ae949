"""Bugs seeded into what waits of a lost bond, and into who may call what."""

import pytest

from testkit.mutants import Mutant
from testkit.stateful.canaries import find

REFUTATIONS = "contracts/clearing/Refutations.sol"

MUTANTS = (
    Mutant(
        "a commitment that copies a challenge",
        "Refutations",
        REFUTATIONS,
        " && commitment.madeIn < refutation.madeIn,",
        ",",
    ),
    Mutant(
        "a later commitment that takes the place of an earlier one",
        "Refutations",
        REFUTATIONS,
        "refutation.number == 0 || commitment.number < refutation.number,",
        "true,",
    ),
    Mutant(
        "an award in the time to reveal",
        "Refutations",
        REFUTATIONS,
        "require(block.timestamp > refutation.until, Refutations_RevealRuns(id, refutation.until));",
        "",
    ),
    Mutant(
        "certificates that anybody mints",
        "GreenCertificates",
        "contracts/tokens/GreenCertificates.sol",
        "require(msg.sender == DELIVERIES, Certificates_NotDeliveries(msg.sender));",
        "",
    ),
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_machine_finds(mutant, compiled):
    find(mutant, compiled)
