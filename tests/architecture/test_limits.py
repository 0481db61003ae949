"""Files, functions and contracts stay small enough to be read and to grow.

Each list of exceptions only ever gets shorter: an entry whose reason is gone fails as well.
"""

import pytest

from powerpact.chain.artifacts import CONTRACTS, artifact
from testkit.sources import (
    Function,
    python_files,
    python_functions,
    relative,
    solidity_files,
    solidity_functions,
)

MAX_CONTRACT_BYTES = 18_000  # of the 24 576 that EIP-170 allows
MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 50  # without the docstring

LARGE_CONTRACTS: set[str] = set()
LONG_FILES = {
    "interfaces/clearing/IClearing.sol",
    "powerpact/chain/remedies.py",
    "powerpact/market/rules.py",
    "testkit/market.py",
    "tests/forge/AccountsHandler.sol",
}
LONG_FUNCTIONS = {("contracts/clearing/mechanisms/satisfaction/PairSweep.sol", "_skip")}


def deployed_sizes() -> dict[str, int]:
    """By contract of a deployment: the bytes of its code."""
    return {name: len(artifact(name).runtime) for name in CONTRACTS}


def long_functions() -> set[tuple[str, str]]:
    """All functions above the limit: file and name."""
    readers = [(python_files(), python_functions), (solidity_files(), solidity_functions)]
    return {
        (relative(path), function.name)
        for paths, functions_of in readers
        for path in paths
        for function in functions_of(path.read_text())
        if function.lines > MAX_FUNCTION_LINES
    }


def test_contracts_leave_room():
    sizes = deployed_sizes()
    assert sizes["PowerPoints"] > 1_000
    assert {name: size for name, size in sizes.items() if size > MAX_CONTRACT_BYTES}.keys() == LARGE_CONTRACTS


def test_files_are_short():
    paths = [*python_files(), *solidity_files()]
    lines = {relative(path): path.read_text().count("\n") for path in paths}
    assert {name for name, count in lines.items() if count > MAX_FILE_LINES} == LONG_FILES


def test_functions_are_short():
    assert long_functions() == LONG_FUNCTIONS


@pytest.mark.parametrize(
    ("functions_of", "source", "found"),
    [
        (
            solidity_functions,
            'contract A {\n  function f(\n    uint a\n  ) external {\n    g("}"); // }\n  }\n  function g();\n}',
            [Function("f", 5)],
        ),
        (
            solidity_functions,
            "contract A {\n  constructor() {\n    if (x) {\n    }\n  }\n  modifier m() { _; }\n}\n",
            [Function("constructor", 4), Function("m", 1)],
        ),
        (
            python_functions,
            "class A:\n  def f(self):\n    '''Say.\n\n    More.'''\n    def g():\n      return 1\n    return g\n",
            [Function("A.f", 4), Function("A.f.g", 2)],
        ),
    ],
)
def test_lines_are_counted(functions_of, source, found):
    assert list(functions_of(source)) == found
