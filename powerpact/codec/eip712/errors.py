"""Errors of hashing and signing."""

from __future__ import annotations

from powerpact.errors import PowerPactError


class UnknownSignedType(PowerPactError, KeyError):
    """There is no such struct in the table of signed types.

    Parameters
    ----------
    primary_type : str
        The name that was asked for.
    known : tuple of str
        The names in the table.
    """

    advice = "Use a type of `powerpact/codec/eip712/types.py`."

    def __init__(self, primary_type: str, known: tuple[str, ...]) -> None:
        super().__init__(f"no signed type {primary_type!r}", remedy=f"Use one of {', '.join(known)}.")
        self.primary_type = primary_type
        self.known = known


class MessageMismatch(PowerPactError, ValueError):
    """A message lacks members of its signed type, has others, or holds a value of the wrong type.

    Parameters
    ----------
    primary_type : str
        The signed type.
    problem : str
        What does not fit.
    """

    advice = "Give exactly the members of the type in powerpact/codec/eip712/types.py, in range."

    def __init__(self, primary_type: str, problem: str) -> None:
        super().__init__(
            f"message does not fit {primary_type}: {problem}",
            remedy=self.advice,
        )
        self.primary_type = primary_type
        self.problem = problem
