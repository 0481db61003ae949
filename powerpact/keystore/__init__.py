"""Keys of people and devices: encrypted files (Web3 Secret Storage, version 3) in the user's folder.

The file of a P-256 key, which only a device can have, is the same with a member ``curve`` and with that key's address.

The folder is ``keystore`` in ``POWERPACT_HOME``, by default ``~/.powerpact``. A key leaves its file only into the
memory of the process that signs with it.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_typing import ChecksumAddress
from eth_utils import to_checksum_address

from powerpact.codec.devicekeys import DeviceKey, P256Key
from powerpact.errors import PowerPactError

SCRYPT_COST: Final = 1 << 18
"""Cost parameter N of scrypt: guessing a password once takes about half a second and 256 MiB."""

P256: Final = "P-256"
"""What the file of such a key says of its curve; the others say nothing."""

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class KeystoreError(PowerPactError, OSError):
    """A key cannot be made, found or opened.

    Parameters
    ----------
    name : str
        Name of the account.
    problem : str
        What is wrong.
    remedy : str
        What to do about it.
    """

    advice = "See `powerpact account list`; `POWERPACT_HOME` says where the keystore is."

    def __init__(self, name: str, problem: str, *, remedy: str) -> None:
        super().__init__(f"account {name!r}: {problem}", remedy=remedy)
        self.name = name
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Keystore:
    """The encrypted keys in a folder.

    Attributes
    ----------
    folder : Path
        Where they are; made when the first key is.
    """

    folder: Path

    @classmethod
    def default(cls) -> Keystore:
        """The keystore of this user."""
        home = os.environ.get("POWERPACT_HOME")
        return cls((Path(home) if home else Path.home() / ".powerpact") / "keystore")

    def create(self, name: str, password: str) -> ChecksumAddress:
        """Make a new key.

        Raises
        ------
        KeystoreError
            If the name is invalid or taken, the password is empty, or the folder cannot be written.
        """
        return self.add(name, Account.create(), password)

    def create_p256(self, name: str, password: str) -> ChecksumAddress:
        """Make a new P-256 key, for a device.

        Raises
        ------
        KeystoreError
            If the name is invalid or taken, the password is empty, or the folder cannot be written.
        """
        return self.add(name, P256Key.create(), password)

    def add(self, name: str, account: DeviceKey, password: str) -> ChecksumAddress:
        """Keep a key that exists already.

        Raises
        ------
        KeystoreError
            If the name is invalid or taken, the password is empty, or the folder cannot be written.
        """
        if not _NAME.fullmatch(name):
            raise KeystoreError(
                name, "unfit name", remedy="Use letters, digits, dot, dash and underscore, at most 64 of them."
            )
        if self._path(name).exists():
            raise KeystoreError(name, "exists already", remedy="Choose another name.")
        encrypted = _encrypted(name, account, password)
        try:
            self._make_folder()
            handle = os.open(self._path(name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            raise KeystoreError(name, "exists already", remedy="Choose another name.") from None
        except OSError as error:
            raise KeystoreError(
                name, f"{self.folder} cannot be written", remedy="Set POWERPACT_HOME to a folder of your own."
            ) from error
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(encrypted)
        address: ChecksumAddress = account.address
        return address

    def change_password(self, name: str, old: str, new: str) -> None:
        """Encrypt a key with another password; at any moment the file has the one or the other.

        Raises
        ------
        KeystoreError
            If there is no such account, the old password is wrong, the new one empty, or the file cannot be written.
        """
        encrypted = _encrypted(name, self.unlock_device(name, old), new)
        draft = self.folder / f".{name}.{os.getpid()}"
        try:
            handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(encrypted)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self._path(name))
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise KeystoreError(name, f"{self.folder} cannot be written", remedy="Check its permissions.") from error

    def encrypted(self, name: str) -> str:
        """An account's file, which Geth, ethers and MetaMask read, too, unless it is of a P-256 key.

        Raises
        ------
        KeystoreError
            If there is no such account.
        """
        return json.dumps(self._read(name))

    def names(self) -> dict[str, ChecksumAddress]:
        """All accounts and their addresses, by name."""
        return {path.stem: self.address(path.stem) for path in sorted(self.folder.glob("*.json"))}

    def people(self) -> dict[str, ChecksumAddress]:
        """The accounts that people can have, and their addresses, by name: all but P-256 keys."""
        return {name: address for name, address in self.names().items() if not self.is_p256(name)}

    def address(self, name: str) -> ChecksumAddress:
        """Address of an account; no password is needed.

        Raises
        ------
        KeystoreError
            If there is no such account.
        """
        return to_checksum_address(self._read(name)["address"])

    def is_p256(self, name: str) -> bool:
        """Whether a key is one of P-256, which only a device can have; no password is needed.

        Raises
        ------
        KeystoreError
            If there is no such account.
        """
        return self._read(name).get("curve") == P256

    def person_address(self, name: str) -> ChecksumAddress:
        """Address of an account that a person can have; no password is needed.

        Raises
        ------
        KeystoreError
            If there is no such account, or it is a P-256 key.
        """
        if self.is_p256(name):
            raise KeystoreError(
                name,
                "is a P-256 key, with which a device signs, but nobody sends, trades or owns anything",
                remedy="Name an account made by `powerpact account new` without `--p256`; this one goes with `--key`.",
            )
        return self.address(name)

    def unlock(self, name: str, password: str) -> LocalAccount:
        """Open a person's key.

        Raises
        ------
        KeystoreError
            If there is no such account, it is a P-256 key, or the password is wrong.
        """
        self.person_address(name)
        account: LocalAccount = Account.from_key(self._decrypted(name, password))
        return account

    def unlock_device(self, name: str, password: str) -> DeviceKey:
        """Open the key of a device, of either curve.

        Raises
        ------
        KeystoreError
            If there is no such account or the password is wrong.
        """
        return P256Key(self._decrypted(name, password)) if self.is_p256(name) else self.unlock(name, password)

    def _decrypted(self, name: str, password: str) -> bytes:
        encrypted = self._read(name)
        try:
            return bytes(Account.decrypt(encrypted, password))
        except ValueError:
            raise KeystoreError(name, "wrong password", remedy="Try again.") from None

    def _make_folder(self) -> None:
        """Make the folder; whatever repository it lies in, no `git add` takes what is in it."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        ignored = self.folder / ".gitignore"
        if not ignored.exists():
            ignored.write_text("*\n", encoding="utf-8")
            ignored.chmod(0o600)

    def _path(self, name: str) -> Path:
        return self.folder / f"{name}.json"

    def _read(self, name: str) -> dict[str, Any]:
        try:
            if not _NAME.fullmatch(name):
                raise FileNotFoundError
            data: dict[str, Any] = json.loads(self._path(name).read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise KeystoreError(
                name,
                f"not in {self.folder}",
                remedy=f"Make it with `powerpact account new {name}`, or see `powerpact account list`.",
            ) from None
        except (OSError, ValueError) as error:
            raise KeystoreError(
                name, f"its file cannot be read: {error}", remedy="Restore the file from your copy."
            ) from error
        return data


def _encrypted(name: str, account: DeviceKey, password: str) -> str:
    if not password:
        raise KeystoreError(name, "the password is empty", remedy="Choose a password.")
    encrypted = Account.encrypt(account.key, password, kdf="scrypt", iterations=SCRYPT_COST)
    if isinstance(account, P256Key):
        encrypted |= {"curve": P256, "address": account.address.removeprefix("0x").lower()}
    return json.dumps(encrypted)
