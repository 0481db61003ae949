"""The record of ``./run gateway``: what a bridge takes, and what arrives while everything around it is killed.

``python -m benchmarks.gateway RESULT...`` renews it from files of results; a part keeps what was measured last.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from benchmarks.places import RESULTS
from benchmarks.runs import run_of
from toolchain import results
from toolchain.places import write_whole
from toolchain.results import Result

RECORD = RESULTS / "gateway.json"
SCHEMA = "powerpact/bench-gateway/1"


def renew(found: Result) -> None:
    """Put a part's last measurement into the record, with the machine and its load before."""
    record: dict[str, Any] = json.loads(RECORD.read_text()) if RECORD.exists() else {"schema": SCHEMA}
    record[found.part] = {
        "run": run_of(found),
        "command": " ".join(found.command),
        "load_before": found.machine.load,
        **found.measurements[-1],
    }
    write_whole(RECORD, json.dumps(record, indent=1) + "\n")


def main(words: Sequence[str]) -> None:
    """Renew the record from files of results."""
    for path in words:
        found = results.load(Path(path))
        if found is not None and found.measurements:
            renew(found)
    print(f"record: {RECORD}")


if __name__ == "__main__":
    main(sys.argv[1:])
