"""The page of results shows what the records hold, and its tables are well formed."""

import json

from benchmarks import page, solver
from benchmarks.grid import Grid
from benchmarks.places import RESULTS


def test_markdown_of_a_table():
    assert Grid("Times", ("step", "gas"), [["post", "1 000"]]).markdown() == (
        "### Times\n\n| step | gas |\n| --- | --: |\n| post | 1 000 |\n"
    )


def test_the_page_is_that_of_the_records():
    written = (RESULTS / "README.md").read_text()
    for grid in page.grids():
        assert grid.markdown() in written, f"{grid.title}: make the page anew with ./run bench"


def test_the_growth_is_that_of_the_recorded_times():
    record = json.loads(solver.RECORD.read_text())
    assert record["growth"] == solver.growth(record["rounds"])
    assert solver.PICTURE.read_text() == solver.picture(record["rounds"])


def test_recorded_ratios_are_those_of_the_recorded_times():
    for row in json.loads(solver.RECORD.read_text())["rounds"]:
        assert solver.compared(row) == row
