"""What the files of signed messages share: JSON with a schema; the first invalid field is reported."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from eth_utils import is_checksum_address

from powerpact.codec.errors import BadSignedFile


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

    name: str
    data: dict[str, Any]

    @classmethod
    def parse(cls, name: str, text: str | bytes, schema: str, members: set[str]) -> SignedFile:
        """Read a file's text: JSON of this schema, with these members beside ``schema``."""
        try:
            data = json.loads(text)
        except ValueError as error:
            raise BadSignedFile(name, "$", f"is not JSON: {error}") from error
        parsed = cls(name, data)
        parsed.check_members("$", data, {"schema", *members})
        if data["schema"] != schema:
            raise BadSignedFile(name, "$.schema", f"is {data['schema']!r}, expected {schema!r}")
        return parsed

    def check_members(self, path: str, value: Any, members: set[str]) -> None:
        """An object with exactly these members."""
        if not isinstance(value, dict):
            raise BadSignedFile(self.name, path, "is not an object")
        odd = sorted(members ^ set(value))
        if odd:
            raise BadSignedFile(self.name, f"{path}.{odd[0]}", "is missing" if odd[0] in members else "is unknown")

    def check_address(self, path: str, value: Any) -> None:
        """An address with its checksum."""
        if not is_checksum_address(value):
            raise BadSignedFile(self.name, path, "is not an address with checksum")

    def check_integer(self, path: str, value: Any, bits: int) -> None:
        """An unsigned integer of a given number of bits."""
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << bits:
            raise BadSignedFile(self.name, path, f"is not an integer from 0 to {(1 << bits) - 1}")

    def octets(self, path: str, value: Any, *lengths: int) -> bytes:
        """Bytes in hexadecimal, as many as one of `lengths` says."""
        try:
            data = bytes.fromhex(value.removeprefix("0x"))
        except (ValueError, AttributeError):
            data = b""
        if len(data) not in lengths:
            raise BadSignedFile(self.name, path, f"is not {' or '.join(map(str, lengths))} bytes in hexadecimal")
        return data
