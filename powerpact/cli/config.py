"""The configuration file: what a user would otherwise type with every command.

Settings come from the command line, then from the environment, then from ``powerpact.toml`` in the current folder, then
from ``config.toml`` in ``POWERPACT_HOME`` (by default ``~/.powerpact``). ``POWERPACT_CONFIG`` names one file in place
of the two.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import tzinfo
from pathlib import Path
from typing import Any, Final

from powerpact.errors import BadChoice, PowerPactError
from powerpact.series.zones import zone_named

FOLDER_FILE: Final = "powerpact.toml"
HOME_FILE: Final = "config.toml"

SETTINGS: Final[Mapping[str, str]] = {
    "deployment": "POWERPACT_DEPLOYMENT",
    "account": "POWERPACT_ACCOUNT",
    "rpc": "POWERPACT_RPC",
    "data": "POWERPACT_DATA",
    "password_file": "POWERPACT_PASSWORD_FILE",
    "zone": "POWERPACT_ZONE",
}
"""Every key of the file that holds a text, with the variable of the environment that comes before it."""

_PATHS: Final = ("deployment", "data", "password_file")
_OPTIONS: Final = ("deployment", "account", "rpc")
_NAMES: Final = "names"


class BadConfig(PowerPactError, ValueError):
    """A configuration file cannot be used.

    Parameters
    ----------
    path : Path
        The file, or the variable of the environment.
    problem : str
        What is wrong.
    """

    exit_code = 2
    advice = f"Correct the file; its keys are {', '.join(SETTINGS)} and the table [names]."

    def __init__(self, path: Path | str, problem: str) -> None:
        super().__init__(f"configuration {path}: {problem}", remedy=self.advice)
        self.path = path
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Config:
    """What configuration files say.

    Attributes
    ----------
    settings : mapping of str to str
        By the keys of `SETTINGS`.
    names : mapping of str to str
        Addresses of other people, with their checksum, by name.
    """

    settings: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)


_kept: ContextVar[list[Config] | None] = ContextVar("_kept", default=None)
"""What `read_once` keeps: nothing yet, or what was read; None outside of it."""


@contextmanager
def read_once() -> Iterator[None]:
    """Within it the files are read when they are first needed, and not again: a command is under one configuration."""
    token = _kept.set([])
    try:
        yield
    finally:
        _kept.reset(token)


def read_config() -> Config:
    """What the configuration files that exist say, the current folder's before the user's.

    Raises
    ------
    BadConfig
        If a file cannot be read, or has a key that does not exist or a value of the wrong type.
    """
    kept = _kept.get()
    if kept is None:
        return _read_files()
    if not kept:
        kept.append(_read_files())
    return kept[0]


def _read_files() -> Config:
    """What the files say now.

    Raises
    ------
    BadConfig
        If a file cannot be read, or has a key that does not exist or a value of the wrong type.
    """
    settings: dict[str, str] = {}
    names: dict[str, str] = {}
    for path in reversed(_files()):
        data = _parsed(path)
        names |= _names(path, data.pop(_NAMES, {}))
        for key, value in data.items():
            if key not in SETTINGS:
                raise BadConfig(path, f"{key} is no key")
            if not isinstance(value, str) or not value:
                raise BadConfig(path, f"{key} is not a text")
            settings[key] = str(path.parent / Path(value).expanduser()) if key in _PATHS else value
    return Config(settings, names)


def setting(key: str) -> str | None:
    """A setting from the environment or, failing that, from a configuration file."""
    return os.environ.get(SETTINGS[key]) or read_config().settings.get(key)


def zone() -> tzinfo | None:
    """The time zone that times are shown in; None for this machine's.

    Raises
    ------
    BadConfig
        If there is no zone of the name that is set.
    """
    name = setting("zone")
    if name is None:
        return None
    try:
        return zone_named(name)
    except BadChoice:
        raise BadConfig(SETTINGS["zone"], f"there is no time zone {name!r}, such as Europe/Berlin") from None


def defaults(command: Any) -> dict[str, Any]:
    """The settings as defaults of the options of a group of commands and its groups, as Click takes them."""
    settings = read_config().settings
    options = {key: settings[key] for key in _OPTIONS if key in settings}
    return _defaults(command, options) if options else {}


def _defaults(command: Any, settings: Mapping[str, str]) -> dict[str, Any]:
    parts = getattr(command, "commands", None)
    if parts is not None:
        return {name: found for name, part in parts.items() if (found := _defaults(part, settings))}
    return {option.name: settings[option.name] for option in command.params if option.name in settings}


def _files() -> list[Path]:
    """The files that exist, the one that comes first first."""
    named = os.environ.get("POWERPACT_CONFIG")
    if named:
        return [Path(named)]
    home = os.environ.get("POWERPACT_HOME")
    folder = Path(home) if home else Path.home() / ".powerpact"
    return [path for path in (Path(FOLDER_FILE), folder / HOME_FILE) if path.is_file()]


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise BadConfig(path, f"cannot be read: {error}") from error


def _names(path: Path, table: Any) -> dict[str, str]:
    if not isinstance(table, dict):
        raise BadConfig(path, f"{_NAMES} is not a table")
    if not table:
        return {}
    from eth_utils import is_hex_address, to_checksum_address

    found: dict[str, str] = {}
    for name, address in table.items():
        if not isinstance(address, str) or not is_hex_address(address):
            raise BadConfig(path, f"{_NAMES}.{name} is not an address")
        found[name] = to_checksum_address(address)
    return found
