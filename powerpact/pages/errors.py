"""Errors of reports, each with its remedy."""

from __future__ import annotations

from powerpact.errors import PowerPactError


class BadReport(PowerPactError, ValueError):
    """A day report cannot be read."""

    def __init__(self, message: str) -> None:
        super().__init__(message, remedy="Give what `powerpact demo --json` wrote, of the same version.")
