"""Names of addresses, as far as this user knows them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Final

from powerpact.cli.config import read_config
from powerpact.errors import PowerPactError

NOBODY: Final = "0x" + 40 * "0"


class Names:
    """Names of addresses: of the keystore's accounts, of the configuration's table ``[names]``, of the contracts.

    Parameters
    ----------
    contracts : mapping of str to str
        Addresses of the contracts by their names.
    """

    def __init__(self, contracts: Mapping[str, str] | None = None) -> None:
        from powerpact.keystore import Keystore

        known = {"nobody": NOBODY} | dict(contracts or {}) | dict(read_config().names)
        self.by_address = {address: name for name, address in known.items()}
        keystore = Keystore.default()
        for path in sorted(keystore.folder.glob("*.json")):
            with suppress(PowerPactError, KeyError):  # what cannot be read has no name here
                self.by_address[keystore.address(path.stem)] = path.stem

    def __call__(self, address: str | None) -> str:
        """The name of an address, or the address itself if it has none here; empty for None."""
        return "" if address is None else self.by_address.get(address, address)


def account_names(incomplete: str) -> list[str]:
    """The accounts of the keystore that begin so, for the completion of a shell, which shows no errors."""
    from powerpact.keystore import Keystore

    with suppress(PowerPactError, KeyError):
        return [name for name in Keystore.default().names() if name.startswith(incomplete)]
    return []


def people_names(incomplete: str) -> list[str]:
    """The same, and the names of the configuration's table."""
    with suppress(PowerPactError):
        return sorted(
            {*account_names(incomplete), *(name for name in read_config().names if name.startswith(incomplete))}
        )
    return []
