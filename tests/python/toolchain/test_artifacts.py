"""A changed source, setting or library makes an artifact stale; nothing else does."""

import json

import pytest

from toolchain import artifacts
from tools import artifacts as maker


@pytest.fixture
def project(tmp_path, monkeypatch):
    """Give the artifacts their own project, with one contract of two sources."""
    (tmp_path / "contracts").mkdir()
    for name in ("A", "B", "Other"):
        (tmp_path / f"contracts/{name}.sol").write_text(f"contract {name} {{}}")
    for name in ("foundry.toml", "package-lock.json"):
        (tmp_path / name).write_bytes((artifacts.ROOT / name).read_bytes())
    monkeypatch.setattr(artifacts, "ROOT", tmp_path)
    monkeypatch.setattr(artifacts, "FOLDER", tmp_path)
    artifacts._surroundings.cache_clear()
    sources = ["contracts/A.sol", "contracts/B.sol"]
    made = {"contractName": "A", "digest": artifacts.digest(sources), "sources": sources}
    (tmp_path / "A.json").write_text(json.dumps(made))
    monkeypatch.setattr(artifacts, "contract_files", lambda: [tmp_path / "A.json"])
    yield tmp_path
    artifacts._surroundings.cache_clear()


def test_what_was_just_made_is_fresh(project):
    assert artifacts.changed() == []


@pytest.mark.parametrize(("source", "stale"), [("A", ["A"]), ("B", ["A"]), ("Other", [])])
def test_a_changed_source_is_noticed(project, source, stale):
    (project / f"contracts/{source}.sol").write_text("contract Changed {}")
    assert artifacts.changed() == stale


def test_a_missing_source_is_noticed(project):
    (project / "contracts/B.sol").unlink()
    assert artifacts.changed() == ["A"]


@pytest.mark.parametrize(
    ("found", "changed", "stale"),
    [("optimizer_runs = 10_000", "optimizer_runs = 9_999", ["A"]), ("runs = 256", "runs = 257", [])],
)
def test_a_changed_setting_is_noticed_if_it_matters(project, found, changed, stale):
    text = (project / "foundry.toml").read_text()
    assert found in text
    (project / "foundry.toml").write_text(text.replace(found, changed))
    artifacts._surroundings.cache_clear()
    assert artifacts.changed() == stale


def test_another_library_is_noticed(project):
    lock = json.loads((project / "package-lock.json").read_text())
    lock["packages"]["node_modules/@openzeppelin/contracts"]["integrity"] = "sha512-other"
    (project / "package-lock.json").write_text(json.dumps(lock))
    artifacts._surroundings.cache_clear()
    assert artifacts.changed() == ["A"]


def test_check_names_a_file_that_was_edited(monkeypatch, tmp_path, capsys):
    texts = {tmp_path / "A.json": "{}\n", tmp_path / "B.json": "{}\n"}
    for name, value in (("render_all", lambda: texts), ("FOLDER", tmp_path), ("ROOT", tmp_path)):
        monkeypatch.setattr(maker, name, value)
    maker.write()
    assert maker.main(["--check"]) == 0
    (tmp_path / "A.json").write_text("{ }\n")
    assert maker.main(["--check"]) == 1
    assert "A.json differs" in capsys.readouterr().out


def test_check_names_a_file_of_no_contract_and_writing_removes_it(monkeypatch, tmp_path):
    for name, value in (
        ("render_all", lambda: {tmp_path / "A.json": "{}\n"}),
        ("FOLDER", tmp_path),
        ("ROOT", tmp_path),
    ):
        monkeypatch.setattr(maker, name, value)
    maker.write()
    (tmp_path / "Gone.json").write_text("{}\n")
    assert maker.differences() == ["Gone.json"]
    maker.write()
    assert maker.differences() == []


def test_unknown_options_are_refused(capsys):
    assert maker.main(["--other"]) == 2
    assert "usage" in capsys.readouterr().err
