"""An auditor's look at a whole deployment: every conservation law, checked from events and state of the chain."""

from powerpact.audit.checks import audit
from powerpact.audit.laws import LAWS, Finding

__all__ = ["LAWS", "Finding", "audit"]
