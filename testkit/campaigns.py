"""Results of campaigns for tests."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from toolchain.results import Code, Machine, Result

CODE = Code("abc1234" + 33 * "0", None)
RESULT = Result(
    campaign="bench",
    part="part",
    command=("python", "-m", "benchmarks", "part"),
    state="done",
    exit_code=0,
    started="2026-01-01T09:00:00.000+00:00",
    ended="2026-01-01T10:00:00.000+00:00",
    seconds=3_600.0,
    code=CODE,
    machine=Machine("Some CPU", 2, "Linux", 0.25),
    versions={"python": "3.12.1", "numpy": "2.4.6", "numba": "0.68.1", "scipy": "1.17.1", "ortools": "9.15.6755"},
    measurements=[{"size": 1}],
)


def result(measurements: Sequence[dict[str, Any]], **others: Any) -> Result:
    """A result of some measurements, whatever else it says."""
    return replace(RESULT, measurements=list(measurements), **others)
