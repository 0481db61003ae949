"""Diagrams of states in the docs, and what the contracts do in each state."""
