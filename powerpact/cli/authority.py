"""What the commands of credentials share: their options, the committee's file and key, and what was found."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from powerpact.cli.output import read_input
from powerpact.cli.session import clock, tell, utc
from powerpact.errors import FileProblem

if TYPE_CHECKING:
    from powerpact.credentials.credential import Committee, Credential, Disclosure
    from powerpact.credentials.verification import Report

COMMITTEE_FILE = "powerpact.committee.json"
KEY_FILE = "powerpact.tag-key"

CommitteeFile = Annotated[
    str, typer.Option("--committee", "-c", metavar="FILE", help="The committee, as `powerpact ca init` wrote it.")
]
KeyFile = Annotated[str, typer.Option("--key", metavar="FILE", help="The committee's secret key of person tags.")]
AttributesFile = Annotated[
    str, typer.Argument(metavar="ATTRIBUTES", help="Attribute file, TOML or JSON; - for standard input.")
]
CredentialFile = Annotated[str, typer.Argument(metavar="FILE", help="A credential; - for standard input.")]


def read_committee(file: str) -> Committee:
    """The committee in a file."""
    from powerpact.credentials.files import parse_committee

    return parse_committee(file, read_input(file))


def make_key(file: str) -> tuple[bytes, bool]:
    """The key of person tags in a file, and whether it is new: made of 32 random bytes, for its owner only.

    Raises
    ------
    BadTagKey
        If there is a file that is no key, or that others can read.
    FileProblem
        If it cannot be written.
    """
    key = secrets.token_bytes(32)
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return read_key(file), False
    except OSError as error:
        raise FileProblem(file, error.strerror or str(error)) from error
    with os.fdopen(handle, "w", encoding="ascii") as stream:
        stream.write(f"{key.hex()}\n")
        stream.flush()
        os.fsync(stream.fileno())
    return key, True


def read_key(file: str, committee: Committee | None = None) -> bytes:
    """The key of person tags in a file that only its owner can read: the committee's, if one is given.

    Raises
    ------
    BadTagKey
        If it is no key, others can read it, or it is another committee's.
    FileProblem
        If it cannot be read.
    """
    from powerpact.credentials.errors import BadTagKey
    from powerpact.credentials.person import key_id

    try:
        mode, text = Path(file).stat().st_mode, Path(file).read_text(encoding="ascii").strip()
    except OSError as error:
        raise FileProblem(file, error.strerror or str(error)) from error
    except ValueError:
        raise BadTagKey(f"{file} is not hexadecimal") from None
    if mode & 0o077:
        raise BadTagKey(f"others can read {file}", remedy=f"Run `chmod 600 {file}`. Was it read? Then it is known.")
    try:
        key = bytes.fromhex(text)
    except ValueError:
        raise BadTagKey(f"{file} is not hexadecimal") from None
    if committee is not None and key_id(key) != committee.tag_key_id:
        raise BadTagKey(f"{file} is not the key of this committee", remedy="Name the committee's own with `--key`.")
    return key


def shown_values(shown: Credential | Disclosure) -> dict[str, Any]:
    """What a credential or disclosure shows to everybody: its public codes, and the fields that are disclosed."""
    from powerpact.credentials.attestation import PublicCodes
    from powerpact.credentials.attributes import json_value
    from powerpact.credentials.credential import Disclosure, public_values

    codes = PublicCodes.decode(shown.attestation.data)
    values = public_values(shown.attestation, codes) if codes else {}
    if isinstance(shown, Disclosure):
        values |= {field.name: field.value for field in shown.shown.fields}
    return {name: json_value(value) for name, value in values.items()}


def in_words(name: str, value: Any) -> str:
    """A field's value for people."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return clock(value) if name.startswith("valid") and isinstance(value, int) else str(value)


def report_json(
    shown: Credential | Disclosure, report: Report, committee: Committee, checked: Mapping[str, Any]
) -> dict[str, Any]:
    """What was found, for programs."""
    from powerpact.credentials.credential import Disclosure

    return {
        "valid": not report.faults,
        "kind": "disclosure" if isinstance(shown, Disclosure) else "credential",
        "uid": f"0x{shown.attestation.uid.hex()}",
        "signers": list(report.signers),
        "needed": committee.threshold,
        "revoked_by": list(report.revoked_by),
        **checked,
        "shown": shown_values(shown),
        "faults": [
            {"error": type(fault).__name__, "problem": fault.message, "remedy": fault.remedy} for fault in report.faults
        ],
    }


def tell_time(time_s: int, *, on_chain: bool) -> None:
    """Say at which time something was checked, and whether revocations were."""
    tell(f"checked at {utc(time_s)}, {'with' if on_chain else 'WITHOUT'} revocations")
