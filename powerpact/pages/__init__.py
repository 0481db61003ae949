"""The report of a market day: numbers, tables in the terminal, and a page with plots."""

from powerpact.pages.model import DayReport
from powerpact.pages.page import render_html
from powerpact.pages.parts import (
    GasStep,
    HomeReport,
    InvariantCheck,
    Note,
    PriceRange,
    Sharing,
    SlotReport,
    TimeStep,
    TradeReport,
    TransactionReport,
)
from powerpact.pages.terminal import render_terminal

__all__ = [
    "DayReport",
    "GasStep",
    "HomeReport",
    "InvariantCheck",
    "Note",
    "PriceRange",
    "Sharing",
    "SlotReport",
    "TimeStep",
    "TradeReport",
    "TransactionReport",
    "render_html",
    "render_terminal",
]
