"""Credentials, disclosures and committees as JSON files.

A credential is the typed data that auditors sign, with its UID, the attributes and salts behind its root, and the
signatures. A disclosure has, in place of attributes and salts, a multiproof as the EAS SDK's ``PrivateData`` takes it.
The first field that is missing, unknown or of another type is reported; whether it was signed so, `verify` says.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any, Final

from powerpact.codec.eip712 import Domain
from powerpact.codec.files import MOST_DIGITS, SignedFile
from powerpact.credentials.attestation import (
    MEMBERS,
    NO_REFERENCE,
    PRIMARY_TYPE,
    SCHEMA_ID,
    SCHEMA_TEXT,
    VERSION,
    Attestation,
    typed_data,
)
from powerpact.credentials.attributes import FIELD_NAMES, FIELDS, attribute_set, is_of_type, json_value
from powerpact.credentials.credential import Committee, Credential, Disclosure, Signed
from powerpact.credentials.errors import BadAttribute, BadCredentialFile
from powerpact.credentials.tree import Multiproof, SaltedField

CREDENTIAL: Final = "powerpact/credential/1"
DISCLOSURE: Final = "powerpact/disclosure/1"
COMMITTEE: Final = "powerpact/committee/1"

_SHARED: Final = {"schema", "uid", "types", "primaryType", "domain", "message", "signatures"}
_TYPES: Final = {field.name: field.type for field in FIELDS}
_MOST_SIGNATURES: Final = 64


class CredentialFile(SignedFile):
    """A file's content; every look at a field that is not as it should be raises `BadCredentialFile`."""

    error = BadCredentialFile

    @classmethod
    def read(cls, name: str, text: str | bytes) -> CredentialFile:
        """Read JSON in which no name is given twice: readers would not agree on which counts."""
        try:
            data = json.loads(text, object_pairs_hook=_unique)
        except (ValueError, RecursionError) as error:
            raise cls.error(name, "$", f"is not JSON: {error}") from error
        if not isinstance(data, dict):
            raise cls.error(name, "$", "is not an object")
        return cls(name, data)

    def members(self, path: str, value: Any, names: set[str]) -> dict[str, Any]:
        """An object with exactly these members."""
        self.check_members(path, value, names)
        found: dict[str, Any] = value
        return found

    def items(self, path: str, value: Any) -> list[Any]:
        """A list."""
        if not isinstance(value, list):
            self.fail(path, "is not a list")
        return value

    def text(self, path: str, value: Any) -> str:
        """A text that has an encoding."""
        if not is_of_type(value, "string"):
            self.fail(path, "is not a text")
        return str(value)


def format_credential(credential: Credential) -> str:
    """The file of a credential; it belongs to its owner, who decides what to disclose."""
    attributes = {name: json_value(value) for name, value in credential.attributes.values().items()}
    salts = {name: _hex(credential.salts[name]) for name in FIELD_NAMES}
    return _text(CREDENTIAL, credential, {"attributes": attributes, "salts": salts})


def format_disclosure(disclosure: Disclosure) -> str:
    """The file of a disclosure."""
    return _text(DISCLOSURE, disclosure, {"shown": multiproof_json(disclosure.shown)})


def format_committee(committee: Committee) -> str:
    """The file of a committee, for everybody: whose signatures count, where, and what they sign."""
    data = {
        "schema": COMMITTEE,
        "chainId": committee.chain_id,
        "registry": committee.registry,
        "easVersion": committee.version,
        "auditors": list(committee.auditors),
        "threshold": committee.threshold,
        "tagKeyId": _hex(committee.tag_key_id),
        "easSchema": SCHEMA_TEXT,
        "easSchemaId": _hex(SCHEMA_ID),
    }
    return json.dumps(data, indent=2) + "\n"


def multiproof_json(shown: Multiproof) -> dict[str, Any]:
    """A multiproof as the EAS SDK takes it."""
    leaves = [
        {"type": field.type, "name": field.name, "value": json_value(field.value), "salt": _hex(field.salt)}
        for field in shown.fields
    ]
    return {"leaves": leaves, "proof": [_hex(node) for node in shown.proof], "proofFlags": list(shown.flags)}


