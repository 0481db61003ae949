"""Keys that other wallets keep: hexadecimal, encrypted files of Geth and ethers, and MetaMask's vault."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterator
from typing import Any, Final

from Crypto.Cipher import AES
from eth_account import Account
from eth_account.signers.local import LocalAccount
from eth_utils import is_same_address

from powerpact.codec.devicekeys import DeviceKey, P256Key
from powerpact.keystore import P256, KeystoreError

_HEX_KEY: Final = re.compile(r"(0x)?[0-9a-fA-F]{64}")
_VAULT_ITERATIONS: Final = 10_000
"""What MetaMask did before a vault said how often."""

_TAG_BYTES: Final = 16
_PATH: Final = "m/44'/60'/0'/0"


def from_hex(name: str, text: str) -> LocalAccount:
    """The account of a private key in hexadecimal, as MetaMask shows it.

    Raises
    ------
    KeystoreError
        If it is none.
    """
    text = text.strip()
    try:
        if not _HEX_KEY.fullmatch(text):
            raise ValueError
        account: LocalAccount = Account.from_key(text)
    except ValueError:
        raise KeystoreError(name, "that is no private key", remedy="Give its 64 hexadecimal digits.") from None
    return account


def from_file(name: str, text: str | bytes, password: str, address: str | None = None) -> DeviceKey:
    """The account in another wallet's encrypted file, or the key in a file of another keystore of PowerPact.

    Parameters
    ----------
    name : str
        What it will be called, for messages.
    text : str or bytes
        Content of the file: a keystore (Web3 Secret Storage, as Geth and ethers write it), or MetaMask's vault.
    password : str
        The file's password.
    address : str, optional
        Which account of a vault.

    Raises
    ------
    KeystoreError
        If the file is of another kind or the password wrong, or if a vault has several accounts and none is named.
    """
    try:
        data = json.loads(text)
    except ValueError:
        data = None
    if not isinstance(data, dict):
        raise KeystoreError(name, "the file is not JSON", remedy=_KINDS)
    if {"data", "iv", "salt"} <= set(data):
        return _chosen(name, list(_in_vault(name, data, password)), address)
    if not any(key.lower() == "crypto" for key in data):
        raise KeystoreError(name, "the file is neither a keystore nor a vault", remedy=_KINDS)
    secret = _decrypted(name, data, password)
    account: DeviceKey = P256Key(secret) if data.get("curve") == P256 else Account.from_key(secret)
    stated = data.get("address")
    if isinstance(stated, str) and not is_same_address(f"0x{stated.removeprefix('0x')}", account.address):
        raise KeystoreError(name, f"the file says {stated}, its key is of {account.address}", remedy="Do not use it.")
    return account


_KINDS: Final = "Give a keystore as Geth and ethers write it, or the vault of MetaMask."


def _decrypted(name: str, data: dict[str, Any], password: str) -> bytes:
    try:
        return bytes(Account.decrypt(data, password))
    except (ValueError, KeyError, TypeError, NotImplementedError) as error:
        if "MAC mismatch" in str(error):
            raise KeystoreError(name, "wrong password", remedy="Give the password of that file.") from None
        raise KeystoreError(name, f"the keystore cannot be read: {error}", remedy=_KINDS) from error


def _in_vault(name: str, vault: dict[str, Any], password: str) -> Iterator[LocalAccount]:
    """The accounts of a vault: those of its seed phrases, then those imported into it."""
    try:
        parameters = (vault.get("keyMetadata") or {}).get("params") or {}
        iterations = int(parameters.get("iterations", _VAULT_ITERATIONS))
        salt, iv = base64.b64decode(vault["salt"]), base64.b64decode(vault["iv"])
        sealed = base64.b64decode(vault["data"])
        key = hashlib.pbkdf2_hmac("sha256", password.encode(), salt, iterations)
        cipher = AES.new(key, AES.MODE_GCM, nonce=iv)
    except (ValueError, TypeError, AttributeError) as error:
        raise KeystoreError(name, f"the vault cannot be read: {error}", remedy=_KINDS) from error
    try:
        keyrings = json.loads(cipher.decrypt_and_verify(sealed[:-_TAG_BYTES], sealed[-_TAG_BYTES:]))
    except ValueError:
        raise KeystoreError(name, "wrong password", remedy="Give MetaMask's password.") from None
    for keyring in keyrings:
        if keyring.get("type") == "HD Key Tree":
            yield from _of_phrase(keyring["data"])
        elif keyring.get("type") == "Simple Key Pair":
            yield from map(Account.from_key, keyring["data"])


def _of_phrase(data: dict[str, Any]) -> Iterator[LocalAccount]:
    phrase = data["mnemonic"]  # text, or its bytes as a list of numbers
    text = phrase if isinstance(phrase, str) else bytes(phrase).decode()
    Account.enable_unaudited_hdwallet_features()
    path = data.get("hdPath", _PATH)
    for index in range(int(data.get("numberOfAccounts", 1))):
        yield Account.from_mnemonic(text, account_path=f"{path}/{index}")


def _chosen(name: str, accounts: list[LocalAccount], address: str | None) -> LocalAccount:
    found = [one for one in accounts if address is None or is_same_address(one.address, address)]
    if len(found) == 1:
        return found[0]
    has = ", ".join(one.address for one in accounts) or "no account with a key"
    problem = "the vault does not have the account" if address else f"the vault has {len(accounts)} accounts"
    raise KeystoreError(name, problem, remedy=f"Name one with `--address`; it has {has}.")
