"""The exact solver: trades, and the dual prices that prove that no better ones exist.

It shares nothing with the specification and the verifier but the data types.
"""

from powerpact.blocks import BlockExecutor, Threads
from powerpact.mechanisms.satisfaction.solver.solve import solve

__all__ = ["BlockExecutor", "Threads", "solve"]
