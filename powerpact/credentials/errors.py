"""What can be wrong with attribute sets, credentials and disclosures, each with its remedy."""

from __future__ import annotations

from collections.abc import Iterable

from powerpact.codec.errors import BadSignedFile
from powerpact.errors import PowerPactError


class BadAttribute(PowerPactError, ValueError):
    """An attribute of a person is missing, unknown, out of range, or contradicts another one.

    Parameters
    ----------
    field : str
        Name of the attribute, as in a file.
    value : object
        What was given; None if nothing was.
    problem : str
        What is wrong with it.
    remedy : str
        What to write instead.
    """

    exit_code = 2
    advice = "Correct the attribute that the message names, as `powerpact ca issue --help` describes it."

    def __init__(self, field: str, value: object, problem: str, *, remedy: str) -> None:
        super().__init__(f"attribute {field}: {value!r} {problem}", remedy=remedy)
        self.field = field
        self.value = value
        self.problem = problem


class BadAttributeFile(PowerPactError, ValueError):
    """A file of attributes is neither TOML nor JSON.

    Parameters
    ----------
    file : str
        The file.
    problem : str
        What its reader says.
    """

    exit_code = 2
    advice = "Write one `name = value` per line (TOML), as `powerpact ca issue --help` shows, or a JSON object."

    def __init__(self, file: str, problem: str) -> None:
        super().__init__(f"{file}: {problem}", remedy=self.advice)
        self.file = file
        self.problem = problem


class BadCredentialFile(BadSignedFile):
    """A file is no credential, disclosure or committee.

    Parameters
    ----------
    file : str
        The file.
    path : str
        JSON path of the bad field.
    problem : str
        What is wrong with it.
    """

    advice = "Make the file with `powerpact ca init`, `issue` or `disclose`; do not edit it."


class BadTagKey(PowerPactError, ValueError):
    """The key of person tags has the wrong size, is open to others, or is another committee's.

    Parameters
    ----------
    problem : str
        What is wrong. It never contains the key.
    remedy : str, optional
        What to do about it.
    """

    exit_code = 2
    advice = "Give the file that `powerpact ca init` wrote, readable by its owner only (chmod 600)."

    def __init__(self, problem: str, *, remedy: str | None = None) -> None:
        super().__init__(f"key of person tags: {problem}", remedy=remedy or self.advice)
        self.problem = problem


class BadCommittee(PowerPactError, ValueError):
    """A committee has no auditors, one of them twice, or a threshold that they cannot reach.

    Parameters
    ----------
    auditors : int
        How many were named.
    threshold : int
        How many must sign.
    problem : str
        What is wrong.
    """

    exit_code = 2
    advice = "Name 1 to 32 different auditors, and a threshold from 1 to their number."

    def __init__(self, auditors: int, threshold: int, problem: str) -> None:
        super().__init__(f"committee of {auditors} with threshold {threshold}: {problem}", remedy=self.advice)
        self.auditors = auditors
        self.threshold = threshold
        self.problem = problem


class UnknownField(PowerPactError, KeyError):
    """A credential has no such field to disclose.

    Parameters
    ----------
    field : str
        What was asked for; empty if nothing was.
    known : iterable of str
        The fields that it has.
    """

    exit_code = 2
    advice = "Name fields of the credential, as `powerpact ca disclose --help` lists them."

    def __init__(self, field: str, known: Iterable[str]) -> None:
        self.field = field
        self.known = tuple(known)
        what = f"no field {field!r}" if field else "no field is named"
        super().__init__(what, remedy=f"Name some of {', '.join(self.known)}.")


class NotSigned(PowerPactError, LookupError):
    """A credential to export has no signature of the auditor who is to be its issuer, or none at all.

    Parameters
    ----------
    signer : str, optional
        Whose signature was asked for.
    """

    exit_code = 2
    advice = "Have an auditor sign the credential first: `powerpact ca sign`."

    def __init__(self, signer: str | None) -> None:
        super().__init__(f"not signed{f' by {signer}' if signer else ''}", remedy=self.advice)
        self.signer = signer


# ----------------------------------------------------------------------------------------------------------------------
# Faults: why a credential or disclosure is not taken
# ----------------------------------------------------------------------------------------------------------------------


