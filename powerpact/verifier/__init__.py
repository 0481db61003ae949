"""The independent verifier: checks a solution against the round's own terms.

It shares no code with `powerpact.solver` and `powerpact.spec`; only the data types are common.
"""

from powerpact.verifier.faults import Fault, FaultKind
from powerpact.verifier.verify import verify

__all__ = ["Fault", "FaultKind", "verify"]
