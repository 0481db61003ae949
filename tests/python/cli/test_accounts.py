"""Commands of accounts: keys come from other wallets, go to them, and stay out of repositories."""

import json
import os
import pty
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from eth_account import Account
from typer.testing import CliRunner

from powerpact.cli import app
from powerpact.keystore import Keystore, KeystoreError
from testkit.shell import PASSWORD

COMMAND = (sys.executable, "-c", "from powerpact.cli import main; main()")
KEY = Account.from_key(b"\x0b" * 32)
DIGITS = KEY.key.hex().removeprefix("0x")


@pytest.fixture
def secret(tmp_path, monkeypatch):
    """Give commands a secret through a file that a variable names."""

    def give(variable, text):
        (tmp_path / variable).write_text(f"{text}\n")
        monkeypatch.setenv(variable, str(tmp_path / variable))

    return give


def test_a_key_is_brought_from_another_wallet(shell, secret, tmp_path):
    secret("POWERPACT_IMPORT_KEY_FILE", DIGITS)
    assert shell.json("account", "import", "brought")["address"] == KEY.address
    secret("POWERPACT_IMPORT_PASSWORD_FILE", "theirs")
    geth = tmp_path / "UTC--2026-11-21"
    geth.write_text(json.dumps(Account.encrypt(KEY.key, "theirs", kdf="pbkdf2", iterations=2)))
    assert shell.ok("account", "import", "geth", "--file", geth).stdout.strip() == KEY.address
    assert Keystore.default().unlock("geth", PASSWORD) == Keystore.default().unlock("brought", PASSWORD) == KEY
    assert "exists already" in shell.refused("account", "import", "geth", "--file", geth).stderr
    secret("POWERPACT_IMPORT_PASSWORD_FILE", "wrong")
    assert "wrong password" in shell.refused("account", "import", "again", "--file", geth).stderr


def test_digits_are_asked_for_and_not_shown(shell):
    typed = CliRunner().invoke(app, ["account", "import", "typed"], input=f"{DIGITS}\n")
    assert typed.exit_code == 0
    assert DIGITS not in typed.output
    assert Keystore.default().address("typed") == KEY.address


def test_a_key_is_handed_out_encrypted_unless_that_is_said(shell, accounts, secret, tmp_path):
    shell.ok("account", "export", "alice", "-o", tmp_path / "alice.json")
    assert stat.S_IMODE((tmp_path / "alice.json").stat().st_mode) == 0o600
    exported = json.loads((tmp_path / "alice.json").read_text())
    key = Account.decrypt(exported, PASSWORD)
    assert Account.from_key(key).address == accounts["alice"]
    assert json.loads(shell.ok("account", "export", "alice").stdout) == exported
    assert shell.ok("account", "export", "alice", "--unencrypted").stdout.strip() == f"0x{bytes(key).hex()}"
    refused = shell.refused("account", "export", "alice", "-o", tmp_path / "alice.json")
    assert "exists" in refused.stderr


def test_a_password_is_changed(shell, secret):
    shell.ok("account", "new", "changing")
    secret("POWERPACT_NEW_PASSWORD_FILE", "another")
    shell.ok("account", "passwd", "changing")
    assert Keystore.default().unlock("changing", "another")
    assert "wrong password" in shell.refused("account", "passwd", "changing").stderr


def test_a_p256_key_is_kept_like_the_others(shell, secret, tmp_path):
    address = shell.json("account", "new", "element", "--p256")["address"]
    shell.ok("account", "new", "usual")
    curves = {row["name"]: row["curve"] for row in shell.json("account", "list")}
    assert (curves["element"], curves["usual"]) == ("P-256", "secp256k1")
    key = Keystore.default().unlock_device("element", PASSWORD)
    assert key.address == address
    exported = tmp_path / "element.json"
    shell.ok("account", "export", "element", "-o", exported)
    assert shell.ok("account", "export", "element", "--unencrypted").stdout.strip() == f"0x{key.key.hex()}"
    secret("POWERPACT_IMPORT_PASSWORD_FILE", PASSWORD)
    assert shell.json("account", "import", "again", "--file", exported)["address"] == address
    secret("POWERPACT_NEW_PASSWORD_FILE", "another")
    shell.ok("account", "passwd", "again")
    assert Keystore.default().unlock_device("again", "another") == key
    spoilt = {**json.loads(exported.read_text()), "curve": None}
    exported.write_text(json.dumps(spoilt))
    assert "Do not use it" in shell.refused("account", "import", "spoilt", "--file", exported).stderr


def test_a_p256_key_is_nobodys_account(shell):
    shell.ok("account", "new", "sealed", "--p256")
    refused = shell.refused("chain", "fund", "sealed")
    assert "is a P-256 key, with which a device signs" in refused.stderr
    assert "powerpact account new" in refused.stderr
    with pytest.raises(KeystoreError, match="is a P-256 key"):
        Keystore.default().unlock("sealed", PASSWORD)
    assert "sealed" not in Keystore.default().people()


def test_without_a_terminal_the_password_file_is_named(shell):
    environment = {name: value for name, value in os.environ.items() if name != "POWERPACT_PASSWORD_FILE"}
    words = [*COMMAND, "account", "new", "nobody"]
    done = subprocess.run(
        words, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, start_new_session=True
    )
    assert done.returncode != 0
    assert "POWERPACT_PASSWORD_FILE" in done.stderr
    assert "Warning" not in done.stderr
    assert "Abort" not in done.stderr


def test_ctrl_c_at_the_question_is_no_error_about_terminals(shell):
    environment = {name: value for name, value in os.environ.items() if name != "POWERPACT_PASSWORD_FILE"}
    master, slave = pty.openpty()
    process = subprocess.Popen(
        [*COMMAND, "account", "new", "nobody"],
        env=environment,
        stdin=slave,
        stdout=slave,
        stderr=slave,
        start_new_session=True,
    )
    os.close(slave)
    shown = b""
    while b"new password" not in shown:
        shown += os.read(master, 1_000)
    process.send_signal(2)
    assert process.wait(timeout=30) != 0
    os.close(master)
    assert b"POWERPACT_PASSWORD_FILE" not in shown


def test_git_never_takes_keys_and_passwords(shell, tmp_path, monkeypatch):
    project = Path(__file__).parents[3]
    git = ("git", "-C", str(tmp_path))
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)

    def taken():
        subprocess.run([*git, "add", "."], check=True)
        return subprocess.run([*git, "ls-files"], check=True, capture_output=True, text=True).stdout.split()

    monkeypatch.setenv("POWERPACT_HOME", str(tmp_path / "market" / "keys"))
    shell.ok("account", "new", "alice")
    assert taken() == []  # in any repository, by the keystore's own rule
    for name in ("password", "powerpact.deployment.json", "alice.application.json"):
        (tmp_path / "market" / name).write_text("secret")
    (tmp_path / ".gitignore").write_text((project / ".gitignore").read_text())
    assert taken() == [".gitignore"]