class CredentialFault(PowerPactError, ValueError):
    """A credential or disclosure is not taken; each reason has a class of its own.

    Parameters
    ----------
    message : str
        What is wrong, with the values.
    remedy : str, optional
        What to do about it.
    """

    advice = "See the reason that is stated."

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message, remedy=remedy or self.advice)


class CredentialAltered(CredentialFault):
    """What is shown is not what was signed.

    Parameters
    ----------
    field : str
        What was altered.
    problem : str
        How one can tell.
    """

    advice = "Do not accept it. Ask its owner for the file as the auditors signed it."

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"altered: {field} {problem}")
        self.field = field
        self.problem = problem


class CredentialExpired(CredentialFault):
    """The credential's time is over.

    Parameters
    ----------
    until_s : int
        When it ended, Unix seconds.
    now_s : int
        The time that was asked about, Unix seconds.
    """

    advice = "Have a new credential issued."

    def __init__(self, until_s: int, now_s: int) -> None:
        super().__init__(f"expired: valid until {until_s}, and it is {now_s}")
        self.until_s = until_s
        self.now_s = now_s


class CredentialNotYetValid(CredentialFault):
    """The credential's time has not come.

    Parameters
    ----------
    from_s : int
        When it begins, Unix seconds.
    now_s : int
        The time that was asked about, Unix seconds.
    """

    advice = "Wait until it begins."

    def __init__(self, from_s: int, now_s: int) -> None:
        super().__init__(f"not yet valid: from {from_s}, and it is {now_s}")
        self.from_s = from_s
        self.now_s = now_s


class OtherChain(CredentialFault):
    """The credential was signed for another chain.

    Parameters
    ----------
    have, expected : int
        Ids of its chain and of the committee's.
    """

    advice = "Ask for a credential of this committee, for its chain."

    def __init__(self, have: int, expected: int) -> None:
        super().__init__(f"signed for chain {have}, the committee's is {expected}")
        self.have = have
        self.expected = expected


class OtherRegistry(CredentialFault):
    """The credential was signed for another registry, or another version of it.

    Parameters
    ----------
    have, expected : str
        Address of the registry, with its version.
    """

    advice = "Ask for a credential of this committee, for its registry."

    def __init__(self, have: str, expected: str) -> None:
        super().__init__(f"signed for registry {have}, the committee's is {expected}")
        self.have = have
        self.expected = expected


class OtherSchema(CredentialFault):
    """What was signed is of another EAS schema.

    Parameters
    ----------
    have, expected : bytes
        Ids of its schema and of the one of attribute sets.
    """

    advice = "Ask for a credential of the schema that `powerpact ca init` states."

    def __init__(self, have: bytes, expected: bytes) -> None:
        super().__init__(f"schema 0x{have.hex()}, expected 0x{expected.hex()}")
        self.have = have
        self.expected = expected


class TooFewSignatures(CredentialFault):
    """Fewer auditors of the committee signed than must.

    Parameters
    ----------
    have, needed : int
        How many auditors signed, and how many must.
    """

    advice = "Have more auditors of the committee sign it: `powerpact ca sign`."

    def __init__(self, have: int, needed: int) -> None:
        super().__init__(f"signed by {have} of the {needed} auditors that are needed")
        self.have = have
        self.needed = needed


class OutsideSigner(CredentialFault):
    """Somebody signed who is none of the committee.

    Parameters
    ----------
    signer : str
        Whose key signed.
    """

    advice = "Have auditors of this committee sign, and nobody else."

    def __init__(self, signer: str) -> None:
        super().__init__(f"signed by {signer}, who is no auditor of the committee")
        self.signer = signer


class SignedTwice(CredentialFault):
    """An auditor signed more than once; it counts once.

    Parameters
    ----------
    signer : str
        Whose key signed.
    """

    advice = "Have another auditor of the committee sign."

    def __init__(self, signer: str) -> None:
        super().__init__(f"signed by {signer} more than once")
        self.signer = signer


class CredentialRevoked(CredentialFault):
    """So many auditors revoked their signatures that too few remain.

    Parameters
    ----------
    issuers : iterable of str
        Who revoked.
    left, needed : int
        How many signatures remain, and how many must.
    """

    advice = "Do not accept it. Its owner needs a new credential."

    def __init__(self, issuers: Iterable[str], left: int, needed: int) -> None:
        self.issuers = tuple(issuers)
        super().__init__(f"revoked by {', '.join(self.issuers)}: {left} of {needed} signatures remain")
        self.left = left
        self.needed = needed
