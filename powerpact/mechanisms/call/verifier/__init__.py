"""The independent verifier of call auctions: checks a solution order by order, as the contracts and watchers do.

It shares no code with the solver and the specification; only the data types are common.
"""

from powerpact.mechanisms.call.verifier.faults import FaultKind
from powerpact.mechanisms.call.verifier.verify import refuting_order, verify
from powerpact.mechanisms.faults import Fault

__all__ = ["Fault", "FaultKind", "refuting_order", "verify"]
