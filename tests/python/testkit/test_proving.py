"""A lemma that can fail is not proven, and neither is one that nobody looked at to its end."""

import pytest

from testkit.proving import ENVIRONMENT, prove
from toolchain.install import prepare
from toolchain.places import solc

LEMMAS = """
pragma solidity ^0.8.27;

contract SomeProof {
    function check_right(uint128 a, uint128 b) public pure {
        assert(uint256(a) + b >= a);
    }

    function check_wrongOnce(uint256 word) public pure {
        assert(word != 1234567890);
    }

    function check_longerThanIsFollowed(uint8 count) public pure {
        uint256 passes = 0;
        for (uint256 k = 0; k < count; ++k) ++passes;
        assert(passes < 40);
    }
}
"""

SETTINGS = """
[profile.prove]
src = "tests/proofs"
test = "tests/proofs"
out = "out/prove"
cache_path = "cache/prove"
solc = "{solc}"
offline = true
optimizer = false
ast = true
extra_output = ["storageLayout", "metadata"]
"""


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "tests/proofs"
    folder.mkdir(parents=True)
    (folder / "Some.sol").write_text(LEMMAS)
    (tmp_path / "foundry.toml").write_text(SETTINGS.format(solc=solc()))
    prepare(ENVIRONMENT)
    return tmp_path


def test_what_can_fail_is_not_proven(project):
    lemmas, said = prove(project, ["SomeProof"], 20)
    proven = {lemma["lemma"]: lemma["proven"] for lemma in lemmas}
    assert proven == {
        "SomeProof.check_right": True,
        "SomeProof.check_wrongOnce": False,
        "SomeProof.check_longerThanIsFollowed": False,
    }, said
