"""The report of a market day: numbers, tables in the terminal, and a page with plots."""

from powerpact.pages.model import (
    DayReport,
    GasStep,
    HomeReport,
    InvariantCheck,
    Note,
    PriceRange,
    SlotReport,
    TimeStep,
    TradeReport,
)
from powerpact.pages.page import render_html
from powerpact.pages.terminal import render_terminal
from powerpact.simulation.accounting import Certificates, grid_bill_upoints, make_day_report

__all__ = [
    "Certificates",
    "DayReport",
    "GasStep",
    "HomeReport",
    "InvariantCheck",
    "Note",
    "PriceRange",
    "SlotReport",
    "TimeStep",
    "TradeReport",
    "grid_bill_upoints",
    "make_day_report",
    "render_html",
    "render_terminal",
]
