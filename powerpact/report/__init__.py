"""The report of a market day: numbers, tables in the terminal, and a page with plots."""

from powerpact.report.accounting import Certificates, grid_bill_upoints, make_day_report
from powerpact.report.model import (
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
from powerpact.report.page import render_html
from powerpact.report.terminal import render_terminal

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
