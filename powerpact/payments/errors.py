"""Errors of payment channels."""

from __future__ import annotations

from powerpact.errors import PowerPactError


class ChannelRefused(PowerPactError, ValueError):
    """A party does not sign, or take, what it was asked to.

    Parameters
    ----------
    channel : bytes
        The channel's id.
    problem : str
        Why.
    remedy : str
        What to do.
    """

    advice = "See what the channel has with `powerpact channel show`."

    def __init__(self, channel: bytes, problem: str, *, remedy: str | None = None) -> None:
        super().__init__(f"channel 0x{channel.hex()[:8]}: {problem}", remedy=remedy or self.advice)
        self.channel = channel
        self.problem = problem
