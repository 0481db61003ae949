"""The power table beside the contracts: every function has an entry, and everyone can do exactly what it says."""

import pytest

from powerpact.chain.artifacts import CONTRACTS, artifact
from powerpact.chain.remedies import ADVICE
from testkit.powers.cast import DEPOSIT_UPOINTS, PURSE_UPOINTS, set_stage
from testkit.powers.guards import admitted, guarded_functions
from testkit.powers.table import POWERS, deployed_functions, functions_of, powers
from testkit.powers.terms import Role, State
from testkit.powers.trials import try_everything
from testkit.refusals import refused

ENTRIES = [pytest.param(power, id=f"{contract}.{function}") for contract, function, power in powers()]


@pytest.fixture(scope="module")
def trials():
    """A market day on which everyone tried everything."""
    return try_everything()


def test_every_function_that_changes_state_has_an_entry():
    assert {(contract, function) for contract, function, _ in powers()} == deployed_functions()


def test_no_function_has_the_name_of_another():
    for contract in CONTRACTS:
        names = functions_of(artifact(contract).abi)
        assert len(names) == len(set(names)), contract


@pytest.mark.parametrize("name", ["pause", "upgradeTo", "transferOwnership"])
def test_a_function_without_an_entry_is_found(name):
    added = {"type": "function", "name": name, "inputs": [], "outputs": [], "stateMutability": "nonpayable"}
    assert set(functions_of([*artifact("Accounts").abi, added])) - set(POWERS["Accounts"]) == {name}


def test_ether_that_a_contract_takes_is_found():
    assert functions_of([{"type": "receive", "stateMutability": "payable"}]) == ["receive"]


def test_no_contract_takes_ether():
    assert not [
        (contract, entry)
        for contract in CONTRACTS
        for entry in artifact(contract).abi
        if entry.get("stateMutability") == "payable"
    ]


@pytest.mark.parametrize("power", ENTRIES)
def test_an_entry_says_how_others_are_refused(power):
    assert power.is_open or power.refused
    assert {power.refused, power.forged} - {""} <= set(ADVICE)
    assert not power.signed or power.forged
    assert bool(power.contracts) == (Role.CONTRACT in power.by)
    assert power.limit.endswith(".")


@pytest.mark.parametrize("power", ENTRIES)
def test_what_anyone_may_call_needs_a_proof_or_binds_nobody(power):
    assert Role.ANYONE not in power.by or power.forged or not power.changes


def test_the_centre_has_the_powers_that_are_documented():
    of = {role: {state for _, _, power in powers() if role in power.by for state in power.changes} for role in Role}
    vetoed = {State.POINTS, State.TRADES}
    assert of[Role.AUDITOR] == {State.ADMISSIONS, State.DEVICES, State.MOTIONS, State.SUBNETS, State.HOLDS} | vetoed
    by_auditors = [(c, f) for c, f, power in powers() if Role.AUDITOR in power.by and vetoed & set(power.changes)]
    assert by_auditors == [("Settlement", "veto")]
    assert of[Role.UTILITY] == {State.POINTS}
    assert [(c, f) for c, f, power in powers() if Role.UTILITY in power.by] == [("PowerPoints", "mint")]
    assert of[Role.DEPLOYER] == set()


def test_everyone_can_do_exactly_what_the_table_says(trials):
    assert not trials.faults
    assert trials.count > 900


def test_the_day_shows_every_entry(trials):
    assert not trials.gaps()


def test_what_a_contract_changes_in_another_follows_from_its_own_functions():
    changed_by = {c: {s for p in POWERS[c].values() for s in p.changes} for c in POWERS}
    for contract, function, power in powers():
        for caller in power.contracts:
            assert set(power.changes) <= changed_by[caller], (contract, function, caller)


def test_a_full_custody_refuses_deposits_and_nothing_else():
    """The utility alone could issue that much."""
    stage = set_stage()
    community, grace = stage.community, stage.grace.account
    room = 2**96 - 1 - community.read("Accounts", "totalCredits")
    community.fund(community.utility, room)
    with refused("Accounts_WalletsFull", 2**96 - 1, 2**96 - 1):
        community.send(grace, "Accounts", "deposit", 1)
    community.send(grace, "Accounts", "withdraw", DEPOSIT_UPOINTS, grace.address)
    community.send(grace, "PowerPoints", "redeem", PURSE_UPOINTS, bytes(31) + b"1")


@pytest.mark.parametrize("contract", [contract for contract in CONTRACTS if guarded_functions(contract)])
def test_a_guard_lets_pass_the_contracts_of_the_table(contract):
    expected = {function: set(POWERS[contract][function].contracts) for function in guarded_functions(contract)}
    assert admitted(contract) == expected
