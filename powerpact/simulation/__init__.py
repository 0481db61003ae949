"""A day of a community on a development chain, from admission to certificates."""

from powerpact.chain.local.clock import ChainClock
from powerpact.simulation.day import DayResult, run_market_day

__all__ = ["ChainClock", "DayResult", "run_market_day"]
