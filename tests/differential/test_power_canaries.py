"""Bugs that give somebody more power than the table says: the market day must find each of them."""

import pytest

from testkit.mutants import Mutant
from testkit.powers.trials import try_everything

SEEDED = {
    "Accounts.holdBond: a stranger succeeds, not refused with Accounts_NotClearing": Mutant(
        "a bond held at anybody's word",
        "Accounts",
        "contracts/accounts/Accounts.sol",
        "function holdBond(address agent, Points points) external onlyClearing {",
        "function holdBond(address agent, Points points) external {",
    ),
    "DeviceRegistry.decertify: k - 1 auditors changes devices": Mutant(
        "a device stopped by one vote less than decides",
        "DeviceRegistry",
        "contracts/registry/DeviceRecords.sol",
        "if (count == threshold) {\n            _certifications[id].withdrawn = true;",
        "if (count + 1 == threshold) {\n            _certifications[id].withdrawn = true;",
    ),
    "Settlement.veto: k - 1 auditors changes points": Mutant(
        "a trade vetoed by one vote less than decides",
        "Settlement",
        "contracts/settlement/Vetoes.sol",
        "return count == threshold;",
        "return count + 1 == threshold;",
    ),
    "PowerPoints.mint: the utility succeeds with something invented": Mutant(
        "points issued twice for a deposit",
        "PowerPoints",
        "contracts/tokens/PowerPoints.sol",
        "isDepositUsed[depositRef] = true;",
        "",
    ),
    "Metering.report: one auditor succeeds with something invented": Mutant(
        "a reading that anybody signs",
        "Metering",
        "contracts/metering/libraries/ReadingRules.sol",
        "if (signer != key || signer == address(0))",
        "if (signer == address(0))",
    ),
    "Subnets.flag: a stranger succeeds, not refused with Subnet_NotAuditor": Mutant(
        "a vote of anybody about lots",
        "Subnets",
        "contracts/registry/Subnets.sol",
        """require(seat != 0, Subnet_NotAuditor(msg.sender));
        --seat;""",
        "if (seat != 0) --seat;",
    ),
    "RouterBatches.commit: a stranger succeeds with something invented": Mutant(
        "a batch that anybody signs",
        "RouterBatches",
        "contracts/metering/RouterBatches.sol",
        "require(signer == key && signer != address(0), Router_BadSignature(router, key, signer));",
        "require(signer != address(0), Router_BadSignature(router, key, signer));",
    ),
}


@pytest.mark.parametrize("fault", SEEDED)
def test_a_seeded_power_is_found(fault):
    faults = try_everything(SEEDED[fault].artifacts()).faults
    assert any(found.startswith(fault) for found in faults), faults
