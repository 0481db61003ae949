"""A whole day of a community on a development chain, from admission to certificates."""

from powerpact.marketday.clock import ChainClock
from powerpact.marketday.day import DayResult, run_market_day

__all__ = ["ChainClock", "DayResult", "run_market_day"]
