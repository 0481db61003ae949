"""No call of a registry grows with its members."""

import json

from benchmarks import members
from testkit.campaigns import result

FEW, MORE = 60, 120


def test_no_call_grows():
    few, more = members.run((FEW, MORE))
    assert (few["members"], more["members"]) == (FEW, MORE)
    # The number of a motion may have another zero byte.
    assert {call: gas - few["gas"][call] for call, gas in more["gas"].items() if abs(gas - few["gas"][call]) > 24} == {}
    assert min(few["gas"].values()) > 21_000


def test_measuring_changes_nothing():
    town = members.Town()
    town.fill(FEW)
    assert town.measure() == town.measure()
    assert town.registry.read("Motions", "motionCount") == 1
    assert town.registry.read("ParticipantRegistry", "personCount") == FEW


def test_a_result_becomes_the_record(tmp_path, monkeypatch):
    monkeypatch.setattr(members, "RECORD", tmp_path / "members.json")
    rows = [{"members": n, "seconds": 1.0, "gas": {"apply": 47_173, "object": 38_729 + n}} for n in (100, 100_000)]
    members.renew(result(rows))
    (grid,) = members.recorded(json.loads(members.RECORD.read_text()))
    assert "| apply | 47 173 | 47 173 |" in grid.markdown()
    assert "100 000 members" in grid.markdown()
