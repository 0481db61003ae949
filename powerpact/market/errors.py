"""Errors of the words of the market, each with its remedy."""

from __future__ import annotations

from powerpact.errors import PowerPactError


class BadOrderId(PowerPactError, ValueError):
    """A text is not an order's id.

    Parameters
    ----------
    text : str
        What was given.
    """

    exit_code = 2

    def __init__(self, text: str) -> None:
        super().__init__(
            f"{text!r} is not an order id", remedy="Write batch:index, such as 3:17; see `powerpact order list`."
        )
        self.text = text
