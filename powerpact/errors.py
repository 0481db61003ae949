"""The error tree of PowerPact.

Every error that the library raises on purpose derives from `PowerPactError` and from the builtin exception that fits,
keeps the offending values as attributes, and may carry a *remedy*: one sentence on what the user can do about it.
The command line prints the message and the remedy; `docs/errors.md` lists them.
"""

from __future__ import annotations

from typing import ClassVar


class PowerPactError(Exception):
    """Root of all errors that PowerPact raises on purpose.

    Parameters
    ----------
    message : str
        What is wrong, with the offending values.
    remedy : str, optional
        What the user can do about it.

    Attributes
    ----------
    exit_code : int
        What the command line exits with: 1, or 2 for bad input.
    advice : str
        What a user can do about errors of this class, for the list of errors; `remedy` may say more, with the values.
    """

    exit_code: ClassVar[int] = 1
    advice: ClassVar[str]

    def __init__(self, message: str, *, remedy: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.remedy = remedy

    def __str__(self) -> str:
        return self.message


# ----------------------------------------------------------------------------------------------------------------------
# Files, rounds, solutions
# ----------------------------------------------------------------------------------------------------------------------


class MalformedInput(PowerPactError, ValueError):
    """A round or solution file breaks the format.

    Parameters
    ----------
    path : str
        JSON path of the bad field, such as ``$.buyers[3].bid``.
    problem : str
        What is wrong with it.
    value : object
        The offending value, None if the field is missing.
    remedy : str, optional
        How to repair it.
    """

    exit_code = 2
    advice = "Repair the field that the message names, by the format of the file."

    def __init__(self, path: str, problem: str, value: object = None, *, remedy: str | None = None) -> None:
        super().__init__(f"{path}: {problem}", remedy=remedy)
        self.path = path
        self.problem = problem
        self.value = value


class FileProblem(PowerPactError, OSError):
    """A file cannot be read or written.

    Parameters
    ----------
    path : str
        The file.
    problem : str
        What the system says.
    """

    exit_code = 2
    advice = "Check the path and its permissions."

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path}: {problem}", remedy=self.advice)
        self.path = path
        self.problem = problem


class CertificateGap(PowerPactError, ArithmeticError):
    """The solver's own check found that its dual prices do not prove its trades optimal: a fault of the solver.

    Parameters
    ----------
    objective : int
        Σ w·x of the trades.
    dual_sum : int
        Σ u·capacity + Σ v·capacity of the dual prices.
    """

    advice = "This is a fault of the solver. Report it with the round file."

    def __init__(self, objective: int, dual_sum: int) -> None:
        super().__init__(
            f"the trades are worth {objective}, the dual prices prove {dual_sum}",
            remedy=self.advice,
        )
        self.objective = objective
        self.dual_sum = dual_sum


# ----------------------------------------------------------------------------------------------------------------------
# Choices
# ----------------------------------------------------------------------------------------------------------------------


class BadChoice(PowerPactError, ValueError):
    """A choice that the data cannot serve: a day, a number of homes, a name.

    Parameters
    ----------
    field : str
        What was to be chosen.
    value : object
        What was asked for.
    problem : str
        Why it cannot be had.
    remedy : str, optional
        What can be chosen.
    """

    advice = "Choose one of what the message lists."

    def __init__(self, field: str, value: object, problem: str, *, remedy: str | None = None) -> None:
        super().__init__(f"{field} {value}: {problem}", remedy=remedy)
        self.field = field
        self.value = value
        self.problem = problem
