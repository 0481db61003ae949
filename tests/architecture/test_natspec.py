"""Who reads an interface alone knows what the contract promises: every function, error and event is documented."""

import re
from dataclasses import dataclass

import pytest

from testkit.sources import solidity_files
from toolchain.places import ROOT

# Interfaces whose documentation is not complete yet: the list only ever gets shorter.
UNFINISHED: set[str] = set()

ITEM = re.compile(
    r"((?:^[ \t]*///[^\n]*\n)*)^[ \t]*(function|event|error)\s+(\w+)\s*\(([^)]*)\)([^;{]*)[;{]", re.MULTILINE
)
NUMBERS = re.compile(r"u?int\d*|Wh|Price|Points|Ppm")
# What a number counts or is measured in, or how large it can be.
UNIT = re.compile(
    r"\b(Wh|ppm|micro-points|seconds|wei|ids?|index|indices|numbers?|count|codes?|bits?|bitmap|mask|place|page|row|nonce"
    r"|version|votes|at most|at least|up to|from)\b|\d",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Item:
    """A function, event or error, and what is written above it."""

    kind: str
    name: str
    parameters: tuple[tuple[str, str], ...]  # type and name
    natspec: str

    def about(self, parameter: str) -> str | None:
        """What is said about a parameter, None if nothing is."""
        found = re.search(rf"@param {parameter}\b\s*(.*?)(?=@|\Z)", self.natspec, re.DOTALL)
        return found[1].strip() if found else None

    @property
    def notice(self) -> str:
        """What is said about it as a whole."""
        found = re.search(r"(?:@notice|@inheritdoc)\s+(.*?)(?=@(?:param|return|dev)|\Z)", self.natspec, re.DOTALL)
        return found[1].strip() if found else ""


def items_of(source: str) -> list[Item]:
    """All that an interface declares, in order."""
    found = []
    for above, kind, name, parameters, _ in ITEM.findall(source):
        split = [part.split() for part in re.sub(r"//[^\n]*", "", parameters).split(",") if part.strip()]
        natspec = " ".join(re.sub(r"^[ \t]*///", "", line).strip() for line in above.splitlines())
        found.append(Item(kind, name, tuple((words[0], words[-1]) for words in split), natspec))
    return found


def faults_of(item: Item) -> list[str]:
    """What its documentation lacks."""
    where = f"{item.kind} {item.name}"
    faults = [] if item.notice else [f"{where} has no @notice"]
    if item.kind == "error" and not item.notice.startswith("Thrown when "):
        faults.append(f"{where} does not say 'Thrown when …'")
    if item.kind != "function":
        return faults
    for type_, name in item.parameters:
        said = item.about(name)
        if not said:
            faults.append(f"{where} has no @param {name}")
        elif name != "id" and NUMBERS.fullmatch(type_.removesuffix("[]")) and not UNIT.search(said):
            faults.append(f"{where}: @param {name} has neither a unit nor a bound")
    return faults


INTERFACES = {path.stem: path for path in solidity_files("interfaces")}


@pytest.mark.parametrize("name", sorted(INTERFACES))
def test_interfaces_are_documented(name):
    items = items_of(INTERFACES[name].read_text())
    assert items, "the reader finds nothing"
    faults = [fault for item in items for fault in faults_of(item)]
    if name in UNFINISHED:
        assert faults, f"{name} is complete: remove it from UNFINISHED"
    else:
        assert not faults


def test_the_list_names_interfaces_that_exist():
    assert set(INTERFACES) >= UNFINISHED


def test_contracts_say_what_they_implement():
    """An external function of a deployed contract is documented in its interface, which it names."""
    silent = []
    for path in solidity_files("contracts"):
        text = path.read_text()
        if "contracts/testing" in str(path) or not re.search(r"^(?:abstract )?contract ", text, re.MULTILINE):
            continue
        for above, name, tail in re.findall(
            r"((?:^[ \t]*//[^\n]*\n)*)^[ \t]*function (\w+)\([^)]*\)([^{;]*)\{", text, re.MULTILINE
        ):
            if re.search(r"\b(external|public)\b", tail) and "@inheritdoc" not in above and "@notice" not in above:
                silent.append(f"{path.relative_to(ROOT)}: {name}")
    assert not silent


SAMPLE = """
interface ISample {
    /// @notice Thrown when nothing is left.
    error Sample_Empty();

    error Sample_Bare(uint256 have);

    /// @notice The vessel was filled.
    event Filled(uint256 indexed id, Wh energy);

    /// @notice Fills it.
    /// @param energy What goes in, Wh; at most
    /// what fits.
    /// @param speed How fast.
    /// @param id The vessel's.
    function fill(
        Wh energy, // not said here
        uint32 speed,
        uint256 id
    ) external;
}
"""


def test_the_reader_sees_what_is_missing():
    empty, bare, filled, fill = items_of(SAMPLE)
    assert not faults_of(empty)
    assert len(faults_of(bare)) == 2
    assert not faults_of(filled)
    assert fill.about("energy") == "What goes in, Wh; at most what fits."
    assert faults_of(fill) == ["function fill: @param speed has neither a unit nor a bound"]
