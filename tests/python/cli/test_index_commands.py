"""``powerpact index``: what it shows, and that it rebuilds."""

import json

import pytest
from typer.testing import CliRunner

from powerpact.cli import app
from powerpact.index import open_chain
from testkit.proxy import Proxy


@pytest.fixture
def run(world, tmp_path, monkeypatch):
    path = tmp_path / "deployment.json"
    world.chain.deployment.save(path)
    monkeypatch.setenv("POWERPACT_DEPLOYMENT", str(path))
    monkeypatch.delenv("POWERPACT_DATA", raising=False)
    monkeypatch.delenv("POWERPACT_RPC", raising=False)

    def command(*words):
        result = CliRunner().invoke(app, words, catch_exceptions=False)
        assert result.exit_code == 0, result.output
        return result

    return command


def test_the_index_is_beside_the_deployment_file(run, tmp_path, world):
    shown = json.loads(run("index", "status", "--json").stdout)
    (folder,) = (tmp_path / ".powerpact").iterdir()
    assert shown["folder"] == str(folder)
    assert {file.name for file in folder.iterdir()} >= {"index.sqlite", "journal.sqlite"}
    assert folder.stat().st_mode & 0o077 == 0
    assert shown["block"] == shown["latest_block"] == world.chain.web3.eth.block_number
    assert shown["events"] > 0
    assert shown["sent"] == {}


def test_another_folder_can_be_named(run, tmp_path, monkeypatch):
    monkeypatch.setenv("POWERPACT_DATA", str(tmp_path / "elsewhere"))
    run("index", "status")
    assert len(list((tmp_path / "elsewhere").iterdir())) == 1
    assert not (tmp_path / ".powerpact").exists()


def test_rebuilding_shows_the_same_events(run):
    before = json.loads(run("index", "status", "--json").stdout)
    after = json.loads(run("index", "rebuild", "--json").stdout)
    assert after == before


def test_what_was_sent_is_counted(run, world, tmp_path):
    chain = open_chain(tmp_path / "deployment.json")
    call = chain.call("approve", "PowerPoints", "approve", chain.address("Accounts"), 1)
    chain.sender(world.keys["alice"]).send_all([call, call])
    shown = run("index", "status").stdout
    assert "journal: 2 mined" in shown
    assert "0 behind the node" in shown


def test_a_second_command_reads_no_event_twice(run, world, monkeypatch):
    with Proxy(world.chain.web3.provider.endpoint_uri) as gate:
        monkeypatch.setenv("POWERPACT_RPC", gate.url)
        first = run("market", "list").output
        gate.calls.clear()
        assert run("market", "list").output == first
        assert gate.calls["eth_getLogs"] == 0


def test_a_folder_that_cannot_be_used_is_told(run, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("POWERPACT_DATA", str(tmp_path / "file"))
    result = CliRunner().invoke(app, ["index", "status"])
    assert result.exit_code == 1
    assert "POWERPACT_DATA" in result.stderr
