"""Accounts and people: keys and their passwords, admission, suspension and exit."""

import json
import os
import stat

import pytest
from typer.testing import CliRunner

from powerpact.chain.remedies import ADVICE
from powerpact.cli import app
from powerpact.keystore import Keystore, KeystoreError
from testkit.shell import NAMES, PASSWORD, tag_of


def test_the_attribute_set_is_checked_against_what_was_committed(shell, deployed, tmp_path):
    shell.ok("members", "apply", "-a", "agent", "--attribute", "type=trader", "-o", tmp_path / "shown.json")
    shown = json.loads((tmp_path / "shown.json").read_text())
    shown["attributes"]["type"] = "saint"
    (tmp_path / "forged.json").write_text(json.dumps(shown))
    (tmp_path / "garbage.json").write_text("{}")
    vote = ("members", "approve", "agent", "-a", "ann", "--tag", tag_of("agent"), "--credibility-ppm", 1)
    assert "committed" in shell.refused(*vote, "--shown", tmp_path / "forged.json").stderr
    assert "cannot be read" in shell.refused(*vote, "--shown", tmp_path / "garbage.json").stderr
    for auditor in ("ann", "ben"):
        rejected = shell.json("members", "reject", "agent", "-a", auditor, "--reason", "false-statement")
    assert (rejected["votes"], rejected["threshold"]) == (2, 2)
    assert shell.json("balance", "agent")[0]["admission"] == "rejected"


def test_participants_are_suspended_and_leave(shell, admitted):
    until = shell.now() + 86_400
    for auditor in ("ann", "ben"):
        suspended = shell.json("members", "suspend", "bob", "-a", auditor, "--until", until, "--reason", "meter opened")
    assert suspended["suspended_until"] == until
    shell.ok("members", "leave", "-a", "bob")
    refused = shell.refused("members", "leave", "-a", "bob")
    assert "Motion_NoticeRunning" in refused.stderr
    assert ADVICE["Motion_NoticeRunning"].remedy in refused.stderr


def test_keys_stay_secret(shell, accounts, deployed):
    keystore = Keystore.default()
    names = shell.json("account", "list")
    assert {entry["name"]: entry["address"] for entry in names} == accounts
    for name in NAMES:
        key = keystore.unlock(name, PASSWORD).key.hex()
        assert stat.S_IMODE((keystore.folder / f"{name}.json").stat().st_mode) == 0o600
        for file in shell.folder.rglob("*"):
            assert not file.is_file() or key not in file.read_text(errors="replace")


def test_the_keystore_refuses(shell, accounts, monkeypatch, tmp_path):
    keystore = Keystore.default()
    with pytest.raises(KeystoreError, match="wrong password"):
        keystore.unlock("alice", "guess")
    with pytest.raises(KeystoreError, match="exists"):
        keystore.create("alice", PASSWORD)
    with pytest.raises(KeystoreError, match="unfit"):
        keystore.create("../alice", PASSWORD)
    with pytest.raises(KeystoreError, match="empty"):
        keystore.create("eve", "")
    with pytest.raises(KeystoreError, match="not in"):
        keystore.address("../alice")
    (tmp_path / "file").write_text("")
    with pytest.raises(KeystoreError, match="written"):
        Keystore(tmp_path / "file" / "keystore").create("eve", PASSWORD)
    (tmp_path / "broken.json").write_text("{")
    with pytest.raises(KeystoreError, match="read"):
        Keystore(tmp_path).address("broken")


def test_a_password_comes_from_a_descriptor_or_the_terminal(shell, monkeypatch):
    monkeypatch.delenv("POWERPACT_PASSWORD_FILE")
    reading, writing = os.pipe()
    os.write(writing, b"from a pipe\n")
    os.close(writing)
    monkeypatch.setenv("POWERPACT_PASSWORD_FD", str(reading))
    shell.ok("account", "new", "piped")
    os.close(reading)
    assert Keystore.default().unlock("piped", "from a pipe")
    monkeypatch.delenv("POWERPACT_PASSWORD_FD")
    asked = CliRunner().invoke(app, ["account", "new", "asked"], input="typed\ntyped\n")
    assert asked.exit_code == 0
    assert "typed" not in asked.output
    assert Keystore.default().unlock("asked", "typed")


@pytest.mark.parametrize("name", ["POWERPACT_PASSWORD_FILE", "POWERPACT_PASSWORD_FD"])
def test_a_password_that_cannot_be_read_is_told(shell, accounts, monkeypatch, name):
    monkeypatch.delenv("POWERPACT_PASSWORD_FILE")
    monkeypatch.setenv(name, "/no/such/file")
    assert name in shell.refused("account", "new", "eve").stderr
