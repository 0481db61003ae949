"""The solver of call auctions: sorts, no search.

It shares nothing with the specification and the verifier but the data types.
"""

from powerpact.mechanisms.call.solver.solve import solve

__all__ = ["solve"]
