"""Statements: what a person's meters measured, traded and were paid in a period, checked against the chain."""

from powerpact.statements.closing import close, kept_statements, preview
from powerpact.statements.drawing import draw_up
from powerpact.statements.model import Correction, Measured, Movement, Period, Statement, TradeLine

__all__ = [
    "Correction",
    "Measured",
    "Movement",
    "Period",
    "Statement",
    "TradeLine",
    "close",
    "draw_up",
    "kept_statements",
    "preview",
]
