"""Errors of files and batches, each with its remedy."""

from __future__ import annotations

from powerpact.errors import PowerPactError


class EmptyBatch(PowerPactError, ValueError):
    """A batch needs at least one member."""

    advice = "Leave empty batches out."

    def __init__(self) -> None:
        super().__init__("a batch needs at least one member", remedy=self.advice)


class BadSignedFile(PowerPactError, ValueError):
    """A file is not a signed order or agreement.

    Parameters
    ----------
    file : str
        The file.
    path : str
        JSON path of the bad field.
    problem : str
        What is wrong with it.
    """

    exit_code = 2
    advice = "Make the file with `powerpact order buy` or `sell` and `--sign-only`, or with `powerpact agreement sign`."

    def __init__(self, file: str, path: str, problem: str) -> None:
        super().__init__(
            f"{file}: {path} {problem}",
            remedy=self.advice,
        )
        self.file = file
        self.path = path
        self.problem = problem
