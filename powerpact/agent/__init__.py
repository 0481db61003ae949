"""The agent: reads a round from the chain, solves it, has it verified, and carries the proof back."""

from powerpact.agent.service import Agent, Cleared, Settled

__all__ = ["Agent", "Cleared", "Settled"]
