"""Errors of time series, each with its remedy."""

from __future__ import annotations

from powerpact.errors import PowerPactError


class BadProfiles(PowerPactError, ValueError):
    """A file of load and solar series cannot be read or has a bad row.

    Parameters
    ----------
    path : path-like
        The file.
    line : int
        Line number from 1; 0 for the file itself.
    problem : str
        What is wrong with it.
    remedy : str, optional
        How to repair it.
    """

    advice = "Repair the line of the CSV file that the message names."

    def __init__(self, path: object, line: int, problem: str, *, remedy: str | None = None) -> None:
        super().__init__(f"{path}:{line}: {problem}" if line else f"{path}: {problem}", remedy=remedy)
        self.path = path
        self.line = line
        self.problem = problem


class BadMeterFile(PowerPactError, ValueError):
    """A meter's file cannot be read, or a part of it is bad.

    Parameters
    ----------
    path : path-like
        The file.
    place : str
        Where in it, such as ``line 12`` or ``frame 3 at byte 480``; empty for the file itself.
    problem : str
        What is wrong there, with the value.
    remedy : str, optional
        How to repair it.
    """

    exit_code = 2
    advice = "Read the meter again, or repair the place that the message names."

    def __init__(self, path: object, place: str, problem: str, *, remedy: str | None = None) -> None:
        super().__init__(f"{path}: {place}: {problem}" if place else f"{path}: {problem}", remedy=remedy)
        self.path = path
        self.place = place
        self.problem = problem
