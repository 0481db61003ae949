"""Where the data of a deployment is kept."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from powerpact.store.errors import BadDatabase

DEFAULT_FOLDER: Final = ".powerpact"
"""The folder beside the deployment file that data goes to by default."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Which contracts the data is of.

    Attributes
    ----------
    chain_id : int
        Id of the chain.
    deployment : str
        Hash of the contracts' names, addresses and first block, hexadecimal.
    """

    chain_id: int
    deployment: str

    @classmethod
    def of(cls, chain_id: int, addresses: Mapping[str, str], block: int) -> Identity:
        """The identity of a deployment.

        Parameters
        ----------
        chain_id : int
            Id of the chain.
        addresses : mapping of str to str
            Address of each contract.
        block : int
            The first block with one of them.
        """
        text = json.dumps([chain_id, sorted(addresses.items()), block])
        return cls(chain_id, hashlib.sha256(text.encode()).hexdigest())


def folder_for(identity: Identity, root: Path) -> Path:
    """The folder of a deployment inside a data folder, made if it is missing; only its owner may enter it.

    Raises
    ------
    BadDatabase
        If it cannot be made.
    """
    folder = root / f"{identity.chain_id}-{identity.deployment[:12]}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BadDatabase(folder, error.strerror or "cannot be made") from error
    return folder
