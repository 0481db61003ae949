"""The page of the command line names commands, keys and variables that exist."""

import re
import tomllib

import typer.main

from powerpact.cli.app import app
from powerpact.cli.config import SETTINGS, read_config
from toolchain.places import ROOT

PAGE = (ROOT / "docs/command-line.md").read_text()


def test_the_example_of_the_configuration_has_every_key(tmp_path, monkeypatch):
    (text,) = re.findall(r"^```toml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    assert set(tomllib.loads(text)) == {*SETTINGS, "names"}
    for key, variable in SETTINGS.items():
        assert re.search(rf"^{key} = .*# {variable}\b", text, re.MULTILINE)
    (tmp_path / "example.toml").write_text(text)
    monkeypatch.setenv("POWERPACT_CONFIG", str(tmp_path / "example.toml"))
    assert list(read_config().names) == ["eve"]


def test_the_commands_exist():
    groups = "account|market|order|trade|round|device|certificates|index|balance|overview"
    named = re.findall(rf"`(?:powerpact )?((?:{groups}) ?[a-z]*)", PAGE)
    assert len(named) > 8
    for words in named:
        command = typer.main.get_command(app)
        for word in words.split():
            command = command.commands[word]
