"""`signerOf`, by the arithmetic in Solidity: the tests' chain has no precompile. tests/differential has one."""

import json

import pytest

from testkit.vectors import VECTORS

P256 = json.loads((VECTORS / "signing.json").read_text())["p256"]
NOBODY = "0x" + "00" * 20


@pytest.mark.parametrize("case", P256["refused"], ids=lambda case: case["what"])
def test_a_signature_that_does_not_hold_is_nobodys(device_keys, case):
    assert device_keys.signerOf(case["digest"], case["signature"]) == NOBODY


@pytest.mark.parametrize("case", P256["taken"], ids=lambda case: case["what"])
def test_knows_who_signed(device_keys, case):
    assert device_keys.signerOf(case["digest"], case["signature"]) == case["signer"]


def test_the_chain_has_no_precompile(device_keys):
    assert not device_keys.hasPrecompile()
