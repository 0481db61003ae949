"""The agent: reads a round from the chain, solves it, has it verified, and submits the proof."""

from powerpact.agent.results import Cleared, Settled
from powerpact.agent.service import Agent

__all__ = ["Agent", "Cleared", "Settled"]
