"""The script that makes the data file checks its source and writes the same bytes twice."""

from __future__ import annotations

import importlib.util
import io
import sys
import zipfile
from importlib.resources import files
from pathlib import Path

import numpy as np
import pytest

SCRIPT = Path(__file__).parents[3] / "tools" / "reduce_citylearn.py"


@pytest.fixture(scope="module")
def script():
    spec = importlib.util.spec_from_file_location("reduce_citylearn", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def arrays():
    with files("powerpact.simulation.data").joinpath("citylearn2022.npz").open("rb") as stream:
        archive = np.load(stream, allow_pickle=False)
        return {name: archive[name] for name in archive.files}


def test_committed_arrays_written_again_are_the_same(script, arrays, tmp_path):
    first, second = tmp_path / "1.npz", tmp_path / "2.npz"
    script.write(arrays, first)
    script.write(arrays, second)
    assert first.read_bytes() == second.read_bytes()
    with np.load(first) as again:
        assert list(again.files) == list(arrays)
        assert all((again[name] == arrays[name]).all() and again[name].dtype == arrays[name].dtype for name in arrays)


def test_another_wheel_is_refused(script, tmp_path, monkeypatch):
    wheel = tmp_path / "CityLearn-2.1.2-py3-none-any.whl"
    wheel.write_bytes(b"not it")
    monkeypatch.setattr(sys, "argv", ["reduce_citylearn.py", str(wheel), str(tmp_path / "out.npz")])
    with pytest.raises(SystemExit, match=r"SHA-256 is .*, expected 95730b1d"):
        script.main()
    assert not (tmp_path / "out.npz").exists()


def calendar(script, hours):
    moments = [np.datetime64("2016-08-01T00") + np.timedelta64(hour, "h") for hour in range(hours)]
    labelled = [moment.item() for moment in moments]
    before = [(moment - np.timedelta64(1, "h")).item() for moment in moments]
    days = [day if moment.hour == 0 else moment for moment, day in zip(labelled, before, strict=True)]
    return {
        "Month": [f"{day.month}.0" for day in days],
        "Hour": [f"{moment.hour or 24}.0" for moment in labelled],
        "Day Type": [f"{day.isoweekday()}.0" for day in days],
    }


def test_calendar(script):
    script.check_calendar(calendar(script, 60), "Building_1")


def test_shifted_calendar_is_refused(script):
    table = calendar(script, 60)
    table["Hour"] = table["Hour"][1:] + table["Hour"][:1]
    with pytest.raises(SystemExit, match="Building_1, row 2"):
        script.check_calendar(table, "Building_1")


@pytest.mark.parametrize("value", [-1.0, 65536.0, float("nan"), float("inf")])
def test_values_that_do_not_fit_are_refused(script, value):
    with pytest.raises(SystemExit, match="Building_1 load: values from"):
        script.to_uint16(np.array([5.0, value]), "Building_1 load")


def test_values_are_rounded(script):
    assert script.to_uint16(np.array([0.49, 0.51, 65535.4]), "x").tolist() == [0, 1, 65535]


def test_truncated_table_is_refused(script):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as wheel:
        wheel.writestr(f"{script.FOLDER}/Building_1.csv", "Month,Hour\n7,24\n")
    with zipfile.ZipFile(data) as wheel, pytest.raises(SystemExit, match=r"Building_1\.csv: 1 rows, expected 8760"):
        script.read_table(wheel, "Building_1.csv")
