"""The independent verifier: checks a solution against the round's own terms.

It shares no code with the solver and the specification; only the data types are common.
"""

from powerpact.mechanisms.faults import Fault
from powerpact.mechanisms.satisfaction.verifier.faults import FaultKind
from powerpact.mechanisms.satisfaction.verifier.verify import verify

__all__ = ["Fault", "FaultKind", "verify"]
