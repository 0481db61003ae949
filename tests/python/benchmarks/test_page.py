"""The page of results shows what the records hold, and its tables are well formed."""

import json

from benchmarks import page, solver
from benchmarks.comparison import require_agreement
from benchmarks.grid import Grid
from benchmarks.places import RESULTS


def test_markdown_of_a_table():
    assert Grid("Times", ("step", "gas"), [["post", "1 000"]]).markdown() == (
        "### Times\n\n| step | gas |\n| --- | --: |\n| post | 1 000 |\n"
    )


def test_the_page_is_that_of_the_records():
    written = (RESULTS / "README.md").read_text()
    for grid in page.grids():
        assert grid.markdown() in written, f"{grid.title}: make the page again with ./run bench"


def test_what_follows_from_the_recorded_rows():
    record = json.loads(solver.RECORD.read_text())
    assert solver.record_of(record["runs"], record["first_calls"], record["rows"]) == record
    assert solver.PICTURE.read_text() == solver.picture(record["rows"])


def test_each_row_names_a_recorded_run():
    record = json.loads(solver.RECORD.read_text())
    named = {row["run"] for row in (*record["rows"], *record["first_calls"])}
    assert named == {run["recorded"] for run in record["runs"]}


def test_all_runs_had_the_same_rounds():
    require_agreement(json.loads(solver.RECORD.read_text())["rows"])
