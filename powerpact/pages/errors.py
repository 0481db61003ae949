"""Errors of reports, each with its remedy."""

from __future__ import annotations

from powerpact.errors import PowerPactError


class BadReport(PowerPactError, ValueError):
    """A day report cannot be read."""

    advice = "Give what `powerpact demo --json` wrote, of the same version."

    def __init__(self, message: str) -> None:
        super().__init__(message, remedy=self.advice)
