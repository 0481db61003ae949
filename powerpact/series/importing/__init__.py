"""Tables of meters and portals as they come, turned into series that a market day takes; every change is reported."""

from powerpact.series.importing.options import Gaps, Layout, Negatives, Rules, Stamps, Unit
from powerpact.series.importing.steps import Change, Imported, import_table

__all__ = [
    "Change",
    "Gaps",
    "Imported",
    "Layout",
    "Negatives",
    "Rules",
    "Stamps",
    "Unit",
    "import_table",
]
