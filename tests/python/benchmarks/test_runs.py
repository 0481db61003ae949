"""A run says when, where and with what."""

from importlib.metadata import version

from benchmarks import runs
from testkit.campaigns import CODE, result
from toolchain.results import Code


def test_a_run_is_that_of_its_result():
    run = runs.run_of(result([]))
    assert run["recorded"] == "2026-01-01T10:00:00.000+00:00"
    assert run["machine"] == {"processor": "Some CPU", "cores": 2, "system": "Linux"}
    assert run["versions"]["numpy"] == "2.4.6"
    assert runs.grid([("gas.json", 1, run)]).rows == [
        [
            *("gas.json", "1", "2026-01-01 10:00", "2 cores of Some CPU, Linux", "abc1234"),
            "python 3.12.1, numpy 2.4.6, numba 0.68.1, scipy 1.17.1, ortools 9.15.6755",
        ]
    ]


def test_the_code_is_named_by_its_commit():
    def named(code):
        return runs.run_of(result([], code=code))["versions"]["powerpact"]

    assert named(CODE) == "abc1234"
    assert named(Code(CODE.commit, "0123")) == "abc1234 with changes"
    assert named(Code(None, None)) == version("powerpact")