def parse_shown(name: str, text: str | bytes) -> tuple[bytes, Credential | Disclosure]:
    """The UID that a file states, and the credential or disclosure in it.

    Parameters
    ----------
    name : str
        The file's name, for messages.
    text : str or bytes
        Its content.

    Raises
    ------
    BadCredentialFile
        At the first field that is missing, unknown or not of its type.
    """
    file = CredentialFile.read(name, text)
    kind = file.data.get("schema")
    if kind not in (CREDENTIAL, DISCLOSURE):
        file.fail("$.schema", f"is {kind!r}, neither {CREDENTIAL} nor {DISCLOSURE}")
    shown = _credential(file) if kind == CREDENTIAL else _disclosure(file)
    return file.octets("$.uid", file.data["uid"], 32), shown


def parse_credential(name: str, text: str | bytes) -> Credential:
    """The credential in a file.

    Raises
    ------
    BadCredentialFile
        At the first field that is missing, unknown or not of its type, or if its UID is not that of its content.
    """
    uid, shown = parse_shown(name, text)
    if not isinstance(shown, Credential):
        raise BadCredentialFile(name, "$.schema", f"is {DISCLOSURE}, expected {CREDENTIAL}")
    if uid != shown.attestation.uid:
        raise BadCredentialFile(name, "$.uid", "is not that of the message")
    return shown


def parse_committee(name: str, text: str | bytes) -> Committee:
    """The committee in a file.

    Raises
    ------
    BadCredentialFile
        At the first field that is missing, unknown or not of its type, or if it is for another EAS schema.
    BadCommittee
        If the committee is impossible.
    """
    file = CredentialFile.read(name, text)
    members = {"chainId", "registry", "easVersion", "auditors", "threshold", "tagKeyId", "easSchema", "easSchemaId"}
    data = file.members("$", file.data, {"schema", *members})
    for member, expected in {"schema": COMMITTEE, "easSchema": SCHEMA_TEXT, "easSchemaId": _hex(SCHEMA_ID)}.items():
        if data[member] != expected:
            file.fail(f"$.{member}", f"is {data[member]!r}, expected {expected!r}")
    auditors = file.items("$.auditors", data["auditors"])
    return Committee(
        chain_id=file.integer("$.chainId", data["chainId"], 256),
        registry=file.address("$.registry", data["registry"]),
        auditors=tuple(file.address(f"$.auditors[{i}]", auditor) for i, auditor in enumerate(auditors)),
        threshold=file.integer("$.threshold", data["threshold"], 16),
        tag_key_id=file.octets("$.tagKeyId", data["tagKeyId"], 8),
        version=file.text("$.easVersion", data["easVersion"]),
    )


def _credential(file: CredentialFile) -> Credential:
    data = file.members("$", file.data, _SHARED | {"attributes", "salts"})
    values = file.members("$.attributes", data["attributes"], set(FIELD_NAMES))
    salts = file.members("$.salts", data["salts"], set(FIELD_NAMES))
    try:
        attributes = attribute_set({name: _value(_TYPES[name], values[name]) for name in FIELD_NAMES})
    except BadAttribute as error:
        raise BadCredentialFile(file.name, f"$.attributes.{error.field}", error.problem) from error
    domain, attestation, signatures = _signed(file)
    octets = {name: file.octets(f"$.salts.{name}", salts[name], 32) for name in FIELD_NAMES}
    return Credential(domain, attestation, attributes, octets, signatures)


def _disclosure(file: CredentialFile) -> Disclosure:
    data = file.members("$", file.data, _SHARED | {"shown"})
    shown = file.members("$.shown", data["shown"], {"leaves", "proof", "proofFlags"})
    leaves = file.items("$.shown.leaves", shown["leaves"])
    fields = tuple(_field(file, f"$.shown.leaves[{i}]", leaf) for i, leaf in enumerate(leaves))
    if len({field.name for field in fields}) != len(fields):
        file.fail("$.shown.leaves", "show a field twice")
    nodes = file.items("$.shown.proof", shown["proof"])
    proof = tuple(file.octets(f"$.shown.proof[{i}]", node, 32) for i, node in enumerate(nodes))
    flags = tuple(file.items("$.shown.proofFlags", shown["proofFlags"]))
    if not all(isinstance(flag, bool) for flag in flags):
        file.fail("$.shown.proofFlags", "are not all true or false")
    domain, attestation, signatures = _signed(file)
    return Disclosure(domain, attestation, Multiproof(fields, proof, flags), signatures)


