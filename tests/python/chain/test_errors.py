"""Every error has a why and a remedy, on the page and in the raised error."""

import re
from pathlib import Path

import pytest
from eth_abi import encode

from powerpact.chain.artifacts import CONTRACTS, artifact
from powerpact.chain.remedies import ADVICE
from powerpact.chain.reverts import known_errors, revert_error
from powerpact.codec.abi import Interface, Signature
from tools.errors_page import contract_errors, library_errors, render

ROOT = Path(__file__).parents[3]
BEYOND_THE_ABI = {"Error", "Panic", "Unknown"}
DEPLOYED = sorted(contract_errors())


def test_the_page_is_what_the_code_says():
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    assert page == render(), "run: python -m tools.errors_page"


def test_the_table_has_exactly_the_errors_of_the_contracts():
    assert set(ADVICE) - BEYOND_THE_ABI == set(DEPLOYED)


def test_every_error_of_the_library_has_a_remedy_on_the_page():
    errors = library_errors()
    assert len(errors) > 30
    assert not [name for name, error in errors.items() if "advice" not in vars(error)]


@pytest.mark.parametrize("name", DEPLOYED)
def test_an_error_of_a_contract_is_raised_with_its_arguments_why_and_remedy(name):
    signature: Signature = next(known for known in known_errors().values() if known.name == name)
    values = [_example(type_) for type_ in signature.types]
    error = revert_error(signature.selector + encode(signature.types, values))
    assert error.name == name
    assert list(error.arguments) == list(signature.names)
    assert (error.why, error.remedy) == ADVICE[name]
    assert error.why
    assert error.remedy
    assert name in str(error)


def raised(name, *values):
    signature: Signature = next(known for known in known_errors().values() if known.name == name)
    return revert_error(signature.selector + encode(signature.types, values))


def test_numbers_are_told_in_words():
    """States have their names, moments their date beside the number, orders and points their own form."""
    who = "0x" + 40 * "1"
    assert "have=active, needed=leaving" in str(raised("Registry_WrongStatus", who, 2, 4))
    late = str(raised("Clearing_GateOpen", bytes(32), 1_795_902_900))
    assert re.search(r"closesAt=1795902900 \(2026-11-2\d \d\d:\d\d [+-]\d\d:\d\d\)", late)
    assert "have=7700 (0.0077 points)" in str(raised("Accounts_InsufficientBalance", who, 7_700, 8_000))
    assert "id=3:17" in str(raised("Order_AlreadyClosed", bytes(32), 785))
    assert "slotLength=3600)" in str(raised("Metering_SlotMisaligned", 0, 7, 1_795_902_900, 3_600))


@pytest.mark.parametrize(
    ("called", "error"),
    [
        ("Accounts", "ERC20InsufficientAllowance"),
        ("OrderBook", "Accounts_InsufficientBalance"),
        ("OrderBook", "Mandate_TooMuch"),
        ("Clearing", "Satisfaction_BetterPair"),
        ("Refutations", "Satisfaction_PairCovered"),
        ("Settlement", "Metering_WrongReading"),
        ("Settlement", "Device_NotMarket"),
    ],
)
def test_the_interface_of_a_contract_has_the_errors_that_pass_through_it(called, error):
    assert error in Interface(artifact(called).abi).errors


def test_an_interface_has_no_error_twice():
    for name in CONTRACTS:
        selectors = [Signature.of(entry).selector for entry in artifact(name).abi if entry["type"] == "error"]
        assert len(selectors) == len(set(selectors)), name


def test_who_applies_twice_is_told_to_wait():
    again = raised("Registry_WrongStatus", "0x" + 40 * "1", 1, 0)
    assert "applied already" in str(again)
    assert "Wait for the auditors' votes" in again.remedy


def test_what_require_and_panic_say_is_kept():
    assert revert_error(bytes.fromhex("08c379a0") + encode(["string"], ["no"])).arguments == {"message": "no"}
    assert revert_error(bytes.fromhex("4e487b71") + encode(["uint256"], [0x11])).arguments == {"code": 0x11}


@pytest.mark.parametrize("data", [b"", b"\x01", b"\xde\xad\xbe\xef" + bytes(32), bytes.fromhex("4e487b71") + b"\x01"])
def test_data_that_no_error_has_is_kept_raw(data):
    error = revert_error(data)
    assert error.name == "Unknown"
    assert error.arguments == {"data": data}
    assert error.remedy


def _example(type_):
    if type_ == "address":
        return "0x90F79bf6EB2c4f870365E785982E1f101E93b906"
    if type_ == "string":
        return "text"
    if type_.startswith("bytes"):
        return b"\x01" * int(type_[5:])
    return 1
