"""What the files of signed messages share: JSON with a schema; the first invalid field is reported."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, ClassVar, Final, NoReturn

from eth_typing import ChecksumAddress
from eth_utils import is_checksum_address, is_hex_address, to_checksum_address

from powerpact.codec.errors import BadSignedFile

MOST_SIGNATURE_BYTES: Final = 32_768
"""A longer signature fits into no transaction together with what it signs."""

MOST_DIGITS: Final = 78
"""Digits of the largest integer, of 256 bits."""


@dataclass(frozen=True, slots=True)
class SignedFile:
    """The content of a file; every look at a field that is not as it should be raises `BadSignedFile`.

    Attributes
    ----------
    name : str
        The file's name, for messages.
    data : dict
        Its content.
    """

    error: ClassVar[type[BadSignedFile]] = BadSignedFile
    """What is raised; files of another kind have an error with another remedy."""

    name: str
    data: dict[str, Any]

    @classmethod
    def read(cls, name: str, text: str | bytes) -> SignedFile:
        """Read a file's text: JSON, of any schema."""
        try:
            data = json.loads(text)
        except ValueError as error:
            raise cls.error(name, "$", f"is not JSON: {error}") from error
        if not isinstance(data, dict):
            raise cls.error(name, "$", "is not an object")
        return cls(name, data)

    @classmethod
    def parse(cls, name: str, text: str | bytes, schema: str, members: set[str]) -> SignedFile:
        """Read a file's text: JSON of this schema, with these members beside ``schema``."""
        parsed = cls.read(name, text)
        parsed.check_schema(schema, members)
        return parsed

    def check_schema(self, schema: str, members: set[str]) -> None:
        """The content is of this schema, with these members beside ``schema``."""
        self.check_members("$", self.data, {"schema", *members})
        if self.data["schema"] != schema:
            self.fail("$.schema", f"is {self.data['schema']!r}, expected {schema!r}")

    def fail(self, path: str, problem: str) -> NoReturn:
        """Say what is wrong with a field."""
        raise self.error(self.name, path, problem)

    def check_members(self, path: str, value: Any, members: set[str]) -> None:
        """An object with exactly these members."""
        if not isinstance(value, dict):
            self.fail(path, "is not an object")
        odd = sorted(members ^ set(value))
        if odd:
            self.fail(f"{path}.{odd[0]}", "is missing" if odd[0] in members else "is unknown")

    def address(self, path: str, value: Any) -> ChecksumAddress:
        """An address: all in one case, or with the right checksum."""
        digits = value[2:] if isinstance(value, str) else ""
        if not is_hex_address(value) or (
            digits not in (digits.lower(), digits.upper()) and not is_checksum_address(value)
        ):
            self.fail(path, "is not an address, or its checksum is wrong")
        return to_checksum_address(value)

    def check_integer(self, path: str, value: Any, bits: int) -> None:
        """An unsigned integer of a given number of bits."""
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << bits:
            self.fail(path, f"is not an integer from 0 to {(1 << bits) - 1}")

    def integer(self, path: str, value: Any, bits: int) -> int:
        """An unsigned integer as wallets write it: a number, or its digits as text."""
        if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) <= MOST_DIGITS:
            value = int(value)
        self.check_integer(path, value, bits)
        return int(value)

    def signature(self, path: str, value: Any) -> bytes:
        """A signature: 65 bytes, or 64, of a key; any number of a contract account, which judges it itself."""
        try:
            data = bytes.fromhex(value.removeprefix("0x"))
        except (ValueError, AttributeError):
            self.fail(path, "is not bytes in hexadecimal")
        if len(data) > MOST_SIGNATURE_BYTES:
            self.fail(path, f"has {len(data)} bytes, more than {MOST_SIGNATURE_BYTES}")
        return data

    def octets(self, path: str, value: Any, *lengths: int) -> bytes:
        """Bytes in hexadecimal, as many as one of `lengths` says."""
        try:
            data = bytes.fromhex(value.removeprefix("0x"))
        except (ValueError, AttributeError):
            data = b""
        if len(data) not in lengths:
            self.fail(path, f"is not {' or '.join(map(str, lengths))} bytes in hexadecimal")
        return data
