"""The diagram of a device's life is the one that the machine of random steps plays, and its commands exist."""

import re

from testkit.stateful.lives import BOUND, CERTIFIED, DECERTIFIED, DISTRUSTED, EDGES, RETIRED
from toolchain.places import ROOT

PAGE = (ROOT / "docs/devices.md").read_text(encoding="utf-8")
NAMES = {
    "bound": BOUND,
    "certified": CERTIFIED,
    "distrusted": DISTRUSTED,
    "retired": RETIRED,
    "decertified": DECERTIFIED,
}


def test_the_diagram_has_the_edges_that_are_played():
    edges = re.findall(r"^    (\w+) --> (\w+):", PAGE, re.MULTILINE)
    assert len(edges) == len(set(edges)) == len(EDGES)
    assert {(NAMES[before], NAMES[after]) for before, after in edges} == set(EDGES)


def test_the_names_of_states_are_those_of_the_machine():
    aliases = dict(re.findall(r'state "([\w ]+)" as (\w+)', PAGE))
    assert aliases == {BOUND: "bound", DISTRUSTED: "distrusted"}


def test_its_commands_exist():
    from powerpact.cli.devices import devices_group

    named = set(re.findall(r"powerpact device (\w+)", PAGE))
    known = {command.name or command.callback.__name__ for command in devices_group.registered_commands}
    assert named <= known
    assert {"rotate", "distrust", "offer", "accept", "describe"} <= named
