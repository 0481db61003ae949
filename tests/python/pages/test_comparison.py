"""The picture of designs: well-formed, complete in itself, its bars as long as their values."""

import xml.etree.ElementTree as ET

import pytest

from powerpact.pages.comparison import NAME_WIDTH, NUMBER_WIDTH, WIDTH, Figure, compare_designs

SVG = "{http://www.w3.org/2000/svg}"
FULL = WIDTH - NAME_WIDTH - NUMBER_WIDTH


def bars(picture):
    return [float(rect.get("width")) for rect in picture.iter(f"{SVG}rect") if rect.get("class") == "bar"]


def test_bars_are_as_long_as_their_values():
    figure = Figure(
        "energy & more", 200, [("a", 200, "200 Wh"), ("b", 50, "50 Wh"), ("c", 0, "0 Wh"), ("d", None, "–")]
    )
    picture = ET.fromstring(compare_designs([figure], "designs <side by side>"))
    assert bars(picture) == [FULL, FULL / 4]
    assert [text.text for text in picture.iter(f"{SVG}text")][:3] == ["energy & more", "a", "200 Wh"]
    assert picture.get("aria-label") == "designs <side by side>"
    assert picture.find(f".//{SVG}style") is not None


@pytest.mark.parametrize(("most", "value"), [(0, 5), (10, 20), (10, -3)])
def test_a_bar_never_leaves_its_track(most, value):
    picture = ET.fromstring(compare_designs([Figure("x", most, [("a", value, "")])], ""))
    assert all(0 <= width <= FULL for width in bars(picture))


def test_figures_stand_below_one_another():
    one = Figure("x", 1, [("a", 1, "1")])
    heights = [float(ET.fromstring(compare_designs([one] * n, "")).get("viewBox").split()[3]) for n in (1, 2, 3)]
    assert heights[1] - heights[0] == heights[2] - heights[1] > 0
