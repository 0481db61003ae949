"""Charts put values where they belong."""

import re
from xml.etree import ElementTree

from benchmarks.chart import Panel, Point, chart


def centres(drawn):
    """Where the dots of the lines are."""
    panels = ElementTree.fromstring(drawn).findall("{*}g")
    return [
        [(float(dot.get("cx")), float(dot.get("cy"))) for dot in panel.iterfind(".//{*}circle")] for panel in panels
    ]


def test_equal_ratios_are_equal_distances():
    drawn = chart(
        "A & B",
        [Panel("one", {"ours": [Point(10, 1), Point(100, 10), Point(1_000, 100)]})],
        "orders",
        "seconds",
        columns=1,
    )
    ((first, second, third),) = centres(drawn)
    assert abs((second[0] - first[0]) - (third[0] - second[0])) < 0.1
    assert abs((first[1] - second[1]) - (second[1] - third[1])) < 0.1
    assert "A &amp; B" in drawn


def test_a_linear_axis_begins_at_zero():
    drawn = chart(
        "gas", [Panel("one", {"ours": [Point(10, 50), Point(100, 100)]})], "orders", "gas", columns=1, log_y=False
    )
    ((low, high),) = centres(drawn)
    labels = ElementTree.fromstring(drawn).findall(".//{*}text")
    zero = next(float(label.get("y")) - 4 for label in labels if label.text == "0")
    assert abs((zero - low[1]) * 2 - (zero - high[1])) < 0.2


def test_a_name_has_one_colour_in_all_panels():
    panels = [Panel("one", {"a": [Point(1, 1)], "b": [Point(2, 2)]}), Panel("two", {"b": [Point(1, 3)]})]
    colours = re.findall(r'<polyline points="[^"]+" stroke="(#\w+)"', chart("x", panels, "x", "y", columns=2))
    assert len(colours) == 3
    assert colours[1] == colours[2] != colours[0]


def test_a_long_key_takes_more_lines():
    def height(names):
        drawn = chart("x", [Panel("one", {name: [Point(1, 1), Point(2, 2)] for name in names})], "x", "y", columns=1)
        return float(ElementTree.fromstring(drawn).get("viewBox").split()[3])

    assert height(["a name of some length", "another of the same", "and a third one"]) > height(["a", "b", "c"])


def test_points_of_different_runs_are_told_apart():
    lines = {
        "ours": [Point(1, 1, "monday"), Point(10, 2, "monday"), Point(100, 3, "tuesday")],
        "theirs": [Point(1, 2, "monday"), Point(10, 3, "tuesday")],
    }
    drawn = ElementTree.fromstring(chart("x", [Panel("one", lines)], "x", "y", columns=1))
    ours, theirs = drawn.findall("{*}g/{*}g")
    assert [stroke.get("stroke-dasharray") is None for stroke in ours.iterfind("{*}polyline")] == [True, True, False]
    assert [dot.get("class") for dot in ours.iterfind("{*}circle")] == [None, None, None]
    assert [dot.get("class") for dot in theirs.iterfind("{*}circle")] == [None, "apart"]
