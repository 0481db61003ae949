"""The configuration file: its keys, what comes before it, and what it refuses."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from powerpact.chain.local.node import Node
from powerpact.cli import config, names
from powerpact.cli.app import app
from powerpact.cli.session import address_of, clock
from powerpact.keystore import Keystore
from testkit.shell import PASSWORD, Shell

EVE = "0x00000000000000000000000000000000000000E5"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder to work in, an empty keystore, and no variable that a setting has."""
    for variable in (*config.SETTINGS.values(), "POWERPACT_CONFIG", "POWERPACT_PASSWORD_FD"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("POWERPACT_HOME", str(tmp_path / "home"))
    monkeypatch.setattr("powerpact.keystore.SCRYPT_COST", 1 << 10)
    (tmp_path / "home").mkdir()
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def write(path, text):
    path.write_text(text)
    return path


def test_without_a_file_there_are_no_settings(folder):
    assert config.read_config() == config.Config()
    assert config.setting("rpc") is None
    assert config.zone() is None


def test_the_folder_comes_before_the_home_and_the_environment_before_both(folder, monkeypatch):
    write(folder / "home/config.toml", 'rpc = "http://home"\naccount = "alice"\n')
    write(folder / "work/powerpact.toml", 'rpc = "http://work"\n')
    assert (config.setting("rpc"), config.setting("account")) == ("http://work", "alice")
    monkeypatch.setenv("POWERPACT_RPC", "http://environment")
    assert config.setting("rpc") == "http://environment"
    monkeypatch.setenv("POWERPACT_CONFIG", str(write(folder / "other.toml", 'account = "bob"\n')))
    assert (config.setting("rpc"), config.setting("account")) == ("http://environment", "bob")


def test_paths_are_seen_from_their_file(folder):
    write(folder / "home/config.toml", 'deployment = "here.json"\ndata = "/elsewhere"\n')
    settings = config.read_config().settings
    assert settings["deployment"] == str(folder / "home/here.json")
    assert settings["data"] == "/elsewhere"


def test_an_option_comes_before_the_environment_and_that_before_the_file(folder, monkeypatch):
    """Which node is asked shows in the message of one that does not answer."""
    write(folder / "work/powerpact.toml", 'rpc = "http://127.0.0.1:1"\n')
    shell = Shell(folder, None)
    asked = ("chain", "advance", "2030-01-01T00:00Z")
    assert "127.0.0.1:1:" in shell.refused(*asked).stderr
    monkeypatch.setenv("POWERPACT_RPC", "http://127.0.0.1:2")
    assert "127.0.0.1:2:" in shell.refused(*asked).stderr
    assert "127.0.0.1:3:" in shell.refused(*asked, "--rpc", "http://127.0.0.1:3").stderr


def test_account_and_password_come_from_the_file(folder):
    write(folder / "home/password", PASSWORD)
    write(folder / "home/config.toml", 'account = "utility"\npassword_file = "password"\n')
    with Node() as node:
        write(folder / "work/powerpact.toml", f'rpc = "{node.rpc_url}"\ndeployment = "other.json"\n')
        shell = Shell(folder, node)
        for name in ("utility", "ann"):
            shell.ok("account", "new", name)
        shell.ok("chain", "fund", "utility")
        deployed = shell.json("deploy", "--auditor", "ann", "--threshold", 1)
        assert (folder / "work" / deployed["file"]).samefile(folder / "work/other.json")
        assert shell.json("market", "list") == []


def test_the_zone_of_a_market_is_no_time_zone(folder):
    write(folder / "work/powerpact.toml", 'zone = "Europe/Berlin"\naccount = "alice"\n')
    defaults = config.defaults(typer.main.get_command(app))
    assert defaults["market"]["open"] == {"account": "alice"}


def test_times_are_shown_in_the_zone_that_is_set(folder):
    write(folder / "work/powerpact.toml", 'zone = "Asia/Kolkata"\n')
    noon = 1_795_262_400
    assert clock(noon, noon - 720) == "2026-11-21 17:30 +05:30 (in 12 min)"
    assert clock(0) == "–"


def test_a_command_reads_the_files_once(folder, monkeypatch):
    """However many times and names it shows."""
    reads, parsed = [], config._parsed
    monkeypatch.setattr(config, "_parsed", lambda path: reads.append(path) or parsed(path))
    write(folder / "work/powerpact.toml", 'zone = "Asia/Kolkata"\n')
    noon = 1_795_262_400
    with config.read_once():
        assert [clock(noon + k) for k in (0, 60)] == ["2026-11-21 17:30 +05:30", "2026-11-21 17:31 +05:30"]
        assert len(reads) == 1
    write(folder / "work/powerpact.toml", 'zone = "UTC"\n')
    assert clock(noon) == "2026-11-21 12:00 +00:00"
    reads.clear()
    Shell(folder, None).ok("account", "list")
    assert len(reads) == 1


def test_other_people_have_names(folder):
    write(folder / "work/powerpact.toml", f'[names]\neve = "{EVE.lower()}"\nalice = "{EVE.lower()}"\n')
    own = Keystore.default().create("alice", PASSWORD)
    assert address_of("eve") == EVE
    assert address_of("alice") == own
    shown = names.Names({"Clearing": "0x" + 40 * "2"})
    assert [shown(address) for address in (own, "0x" + 40 * "2", "0x" + 40 * "3", names.NOBODY)] == [
        "alice",
        "Clearing",
        "0x" + 40 * "3",
        "nobody",
    ]
    assert names.account_names("al") == ["alice"]
    assert names.people_names("") == ["alice", "eve"]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("rcp = 'http://x'", "rcp is no key"),
        ("rpc = 8545", "rpc is not a text"),
        ("rpc = ''", "rpc is not a text"),
        ("rpc = http://x", "cannot be read"),
        ("names = 'eve'", "names is not a table"),
        ("[names]\neve = 'eve'", "names.eve is not an address"),
    ],
)
def test_a_file_that_is_wrong_is_refused_with_its_name(folder, text, problem):
    write(folder / "work/powerpact.toml", text)
    refused = Shell(folder, None).refused("account", "list")
    assert f"configuration powerpact.toml: {problem}" in refused.stderr
    assert "deployment, account, rpc" in refused.stderr
    assert refused.exit_code == 2


def test_a_zone_that_does_not_exist_is_refused(folder, monkeypatch):
    for name in ("Atlantis/Plato", "../etc/passwd", "Europe"):
        monkeypatch.setenv("POWERPACT_ZONE", name)
        with pytest.raises(config.BadConfig, match="no time zone"):
            config.zone()


def test_a_shell_completes_the_names_of_accounts(folder, monkeypatch):
    """As bash asks for it: the words so far, and the place of the one to complete."""
    Keystore.default().create("alice", PASSWORD)
    done = subprocess.run(
        [Path(sys.executable).parent / "powerpact"],
        env={
            **os.environ,
            "_POWERPACT_COMPLETE": "complete_bash",
            "COMP_WORDS": "powerpact deposit 5.5 -a al",
            "COMP_CWORD": "4",
        },
        capture_output=True,
        text=True,
    )
    assert done.stdout.split() == ["alice"]