def _field(file: CredentialFile, path: str, leaf: object) -> SaltedField:
    data = file.members(path, leaf, {"type", "name", "value", "salt"})
    type_ = _TYPES.get(file.text(f"{path}.name", data["name"]))
    if type_ is None or data["type"] != type_:
        file.fail(path, "is no field of an attribute set")
    value = _value(type_, data["value"])
    if not is_of_type(value, type_):
        file.fail(f"{path}.value", f"is not of type {type_}")
    return SaltedField(type_, data["name"], value, file.octets(f"{path}.salt", data["salt"], 32))


def _signed(file: CredentialFile) -> tuple[Domain, Attestation, tuple[Signed, ...]]:
    data = file.data
    stated = file.members("$.domain", data["domain"], {"name", "version", "chainId", "verifyingContract"})
    domain = Domain(
        file.integer("$.domain.chainId", stated["chainId"], 256),
        file.address("$.domain.verifyingContract", stated["verifyingContract"]),
        file.text("$.domain.name", stated["name"]),
        file.text("$.domain.version", stated["version"]),
    )
    attestation = _attestation(file)
    expected = typed_data(domain, attestation)
    for member in ("primaryType", "types"):
        if data[member] != expected[member]:
            file.fail(f"$.{member}", f"is not that of {PRIMARY_TYPE}")
    signatures = file.items("$.signatures", data["signatures"])
    if len(signatures) > _MOST_SIGNATURES:
        file.fail("$.signatures", f"are more than {_MOST_SIGNATURES}")
    return domain, attestation, tuple(_signature(file, f"$.signatures[{i}]", one) for i, one in enumerate(signatures))


def _attestation(file: CredentialFile) -> Attestation:
    message = file.members("$.message", file.data["message"], {name for name, _ in MEMBERS})
    fixed = {"version": VERSION, "revocable": True, "refUID": _hex(NO_REFERENCE)}
    for name, value in fixed.items():
        if message[name] != value or isinstance(message[name], bool) != isinstance(value, bool):
            file.fail(f"$.message.{name}", f"is {message[name]!r}, expected {value!r}")
    return Attestation(
        schema=file.octets("$.message.schema", message["schema"], 32),
        recipient=file.address("$.message.recipient", message["recipient"]),
        time_s=file.integer("$.message.time", message["time"], 64),
        expiration_s=file.integer("$.message.expirationTime", message["expirationTime"], 64),
        data=file.signature("$.message.data", message["data"]),
        salt=file.octets("$.message.salt", message["salt"], 32),
    )


def _signature(file: CredentialFile, path: str, value: object) -> Signed:
    data = file.members(path, value, {"signer", "signature"})
    signer = file.address(f"{path}.signer", data["signer"])
    return Signed(signer, file.octets(f"{path}.signature", data["signature"], 64, 65))


def _text(schema: str, shown: Credential | Disclosure, content: Mapping[str, Any]) -> str:
    data = {
        "schema": schema,
        "uid": _hex(shown.attestation.uid),
        **typed_data(shown.domain, shown.attestation),
        **content,
        "signatures": [{"signer": signer, "signature": _hex(signature)} for signer, signature in shown.signatures],
    }
    return json.dumps(data, indent=2, ensure_ascii=False) + "\n"


def _hex(octets: bytes) -> str:
    return f"0x{octets.hex()}"


def _value(type_: str, value: Any) -> Any:
    """A field's value from JSON, where a large number is text."""
    is_digits = isinstance(value, str) and value.isascii() and value.isdecimal()
    return int(value) if type_.startswith("uint") and is_digits and len(value) <= MOST_DIGITS else value


def _unique(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in pairs:
        if name in found:
            raise ValueError(f"{name!r} is given twice")
        found[name] = value
    return found
