"""The agent: reads a round from the chain, solves it, has it verified, and submits the proof."""

from powerpact.agent.service import Agent, Cleared, Settled

__all__ = ["Agent", "Cleared", "Settled"]
