"""The sums that stand above packed structs are those of the compiler."""

import json
import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
SLOT = re.compile(r"slot (\d+): ([\d +]+?)(?: = (\d+))?(?=[;.\n])")
STRUCT = re.compile(r"((?:^ *//[^\n]*\n)*) *struct (\w+) \{(.*?)^ *\}", re.MULTILINE | re.DOTALL)


def stated() -> dict[str, dict[int, list[int]]]:
    """By struct: the sizes in bytes that its comments give for each slot."""
    found = {}
    for folder in ("contracts", "interfaces"):
        for source in sorted((PROJECT / folder).rglob("*.sol")):
            for above, name, body in STRUCT.findall(source.read_text()):
                slots = {int(n): (sizes, total) for n, sizes, total in SLOT.findall(above + body)}
                if not slots:
                    continue
                found[name] = {n: [int(size) for size in sizes.split("+")] for n, (sizes, _) in slots.items()}
                for n, (_, total) in slots.items():
                    assert not total or int(total) == sum(found[name][n]), f"the sum of slot {n} of {name} is wrong"
    return found


def compiled() -> dict[str, dict[int, list[int]]]:
    """By struct in a contract's storage: the sizes in bytes of its members in each slot, by the compiler."""
    found = {}
    sources = sorted(source.name for source in (PROJECT / "contracts").rglob("*.sol"))
    for artifact in (path for name in sources for path in sorted((PROJECT / "out" / name).glob("*.json"))):
        types = (json.loads(artifact.read_text()).get("storageLayout") or {}).get("types") or {}
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
    assert {"Device", "Fill", "Market", "Meter", "Proposal", "TrackRecord"} <= packed
    assert packed <= set(STATED)


@pytest.mark.parametrize("name", sorted(STATED))
def test_the_sums_are_those_of_the_compiler(name):
    assert STATED[name] == COMPILED[name]
