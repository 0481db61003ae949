"""The diagrams of states are what the contracts do: every step in every state, taken or refused."""

import pytest

from testkit.diagrams.credentials import CredentialLife
from testkit.diagrams.devices import DeviceLife
from testkit.diagrams.page import diagram_in
from testkit.diagrams.participants import MotionLife, ParticipantLife
from testkit.diagrams.walk import walk
from toolchain.places import ROOT

DIAGRAMS = {
    "participant": ("docs/membership.md", "From application to exit", ParticipantLife),
    "motion": ("docs/membership.md", "Motions", MotionLife),
    "credential": ("docs/membership.md", "Credentials", CredentialLife),
    "device": ("docs/devices.md", "States", DeviceLife),
}


@pytest.mark.parametrize("what", DIAGRAMS)
def test_the_contracts_take_the_edges_and_refuse_everything_else(what):
    page, heading, life_of = DIAGRAMS[what]
    drawn = diagram_in(page, heading)
    life = life_of().life()
    taken, states, errors = walk(life)
    assert states == {state for edge in drawn for state in (edge.before, edge.after)}
    assert {edge.action for edge in drawn} == set(life.actions)
    assert taken - drawn == set(), "the contracts take what the diagram does not have"
    assert drawn - taken == set(), "the diagram has what the contracts refuse"
    text = (ROOT / page).read_text(encoding="utf-8")
    assert {error for error in errors if f"`{error}`" not in text} == set(), "refused for a reason that the page lacks"


def test_a_diagram_is_read_with_the_names_that_a_reader_sees(tmp_path, monkeypatch):
    (tmp_path / "page.md").write_text(
        '## One\n\n```mermaid\nstateDiagram-v2\n    state "put up" as up\n    [*] --> up: do (who), do it\n'
        "    up --> [*]\n```\n"
    )
    monkeypatch.setattr("testkit.diagrams.page.ROOT", tmp_path)
    assert diagram_in("page.md", "One") == {("none", "do", "put up"), ("none", "do it", "put up")}
