"""An audit of a deployment: every conservation law, checked from the chain's events and state."""

from powerpact.audit.checks import audit
from powerpact.audit.laws import LAWS, Finding

__all__ = ["LAWS", "Finding", "audit"]
