"""What `import powerpact` offers, and that all places state its version."""

import ast
import json
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions

import numpy as np
import pytest

import powerpact
from powerpact.errors import MalformedInput
from toolchain.places import ROOT

BESIDE_IMPORTS = {
    "coincurve": "eth-keys signs with it where it is installed",
    "tzdata": "zoneinfo reads it where the system has no database",
}
"""What the package needs without an import of it."""

ROUND = ROOT / "docs/example-round.json"
TWO_BY_ONE = {
    "attributes": {"price": "cost", "credibility": "income"},
    "bids": np.array([110_000, 95_000]),
    "expectations": np.array([[90_000, 900_000], [85_000, 800_000]]),
    "limits": np.array([[120_000, 500_000], [100_000, 200_000]]),
    "weights_ppm": np.array([[600_000, 400_000], [900_000, 100_000]]),
    "asks": np.array([100_000]),
    "minima": np.array([80_000]),
    "values": np.array([[100_000, 870_000]]),
    "categories": ("source", "grade"),
    "requirements": [("solar", None), (None, None)],
    "classes": [("solar", "A")],
    "buyer_energies_wh": np.array([1_200, 800]),
    "seller_energies_wh": np.array([1_500]),
}


def test_version_is_the_same_everywhere():
    changelog = re.search(r"^## (\d\S*)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[1]
    npm = json.loads((ROOT / "package.json").read_text())["version"]
    locked = json.loads((ROOT / "package-lock.json").read_text())["version"]
    command = subprocess.run(["powerpact", "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    assert {changelog, npm, locked, command} == {powerpact.__version__}


def test_the_package_takes_its_version_from_the_code():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert project["project"]["dynamic"] == ["version"]
    assert project["tool"]["setuptools"]["dynamic"]["version"]["attr"] == "powerpact.__version__"


def imported():
    """The top-level packages that the package imports anywhere, late or for types, with one file each."""
    found = {}
    for file in (ROOT / "powerpact").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.Import):
                found |= {alias.name.partition(".")[0]: file for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                found[node.module.partition(".")[0]] = file
    return {name: file for name, file in found.items() if name not in (*sys.stdlib_module_names, "powerpact")}


def test_what_the_package_imports_are_its_dependencies():
    """And nothing else is: a package that comes with another may stay away with its next version."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = {re.match(r"[\w-]+", requirement)[0] for requirement in project["dependencies"]}
    providers = {
        name: {provider.lower().replace("_", "-") for provider in packages_distributions()[name]} for name in imported()
    }
    missing = {name: str(file) for name, file in imported().items() if not providers[name] & named}
    assert missing == {}
    assert named - set(BESIDE_IMPORTS) <= set().union(*providers.values())
    assert set(BESIDE_IMPORTS) <= named


def test_importing_the_package_imports_nothing_heavy():
    script = "import sys, powerpact; print(*sorted({'numpy', 'numba', 'web3', 'scipy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == ""


def test_the_command_line_starts_without_arrays_and_without_the_chain():
    script = "import sys, powerpact.cli.app; print(*sorted({'numpy', 'numba', 'web3', 'scipy'} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == ""


def test_everything_that_is_offered_is_there_and_documented():
    for name in set(powerpact.__all__) - {"__version__"}:
        assert getattr(powerpact, name).__doc__


def test_what_is_imported_late_is_listed_and_nothing_else_is_found():
    assert set(powerpact.__all__) <= set(dir(powerpact))
    with pytest.raises(AttributeError, match="round_from_files"):
        powerpact.round_from_files  # noqa: B018


def test_a_round_from_arrays_is_the_round_of_its_file(tmp_path):
    made = powerpact.round_from_arrays(**TWO_BY_ONE, buyer_ids=["alice", "carol"], seller_ids=["bob"])
    text = json.loads(ROUND.read_text())
    text["sellers"] = [seller for seller in text["sellers"] if seller["id"] == "bob"]
    file = tmp_path / "round.json"
    file.write_text(json.dumps(text))
    read = powerpact.read_round(file)
    assert made.buyers == tuple(read.buyers)
    assert (made.attributes, made.categories, made.mode) == (read.attributes, read.categories, read.mode)
    assert len(made.sellers) == 1


def test_files_and_values_go_back_and_forth(tmp_path):
    example = powerpact.read_round(ROUND)
    solution = powerpact.solve(example)
    for name, thing in (("round.json", example), ("solution.json", solution)):
        (tmp_path / name).write_text(powerpact.to_json(thing))
    assert powerpact.read_round(tmp_path / "round.json") == example
    assert powerpact.read_solution(tmp_path / "solution.json", example) == solution


def test_equal_weights_and_numbered_ids_are_the_defaults():
    plain = {key: value for key, value in TWO_BY_ONE.items() if not key.endswith(("_ppm", "_wh"))}
    made = powerpact.round_from_arrays(**plain)
    assert [buyer.id for buyer in made.buyers] == ["b0", "b1"]
    assert [term.weight_ppm for term in made.buyers[0].soft] == [500_000, 500_000]
    assert made.sellers[0].energy_wh is None


def test_traders_and_least_shares_go_into_the_round():
    terms = {"buyer_min_fills_ppm": np.array([500_000, 0]), "seller_min_fills_ppm": [250_000]}
    made = powerpact.round_from_arrays(**TWO_BY_ONE, **terms, buyer_traders=["ann", None], seller_traders=["ann"])
    assert [buyer.person for buyer in made.buyers] == ["ann", "b1"]
    assert [order.min_fill_ppm for order in (*made.buyers, *made.sellers)] == [500_000, 0, 250_000]
    assert [trade.buyer for trade in powerpact.solve(made).trades] == ["b1"]
    others = powerpact.round_from_arrays(**TWO_BY_ONE, **terms, seller_traders=["ann"])
    assert [trade.buyer for trade in powerpact.solve(others).trades] == ["b0"]
    accounts = {"buyer_persons": ["one", None], "seller_traders": ["bob"], "seller_persons": ["one"]}
    several = powerpact.round_from_arrays(**TWO_BY_ONE, **terms, buyer_traders=["ann", None], **accounts)
    assert [trade.buyer for trade in powerpact.solve(several).trades] == ["b1"]


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({"bids": np.array([110_000.0, 95_000.0])}, r"buyers\[0\]\.bid"),
        ({"bids": np.array([-1, 95_000])}, r"buyers\[0\]\.bid"),
        ({"limits": np.array([[1, 2]])}, r"limits.*\(1, 2\).*\(2, 2\)"),
        ({"values": np.array([100_000, 870_000])}, "values"),
        ({"minima": np.array([100_001])}, r"sellers\[0\]\.min"),
        ({"weights_ppm": np.array([[600_000, 400_001], [1, 2]])}, "weights sum to 1000001"),
        ({"buyer_ids": ["alice"]}, "buyer_ids"),
        ({"buyer_ids": ["alice", "alice"]}, "alice"),
        ({"buyer_traders": ["ann"]}, "buyer_traders"),
        ({"seller_traders": [""]}, r"sellers\[0\]\.trader"),
        ({"buyer_min_fills_ppm": [1, 1_000_001]}, r"buyers\[1\]\.minFill"),
        ({"seller_min_fills_ppm": [1, 2]}, "seller_min_fills_ppm"),
        ({"seller_min_fills_ppm": [1], "mode": "divisible"}, r"sellers\[0\]\.minFill"),
        ({"classes": [("solar",)]}, "classes"),
        ({"requirements": [("solar", None)]}, "requirements"),
        ({"mode": "both"}, "mode"),
        ({"attributes": {"price": "cheap", "credibility": "income"}}, r"attributes\[0\]\.kind"),
    ],
)
def test_bad_arrays_are_refused_with_their_place(changes, found):
    with pytest.raises(MalformedInput, match=found):
        powerpact.round_from_arrays(**{**TWO_BY_ONE, **changes})


def test_what_is_no_round_is_refused():
    with pytest.raises(TypeError, match="dict"):
        powerpact.solve({})
