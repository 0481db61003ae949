"""What a gateway's campaign measured last becomes its record, part by part."""

import json

from benchmarks import gateway
from testkit.campaigns import result
from toolchain import results


def test_results_become_the_record(tmp_path, monkeypatch):
    monkeypatch.setattr(gateway, "RECORD", tmp_path / "gateway.json")
    for name, measured in (("taken", {"a_second": 1}), ("killed", {"seconds": 9}), ("taken", {"a_second": 2})):
        results.save(tmp_path / f"{name}.json", result([{"seconds": 0}, measured], part=name))
        gateway.main([str(tmp_path / f"{name}.json"), str(tmp_path / "missing.json")])
    record = json.loads(gateway.RECORD.read_text())
    assert (record["taken"]["a_second"], record["killed"]["seconds"]) == (2, 9)
    assert record["killed"]["load_before"] == 0.25
    assert record["taken"]["run"]["machine"]["cores"] == 2
