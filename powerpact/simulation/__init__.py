"""A day of a community on a development chain, from admission to certificates."""

from powerpact.chain.local.clock import ChainClock
from powerpact.simulation.day import run_market_day
from powerpact.simulation.results import DayResult

__all__ = ["ChainClock", "DayResult", "run_market_day"]
