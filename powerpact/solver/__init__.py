"""The exact solver: trades, and the dual prices that prove that no better ones exist.

It shares nothing with `powerpact.spec` and `powerpact.verifier` but the data types.
"""

from powerpact.solver.blocks import BlockExecutor, Threads
from powerpact.solver.solve import solve

__all__ = ["BlockExecutor", "Threads", "solve"]
