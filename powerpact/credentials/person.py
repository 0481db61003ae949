"""Person tags: one person, one membership, without saying who the person is.

``tag = HMAC-SHA-256(key, "powerpact/person/1" ‖ 0 ‖ country ‖ 0 ‖ national id)``, both in normal form. Without the key,
nobody can try ids until one fits. What is recorded of a person hangs on the tag, so leaving and coming back under
another address or name changes nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import unicodedata
from typing import Final

from powerpact.credentials.errors import BadTagKey

KEY_BYTES: Final = 32

_PERSON: Final = b"powerpact/person/1"
_KEY_ID: Final = b"powerpact/tag-key/1"
_KEY_ID_BYTES: Final = 8


def normal(text: str) -> str:
    """A text in normal form: Unicode NFKC, case folded, each run of blanks one blank, none at the ends.

    Examples
    --------
    >>> normal("  Ｊane   DOE ") == normal("jane doe")
    True
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    return " ".join(folded.split())


def normal_id(text: str) -> str:
    """A national id in normal form, letters, marks and digits only: however it is grouped, it is the same id.

    Examples
    --------
    >>> normal_id("1234-01.01.90 a") == normal_id("1234 010190A")
    True
    """
    return "".join(character for character in normal(text) if unicodedata.category(character)[0] in "LMN")


def person_tag(key: bytes, country: str, national_id: str) -> bytes:
    """The tag of a person, 32 bytes.

    Parameters
    ----------
    key : bytes
        The committee's secret, 32 bytes.
    country : str
        ISO 3166-1 alpha-2.
    national_id : str
        The id under which that country knows the person.

    Raises
    ------
    BadTagKey
        If the key has another length.
    """
    parts = (_PERSON, normal(country).encode(), normal_id(national_id).encode())
    return _keyed(key, b"\x00".join(parts))


def key_id(key: bytes) -> bytes:
    """What tells keys apart and gives nothing of them away, 8 bytes; tags made with different keys do not compare.

    Raises
    ------
    BadTagKey
        If the key has another length.
    """
    return _keyed(key, _KEY_ID)[:_KEY_ID_BYTES]


def _keyed(key: bytes, message: bytes) -> bytes:
    if len(key) != KEY_BYTES:
        raise BadTagKey(f"has {len(key)} bytes, not {KEY_BYTES}")
    return hmac.new(key, message, hashlib.sha256).digest()
