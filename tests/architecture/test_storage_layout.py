"""The sums above packed structs are those of the compiler."""

import json
import re
import subprocess
from pathlib import Path

import pytest

from toolchain.places import environment, solc

PROJECT = Path(__file__).resolve().parents[2]
SLOT = re.compile(r"slot (\d+): ([\d +]+?)(?: = (\d+))?(?=[;.\n])")
STRUCT = re.compile(r"((?:^ *//[^\n]*\n)*) *struct (\w+) \{(.*?)^ *\}", re.MULTILINE | re.DOTALL)


def slots_of(name: str, comments: str) -> dict[int, list[int]]:
    """The sizes in bytes that a struct's comments give for each slot; what they say twice must agree."""
    found: dict[int, list[int]] = {}
    for n, terms, total in SLOT.findall(comments):
        sizes = [int(size) for size in terms.split("+")]
        assert not total or int(total) == sum(sizes), f"the sum of slot {n} of {name} is wrong"
        assert found.setdefault(int(n), sizes) == sizes, f"slot {n} of {name} is given twice and differs"
    return found


def stated() -> dict[str, dict[int, list[int]]]:
    """By struct: the sizes in bytes that its comments give for each slot."""
    found: dict[str, dict[int, list[int]]] = {}
    for folder in ("contracts", "interfaces"):
        for source in sorted((PROJECT / folder).rglob("*.sol")):
            for above, name, body in STRUCT.findall(source.read_text()):
                if slots := slots_of(name, above + body):
                    assert found.setdefault(name, slots) == slots, f"two structs {name} differ"
    return found


def layouts() -> list[dict]:
    """The storage layout of every contract, by the compiler; nothing is translated, so this takes seconds."""
    sources = {path.relative_to(PROJECT).as_posix(): path for path in sorted((PROJECT / "contracts").rglob("*.sol"))}
    job = {
        "language": "Solidity",
        "sources": {name: {"content": path.read_text()} for name, path in sources.items()},
        "settings": {
            "remappings": ["@openzeppelin/=node_modules/@openzeppelin/"],
            "outputSelection": {"*": {"*": ["storageLayout"]}},
        },
    }
    command = [str(solc()), "--standard-json"]
    done = subprocess.run(
        command, input=json.dumps(job), capture_output=True, text=True, check=True, cwd=PROJECT, env=environment()
    )
    answer = json.loads(done.stdout)
    faults = [error["formattedMessage"] for error in answer.get("errors", []) if error["severity"] == "error"]
    assert not faults, faults[0]
    return [contract["storageLayout"] for name in sources for contract in answer["contracts"].get(name, {}).values()]


def compiled() -> dict[str, dict[int, list[int]]]:
    """By struct in a contract's storage: the sizes in bytes of its members in each slot, by the compiler."""
    found = {}
    for layout in layouts():
        types = layout.get("types") or {}
        for entry in types.values():
            if not entry["label"].startswith("struct "):
                continue
            slots: dict[int, list[int]] = {}
            for member in entry.get("members", []):
                slots.setdefault(int(member["slot"]), []).append(int(types[member["type"]]["numberOfBytes"]))
            found[entry["label"].removeprefix("struct ").rpartition(".")[2]] = slots
    return found


STATED = stated()
COMPILED = compiled()


def test_packed_structs_state_their_slots():
    packed = {name for name, slots in COMPILED.items() if any(len(members) > 1 for members in slots.values())}
    assert {"Certification", "Correction", "Fill", "Market", "Proposal", "TrackRecord"} <= packed
    assert packed - {"Checkpoint208"} <= set(STATED)  # of OpenZeppelin


@pytest.mark.parametrize("name", sorted(STATED))
def test_the_sums_are_those_of_the_compiler(name):
    assert STATED[name] == COMPILED[name]


@pytest.mark.parametrize(
    ("comments", "fault"),
    [
        ("/// slot 3: 16 + 5 + 1 = 22\n// slot 3: 12 + 12 + 8 = 32\n", "given twice"),
        ("// slot 0: 20 + 4 = 25\n", "is wrong"),
    ],
)
def test_comments_that_contradict_are_found(comments, fault):
    with pytest.raises(AssertionError, match=fault):
        slots_of("Sample", comments)
