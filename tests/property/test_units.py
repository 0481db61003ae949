"""The table in the documentation is the one that Python uses."""

from pathlib import Path

import numpy as np

from powerpact.units import MAX_SCORE_PPM, PPM, QUANTITIES, value_down_upoints

PAGE = Path(__file__).parents[2] / "docs" / "units.md"


def test_documented_table_is_the_one_in_use():
    rows = [line.strip("|").split("|") for line in PAGE.read_text().splitlines() if line.startswith("|")]
    documented = [tuple(cell.strip().strip("`") for cell in row) for row in rows[2:]]
    used = [(q.name, q.unit, q.solidity, q.dtype, str(q.maximum), q.rounding) for q in QUANTITIES]
    assert documented == used


def test_types_hold_their_largest_values():
    for quantity in QUANTITIES:
        assert quantity.maximum < 2 ** int(quantity.solidity.removeprefix("uint"))
        if quantity.dtype != "int":
            assert quantity.maximum <= np.iinfo(quantity.dtype).max


def test_largest_score_is_both_sides_satisfied():
    assert MAX_SCORE_PPM == 2 * PPM


def test_value_is_rounded_for_the_buyer():
    assert value_down_upoints(1_999, 1_001) == 2_000
    assert value_down_upoints(2**64 - 1, 2**32 - 1) == (2**64 - 1) * (2**32 - 1) // 1_000
