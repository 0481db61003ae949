"""Attribute files: what an applicant tells and auditors check, as TOML or JSON, with the names of the fields.

Times are Unix seconds, or ISO 8601 with an offset. The wallet may be left out and named where the credential is issued.
"""

from __future__ import annotations

import json
import tomllib
from datetime import datetime
from typing import Any, Final

from powerpact.credentials.attributes import AttributeSet, attribute_set
from powerpact.credentials.errors import BadAttribute, BadAttributeFile

_TIMES: Final = ("validFrom", "validUntil")


def parse_attributes(name: str, text: str | bytes) -> dict[str, Any]:
    """The values in an attribute file, by the names of their fields; times in Unix seconds.

    Parameters
    ----------
    name : str
        The file's name, for messages.
    text : str or bytes
        Its content.

    Raises
    ------
    BadAttributeFile
        If it is neither TOML nor JSON.
    BadAttribute
        If a time is none.
    """
    try:
        written = text.decode() if isinstance(text, bytes) else text
        values = json.loads(written) if written.lstrip().startswith("{") else tomllib.loads(written)
    except (ValueError, RecursionError) as error:
        raise BadAttributeFile(name, str(error)) from error
    return {key: _moment(key, value) if key in _TIMES else value for key, value in values.items()}


def attributes_for(values: dict[str, Any], wallet: str | None) -> AttributeSet:
    """The attribute set with these values, for a wallet.

    Parameters
    ----------
    values : dict
        Of an attribute file.
    wallet : str, optional
        Address of the wallet, with its checksum; by default the file's.

    Raises
    ------
    BadAttribute
        If the file states another wallet, or at the first field that is not as it should be.
    """
    stated = values.get("wallet")
    if wallet and stated and stated != wallet:
        raise BadAttribute("wallet", stated, f"is not {wallet}", remedy="Leave one of the two out.")
    return attribute_set(values | ({"wallet": wallet} if wallet else {}))


def _moment(name: str, value: object) -> object:
    """A time in Unix seconds."""
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        moment = None
    if isinstance(moment, datetime) and moment.tzinfo is not None:
        return int(moment.timestamp())
    if isinstance(moment, int) and not isinstance(moment, bool):
        return moment
    raise BadAttribute(name, str(value), "is no time", remedy="Write 2027-01-01T00:00:00Z, or Unix seconds.")
