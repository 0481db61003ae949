"""Waiting for the chain's time."""

from __future__ import annotations

import time

from powerpact.chain.client import Chain
from powerpact.chain.contracts.markets import market
from powerpact.progress import Progress


def wait_for_gate(chain: Chain, market_id: bytes, report: Progress, *, poll_s: float = 2.0) -> None:
    """Wait until a market's gate has closed on the chain."""
    wait_until(chain, market(chain, market_id).rules.closes_at, "the gate closes", report, poll_s=poll_s)


def wait_until(chain: Chain, time_s: int, what: str, report: Progress, *, poll_s: float = 2.0) -> None:
    """Wait until the chain's time has come.

    Parameters
    ----------
    chain : Chain
        Whose latest block gives the time.
    time_s : int
        Unix seconds.
    what : str
        What happens then, for the report.
    report : callable
        Called once with how long it will take.
    poll_s : float
        Pause between two looks, s.
    """
    ahead_s = time_s - chain.now()
    if ahead_s > 0:
        report(f"{what} in {ahead_s} s")
    while ahead_s > 0:
        time.sleep(min(poll_s, ahead_s))
        ahead_s = time_s - chain.now()
